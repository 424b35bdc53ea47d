/**
 * What moves the picture, and what it starts from: L-BFGS, Adam and gradient descent from the content, the style and
 * white noise, under one objective and an equal number of evaluations. Gatys, Ecker & Bethge (CVPR 2016, sections 2.3
 * and 3.3 with figure 6) chose L-BFGS and compare the starts; the first-order methods are those of later
 * implementations.
 *
 *     neckar run optimizers
 *     neckar run optimizers budget=500 encoder=vgg19          where its weights are installed
 */
import { content, defineExperiment, gram, grid } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

export default defineExperiment({
  name: 'optimizers',
  question: {
    text: 'At an equal number of evaluations, which optimiser brings the picture nearest to the style, whatever it starts from?',
    metric: 'gram-relative',
    factor: 'optimizer',
    reference: 'lbfgs',
  },

  // Seven pairs, the fewest with which two comparisons can be decided at the 5 % level.
  pairs: [
    [contents.town, styles.swirl],
    [contents.portrait, styles.fauve],
    [contents.stillLife, styles.mosaic],
    [contents.landscape, styles.woodcut],
    [contents.town, styles.ink],
    [contents.landscape, styles.tiles],
    [contents.portrait, styles.swirl],
  ],
  variants: {
    gram: [content({ weight: 1 }), gram({ weight: 30, cross: 'adjacent' })],
  },

  encoder: 'wavelet',
  // A fifth of the usual rate: from the style, whose first gradient is small, higher ones diverge on two pairs of seven.
  optimizer: grid(['lbfgs', 'adam', { name: 'gradient-descent', learningRate: 0.002 }]),
  size: 128,
  initialization: grid(['content', 'style', 'noise']),
  budget: 150,
  snapshots: { every: 30 },

  report: { title: 'Optimisers and starts', rows: 'initialization', columns: 'optimizer' },
});
