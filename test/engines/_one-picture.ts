/** Objectives of one picture, as tests of engines write them. */
import type { TensorFunction } from '../../src/engines/engine.ts';
import { gradientsOf, type ObjectiveValue, valueAndGradients } from '../../src/engines/objective.ts';
import type { NamedTensors, tf } from '../../src/tensor.ts';

/**
 * Its value and gradient: input `image` (and the others), outputs `total`, `gradient` (d total / d image) and `term:<name>`
 * for each unweighted term.
 */
export function valueAndGradient(
  objective: (image: tf.Tensor4D, others: NamedTensors) => ObjectiveValue,
): TensorFunction {
  const compute = valueAndGradients(
    ({ image, ...others }) => objective(image as tf.Tensor4D, others),
    ['image'],
  );
  return (tensors) => {
    const outputs = compute(tensors);
    const { image } = gradientsOf(outputs);
    const others = Object.entries(outputs).filter(([name]) => name !== 'gradient:image');
    return { ...Object.fromEntries(others), gradient: image! };
  };
}
