/** Adam (Kingma & Ba, ICLR 2015, algorithm 1), projected onto the box when asked. */
import { createFirstOrder } from './first-order.ts';
import type { Optimizer, OptimizerOptions } from './optimizer.ts';

export interface AdamOptions {
  /** The largest change of an entry in a step, near enough: in pixel units of [0,1]. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * @param start - the first point, [n]; copied, and projected when bounded
 * @throws NeckarError when the state to go on from is of another optimiser, length or bounds
 */
export function createAdam(adam: AdamOptions, start: Float32Array, options: OptimizerOptions): Optimizer {
  const { learningRate, beta1, beta2, epsilon } = adam;
  const first = new Float32Array(start.length);
  const second = new Float32Array(start.length);
  const numbers = { updates: 0 };
  return createFirstOrder(
    'adam',
    {
      vectors: { first, second },
      numbers,
      step(x, gradient) {
        numbers.updates += 1;
        const rate = learningRate / (1 - beta1 ** numbers.updates);
        const unbias = 1 / (1 - beta2 ** numbers.updates);
        for (let i = 0; i < x.length; i++) {
          const g = gradient[i]!;
          const m = beta1 * first[i]! + (1 - beta1) * g;
          const v = beta2 * second[i]! + (1 - beta2) * g * g;
          first[i] = m;
          second[i] = v;
          x[i] = x[i]! - (rate * m) / (Math.sqrt(v * unbias) + epsilon);
        }
      },
    },
    start,
    options,
  );
}
