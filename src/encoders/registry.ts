/** The encoders that come with Neckar, and whatever a researcher has added: as written, as resolved, and made. */

import type { ResolvedBy, WrittenBy } from '../components/named.ts';
import { problemsOf } from '../components/problems.ts';
import type { OfComponent } from '../components/registry.ts';
import { NeckarError } from '../errors.ts';
import { custom } from './custom/custom.ts';
import { anyEncoder, type EncoderContext, encoders } from './define.ts';
import type { Encoder, EncoderOutline } from './encoder.ts';
import type { Link } from './links.ts';
import { alexnet, squeezenet1_0, squeezenet1_1, vgg16, vgg19 } from './network-encoders.ts';
import { wavelet } from './wavelet.ts';

export type { StageInput } from './custom/stages.ts';

const shipped = { wavelet, vgg19, vgg16, squeezenet1_0, squeezenet1_1, alexnet, custom };
type Shipped = (typeof shipped)[keyof typeof shipped];

/** An encoder with every default filled in. */
export type EncoderSpec = ResolvedBy<Shipped>;

type KeysOf<Union> = Union extends unknown ? keyof Union : never;
type ValueOf<Union, Key extends PropertyKey> = Union extends { readonly [K in Key]?: infer Value }
  ? Value
  : never;

/** Any of their names with any of their settings: which go together is checked when an experiment is planned. */
type AnyWritten = { readonly name: EncoderSpec['name'] } & {
  readonly [Key in Exclude<KeysOf<WrittenBy<Shipped>>, 'name'>]?: ValueOf<WrittenBy<Shipped>, Key>;
};

/**
 * An encoder as people write it: its name alone where nothing else is needed (`'wavelet'`, `'vgg19'` with installed
 * weights), or an object; `weights` may be a path or a name alone. Parsing fills in every default.
 */
export type EncoderInput = AnyWritten | EncoderSpec['name'] | OfComponent;

/** Gives an `EncoderSpec` with every default filled in. */
export const encoderSchema = anyEncoder<EncoderSpec, EncoderInput>();

/** The names of those that come with Neckar, in the order in which help lists them. */
export const encoderNames = Object.values(shipped).map(({ definition }) => definition.name);

encoders.close(encoderNames);

/**
 * An encoder as written, checked and completed.
 * @throws NeckarError that names the option, its value and what is allowed: all that is wrong, a line each
 */
export function resolveEncoder(written: unknown): EncoderSpec {
  const { success, data, error } = encoderSchema.safeParse(written);
  if (success) return data;
  const problems = problemsOf(
    error,
    encoderSchema,
    typeof written === 'string' ? { name: written } : written,
    ['encoder'],
  );
  throw new NeckarError(problems.join('\n'), { cause: error });
}

/** Whether an encoder is known in this process: one of a researcher's own may not be. */
export function isKnownEncoder({ name }: { readonly name: string }): boolean {
  return encoders.find(name) !== undefined;
}

/** Layer names, default layers and shapes of an encoder, without reading its weights (`custom`: but for an ONNX file). */
export function encoderDefaults({ name, ...settings }: EncoderSpec): EncoderOutline {
  return encoders.get(name).outline(settings);
}

/**
 * An encoder's chain of links without reading its weights: their receptive fields, shapes and operations can be asked for, their
 * features cannot. Undefined where the encoder is no chain, or only its file says what it is.
 */
export function encoderChain({ name, ...settings }: EncoderSpec): readonly Link[] | undefined {
  return encoders.get(name).chain?.(settings);
}

/** How many times longer its operations take than those of dense convolutions. */
export function encoderSlowness({ name }: EncoderSpec): number {
  return encoders.get(name).slowness ?? 1;
}

/** Whether its features depend on the pictures of a trial. */
export function isFitted({ name, ...settings }: EncoderSpec): boolean {
  return encoders.get(name).fitted?.(settings) === true;
}

/** What an encoder shares with those that see alike. */
export function familyOfEncoder({ name }: { readonly name: string }): string {
  return encoders.find(name)?.family ?? name;
}

/**
 * Makes an encoder, reading its weights where it has any.
 *
 * @param context - what mean activations are measured on; needed for `normalized: true` alone
 * @throws NeckarError when the weights are missing, broken or another network's, and when `normalized` lacks images
 */
export async function loadEncoder(
  { name, ...settings }: EncoderSpec,
  context?: EncoderContext,
): Promise<Encoder> {
  return await encoders.get(name).load(settings, context);
}
