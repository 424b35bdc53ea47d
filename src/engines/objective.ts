/** An objective as engines see it: a pure function of an image with named terms, and its value and gradient. */
import { type NamedTensors, releasing, tf } from '../tensor.ts';
import type { TensorFunction } from './engine.ts';

/** `total` is what is minimised; `terms` are the unweighted losses by name, all scalars. */
export interface ObjectiveValue {
  readonly total: tf.Scalar;
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

/** `image` is [1,H,W,3]; `others` are the constants and the refreshed inputs by name. */
export type ObjectiveFunction = (image: tf.Tensor4D, others: NamedTensors) => ObjectiveValue;

const termPrefix = 'term:';

/**
 * The function an engine compiles to evaluate an objective: input `image` (and the others), outputs `total`,
 * `gradient` ([1,H,W,3], d total / d image) and `term:<name>` for each unweighted term.
 */
export function valueAndGradient(objective: ObjectiveFunction): TensorFunction {
  return ({ image, ...others }) =>
    releasing(() => {
      let terms: Readonly<Record<string, tf.Scalar>> = {};
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => {
        const evaluated = objective(x as tf.Tensor4D, others);
        terms = evaluated.terms;
        for (const term of Object.values(terms)) tf.keep(term);
        return evaluated.total;
      })(image!);
      const outputs: NamedTensors = { total: value, gradient: grad };
      for (const [name, term] of Object.entries(terms)) outputs[termPrefix + name] = term;
      return outputs;
    });
}

/** The terms among a program's outputs, by their own names. */
export function termsOf(
  outputs: Readonly<Record<string, { data: ArrayLike<number> }>>,
): Record<string, number> {
  const terms: Record<string, number> = {};
  for (const [name, value] of Object.entries(outputs)) {
    if (name.startsWith(termPrefix)) terms[name.slice(termPrefix.length)] = value.data[0]!;
  }
  return terms;
}
