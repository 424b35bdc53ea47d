/**
 * The main job: four ways to say what style is, on nine pairs of pictures of different kinds. What each brings of the
 * style is judged by an encoder that made none of the pictures, so that none of the four has minimised what decides.
 *
 *     neckar run loss-variants                       all of it, in minutes on two cores
 *     neckar run loss-variants --dry-run             what it takes, and what nine pairs can decide
 *     neckar run loss-variants optimizer=lbfgs,adam  under two optimisers
 *     neckar run loss-variants size=512 budget=300   larger and longer
 *     neckar run loss-variants losses.gram.weight=10,30,100 --filter variant=gram
 *
 * Weights are those of the `relative` convention, in which every loss is 1 when the picture is as far from its target
 * as nothing at all; they compare between losses of this file, not with weights of papers. The style's colours, which the
 * default encoder's features do not see, are matched beside all four alike, by a term that Neckar adds.
 */
import { content, defineExperiment, fused, gram, histogram, mrf } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

/** What is kept of the content, the same in every variant. */
const kept = content({ weight: 1 });

/** The finest detail of the style, which the patches' layers do not see: without it their pictures ripple. */
const finest = gram({ name: 'finest', weight: 10, layers: ['depth1'] });

export default defineExperiment({
  name: 'loss-variants',
  question: {
    text: 'At an equal number of evaluations, which loss takes on most of the style, as an encoder sees it that made none of the pictures?',
    metric: 'held-out-gram',
    factor: 'variant',
  },

  // Nine pairs: six comparisons need eight, if all pairs agree.
  pairs: [
    [contents.town, styles.swirl],
    [contents.portrait, styles.fauve],
    [contents.stillLife, styles.mosaic],
    [contents.landscape, styles.woodcut],
    [contents.town, styles.ink],
    [contents.landscape, styles.tiles],
    [contents.portrait, styles.swirl],
    [contents.stillLife, styles.fauve],
    [contents.town, styles.woodcut],
  ],

  variants: {
    // Gatys et al. 2016: which features occur together, anywhere in the picture.
    gram: [kept, gram({ weight: 30, cross: 'adjacent' })],
    // Risser et al. 2017: beside that, how often each strength of a feature occurs.
    histogram: [kept, gram({ weight: 30 }), histogram({ weight: 30 })],
    // Li & Wand 2016: every small patch of features comes from somewhere in the style.
    mrf: [kept, finest, mrf({ weight: 5 })],
    // Zhao et al. 2019: both, so that patches keep the stroke and statistics keep its place.
    fused: [
      fused({
        content: { weight: 1 },
        global: { weight: 30 },
        local: { weight: 5 },
      }),
    ],
  },

  encoder: 'wavelet',
  optimizer: 'lbfgs',
  size: 192,
  initialization: 'content',
  budget: 64,
  snapshots: { every: 16 },

  report: { title: 'Four losses on nine pairs', rows: 'pair', columns: 'variant' },
});
