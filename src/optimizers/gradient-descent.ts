/**
 * Gradient descent with momentum (Polyak 1964; in the form of Sutskever et al., ICML 2013, eq. 1–2):
 * v ← μv − αg, x ← x + v, projected onto the box when asked.
 *
 * Losses differ by many powers of ten, and a rate in their units would have to be found for each. So α is fixed by
 * the first gradient: α = learningRate / rms(g₁), after which the first step changes an entry by `learningRate`
 * (RMS, pixel units). From there on it is the plain method with a constant α.
 */
import { z } from 'zod';
import { defineOptimizer } from './define.ts';
import { createFirstOrder } from './first-order.ts';
import { dot } from './vectors.ts';

export const gradientDescent = defineOptimizer({
  name: 'gradient-descent',
  description: 'Gradient descent with momentum (Polyak 1964), its rate fixed by the first gradient.',
  settings: {
    /** RMS change per entry of the first step, in pixel units of [0,1]. The default is ours. */
    learningRate: z.number().positive().default(0.01),
    /** μ. */
    momentum: z.number().min(0).lt(1).default(0.9),
  },
  create(descent, start, options) {
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
  },
});
