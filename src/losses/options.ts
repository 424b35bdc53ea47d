/** The options that losses share as people write them, and how they are completed from the encoder. */
import { z } from 'zod';
import type { Encoder } from '../encoders/encoder.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import type { LayerWeights } from './spec.ts';

/** What resolving a loss needs to know of the encoder. */
export type EncoderLayers = Pick<Encoder, 'name' | 'layers' | 'defaults'>;

/** Which of an encoder's own choices of layers a loss reads unless it is told. */
export type LayerRole = 'content' | 'style' | 'patches' | 'histogram';

/**
 * A list of layers (each of weight 1) or layer -> weight. Beside the encoder's own names, those that every encoder
 * understands: see `layersCalled`.
 */
export const layerOptions = z
  .union([z.array(z.string()), z.record(z.string(), z.number().nonnegative())])
  .describe('Layers of the encoder: a list, each of weight 1, or a record of weights.');

export type LayerOptions = z.infer<typeof layerOptions>;

/**
 * `layers` of a loss that reads some.
 *
 * @param done - what is done with the layers, such as `compared`
 */
export function layeredOptions(role: LayerRole, done = 'compared') {
  const kind = role === 'patches' ? 'patch' : role;
  return {
    layers: layerOptions.optional().describe(`Layers ${done}. Default: the encoder's ${kind} layers.`),
  };
}

/**
 * `convention` of a loss, whose default is `relative`.
 *
 * @param meanings - convention -> what the value is under it, as a part of a sentence
 */
export function conventionOption<Convention extends string>(meanings: Readonly<Record<Convention, string>>) {
  const names = Object.keys(meanings) as Convention[];
  const sentence = names.map(
    (name) => `\`${name}\`${name === defaultConvention ? ' (default)' : ''}: ${meanings[name]}`,
  );
  return z
    .enum(names)
    .optional()
    .describe(`${sentence.join('; ')}.`);
}

const defaultConvention = 'relative';

/** How often what is held between evaluations is found anew. */
export function refreshOption(events: string, byDefault: number) {
  return z
    .int()
    .min(1)
    .optional()
    .describe(`Evaluations between two ${events}, 1: at every evaluation. Default ${byDefault}.`);
}

/**
 * Layers and convention of a loss with their defaults: the encoder's layers for that role, `relative`.
 *
 * @param path - where the loss stands, for errors, such as `losses[0]`
 * @throws NeckarError as `resolveLayers` does, and when no layer has a positive weight
 */
export function resolveLayered<Convention extends string>(
  written: { readonly layers?: LayerOptions | undefined; readonly convention?: Convention | undefined },
  role: LayerRole,
  encoder: EncoderLayers,
  path: string,
): { layers: LayerWeights; convention: Convention | typeof defaultConvention } {
  const layersPath = `${path}.layers`;
  return {
    layers: requireLayers(
      resolveLayers(written.layers, encoder.defaults[role], encoder, layersPath),
      layersPath,
    ),
    convention: written.convention ?? defaultConvention,
  };
}

/**
 * Layer weights in the encoder's order, from what was written or from `fallback`.
 *
 * @param path - where the option stands, for errors, such as `losses[0].layers`
 * @throws NeckarError for a layer the encoder does not have, a repeated one, or when none has a positive weight
 */
export function resolveLayers(
  written: LayerOptions | undefined,
  fallback: LayerWeights,
  encoder: EncoderLayers,
  path: string,
): LayerWeights {
  const chosen = written ?? fallback;
  const entries: [string, number][] = Array.isArray(chosen)
    ? chosen.map((layer) => [layer, 1])
    : Object.entries(chosen);
  const weights = new Map<string, number>();
  for (const [name, value] of entries) {
    for (const layer of layersCalled(name, encoder, path)) {
      if (weights.has(layer)) throw new NeckarError(`${path}: layer "${layer}" is named twice.`);
      weights.set(layer, value);
    }
  }
  const resolved = encoder.layers
    .filter((layer) => weights.has(layer))
    .map((layer) => [layer, weights.get(layer)!]);
  return Object.fromEntries(resolved) as LayerWeights;
}

/** @throws NeckarError when no layer of a loss has a positive weight */
export function requireLayers(weights: LayerWeights, path: string): LayerWeights {
  if (activeLayers(weights).length === 0) {
    throw new NeckarError(
      `${path}: no layer has a positive weight; name at least one, or leave the option out.`,
    );
  }
  return weights;
}

/** Whether any layer at all was named. */
export function namesLayers(written: LayerOptions | undefined): boolean {
  return written !== undefined && Object.keys(written).length > 0;
}

/**
 * The layers that a name stands for: the encoder's own of that name, or, so that one experiment serves every encoder,
 *
 * - `depth1`, `depth2`, …: its style layers, shallow to deep (VGG-19: relu1_1 … relu5_1; wavelet: scale1 … scale5);
 * - `color1`, `color2`, …, and `colors` for all of them: its layers of blurred pixels, fine to coarse (wavelet:
 *   low1 … low5). There are none, and nothing is compared, where features see colours themselves, as networks' do.
 *
 * @throws NeckarError for anything else, naming the nearest layer, and for a depth the encoder does not reach
 */
function layersCalled(name: string, encoder: EncoderLayers, path: string): readonly string[] {
  if (encoder.layers.includes(name)) return [name];
  const { style, colors = [] } = encoder.defaults;
  if (name === 'colors') return colors;
  const [, kind, number] = /^(depth|color)([1-9]\d?)$/.exec(name) ?? [];
  if (kind === undefined) {
    checkLayer(name, encoder, path);
    return [name];
  }
  const places = kind === 'depth' ? Object.keys(style) : colors;
  const layer = places[Number(number) - 1];
  if (layer !== undefined) return [layer];
  if (places.length === 0) return [];
  throw new NeckarError(
    `${path}: the encoder ${encoder.name} has no "${name}": it ends at ${kind}${places.length}, which is ${places.at(-1)}.`,
  );
}

/** @throws NeckarError for a layer the encoder does not have, naming the nearest one */
export function checkLayer(layer: string, encoder: EncoderLayers, path: string): void {
  if (encoder.layers.includes(layer)) return;
  throw new NeckarError(
    `${path}: the encoder ${encoder.name} has no layer "${layer}". ${didYouMean(layer, encoder.layers)}` +
      `It has ${encoder.layers.join(', ')}.`,
  );
}

/** The layers that take part: those of positive weight. */
export function activeLayers(weights: LayerWeights): string[] {
  return Object.keys(weights).filter((layer) => weights[layer]! > 0);
}
