/** A network that stylises in one pass as one object: its settings, its parameters, and what it does to pictures. */
import type { z } from 'zod';
import {
  factoryOf,
  type NamedDefinition,
  type NamedFactory,
  openNamed,
  type SettingsOf,
} from '../components/named.ts';
import { problemsOf } from '../components/problems.ts';
import { createRegistry, type OfComponent } from '../components/registry.ts';
import type { EngineIdentity, EngineSpec } from '../engines/engine.ts';
import { NeckarError } from '../errors.ts';
import type { Plane, RgbImage } from '../images/image.ts';
import type { NamedTensors, NamedValues, TensorValue, tf } from '../tensor.ts';
import type { GraphBlocks, GraphValue } from './graph.ts';
import type { ParameterOutline } from './layers.ts';

/**
 * What one set of trained parameters can do: one style, a fixed number of styles (PSPM and MSPM in the survey of Jing et
 * al., TVCG 2020), or whatever style picture it is shown (ASPM).
 */
export type NetworkClass = 'per-style' | 'many-styles' | 'any-style';

/** What a network is given for a batch of pictures. */
export interface NetworkInputs {
  /** [B,H,W,3], RGB in [0,1]. */
  readonly content: tf.Tensor4D;
  /** Networks for any style: style pictures, each [1,h,w,3] for all of the batch or [B,h,w,3], RGB in [0,1]. */
  readonly styles?: readonly tf.Tensor4D[];
  /**
   * [1,S] for all of the batch or [B,S], rows of sum 1: how much of each of `styles`, or of each style that a network for
   * many styles has learnt. Absent: the first style alone.
   */
  readonly weights?: tf.Tensor2D;
  /** [1,H,W,S], sums of 1 at each pixel: which style is where, beside `weights`. Absent: all of them everywhere. */
  readonly regions?: tf.Tensor4D;
  /** How much is stylised, 0 to 1, for networks that blend within. Default 1. */
  readonly alpha?: tf.Scalar;
  /** Random maps by name, [B,h,w,c], of the shapes that `noise` gives; uniform in [0,1). */
  readonly noise?: NamedTensors;
}

/** What of `NetworkInputs` a network can make something of, besides one style. */
export interface Abilities {
  /** Blends between content and stylisation. */
  readonly alpha?: boolean;
  /** Blends several styles. */
  readonly blend?: boolean;
  /** Puts styles into regions. */
  readonly regions?: boolean;
}

/** A published file of weights that a network can read, whatever its container. */
export interface Checkpoint {
  /** Whose it is, such as `pytorch/examples, fast_neural_style`. */
  readonly name: string;
  /** Whether these are its tensors' names. */
  matches(names: ReadonlySet<string>): boolean;
  /**
   * The settings that its shapes and names tell, and its tensors under the network's own names and layouts
   * ([h,w,in,out]; biases and normalisations of stages that are folded into one are folded).
   *
   * @param tensors - as they lie in the file, such as [out,in,h,w] of PyTorch
   * @throws NeckarError for a tensor that is missing or of another shape, naming it and both shapes
   */
  convert(tensors: ReadonlyMap<string, TensorValue>): {
    readonly settings: Readonly<Record<string, unknown>>;
    readonly parameters: NamedValues;
  };
}

/** The pictures that one pass of a network makes one of. */
export interface PassRequest {
  readonly content: RgbImage;
  /** Networks for any style: those that are blended, at least one. */
  readonly styles: readonly RgbImage[];
  /** Of sum 1: how much of each of `styles`, or of each learnt style. Absent: the first alone. */
  readonly weights?: readonly number[];
  /** Of the content's size, one for each of `styles`, of sum 1 at each pixel: which style is where. */
  readonly regions?: readonly Plane[];
  /** 0 to 1; absent: 1. */
  readonly alpha?: number;
  /** Of the random maps that it wants. */
  readonly seed: number;
}

/** A pass that may be run any number of times, one at a time. */
export interface PreparedPass {
  /** Seconds of making it: tracing, loading. */
  readonly compileSeconds: number;
  /** The picture, of the content's size, in [0,1] but not yet cut to it. */
  run(): Promise<RgbImage>;
  dispose(): Promise<void>;
}

/** A network with its parameters loaded. */
export interface OpenedNetwork {
  readonly identity: EngineIdentity;
  /** Numbers among its parameters, and bytes of the files they lie in. */
  readonly parameters: number;
  readonly bytes: number;
  /** @throws NeckarError for pictures that it cannot take */
  prepare(request: PassRequest): Promise<PreparedPass>;
  dispose(): Promise<void>;
}

/** Everything that is known of a network. */
export interface NetworkDefinition<Name extends string = string, Shape extends z.ZodRawShape = z.ZodRawShape>
  extends NamedDefinition<Name, Shape> {
  readonly class: NetworkClass;
  /** Where it was published, such as `Johnson, Alahi & Fei-Fei, ECCV 2016`. */
  readonly source: string;
  /** Its settings (width, depth, kind of norm …), each with a default. */
  readonly settings: Shape;
  readonly abilities?: Abilities;
  /** Published files that it can read. Default: only those that Neckar writes. */
  readonly checkpoints?: readonly Checkpoint[];
  /**
   * The parameters that it needs, in order; their names do not depend on the settings of others.
   * @throws NeckarError for settings that do not fit together
   */
  parameters(settings: SettingsOf<Shape>): readonly ParameterOutline[];
  /** Parameters that no training changes, such as a published encoder's. Default: none. */
  frozen?(settings: SettingsOf<Shape>, parameter: string): boolean;
  /** Styles that one set of parameters holds; networks for many styles only. */
  styles?(settings: SettingsOf<Shape>): number;
  /** What heights and widths must be multiples of; others are extended by reflection and cut again. Default 1. */
  multipleOf?(settings: SettingsOf<Shape>): number;
  /** Least height and width. Default 1. */
  minimumSize?(settings: SettingsOf<Shape>): number;
  /** Shapes [h,w,c] of the random maps it wants for a picture of that size, by name. Default: none. */
  noise?(
    settings: SettingsOf<Shape>,
    height: number,
    width: number,
  ): Readonly<Record<string, readonly [number, number, number]>>;
  /**
   * The stylised pictures: [B,H,W,3], RGB in [0,1] but not yet cut to it. Pure tfjs of inputs and parameters:
   * differentiable and traceable. Content of a height and width that `multipleOf` and `minimumSize` allow.
   */
  apply(settings: SettingsOf<Shape>, inputs: NetworkInputs, parameters: NamedTensors): tf.Tensor4D;
  /**
   * The same as `apply` does for one picture, as a graph of any size: what `neckar networks export` writes. Networks
   * without it are not exported.
   */
  graph?(settings: SettingsOf<Shape>, blocks: GraphBlocks): GraphValue;
  /**
   * What its training minimises besides the losses, by names of terms that no loss has: scalars, means over the batch, and
   * their weights. `pictures` are what `apply` made of the inputs. Pure tfjs. Default: nothing.
   */
  extra?(
    settings: SettingsOf<Shape>,
    inputs: NetworkInputs,
    pictures: tf.Tensor4D,
    parameters: NamedTensors,
  ): Readonly<Record<string, { readonly weight: number; readonly value: tf.Scalar }>>;
  /** Where the settings decide it: its class and abilities instead of `class` and `abilities`. */
  classOf?(settings: SettingsOf<Shape>): NetworkClass;
  abilitiesOf?(settings: SettingsOf<Shape>): Abilities;
  /** Dotted paths of settings that are files: their bytes decide what it does. Default: none. */
  readonly fileSettings?: readonly string[];
  /**
   * Looks at a file that `fileSettings` names before anything runs; one that is missing is said elsewhere.
   * @throws NeckarError when it is none of those that the network is made of
   */
  checkFile?(path: string): void;
  /**
   * Opens what is no tfjs and runs by itself; `apply` then refuses with a sentence.
   * @throws NeckarError when it cannot run here, or its files are missing or no such network
   */
  open?(settings: SettingsOf<Shape>, engine: EngineSpec): Promise<OpenedNetwork>;
}

/** A network with every setting filled in, as configurations keep it. */
export interface NetworkSpec {
  readonly name: string;
  readonly [setting: string]: unknown;
}

/** A network as people write it: its name alone, or what its function gives. */
export type NetworkInput = string | ({ readonly name: string } & OfComponent);

export const networks = createRegistry<NetworkDefinition>('network');

/**
 * Enters a network and gives the function by which experiments write it. One that does not come with Neckar says in which
 * module it is, `module: import.meta.url`.
 *
 * @throws NeckarError when there is another of that name
 */
export function defineNetwork<const Name extends string, Shape extends z.ZodRawShape>(
  definition: NetworkDefinition<Name, Shape>,
): NamedFactory<Name, Shape, NetworkDefinition<Name, Shape>> {
  networks.add(definition as unknown as NetworkDefinition);
  return factoryOf(definition);
}

/** The schema of whatever networks there are now: a name alone, or an object with its settings. */
export const networkSchema = openNamed<NetworkSpec, NetworkInput>(networks);

/** What one set of parameters of a network can do. */
export function networkClass({ name, ...settings }: NetworkSpec): NetworkClass {
  const definition = networks.get(name);
  return definition.classOf?.(settings) ?? definition.class;
}

/** What a network can make something of, besides one style. */
export function networkAbilities({ name, ...settings }: NetworkSpec): Abilities {
  const definition = networks.get(name);
  return definition.abilitiesOf?.(settings) ?? definition.abilities ?? {};
}

/** Styles that one set of a network's parameters holds; undefined: any. */
export function networkStyles(spec: NetworkSpec): number | undefined {
  const { name, ...settings } = spec;
  const kind = networkClass(spec);
  if (kind === 'any-style') return undefined;
  return kind === 'per-style' ? 1 : networks.get(name).styles!(settings);
}

/**
 * A network as written, checked and completed.
 * @throws NeckarError that names each setting that is wrong, its value and what is allowed, a line each
 */
export function resolveNetwork(written: unknown): NetworkSpec {
  const { success, data, error } = networkSchema.safeParse(written);
  if (success) return data;
  const named = typeof written === 'string' ? { name: written } : written;
  throw new NeckarError(problemsOf(error, networkSchema, named, ['network']).join('\n'), { cause: error });
}
