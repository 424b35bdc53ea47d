/**
 * A portrait painted part by part: with region maps, skin takes the style of skin, hair that of hair (Gatys, Ecker,
 * Bethge, Hertzmann & Shechtman, Controlling perceptual factors in neural style transfer, CVPR 2017, section 4; Castillo
 * et al., Son of Zorn's lemma: targeted style transfer using instance-aware semantic segmentation, ICASSP 2017), against
 * the same losses unguided.
 *
 *     neckar run regions
 *     neckar run regions encoder=vgg19                        where its weights are installed
 *
 * The maps lie beside the pictures, as portrait.regions.png. With regions=masks they would be grey images, one for each
 * part, whose lightness is the part's weight: portrait.hair.mask.png and so on.
 */
import { content, defineExperiment, gram, grid, mrf } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

const kept = content({ weight: 1 });
/** The finest detail of the style, which the patches' layers do not see: without it their pictures ripple. */
const finest = (weight: number) => gram({ name: 'finest', weight, layers: ['depth1'] });

export default defineExperiment({
  name: 'regions',
  question: {
    text: 'Do region maps keep patches of the style on the parts of the face that they belong to?',
    metric: 'patch-placement',
    factor: 'regions',
    reference: 'none',
  },

  pairs: [
    [contents.portrait, styles.fauve],
    [styles.fauve, contents.portrait],
  ],
  variants: {
    gram: [kept, gram({ weight: 30, cross: 'adjacent' })],
    mrf: [kept, finest(30), mrf({ weight: 5 })],
  },

  regions: grid(['none', 'maps']),
  encoder: 'wavelet',
  optimizer: 'lbfgs',
  size: 192,
  // As in portraits.ts.
  initialization: { from: 'content', noise: 0.05 },
  budget: 120,
  metrics: ['patch-distance', 'patch-coverage'],

  report: { title: 'Regions', rows: 'variant', columns: 'regions' },
});
