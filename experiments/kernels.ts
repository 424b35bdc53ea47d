/**
 * Style as a distribution of features, compared by maximum mean discrepancy: linear, polynomial (which is the Gram
 * loss) and Gaussian kernels, and the statistics of batch normalisation (Li, Wang, Liu & Hou, Demystifying neural style
 * transfer, IJCAI 2017, sections 3 and 4). The paper weighs them so that their gradients count alike; so do the
 * weights here, which were found by looking. The metric that decides is of the kind that the last variant minimises, at
 * other layers: it has the advantage.
 *
 *     neckar run kernels
 *     neckar run kernels encoder=vgg19                        where its weights are installed
 */
import { content, defineExperiment, mmd, moments } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

const kept = content({ weight: 1 });

export default defineExperiment({
  name: 'kernels',
  question: {
    text: 'Which kernel brings the picture nearest to the style, by means and deviations of features that none of them optimised?',
    metric: 'moments-relative',
    factor: 'variant',
    reference: 'polynomial',
  },

  // Seven pairs, the fewest with which three comparisons can be decided at the 5 % level.
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
    linear: [kept, mmd({ kernel: 'linear', weight: 30 })],
    polynomial: [kept, mmd({ kernel: 'polynomial', weight: 30 })],
    gaussian: [kept, mmd({ kernel: 'gaussian', weight: 200 })],
    'batch-norm': [kept, moments({ convention: 'bn', weight: 3000 })],
  },

  encoder: 'wavelet',
  optimizer: 'lbfgs',
  size: 192,
  initialization: 'content',
  budget: 120,

  report: { title: 'Kernels', rows: 'pair', columns: 'variant' },
});
