/**
 * Content reconstructions, layer by layer: what of a picture is still known at each depth of the encoder. White noise
 * is moved until its features at one layer are those of the photograph (Gatys, Ecker & Bethge, Image Style Transfer
 * Using Convolutional Neural Networks, CVPR 2016, figure 1, content reconstructions a to e).
 *
 *     neckar run content-reconstructions
 *     neckar run content-reconstructions encoder=vgg19        where its weights are installed
 *
 * `depth1` … `depth5` are relu1_1 … relu5_1 of VGG-19 and the five octaves of the default encoder, whose band-pass
 * filters are given the blurred colours of their octave (`color1` …) beside them, as they see no colour of an area
 * themselves. A trace of total variation, not in the paper, smooths what a layer does not see, which would otherwise
 * stay the noise it began as (the prior of Mahendran & Vedaldi, Understanding deep image representations by inverting
 * them, CVPR 2015; `'variants.*.variation.weight=0'` takes it away). Nothing is compared with the style picture, which only completes the pair.
 */
import { content, defineExperiment, variation } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

const from = (depth: number) => [
  content({ convention: 'relative', layers: [`depth${depth}`, `color${depth}`] }),
  variation({ weight: 1e-5 }),
];

export default defineExperiment({
  name: 'content-reconstructions',
  question: {
    text: 'Is less of the photograph recovered from every deeper layer of the encoder?',
    metric: 'ssim;scale=native',
    factor: 'variant',
    trend: 'falling',
  },

  pairs: [
    [contents.town, styles.swirl],
    [contents.portrait, styles.fauve],
    [contents.stillLife, styles.mosaic],
  ],
  variants: {
    'depth-1': from(1),
    'depth-2': from(2),
    'depth-3': from(3),
    'depth-4': from(4),
    'depth-5': from(5),
  },

  encoder: 'wavelet',
  optimizer: 'lbfgs',
  size: 192,
  initialization: 'noise',
  budget: 200,
  snapshots: [20, 50, 100],
  metrics: ['psnr'],

  report: { title: 'Content reconstructions', rows: 'pair', columns: 'variant' },
});
