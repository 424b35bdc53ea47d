/** The optimisers that come with Neckar, and whatever a researcher has added: as written, as resolved, and made. */
import type { ResolvedBy, WrittenBy } from '../components/named.ts';
import type { OfComponent } from '../components/registry.ts';
import { adam } from './adam.ts';
import { anyOptimizer, optimizers } from './define.ts';
import { gradientDescent } from './gradient-descent.ts';
import { lbfgs } from './lbfgs.ts';
import type { Optimizer, OptimizerOptions } from './optimizer.ts';

const shipped = { lbfgs, adam, gradientDescent };
type Shipped = (typeof shipped)[keyof typeof shipped];

optimizers.close();

/** In a trial's configuration: every setting filled in. */
export type OptimizerSpec = ResolvedBy<Shipped>;

/** As people write it: its name, or an object with the name and any of its settings. */
export type OptimizerInput = WrittenBy<Shipped> | OptimizerSpec['name'] | OfComponent;

/** Gives an `OptimizerSpec` with every default filled in. */
export const optimizerSchema = anyOptimizer<OptimizerSpec, OptimizerInput>();

/** The names of those that come with Neckar, in the order in which help lists them. */
export const optimizerNames = Object.values(shipped).map(({ definition }) => definition.name);

/**
 * The optimiser a spec describes, at its start or where a stored state left off.
 * @param start - the first point, [n]; copied
 * @throws NeckarError when the state is of another optimiser, length, bounds or history
 */
export function createOptimizer(
  spec: OptimizerSpec,
  start: Float32Array,
  options: OptimizerOptions,
): Optimizer {
  const { name, ...settings } = spec;
  return optimizers.get(name).create(settings, start, options);
}
