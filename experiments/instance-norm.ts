/**
 * Normalised over each picture or over the batch: Ulyanov, Vedaldi & Lempitsky (Improved Texture Networks, CVPR 2017)
 * found that a network learns its style better when the contrast of the content is taken out of each picture for itself.
 * The same network, once with instance norm, once with the batch norm of Johnson et al. (ECCV 2016).
 *
 *     neckar run instance-norm
 */
import { content, defineExperiment, gram, johnson } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';
import { trainingPictures } from '../fixtures/training.ts';

const training = {
  pictures: [...trainingPictures],
  losses: [content({ weight: 1 }), gram({ weight: 5 })],
  steps: 300,
  batch: 4,
  size: 96,
};

export default defineExperiment({
  name: 'instance-norm',
  question: {
    text: 'Does instance norm bring the pictures of a network nearer to the style than batch norm?',
    metric: 'held-out-gram',
    factor: 'variant',
    reference: 'batch',
  },

  // Eight pairs; one comparison needs six.
  contents: [contents.town, contents.portrait, contents.landscape, contents.stillLife],
  styles: [styles.swirl, styles.mosaic],

  variants: {
    instance: { network: johnson({ width: 0.35, skip: true, norm: 'instance' }), training },
    batch: { network: johnson({ width: 0.35, skip: true, norm: 'batch' }), training },
  },

  encoder: 'wavelet',
  size: 192,

  report: { title: 'Instance norm and batch norm', rows: 'pair', columns: 'variant' },
});
