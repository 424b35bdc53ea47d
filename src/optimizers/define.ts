/** An optimiser as one object: its name, its settings with their defaults, and how it is made. */
import type { z } from 'zod';
import {
  factoryOf,
  type NamedDefinition,
  type NamedFactory,
  openNamed,
  type SettingsOf,
} from '../components/named.ts';
import { createRegistry } from '../components/registry.ts';
import type { Optimizer, OptimizerOptions } from './optimizer.ts';

/** Everything that is known of an optimiser. */
export interface OptimizerDefinition<
  Name extends string = string,
  Shape extends z.ZodRawShape = z.ZodRawShape,
> extends NamedDefinition<Name, Shape> {
  /** Its settings, each with a default; learning rates are in pixel units of [0,1]. */
  readonly settings: Shape;
  /**
   * @param settings - all of them
   * @param start - the first point, [n]; to be copied
   * @throws NeckarError when the state to go on from is of another optimiser, length or bounds
   */
  create(settings: SettingsOf<Shape>, start: Float32Array, options: OptimizerOptions): Optimizer;
}

export const optimizers = createRegistry<OptimizerDefinition>('optimizer');

/**
 * Enters an optimiser and gives the function by which experiments write it. One that does not come with Neckar says in
 * which module it is: `module: import.meta.url`.
 *
 * @throws NeckarError when there is another of that name
 */
export function defineOptimizer<const Name extends string, Shape extends z.ZodRawShape>(
  definition: OptimizerDefinition<Name, Shape>,
): NamedFactory<Name, Shape, OptimizerDefinition<Name, Shape>> {
  optimizers.add(definition as unknown as OptimizerDefinition);
  return factoryOf(definition);
}

/** The schema of whatever optimisers there are now: a name alone, or an object. */
export const anyOptimizer = <Output, Input>() => openNamed<Output, Input>(optimizers);
