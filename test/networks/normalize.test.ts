/** The gradient derived by hand against the one that tfjs composes of single operations. */
import test from 'ava';
import { startOnnx } from '../../src/engines/onnx/start.ts';
import { normalized } from '../../src/networks/normalize.ts';
import { type NamedTensors, tf } from '../../src/tensor.ts';
import { assertClose, filled, referenceEngine, runOnce, withGradients } from '../engines/compare.ts';

const epsilon = 1e-3;
const x = filled([3, 5, 4, 2], 1, -1, 3);

function composed(axes: number[]) {
  return (tensors: NamedTensors): tf.Tensor => {
    const { mean, variance } = tf.moments(tensors.x!, axes, true);
    const unit = tf.div(tf.sub(tensors.x!, mean), tf.sqrt(tf.add(variance, epsilon)));
    return tensors.scale === undefined ? unit : tf.add(tf.mul(unit, tensors.scale), tensors.shift!);
  };
}

for (const axes of [
  [1, 2],
  [0, 1, 2],
]) {
  for (const shape of [undefined, [2], [3, 1, 1, 2], [1, 1, 1, 2]]) {
    test(`over [${axes}], scale [${shape ?? 'none'}]`, async (t) => {
      const inputs = {
        x,
        ...(shape && { scale: filled(shape, 2, 0.5, 2), shift: filled(shape, 3) }),
      };
      const names = Object.keys(inputs);
      const own = (tensors: NamedTensors) =>
        normalized(tensors.x as tf.Tensor4D, axes, epsilon, tensors.scale, tensors.shift);
      const reference = await runOnce(await referenceEngine(), withGradients(composed(axes), names), inputs);
      for (const engine of [await referenceEngine(), await startOnnx('cpu', 1)]) {
        assertClose(t, await runOnce(engine, withGradients(own, names), inputs), reference, 2e-5);
      }
    });
  }
}
