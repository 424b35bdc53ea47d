/**
 * The main job: four ways to say what style is, each minimised by two optimisers, on pictures of different kinds.
 *
 *     neckar run loss-variants                       all of it, in minutes on two cores
 *     neckar run loss-variants size=512 budget=300   larger and longer
 *     neckar run loss-variants losses.gram.weight=10,30,100 --filter variant=gram
 *
 * Weights are those of the `relative` convention, in which every loss is 1 when the picture is as far from its target
 * as nothing at all; they compare between losses of this file, not with weights of papers.
 */
import { content, defineExperiment, fused, gram, grid, histogram, moments, mrf } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

/** What is kept of the content, the same in every variant. */
const kept = content({ weight: 1 });

/** The colours of the style and their covariances, octave by octave, without which hues drift under any loss. */
const colors = moments({
  name: 'colors',
  weight: 10,
  layers: [],
  covariance: ['colors'],
});

/** The finest detail of the style, which the patches' layers do not see: without it their pictures ripple. */
const finest = gram({ name: 'finest', weight: 10, layers: ['depth1'] });

export default defineExperiment({
  name: 'loss-variants',
  question: {
    text: 'At an equal number of evaluations, which loss takes on most of the style (on features that none of them optimised) for the content it gives up?',
    metric: 'gram-relative',
    factor: 'variant',
  },

  pairs: [
    [contents.town, styles.swirl],
    [contents.portrait, styles.fauve],
    [contents.stillLife, styles.mosaic],
  ],

  variants: {
    // Gatys et al. 2016: which features occur together, anywhere in the picture.
    gram: [kept, colors, gram({ weight: 30, cross: 'adjacent' })],
    // Risser et al. 2017: beside that, how often each strength of a feature occurs.
    histogram: [kept, colors, gram({ weight: 30 }), histogram({ weight: 30 })],
    // Li & Wand 2016: every small patch of features comes from somewhere in the style.
    mrf: [kept, colors, finest, mrf({ weight: 5 })],
    // Zhao et al. 2019: both, so that patches keep the stroke and statistics keep its place.
    fused: [
      colors,
      fused({
        content: { weight: 1 },
        global: { weight: 30 },
        local: { weight: 5 },
      }),
    ],
  },

  encoder: 'wavelet',
  // Crossed with the pairs and the variants: 24 trials.
  optimizer: grid(['lbfgs', 'adam']),
  size: 256,
  initialization: 'content',
  budget: 80,
  snapshots: { every: 20 },

  report: { title: 'Four losses, two optimisers', rows: 'pair', columns: 'variant' },
});
