/**
 * Style reconstructions from ever more layers: textures made of white noise whose Gram matrices are those of the
 * painting, first at the shallowest layer alone, then at the first two, and so on (Gatys, Ecker & Bethge, CVPR 2016,
 * figure 1, style reconstructions a to e). The scale at which the painting is matched grows with every layer.
 *
 *     neckar run style-reconstructions
 *     neckar run style-reconstructions encoder=vgg19          where its weights are installed
 *
 * The content picture only lends its size and shape.
 */
import { defineExperiment, gram } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

/** Gram matrices at the shallowest `count` layers; on the default encoder with the colours of the octaves they belong to. */
const upTo = (count: number) => {
  const depths = Array.from({ length: count }, (_, i) => i + 1);
  return [gram({ weight: 1, cross: 'adjacent', layers: depths.map((depth) => `depth${depth}`) })];
};

export default defineExperiment({
  name: 'style-reconstructions',
  question: {
    text: 'Does every further layer bring the texture nearer to the style, on layers that were not optimised?',
    metric: 'gram-relative',
    factor: 'variant',
    trend: 'falling',
  },

  pairs: [
    [contents.town, styles.swirl],
    [contents.stillLife, styles.mosaic],
    [contents.landscape, styles.woodcut],
  ],
  variants: {
    'depth-1': upTo(1),
    'depth-1-to-2': upTo(2),
    'depth-1-to-3': upTo(3),
    'depth-1-to-4': upTo(4),
    'depth-1-to-5': upTo(5),
  },

  encoder: 'wavelet',
  optimizer: 'lbfgs',
  size: 192,
  initialization: 'noise',
  budget: 200,
  snapshots: [20, 50, 100],

  report: { title: 'Style reconstructions', rows: 'pair', columns: 'variant' },
});
