/** All optimisers by name, and what a resolved optimiser looks like in a trial's configuration. */
import { z } from 'zod';
import { createAdam } from './adam.ts';
import { createGradientDescent } from './gradient-descent.ts';
import { createLbfgs } from './lbfgs.ts';
import type { Optimizer, OptimizerOptions } from './optimizer.ts';

export type OptimizerSpec =
  | { readonly name: 'lbfgs'; readonly history: number }
  | {
      readonly name: 'adam';
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    }
  | { readonly name: 'gradient-descent'; readonly learningRate: number; readonly momentum: number };

const decay = z.number().min(0).lt(1);

/**
 * What an experiment may write for an optimiser: its name, or an object with the name and any of its settings.
 * Gives an `OptimizerSpec` with the rest filled in. Sources of the defaults: history 10 and β₁, β₂, ε from the
 * methods' papers (Liu & Nocedal 1989 recommend 3 to 20; Kingma & Ba 2015); the learning rates are ours, in pixel
 * units of [0,1].
 */
export const optimizerSchema = z.preprocess(
  (input) => (typeof input === 'string' ? { name: input } : input),
  z.discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('lbfgs'),
      history: z.int().min(1).max(100).default(10),
    }),
    z.strictObject({
      name: z.literal('adam'),
      learningRate: z.number().positive().default(0.02),
      beta1: decay.default(0.9),
      beta2: decay.default(0.999),
      epsilon: z.number().positive().default(1e-8),
    }),
    z.strictObject({
      name: z.literal('gradient-descent'),
      learningRate: z.number().positive().default(0.01),
      momentum: decay.default(0.9),
    }),
  ]),
);

/** All names a spec may have. */
export const optimizerNames = [
  'lbfgs',
  'adam',
  'gradient-descent',
] as const satisfies readonly OptimizerSpec['name'][];

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
  switch (spec.name) {
    case 'lbfgs':
      return createLbfgs(spec.history, start, options);
    case 'adam':
      return createAdam(spec, start, options);
    case 'gradient-descent':
      return createGradientDescent(spec, start, options);
  }
}
