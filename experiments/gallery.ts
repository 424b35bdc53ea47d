/**
 * Every loss there is on the same pictures, each in the company and with the weight that `neckar transfer` gives it for
 * the default encoder. The losses are defined in src/losses, whose files cite their sources.
 *
 *     neckar run gallery
 *     neckar run gallery encoder=vgg19                        where its weights are installed
 *     neckar run gallery encoder=squeezenet1_0 encoder.weights=squeezenet1_0.safetensors
 *
 * All weights but one hold for any encoder: `batch-norm` counts in the encoder's own units. On the default encoder the
 * style's colours are matched beside every one of them.
 *
 * A gallery is looked at: it has a question, but what it ranks by favours losses that are near to Gram matrices.
 */
import {
  activation,
  bures,
  content,
  correlations,
  defineExperiment,
  fused,
  gram,
  histogram,
  laplacian,
  mmd,
  moments,
  mrf,
  slicedWasserstein,
  strotss,
  variation,
} from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

const kept = content({ weight: 1 });
/** The finest detail of the style, for losses that do not read its layer: without it their pictures ripple. */
const finest = (weight: number) => gram({ name: 'finest', weight, layers: ['depth1'] });
const plain = gram({ weight: 30 });
const crossed = gram({ weight: 30, cross: 'adjacent' });

export default defineExperiment({
  name: 'gallery',
  question: {
    text: 'Which losses take on most of the style, on features that none of them optimised?',
    metric: 'gram-relative',
    factor: 'variant',
    reference: 'gram',
  },

  pairs: [
    [contents.town, styles.swirl],
    [contents.portrait, styles.fauve],
  ],
  variants: {
    gram: [kept, crossed],
    moments: [kept, moments({ weight: 30, covariance: 'layers' })],
    histogram: [kept, plain, histogram({ weight: 30 })],
    mrf: [kept, finest(30), mrf({ weight: 5 })],
    fused: [fused({ content: { weight: 1 }, global: { weight: 30 }, local: { weight: 5 } })],
    correlations: [kept, plain, correlations({ weight: 30 })],
    'mmd-gaussian': [kept, mmd({ kernel: 'gaussian', weight: 200 })],
    'batch-norm': [kept, moments({ convention: 'bn', weight: 3000 })],
    bures: [kept, bures({ weight: 40 })],
    'sliced-wasserstein': [kept, slicedWasserstein({ weight: 120, refreshEvery: 1 })],
    strotss: [content({ weight: 0.03 }), strotss({ weight: 1 })],
    laplacian: [kept, laplacian({ weight: 0.2 }), crossed],
    variation: [kept, crossed, variation({ weight: 1e-4 })],
    activation: [kept, finest(1), activation({ weight: 0.4 })],
  },

  encoder: 'wavelet',
  optimizer: 'lbfgs',
  size: 192,
  initialization: 'content',
  budget: 150,

  report: { title: 'Every loss', rows: 'pair', columns: 'variant' },
});
