/**
 * Which layers the style is matched on: from the shallowest alone to all five, crossed with the weight of the content
 * (Gatys, Ecker & Bethge, A neural algorithm of artistic style, arXiv 1508.06576, figure 3: rows are increasing subsets
 * of layers, columns the ratio α/β).
 *
 *     neckar run style-layers
 *     neckar run style-layers encoder=vgg19                   where its weights are installed
 */
import { content, defineExperiment, gram, grid } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

/** The style at the shallowest `count` layers; on the default encoder with the colours of the octaves they belong to. */
const upTo = (count: number) => {
  const depths = Array.from({ length: count }, (_, i) => i + 1);
  return [
    content({ weight: grid([0.01, 0.1]) }),
    gram({ weight: 1, cross: 'adjacent', layers: depths.map((depth) => `depth${depth}`) }),
  ];
};

export default defineExperiment({
  name: 'style-layers',
  question: {
    text: 'Does the style come nearer with every further layer it is matched on?',
    metric: 'gram-relative',
    factor: 'variant',
    trend: 'falling',
  },

  pairs: [
    [contents.town, styles.swirl],
    [contents.stillLife, styles.mosaic],
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
  initialization: 'content',
  budget: 120,

  report: { title: 'Layers of the style', rows: 'losses.content.weight', columns: 'variant' },
});
