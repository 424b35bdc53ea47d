/** A network that stylises in one pass as one object: its settings, its parameters, and what it does to pictures. */
import { z } from 'zod';
import { type Component, createRegistry, type OfComponent, openSchema } from '../components/registry.ts';
import { didYouMean } from '../errors.ts';
import type { NamedTensors, NamedValues, TensorValue, tf } from '../tensor.ts';
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

/** Everything that is known of a network. */
export interface NetworkDefinition<Name extends string = string, Shape extends z.ZodRawShape = z.ZodRawShape>
  extends Component {
  readonly name: Name;
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
  parameters(settings: z.output<z.ZodObject<Shape>>): readonly ParameterOutline[];
  /** Parameters that no training changes, such as a published encoder's. Default: none. */
  frozen?(settings: z.output<z.ZodObject<Shape>>, parameter: string): boolean;
  /** Styles that one set of parameters holds; networks for many styles only. */
  styles?(settings: z.output<z.ZodObject<Shape>>): number;
  /** What heights and widths must be multiples of; others are extended by reflection and cut again. Default 1. */
  multipleOf?(settings: z.output<z.ZodObject<Shape>>): number;
  /** Least height and width. Default 1. */
  minimumSize?(settings: z.output<z.ZodObject<Shape>>): number;
  /** Shapes [h,w,c] of the random maps it wants for a picture of that size, by name. Default: none. */
  noise?(
    settings: z.output<z.ZodObject<Shape>>,
    height: number,
    width: number,
  ): Readonly<Record<string, readonly [number, number, number]>>;
  /**
   * The stylised pictures: [B,H,W,3], RGB in [0,1] but not yet cut to it. Pure tfjs of inputs and parameters:
   * differentiable and traceable. Content of a height and width that `multipleOf` and `minimumSize` allow.
   */
  apply(settings: z.output<z.ZodObject<Shape>>, inputs: NetworkInputs, parameters: NamedTensors): tf.Tensor4D;
}

// An object without settings is to zod one that may have no keys at all, not even a name.
type Written<Name extends string, Shape extends z.ZodRawShape> = {
  readonly name: Name;
} & (keyof Shape extends never ? unknown : z.input<z.ZodObject<Shape>>);

/** The function by which experiments write a network, with the object behind it. */
export interface NetworkFactory<Name extends string, Shape extends z.ZodRawShape> {
  (settings?: z.input<z.ZodObject<Shape>>): Written<Name, Shape> & OfComponent;
  readonly definition: NetworkDefinition<Name, Shape>;
}

/** A network with every setting filled in, as configurations keep it. */
export interface NetworkSpec {
  readonly name: string;
  readonly [setting: string]: unknown;
}

export const networks = createRegistry<NetworkDefinition>('network');

/**
 * Enters a network and gives the function by which experiments write it. One that does not come with Neckar says in which
 * module it is, `module: import.meta.url`.
 *
 * @throws NeckarError when there is another of that name
 */
export function defineNetwork<const Name extends string, Shape extends z.ZodRawShape>(
  definition: NetworkDefinition<Name, Shape>,
): NetworkFactory<Name, Shape> {
  networks.add(definition as unknown as NetworkDefinition);
  const write = (settings?: z.input<z.ZodObject<Shape>>) => ({ name: definition.name, ...settings });
  return Object.assign(write as NetworkFactory<Name, Shape>, { definition });
}

/** The schema of whatever networks there are now: a name alone, or an object with its settings. */
export const networkSchema = openSchema<NetworkSpec, string | { readonly name: string }>(() => {
  const objects = networks
    .all()
    .map(({ name, settings }) => z.strictObject({ name: z.literal(name), ...settings }));
  const written = (input: unknown) => (typeof input === 'string' ? { name: input } : input);
  const known = z.discriminatedUnion('name', objects as unknown as [z.ZodObject], { error: unknownName });
  return z.preprocess(written, known);
});

function unknownName({ input }: { readonly input?: unknown }): string {
  const names = networks.names();
  const name = (input as { readonly name?: unknown } | null | undefined)?.name;
  if (typeof name !== 'string')
    return `a network is one of ${names.join(', ')}, or an object with such a name`;
  return `there is no network "${name}". ${didYouMean(name, names)}Networks are ${names.join(', ')}`;
}
