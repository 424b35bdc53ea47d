/**
 * How many pictures a network needs to learn a style from. Ulyanov, Lebedev, Vedaldi & Lempitsky (Texture Networks, ICML
 * 2016) had better networks of sixteen pictures than of thousands, others were disappointed by a hundred. The same
 * network, the same number of steps, crops of four, of sixteen and of all training pictures.
 *
 *     neckar run training-pictures
 *     neckar run training-pictures "variants.all.training.pictures=a/folder/of/photographs"
 */
import { content, defineExperiment, gram, johnson } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';
import { trainingPictures } from '../fixtures/training.ts';

const losses = [content({ weight: 1 }), gram({ weight: 5 })];
const network = johnson({ width: 0.35, skip: true });

/** Kinds of pictures take turns, so that the first few are of all kinds. */
const trainedOn = (pictures: readonly string[]) => ({
  network,
  training: { pictures: [...pictures], losses, steps: 600, batch: 1, size: 96 },
});

export default defineExperiment({
  name: 'training-pictures',
  question: {
    text: 'Does a network trained on all pictures take on more of the style, on pictures that none was trained on, than one trained on sixteen of them?',
    metric: 'held-out-gram',
    factor: 'variant',
    reference: 'sixteen',
  },

  // Eight pairs; two comparisons with a reference need seven.
  contents: [contents.town, contents.portrait, contents.landscape, contents.stillLife],
  styles: [styles.swirl, styles.mosaic],

  variants: {
    four: trainedOn(trainingPictures.slice(0, 4)),
    sixteen: trainedOn(trainingPictures.slice(0, 16)),
    all: trainedOn(trainingPictures),
  },

  encoder: 'wavelet',
  size: 192,

  report: { title: 'How many training pictures', rows: 'pair', columns: 'variant' },
});
