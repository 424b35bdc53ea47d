/**
 * The trade-off that the surveys leave open (Jing et al., Neural Style Transfer: A Review, TVCG 2020): optimising each
 * picture is good and slow, a network for one style fast and rigid, networks for many or any styles flexible and said to
 * be worse. One way of each class, under one set of metrics and one clock, on contents that no training saw.
 *
 *     neckar run trade-off
 *     neckar run trade-off --timing exclusive      waits for other trials of this machine, so that its seconds compare
 *
 * The first three minimise the same losses on the same encoder, two of them over training pictures instead of the picture
 * itself; the fourth those that such networks are trained with. Networks are smaller and trained shorter than published
 * ones, so that all of it takes minutes; with the skip connection that published ones do not have they show their contents
 * nevertheless. Where VGG-19 is
 * installed all are made on it, and where the authors' networks for any style are (`neckar networks list`), these are
 * shown beside.
 */
import {
  adain,
  content,
  defineExperiment,
  dumoulin,
  gram,
  isInstalled,
  johnson,
  microast,
  moments,
} from 'neckar';
import { contents, styles } from '../fixtures/index.ts';
import { trainingPictures } from '../fixtures/training.ts';

/** What is kept of the content and taken of the style, the same for all. */
const losses = [content({ weight: 1 }), gram({ weight: 5 })];

const onVgg = isInstalled('vgg19');

/**
 * What Huang & Belongie (ICCV 2017) train with, on the default encoder and its colours: means and deviations, and maps as
 * they are. Relative to their targets these would be beyond all measure for some crops of a style, such as empty paper.
 */
const statistics = [
  content({
    weight: 500,
    convention: 'mean',
    layers: { depth2: 0.25, depth3: 0.25, depth4: 0.25, depth5: 0.25 },
  }),
  moments({
    weight: 2000,
    convention: 'bn',
    layers: { depth1: 1, depth2: 1, depth3: 1, depth4: 1, color1: 0.02, color2: 0.02 },
  }),
];

/** Steps of one network's training; a network that holds two styles sees each as often as one of its own would be. */
const steps = 1000;
const trained = (steps: number) => ({
  pictures: [...trainingPictures],
  losses,
  // One picture a step: of so few steps many small ones teach more than fewer large ones.
  batch: 1,
  size: 96,
  styleSize: 128,
  steps,
  // Single pictures are noisy; small steps at the end settle.
  rate: [
    { from: Math.round(0.6 * steps), factor: 0.4 },
    { from: Math.round(0.85 * steps), factor: 0.1 },
  ],
});

const authors = ['adain', 'microast'].filter((name) => isInstalled(name));
/** Of six ways fifteen comparisons need more pairs than of four. */
const chosen = [styles.swirl, styles.mosaic, ...(authors.length > 0 ? [styles.woodcut] : [])];

export default defineExperiment({
  name: 'trade-off',
  question: {
    text: 'Which class of method takes on most of the style on pictures it was not trained on, as an encoder sees it that made none of them?',
    metric: 'held-out-gram',
    factor: 'variant',
  },

  // Eight pairs, the fewest with which six comparisons can be decided at the 5 % level; a network of one style is
  // trained as often as there are styles.
  contents: [contents.town, contents.portrait, contents.landscape, contents.stillLife],
  styles: chosen,

  variants: {
    // Gatys et al. 2016.
    optimisation: losses,
    // Johnson et al. 2016, a third of its channels: one network for each style.
    'one-style': { network: johnson({ width: 0.35, skip: true }), training: trained(steps) },
    // Dumoulin et al. 2017: one network, in which a style is no more than the scales and shifts of its maps.
    'many-styles': {
      network: dumoulin({ styles: chosen.length, width: 0.35, skip: true }),
      training: trained(chosen.length * steps),
    },
    // Wang et al. 2023, trained in other styles: those of the pairs it sees for the first time.
    'any-style': {
      network: microast({ width: 0.75, skip: true }),
      training: {
        ...trained(2 * steps),
        losses: onVgg ? losses : statistics,
        styles: Object.values(styles).flatMap((style) => (chosen.includes(style) ? [] : style.path)),
      },
    },
    // Huang & Belongie 2017, and Wang et al. 2023 as they trained it.
    ...(authors.includes('adain') && { 'adain-published': { network: adain(), weights: 'adain' } }),
    ...(authors.includes('microast') && {
      'microast-published': { network: microast(), weights: 'microast' },
    }),
  },

  encoder: onVgg ? 'vgg19' : 'wavelet',
  optimizer: 'lbfgs',
  size: 128,
  initialization: 'content',
  budget: 150,

  report: { title: 'Quality against seconds', rows: 'pair', columns: 'variant' },
});
