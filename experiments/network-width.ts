/**
 * What channels buy: the network of Johnson, Alahi & Fei-Fei (ECCV 2016) at a quarter, half and all of its width, each
 * trained for the same number of steps. Its report says what each costs: seconds a picture, seconds of training, bytes.
 *
 *     neckar run network-width
 */
import { content, defineExperiment, gram, johnson } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';
import { trainingPictures } from '../fixtures/training.ts';

const training = {
  pictures: [...trainingPictures],
  losses: [content({ weight: 1 }), gram({ weight: 5 })],
  steps: 600,
  batch: 1,
  size: 96,
};

export default defineExperiment({
  name: 'network-width',
  question: {
    text: 'Does the picture come nearer to the style, step by step, as the network grows wider?',
    metric: 'held-out-gram',
    factor: 'variant',
    trend: 'falling',
  },

  contents: [contents.town, contents.portrait, contents.landscape, contents.stillLife],
  styles: [styles.swirl],

  variants: {
    quarter: { network: johnson({ width: 0.25, skip: true }), training },
    half: { network: johnson({ width: 0.5, skip: true }), training },
    whole: { network: johnson({ width: 1, skip: true }), training },
  },

  encoder: 'wavelet',
  size: 192,

  report: { title: 'Width of a network', rows: 'pair', columns: 'variant' },
});
