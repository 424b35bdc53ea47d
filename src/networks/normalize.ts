/** Normalisation of channels with a gradient derived by hand, which visits maps a third as often as the composed one. */
import { tf } from '../tensor.ts';

/**
 * (x − μ)/√(σ² + ε)·scale + shift, with μ and σ² each channel's over some axes.
 *
 * With c = x − μ, r = 1/√(σ² + ε) and M positions, the gradient for an upstream dy is
 * dx = scale·r·(dy − Σdy/M − c·r²·Σ(dy·c)/M).
 *
 * @param x - [B,H,W,C]
 * @param axes - [1,2]: picture by picture; [0,1,2]: over all of them
 * @param scale - [C] or [B,1,1,C], as is `shift`; both or none
 */
export function normalized(
  x: tf.Tensor4D,
  axes: readonly number[],
  epsilon: number,
  scale?: tf.Tensor,
  shift?: tf.Tensor,
): tf.Tensor4D {
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  const over = [...axes];
  const apply = tf.customGrad((...given: unknown[]) => {
    const [maps, times, plus, save] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const centered = tf.sub(maps, tf.mean(maps, over, true));
    const variance = tf.mean(tf.mul(centered, centered), over, true);
    const inverse = tf.div(1, tf.sqrt(tf.add(variance, epsilon)));
    save([centered, inverse, times]);
    return {
      value: tf.add(tf.mul(centered, tf.mul(inverse, times)), plus),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [c, r, s] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        // Of each picture: what scales and shifts are summed from.
        const products = tf.sum(tf.mul(dy, c), [1, 2], true);
        const sums = tf.sum(dy, [1, 2], true);
        const together = (part: tf.Tensor) => (axes.includes(0) ? tf.sum(part, 0, true) : part);
        // A style's own scale stands before each picture's sums.
        const scaled = (part: tf.Tensor) => tf.mul(part, s);
        const factor = tf.mul(r, s);
        const mean = tf.mul(together(scaled(sums)), tf.mul(r, 1 / count));
        const pull = tf.mul(together(scaled(products)), tf.mul(tf.mul(r, tf.mul(r, r)), 1 / count));
        const dx = tf.sub(tf.sub(tf.mul(dy, factor), tf.mul(c, pull)), mean);
        return [dx, reducedTo(tf.mul(products, r), s.shape), reducedTo(sums, plus.shape)];
      },
    };
  }) as (...tensors: tf.Tensor[]) => tf.Tensor;
  const channels = x.shape[3];
  return apply(x, scale ?? tf.ones([channels]), shift ?? tf.zeros([channels])) as tf.Tensor4D;
}

/** Sums of each picture, [B,1,1,C], in the shape of what they are gradients of. */
function reducedTo(sums: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (shape.length === 1) return tf.reshape(tf.sum(sums, [0, 1, 2]), [...shape]);
  return shape[0] === sums.shape[0] ? sums : tf.sum(sums, 0, true);
}
