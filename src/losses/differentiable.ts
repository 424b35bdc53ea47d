/** Functions that bring their own gradient. */
import { tf } from '../tensor.ts';

type Save = (tensors: tf.Tensor[]) => void;

/** A scalar-valued or tensor-valued function of one tensor with its own gradient. */
export function differentiable<T extends tf.Tensor>(
  forward: (x: tf.Tensor, save: Save) => tf.Tensor,
  backward: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor,
): (x: tf.Tensor) => T {
  return tf.customGrad((...args: unknown[]) => {
    const [x, save] = args as [tf.Tensor, Save];
    return {
      value: forward(x, save),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, saved),
    };
  }) as (x: tf.Tensor) => T;
}
