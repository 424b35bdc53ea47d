/** An objective as engines see it: a pure function of an image with named terms, and its value and gradient. */
import { type NamedTensors, releasing, tf, withPrefix } from '../tensor.ts';
import type { TensorFunction } from './engine.ts';

/** `total` is what is minimised; `terms` are the unweighted losses by name, all scalars. */
export interface ObjectiveValue {
  readonly total: tf.Scalar;
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

/** The same of any variables: a picture, the parameters of a network, or both; `tensors` are all there are, by name. */
export type NamedObjective = (tensors: NamedTensors) => ObjectiveValue;

const termPrefix = 'term:';
const gradientPrefix = 'gradient:';

/**
 * The function an engine compiles to evaluate an objective of named variables: outputs `total`, `gradient:<variable>`
 * of the variable's shape for each of `variables`, and `term:<name>` for each unweighted term. A variable that the
 * objective does not read has a gradient of zeros.
 *
 * @param variables - names among the function's inputs, at least one, none twice
 */
export function valueAndGradients(objective: NamedObjective, variables: readonly string[]): TensorFunction {
  return (tensors) =>
    releasing(() => {
      let terms: Readonly<Record<string, tf.Scalar>> = {};
      const evaluate = (...given: tf.Tensor[]) => {
        const own = Object.fromEntries(variables.map((name, index) => [name, given[index]!]));
        const evaluated = objective({ ...tensors, ...own });
        terms = evaluated.terms;
        for (const term of Object.values(terms)) tf.keep(term);
        return evaluated.total;
      };
      const given = variables.map((name) => tensors[name]!);
      // What tf.valueAndGrads does, but for variables that nothing depends on, which it refuses.
      const { value, grads } = tf.tidy(() => tf.engine().gradients(() => evaluate(...given), given));
      const outputs: NamedTensors = { total: value };
      for (const [index, name] of variables.entries()) {
        outputs[gradientPrefix + name] = grads[index] ?? tf.zeros(given[index]!.shape);
      }
      for (const [name, term] of Object.entries(terms)) outputs[termPrefix + name] = term;
      return outputs;
    });
}

/** The gradients among a program's outputs, by their variables' names. */
export function gradientsOf<Value>(outputs: Readonly<Record<string, Value>>): Record<string, Value> {
  return withPrefix(outputs, gradientPrefix);
}

/** The terms among a program's outputs, by their own names. */
export function termsOf(
  outputs: Readonly<Record<string, { data: ArrayLike<number> }>>,
): Record<string, number> {
  const terms = Object.entries(withPrefix(outputs, termPrefix));
  return Object.fromEntries(terms.map(([name, { data }]) => [name, data[0]!]));
}
