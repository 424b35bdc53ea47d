/**
 * The network of Johnson, Alahi & Fei-Fei (ECCV 2016) trained under each way to say what style is, each in the company
 * and with the weight that `neckar transfer` gives it for the default encoder; losses whose targets need the content of
 * the very picture cannot be trained on many and are not here.
 *
 *     neckar run network-losses
 */
import {
  bures,
  content,
  defineExperiment,
  gram,
  histogram,
  johnson,
  mmd,
  moments,
  mrf,
  slicedWasserstein,
} from 'neckar';
import { contents, styles } from '../fixtures/index.ts';
import { trainingPictures } from '../fixtures/training.ts';

const kept = content({ weight: 1 });
const training = { pictures: [...trainingPictures], steps: 600, batch: 1, size: 96 };
const network = johnson({ width: 0.35, skip: true });

export default defineExperiment({
  name: 'network-losses',
  question: {
    text: 'Which loss teaches a network most of a style, as an encoder sees it that made none of the pictures?',
    metric: 'held-out-gram',
    factor: 'variant',
    reference: 'gram',
  },

  // Eight pairs; with a reference six comparisons need eight.
  contents: [contents.town, contents.portrait, contents.landscape, contents.stillLife],
  styles: [styles.swirl, styles.mosaic],

  variants: {
    // Gatys et al. 2016.
    gram: { network, training: { ...training, losses: [kept, gram({ weight: 30 })] } },
    // After Li et al. 2017.
    moments: {
      network,
      training: { ...training, losses: [kept, moments({ weight: 30, covariance: 'layers' })] },
    },
    // Risser et al. 2017.
    histogram: {
      network,
      training: { ...training, losses: [kept, gram({ weight: 30 }), histogram({ weight: 30 })] },
    },
    // Li & Wand 2016.
    mrf: {
      network,
      training: {
        ...training,
        losses: [kept, gram({ name: 'finest', weight: 30, layers: ['depth1'] }), mrf({ weight: 5 })],
      },
    },
    // Li et al. 2017.
    'mmd-gaussian': {
      network,
      training: { ...training, losses: [kept, mmd({ kernel: 'gaussian', weight: 200 })] },
    },
    // Mroueh 2019.
    bures: { network, training: { ...training, losses: [kept, bures({ weight: 40 })] } },
    // Heitz et al. 2021.
    'sliced-wasserstein': {
      network,
      training: { ...training, losses: [kept, slicedWasserstein({ weight: 120, refreshEvery: 1 })] },
    },
  },

  encoder: 'wavelet',
  size: 192,

  report: { title: 'What teaches a network a style', rows: 'pair', columns: 'variant' },
});
