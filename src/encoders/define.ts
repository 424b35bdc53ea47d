/** An encoder as one object: its name, its settings, what is known of it without its weights, and how it is made. */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { moduleHash } from '../components/modules.ts';
import { type Component, createRegistry, type OfComponent, openSchema } from '../components/registry.ts';
import type { Engine } from '../engines/engine.ts';
import { didYouMean } from '../errors.ts';
import type { TensorValue } from '../tensor.ts';
import type { Encoder, EncoderOutline } from './encoder.ts';
import { contentHash } from './hash.ts';
import type { Link } from './links.ts';

/** What encoders may need that depend on the pictures of a trial. */
export interface EncoderContext {
  /** [1,H,W,3] in [0,1]. */
  readonly images: readonly TensorValue[];
  /** What runs the network; default: tfjs. */
  readonly engine?: Engine;
}

/** Everything that is known of an encoder. */
export interface EncoderDefinition<Name extends string = string, Shape extends z.ZodRawShape = z.ZodRawShape>
  extends Component {
  readonly name: Name;
  /** Its settings, each with a default where it has one. A setting `weights: { file }` is hashed as a trial's input. */
  readonly settings: Shape;
  /** What it shares with encoders that see alike, which judge none of its pictures; default: its name. */
  readonly family?: string;
  /** How many times longer its operations take than those of dense convolutions; default: 1. */
  readonly slowness?: number;
  /**
   * Layer names, default layers and shapes, without reading weights.
   * @throws NeckarError when what it must read for them is missing or wrong
   */
  outline(settings: z.output<z.ZodObject<Shape>>): EncoderOutline;
  /**
   * Its links without reading weights: their reaches, shapes and operations are asked for, never their features. Absent,
   * or undefined: it is no such chain, and never computed strip by strip.
   */
  chain?(settings: z.output<z.ZodObject<Shape>>): readonly Link[] | undefined;
  /** Whether its features depend on the pictures of the trial; default: they do not. */
  fitted?(settings: z.output<z.ZodObject<Shape>>): boolean;
  /** @throws NeckarError when weights are missing, broken or another network's */
  load(settings: z.output<z.ZodObject<Shape>>, context?: EncoderContext): Promise<Encoder>;
}

// An object without settings is to zod one that may have no keys at all, not even a name.
type Written<Name extends string, Shape extends z.ZodRawShape> = {
  readonly name: Name;
} & (keyof Shape extends never ? unknown : z.input<z.ZodObject<Shape>>);
type Resolved<Name extends string, Shape extends z.ZodRawShape> = {
  readonly name: Name;
} & (keyof Shape extends never ? unknown : Readonly<z.output<z.ZodObject<Shape>>>);

/** The function by which experiments write an encoder, with the object behind it. */
export interface EncoderFactory<Name extends string, Shape extends z.ZodRawShape> {
  (settings?: z.input<z.ZodObject<Shape>>): Written<Name, Shape> & OfComponent;
  readonly definition: EncoderDefinition<Name, Shape>;
}

export type WrittenBy<Factory> =
  Factory extends EncoderFactory<infer Name, infer Shape> ? Written<Name, Shape> : never;
export type ResolvedBy<Factory> =
  Factory extends EncoderFactory<infer Name, infer Shape> ? Resolved<Name, Shape> : never;

export const encoders = createRegistry<EncoderDefinition>('encoder');

/**
 * Enters an encoder and gives the function by which experiments write it. One that does not come with Neckar says in
 * which module it is, `module: import.meta.url`: that module's hash becomes part of the encoder's own.
 *
 * @throws NeckarError when there is another of that name
 */
export function defineEncoder<const Name extends string, Shape extends z.ZodRawShape>(
  definition: EncoderDefinition<Name, Shape>,
): EncoderFactory<Name, Shape> {
  const given = definition as unknown as EncoderDefinition;
  encoders.add(definition.module === undefined ? given : withModule(given, definition.module));
  const write = (settings?: z.input<z.ZodObject<Shape>>) => ({ name: definition.name, ...settings });
  return Object.assign(write as EncoderFactory<Name, Shape>, { definition });
}

/** The same, its encoders' hashes joined with that of the code as it is now. */
function withModule(definition: EncoderDefinition, module: string): EncoderDefinition {
  const code = moduleHash(fileURLToPath(module.replace(/[?#].*$/, '')));
  return {
    ...definition,
    outline: (settings) => definition.outline(settings),
    async load(settings, context) {
      const encoder = await definition.load(settings, context);
      const { name, layers, minimumSize, leastEnergy, defaults, links } = encoder;
      return {
        name,
        layers,
        minimumSize,
        ...(leastEnergy !== undefined && { leastEnergy }),
        defaults,
        ...(links !== undefined && { links }),
        hash: contentHash({ encoder: encoder.hash, module: code }),
        shapeOf: (layer, height, width) => encoder.shapeOf(layer, height, width),
        encode: (image, wanted) => encoder.encode(image, wanted),
      };
    },
  };
}

let union: { readonly of: readonly EncoderDefinition[]; readonly schema: z.ZodType } | undefined;

/** The schema of whatever encoders there are now: a name alone, or an object. */
export const anyEncoder = <Output, Input>() =>
  openSchema<Output, Input>(() => {
    const all = encoders.all();
    if (union === undefined || all.some((one, i) => one !== union!.of[i]) || union.of.length !== all.length) {
      const objects = all.map(({ name, settings }) => z.strictObject({ name: z.literal(name), ...settings }));
      const written = (input: unknown) => (typeof input === 'string' ? { name: input } : input);
      const known = z.discriminatedUnion('name', objects as unknown as [z.ZodObject], { error: unknownName });
      union = { of: all, schema: z.preprocess(written, known) };
    }
    return union.schema;
  });

function unknownName({ input }: { readonly input?: unknown }): string {
  const names = encoders.names();
  const name = nameIn(input);
  if (name === undefined) return `an encoder is one of ${names.join(', ')}, or an object with such a name`;
  return `there is no encoder "${name}". ${didYouMean(name, names)}Encoders are ${names.join(', ')}; weights imported under a name of your own go beside one of them, as encoder.weights=<name>`;
}

/** The name that is written of an encoder, in whichever form. */
export function nameIn(written: unknown): string | undefined {
  if (typeof written === 'string') return written;
  if (written === null || typeof written !== 'object' || !('name' in written)) return undefined;
  return typeof written.name === 'string' ? written.name : undefined;
}
