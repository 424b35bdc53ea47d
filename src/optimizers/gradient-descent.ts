/**
 * Gradient descent with momentum (Polyak 1964; in the form of Sutskever et al., ICML 2013, eq. 1–2):
 * v ← μv − αg, x ← x + v, projected onto the box when asked.
 *
 * Losses differ by many powers of ten, and a rate in their units would have to be found for each. So α is fixed by
 * the first gradient: α = learningRate / rms(g₁), after which the first step changes an entry by `learningRate`
 * (RMS, pixel units). From there on it is the plain method with a constant α.
 */
import { createFirstOrder } from './first-order.ts';
import type { Optimizer, OptimizerOptions } from './optimizer.ts';
import { dot } from './vectors.ts';

export interface GradientDescentOptions {
  /** RMS change per entry of the first step, in pixel units of [0,1]. */
  readonly learningRate: number;
  /** μ, at least 0 and below 1. */
  readonly momentum: number;
}

/**
 * @param start - the first point, [n]; copied, and projected when bounded
 * @throws NeckarError when the state to go on from is of another optimiser, length or bounds
 */
export function createGradientDescent(
  descent: GradientDescentOptions,
  start: Float32Array,
  options: OptimizerOptions,
): Optimizer {
  const n = start.length;
  const bounded = options.bounds === 'unit-box';
  const velocity = new Float32Array(n);
  /** 0 until the first gradient is seen. */
  const numbers = { rate: 0 };
  return createFirstOrder(
    'gradient-descent',
    {
      vectors: { velocity },
      numbers,
      step(x, gradient) {
        if (numbers.rate === 0) {
          const rms = Math.sqrt(dot(gradient, gradient) / n);
          if (rms === 0) return;
          numbers.rate = descent.learningRate / rms;
        }
        for (let i = 0; i < n; i++) {
          const v = descent.momentum * velocity[i]! - numbers.rate * gradient[i]!;
          const moved = x[i]! + v;
          x[i] = moved;
          // A bound stops an entry: the speed it had must not hold it there once the gradient turns.
          velocity[i] = bounded && (moved < 0 || moved > 1) ? 0 : v;
        }
      },
    },
    start,
    options,
  );
}
