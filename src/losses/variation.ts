/**
 * Total variation of the picture x in [0,1], summed over positions and colours, with dx and dy the forward
 * differences to the right-hand and to the lower neighbour:
 *
 * - `quadratic`: Σ dx² + Σ dy².
 * - `absolute`: Σ |dx|ₑ + Σ |dy|ₑ with |d|ₑ = √(d² + ε²) − ε, ε = 1e-3 (a quarter of one 8-bit step): the
 *   anisotropic total variation of Rudin, Osher & Fatemi (1992), rounded off at zero.
 * - `power`: Σ [(dx² + dy² + ε²)^{β/2} − ε^β] over the positions that have both neighbours (Mahendran & Vedaldi,
 *   CVPR 2015, sec. 2.2), ε = 1e-3 likewise.
 *
 * A uniform picture has the value 0. It is a sum: it grows with the picture's area.
 */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { tf } from '../tensor.ts';
import { defineLoss, type OptionsOf, type SpecOf } from './define.ts';
import type { LossContext, LossTerm } from './loss.ts';
import type { EncoderLayers } from './options.ts';
import { pixelsWork } from './work.ts';

/** Differences well below this count as quadratic under `absolute` and `power`. */
const smoothing = 1e-3;

const variationOptions = {
  convention: z
    .enum(['quadratic', 'absolute', 'power'])
    .optional()
    .describe(
      '`quadratic` (default): squared differences; `absolute`: their sizes; `power`: gradient length to the β.',
    ),
  beta: z.number().positive().optional().describe('The exponent β of `power`. Default 2.'),
};

/** Fills in every default: convention `quadratic`, β 2. */
export function resolveVariation(
  written: OptionsOf<typeof variationOptions>,
  _encoder: EncoderLayers,
  path: string,
) {
  const convention = written.convention ?? 'quadratic';
  if (written.beta !== undefined && convention !== 'power') {
    throw new NeckarError(
      `${path}.beta: only the convention "power" has an exponent, not "${convention}"; write convention: 'power', or leave beta out.`,
    );
  }
  return {
    convention,
    beta: written.beta ?? 2,
  };
}

export type VariationSpec = SpecOf<'variation', typeof resolveVariation>;

/** One term that reads the picture itself and no layer; see the file's head for its value. */
export function prepareVariation(spec: VariationSpec, context: LossContext): LossTerm[] {
  const [height, width] = context.size;
  if (height < 2 || width < 2) {
    throw new NeckarError(
      `The loss "${spec.name}" needs a picture of at least 2×2 pixels, not ${width}×${height}; choose a larger size.`,
    );
  }
  const value = { quadratic, absolute, power }[spec.convention];
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      layers: [],
      targets: () => ({}),
      value: ({ image }) => value(image, spec.beta),
    },
  ];
}

function quadratic(image: tf.Tensor4D): tf.Scalar {
  const { across, down } = differences(image);
  return tf.add(tf.sum(tf.square(across)), tf.sum(tf.square(down)));
}

function absolute(image: tf.Tensor4D): tf.Scalar {
  const { across, down } = differences(image);
  const size = (d: tf.Tensor) => tf.sub(tf.sqrt(tf.add(tf.square(d), smoothing ** 2)), smoothing);
  return tf.add(tf.sum(size(across)), tf.sum(size(down)));
}

function power(image: tf.Tensor4D, beta: number): tf.Scalar {
  const { across, down } = differences(image);
  const [, height, width, colors] = image.shape;
  const inner: [number, number, number, number] = [1, height - 1, width - 1, colors];
  const squared = tf.add(
    tf.square(tf.slice(across, [0, 0, 0, 0], inner)),
    tf.square(tf.slice(down, [0, 0, 0, 0], inner)),
  );
  return tf.sum(tf.sub(tf.pow(tf.add(squared, smoothing ** 2), beta / 2), smoothing ** beta));
}

/** Forward differences, [1,H,W−1,3] and [1,H−1,W,3]. */
function differences(image: tf.Tensor4D): { across: tf.Tensor4D; down: tf.Tensor4D } {
  const [, height, width, colors] = image.shape;
  const part = (y: number, x: number, h: number, w: number) =>
    tf.slice(image, [0, y, x, 0], [1, h, w, colors]);
  return {
    across: tf.sub(part(0, 1, height, width - 1), part(0, 0, height, width - 1)),
    down: tf.sub(part(1, 0, height - 1, width), part(0, 0, height - 1, width)),
  };
}

export const variation = defineLoss({
  type: 'variation',
  description:
    'Total variation of the picture, which penalises noise (Mahendran & Vedaldi, CVPR 2015, sec. 2.2).',
  weight: 1e-4,
  options: variationOptions,
  resolve: resolveVariation,
  terms: prepareVariation,
  work: (_, seen) => pixelsWork(3, seen),
  benchmarks: [{ title: 'total variation' }],
});
