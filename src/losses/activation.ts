/**
 * Activation maximisation: the picture that excites chosen layers, or chosen channels of them, as strongly as it
 * can (Erhan, Bengio, Courville & Vincent, Visualizing higher-layer features of a deep network, 2009; Mordvintsev,
 * Olah & Tyka, Inceptionism: going deeper into neural networks, 2015). With F the picture's features [M,N] of a
 * layer and C the channels chosen there (all by default):
 *
 * - `inceptionism`: −½ Σ F², over the positions and the channels of C: what is ascended when a layer's own
 *   activations are fed back as its gradient.
 * - `mean-square`: −Σ F²/(M·|C|).
 * - `mean`: −Σ F/(M·|C|), which also tells an excited channel from a suppressed one.
 * - `relative`: −Σ F²/Σ P², P the content's features at the same channels: −1 where the picture is the content, in
 *   whatever units an encoder counts. Σ P² counts as at least `leastEnergyOf`.
 *
 * The value is the sum over layers of layer weight times layer value. It has no lower bound but the one that the
 * range of pixels sets, and it is negative: totals are then no distances.
 */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { tf } from '../tensor.ts';
import { defineLoss, type OptionsOf, type SpecOf } from './define.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  checkLayer,
  conventionOption,
  type EncoderLayers,
  layeredOptions,
  resolveLayered,
} from './options.ts';
import { asMatrix, inverseOf, leastEnergyOf, sumOf } from './statistics.ts';
import { perValue, valuesIn } from './work.ts';

const activationOptions = {
  ...layeredOptions('content', 'excited'),
  convention: conventionOption({
    inceptionism: 'half the summed squares',
    'mean-square': 'their mean',
    mean: 'of the values themselves',
    relative: 'the squares over the content’s',
  }),
  channels: z
    .record(z.string(), z.array(z.int().nonnegative()).min(1))
    .optional()
    .describe('Layer -> the channels of it that are excited, counted from 0. Default: all of every layer.'),
};

/** Fills in every default: convention `relative`, the encoder's content layers, all channels. */
function resolveActivation(
  written: OptionsOf<typeof activationOptions>,
  encoder: EncoderLayers,
  path: string,
) {
  const layered = resolveLayered(written, 'content', encoder, path);
  const { layers } = layered;
  const channels = written.channels ?? {};
  for (const [layer, chosen] of Object.entries(channels)) {
    checkLayer(layer, encoder, `${path}.channels`);
    if (!(layer in layers)) {
      throw new NeckarError(
        `${path}.channels: ${layer} is not among the layers (${Object.keys(layers).join(', ')}); add it to layers.`,
      );
    }
    if (new Set(chosen).size < chosen.length) {
      throw new NeckarError(`${path}.channels.${layer}: a channel is named twice; name each once.`);
    }
  }
  return {
    ...layered,
    channels,
  };
}

export type ActivationSpec = SpecOf<'activation', typeof resolveActivation>;

/**
 * One term, which reads no style, and content under `relative` only; see the file's head for its value.
 *
 * @throws NeckarError for a channel that a layer does not have
 */
export function prepareActivation(spec: ActivationSpec, context: LossContext): LossTerm[] {
  const layers = activeLayers(spec.layers);
  const masks = new Map<string, Float32Array>();
  for (const layer of layers) {
    const chosen = spec.channels[layer];
    if (chosen === undefined) continue;
    const [, , count] = context.encoder.shapeOf(layer, ...context.size);
    const mask = new Float32Array(count);
    for (const channel of chosen) {
      if (channel >= count) {
        throw new NeckarError(
          `The loss "${spec.name}" wants channel ${channel} of ${layer}, which has ${count}; choose one from 0 to ${count - 1}.`,
        );
      }
      mask[channel] = 1;
    }
    masks.set(layer, mask);
  }
  /** The sum of a layer's values, or of their squares, over positions and chosen channels. */
  const summed = (layer: string, features: tf.Tensor4D): tf.Tensor => {
    const matrix = asMatrix(features);
    const mask = masks.get(layer);
    const perChannel = tf.sum(spec.convention === 'mean' ? matrix : tf.mul(matrix, matrix), 0);
    return tf.sum(mask === undefined ? perChannel : tf.mul(perChannel, tf.tensor1d(mask)));
  };
  /** How many values these are. */
  const valuesOf = (layer: string, { shape: [, height, width, channels] }: tf.Tensor4D): number =>
    height * width * (spec.channels[layer]?.length ?? channels);
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      layers,
      targets: ({ content }) =>
        spec.convention !== 'relative'
          ? {}
          : Object.fromEntries(
              layers.map((layer) => [
                layer,
                inverseOf(
                  summed(layer, content.features[layer]!),
                  valuesOf(layer, content.features[layer]!) * leastEnergyOf(context.encoder, 1),
                ),
              ]),
            ),
      value: ({ features }, targets) =>
        sumOf(layers, (layer) => {
          const sum = summed(layer, features[layer]!);
          const weight = spec.layers[layer]!;
          if (spec.convention === 'relative') return tf.mul(sum, tf.mul(targets[layer]!, -weight));
          if (spec.convention === 'inceptionism') return tf.mul(sum, -weight / 2);
          return tf.mul(sum, -weight / valuesOf(layer, features[layer]!));
        }),
    },
  ];
}

export const activation = defineLoss({
  type: 'activation',
  description:
    'How strongly chosen layers or channels are excited, negated (Mordvintsev, Olah & Tyka, Inceptionism, 2015).',
  options: activationOptions,
  resolve: resolveActivation,
  terms: prepareActivation,
  work: ({ layers }, seen) => valuesIn(layers, seen) * perValue,
});
