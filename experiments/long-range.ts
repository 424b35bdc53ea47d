/**
 * Patterns that repeat: texture synthesis from white noise by Gram matrices, which know what occurs together at one
 * place, and with those of features shifted along both axes, which know what occurs at a distance (Berger & Memisevic,
 * Incorporating long-range consistency in CNN-based texture generation, ICLR 2017, sections 3 and 4). Painted tiles have
 * such an order; a painting of the night, the control, has little.
 *
 *     neckar run long-range
 *     neckar run long-range encoder=vgg19                     where its weights are installed
 *
 * The content picture only lends its size and shape. What decides is the autocorrelation of the pixels at long shifts,
 * which no loss reads.
 */
import { correlations, defineExperiment, gram, grid } from 'neckar';
import { contents, styles } from '../fixtures/index.ts';

const plain = gram({ weight: 1 });
/** Not at the finest layers, where long shifts cost most and say least. */
const deep = ['depth3', 'depth4'];

export default defineExperiment({
  name: 'long-range',
  question: {
    text: "Do shifted Gram matrices restore a pattern's long-range order?",
    metric: 'long-range',
    factor: 'variant',
    reference: 'gram',
  },

  pairs: [
    [contents.town, styles.tiles],
    [contents.town, styles.swirl],
  ],
  variants: {
    gram: [plain],
    // Shifts by an eighth and a quarter of the picture.
    'two-shifts': [plain, correlations({ weight: 100, shifts: 'long', layers: deep })],
    // By 1, 2, 4, … positions, up to half of it.
    octaves: [plain, correlations({ weight: 100, shifts: 'octaves', layers: deep })],
    // By twelve, evenly spaced: whatever the period is, some are near it.
    dense: [plain, correlations({ weight: 100, shifts: 'dense', layers: deep })],
  },

  encoder: 'wavelet',
  optimizer: 'lbfgs',
  // Order is found while it is small: from white noise at full size it is not found at all.
  sizes: [72, 144],
  initialization: 'noise',
  seed: grid([1, 2]),
  budget: { perLevel: [300, 100] },

  report: { title: 'Long-range order', rows: 'pair', columns: 'variant' },
});
