/** An encoder as one object: its name, its settings, what is known of it without its weights, and how it is made. */
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { moduleHash } from '../components/modules.ts';
import {
  factoryOf,
  type NamedDefinition,
  type NamedFactory,
  openNamed,
  type SettingsOf,
} from '../components/named.ts';
import { createRegistry } from '../components/registry.ts';
import type { Engine } from '../engines/engine.ts';
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
  extends NamedDefinition<Name, Shape> {
  /** A setting `weights: { file }` is hashed as a trial's input. */
  readonly settings: Shape;
  /** What it shares with encoders that see alike, which judge none of its pictures; default: its name. */
  readonly family?: string;
  /** How many times longer its operations take than those of dense convolutions; default: 1. */
  readonly slowness?: number;
  /**
   * Layer names, default layers and shapes, without reading weights.
   * @throws NeckarError when what it must read for them is missing or wrong
   */
  outline(settings: SettingsOf<Shape>): EncoderOutline;
  /**
   * Its links without reading weights: their receptive fields, shapes and operations are asked for, never their features. Absent,
   * or undefined: it is no such chain, and never computed strip by strip.
   */
  chain?(settings: SettingsOf<Shape>): readonly Link[] | undefined;
  /** Whether its features depend on the pictures of the trial; default: they do not. */
  fitted?(settings: SettingsOf<Shape>): boolean;
  /** @throws NeckarError when weights are missing, broken or another network's */
  load(settings: SettingsOf<Shape>, context?: EncoderContext): Promise<Encoder>;
}

export const encoders = createRegistry<EncoderDefinition>('encoder');

/**
 * Enters an encoder and gives the function by which experiments write it. One that does not come with Neckar says in
 * which module it is, `module: import.meta.url`: that module's hash becomes part of the encoder's own.
 *
 * @throws NeckarError when there is another of that name
 */
export function defineEncoder<const Name extends string, Shape extends z.ZodRawShape>(
  definition: EncoderDefinition<Name, Shape>,
): NamedFactory<Name, Shape, EncoderDefinition<Name, Shape>> {
  const given = definition as unknown as EncoderDefinition;
  encoders.add(definition.module === undefined ? given : withModule(given, definition.module));
  return factoryOf(definition);
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

/** The schema of whatever encoders there are now: a name alone, or an object. */
export const anyEncoder = <Output, Input>() =>
  openNamed<Output, Input>(
    encoders,
    'weights imported under a name of your own go beside one of them, as encoder.weights=<name>',
  );
