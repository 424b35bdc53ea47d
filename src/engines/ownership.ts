/**
 * Whose work an operation is: a function names its parts (an encoder, each loss) while it is traced, and every
 * operation made meanwhile, and every one that later computes its gradient, is that part's.
 */
import { tf } from '../tensor.ts';

let current: string | undefined;

/** Whose work is being traced now; undefined between the named parts. */
export function currentOwner(): string | undefined {
  return current;
}

/**
 * Runs `compute`, which must be synchronous, as the work of `owner`. Of parts within parts the innermost counts.
 *
 * Gradients are made later, when differentiation walks back over what was recorded: whatever `compute` records is
 * made to say again whose it is.
 */
export function owned<Result>(owner: string, compute: () => Result): Result {
  const { state } = tf.engine();
  const recorded = state.activeTape?.length ?? 0;
  try {
    return as(owner, compute);
  } finally {
    for (const node of state.activeTape?.slice(recorded) ?? []) {
      const { gradient } = node;
      if (gradient === undefined) continue;
      node.gradient = (dys) => {
        const byInput = as(owner, () => gradient(dys));
        return Object.fromEntries(
          Object.entries(byInput).map(([name, make]) => [name, () => as(owner, make)]),
        );
      };
    }
  }
}

function as<Result>(owner: string, compute: () => Result): Result {
  const former = current;
  current = owner;
  try {
    return compute();
  } finally {
    current = former;
  }
}
