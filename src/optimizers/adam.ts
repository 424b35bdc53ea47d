/** Adam (Kingma & Ba, ICLR 2015, algorithm 1), projected onto the box when asked. */
import { z } from 'zod';
import { defineOptimizer } from './define.ts';
import { createFirstOrder } from './first-order.ts';

const decay = z.number().min(0).lt(1);

/** The defaults of β₁, β₂ and ε are the paper's. */
export const adam = defineOptimizer({
  name: 'adam',
  description: 'Adam (Kingma & Ba, ICLR 2015), projected onto the box.',
  settings: {
    /** The largest change of an entry in a step, near enough: in pixel units of [0,1]. The default is ours. */
    learningRate: z.number().positive().default(0.02),
    beta1: decay.default(0.9),
    beta2: decay.default(0.999),
    epsilon: z.number().positive().default(1e-8),
  },
  create({ learningRate, beta1, beta2, epsilon }, start, options) {
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
  },
});
