/** An optimiser as one object: its name, its settings with their defaults, and how it is made. */
import { z } from 'zod';
import { type Component, createRegistry, type OfComponent, openSchema } from '../components/registry.ts';
import type { Optimizer, OptimizerOptions } from './optimizer.ts';

/** Everything that is known of an optimiser. */
export interface OptimizerDefinition<
  Name extends string = string,
  Shape extends z.ZodRawShape = z.ZodRawShape,
> extends Component {
  readonly name: Name;
  /** Its settings, each with a default; learning rates are in pixel units of [0,1]. */
  readonly settings: Shape;
  /**
   * @param settings - all of them
   * @param start - the first point, [n]; to be copied
   * @throws NeckarError when the state to go on from is of another optimiser, length or bounds
   */
  create(settings: z.output<z.ZodObject<Shape>>, start: Float32Array, options: OptimizerOptions): Optimizer;
}

/** What an experiment writes of an optimiser: its name with any of its settings. */
type Written<Name extends string, Shape extends z.ZodRawShape> = { readonly name: Name } & z.input<
  z.ZodObject<Shape>
>;

/** The same with every default filled in, as a trial's configuration has it. */
type Resolved<Name extends string, Shape extends z.ZodRawShape> = { readonly name: Name } & Readonly<
  z.output<z.ZodObject<Shape>>
>;

/** The function by which experiments write an optimiser, with the object behind it. */
export interface OptimizerFactory<Name extends string, Shape extends z.ZodRawShape> {
  (settings?: z.input<z.ZodObject<Shape>>): Written<Name, Shape> & OfComponent;
  readonly definition: OptimizerDefinition<Name, Shape>;
}

export type WrittenBy<Factory> =
  Factory extends OptimizerFactory<infer Name, infer Shape> ? Written<Name, Shape> : never;
export type ResolvedBy<Factory> =
  Factory extends OptimizerFactory<infer Name, infer Shape> ? Resolved<Name, Shape> : never;

export const optimizers = createRegistry<OptimizerDefinition>('optimizer');

/**
 * Enters an optimiser and gives the function by which experiments write it. One that does not come with Neckar says in
 * which module it is: `module: import.meta.url`.
 *
 * @throws NeckarError when there is another of that name
 */
export function defineOptimizer<const Name extends string, Shape extends z.ZodRawShape>(
  definition: OptimizerDefinition<Name, Shape>,
): OptimizerFactory<Name, Shape> {
  optimizers.add(definition as unknown as OptimizerDefinition);
  const write = (settings?: z.input<z.ZodObject<Shape>>) => ({ name: definition.name, ...settings });
  return Object.assign(write as OptimizerFactory<Name, Shape>, { definition });
}

let union: { readonly of: number; readonly schema: z.ZodType } | undefined;

/** The schema of whatever optimisers there are now: a name alone, or an object. */
export const anyOptimizer = <Output, Input>() =>
  openSchema<Output, Input>(() => {
    const all = optimizers.all();
    if (union?.of !== all.length) {
      const objects = all.map(({ name, settings }) => z.strictObject({ name: z.literal(name), ...settings }));
      const written = (input: unknown) => (typeof input === 'string' ? { name: input } : input);
      union = {
        of: all.length,
        schema: z.preprocess(written, z.discriminatedUnion('name', objects as unknown as [z.ZodObject])),
      };
    }
    return union.schema;
  });
