/**
 * Portraits, on which a patch in the wrong place is an eye on a cheek: Gram matrices against patches against histograms
 * against both fused, which is what Zhao, Rosin, Lai, Lin & Wang (Image neural style transfer with global and local
 * optimization fusion, IEEE Access 7, 2019) propose the fused loss for. Two portraits with region maps, each painted in
 * the manner of the other.
 *
 *     neckar run portraits
 *     neckar run portraits encoder=vgg19                      where its weights are installed
 *
 * Weights are those of `neckar transfer` for the default encoder: found by looking, not taken from the papers.
 */
import { content, defineExperiment, fused, gram, grid, histogram, mrf } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

const kept = content({ weight: 1 });
/** The finest detail of the style, which the patches' layers do not see: without it their pictures ripple. */
const finest = (weight: number) => gram({ name: 'finest', weight, layers: ['depth1'] });

export default defineExperiment({
  name: 'portraits',
  question: {
    text: 'Does the fused loss put fewer patches of the style on the wrong part of a face than patches alone?',
    metric: 'patch-placement',
    factor: 'variant',
    reference: 'fused',
  },

  pairs: [
    [contents.portrait, styles.fauve],
    [styles.fauve, contents.portrait],
  ],
  variants: {
    // Gatys et al. 2016.
    gram: [kept, gram({ weight: 30, cross: 'adjacent' })],
    // Li & Wand 2016.
    mrf: [kept, finest(30), mrf({ weight: 5 })],
    // Risser et al. 2017.
    histogram: [kept, gram({ weight: 30 }), histogram({ weight: 30 })],
    // Zhao et al. 2019.
    fused: [fused({ content: { weight: 1 }, global: { weight: 30 }, local: { weight: 5 } })],
  },

  encoder: 'wavelet',
  optimizer: 'lbfgs',
  size: 192,
  initialization: { from: 'content', noise: 0.05 },
  // Two pairs are few: how much noise alone moves a score is what the seeds tell.
  seed: grid([1, 2]),
  budget: 80,
  metrics: ['patch-distance', 'patch-coverage'],

  report: { title: 'Portraits', rows: 'pair', columns: 'variant' },
});
