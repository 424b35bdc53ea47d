/**
 * How much of the photograph and how much of the painting: the ratio α/β of the content's weight to the style's, with
 * the content kept at a shallow or at a deep layer (Gatys, Ecker & Bethge, CVPR 2016, section 3.1 with figure 4, and
 * section 3.2 with figure 5).
 *
 *     neckar run content-style-ratio
 *     neckar run content-style-ratio encoder=vgg19            where its weights are installed
 *
 * The paper's layers are conv2_2 and conv4_2; here they are two depths each, as one octave of the default encoder holds
 * less of a picture than one layer of VGG-19. The style weighs 1, so that the content's weight is the ratio. It is one of the `relative` convention: the paper's
 * 1e-4 to 1e-1 belong to sums of another scale.
 */
import { content, defineExperiment, gram, grid } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

const style = gram({ weight: 1, cross: 'adjacent' });

const ratios = grid([0.01, 0.03, 0.1, 0.3, 1]);

export default defineExperiment({
  name: 'content-style-ratio',
  question: {
    text: 'Does more of the content stay, step by step, as its weight grows?',
    metric: 'ssim;scale=native',
    factor: 'losses.content.weight',
    trend: 'rising',
  },

  pairs: [
    [contents.town, styles.swirl],
    [contents.portrait, styles.fauve],
  ],
  variants: {
    'shallow-content': [content({ weight: ratios, layers: ['depth2', 'depth3'] }), style],
    'deep-content': [content({ weight: ratios, layers: ['depth4', 'depth5'] }), style],
  },

  encoder: 'wavelet',
  optimizer: 'lbfgs',
  size: 192,
  // White noise, as in the paper: from the content, little evaluations would look like much content.
  initialization: 'noise',
  budget: 150,

  report: { title: 'Content against style', rows: 'variant', columns: 'losses.content.weight' },
});
