/** The features of a graph, in tfjs. */
import { float32, frozen, type TensorValue, tf } from '../../tensor.ts';
import type { Features } from '../encoder.ts';
import {
  imageName,
  marginsAlong,
  type NetworkGraph,
  nodesFor,
  type Operation,
  outputExtent,
  windowExtent,
} from './graph.ts';

/** Below every feature and far enough from the least float32 for products and sums to stay finite. */
const nothing = -1e30;

/** The features of preprocessed images [B,H,W,3] at the wanted nodes; nothing that they do not need is computed. */
export function graphFeatures(graph: NetworkGraph, image: tf.Tensor4D, wanted: readonly string[]): Features {
  const maps = new Map<string, tf.Tensor4D>([[imageName, image]]);
  for (const { name, inputs, operation } of nodesFor(graph, wanted)) {
    maps.set(
      name,
      applied(
        operation,
        inputs.map((input) => maps.get(input)!),
      ),
    );
  }
  return Object.fromEntries(wanted.map((name) => [name, maps.get(name)!]));
}

function applied(operation: Operation, inputs: readonly tf.Tensor4D[]): tf.Tensor4D {
  const x = inputs[0]!;
  switch (operation.kind) {
    case 'convolution':
      return convolved(x, operation);
    case 'pool':
      return operation.pooling === 'max' ? maximum(x, operation) : average(x, operation);
    case 'relu':
      return tf.relu(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return tf.tanh(x);
    case 'identity':
      return x;
    case 'leaky':
      return tf.sub(tf.relu(x), tf.mul(tf.relu(tf.neg(x)), operation.slope));
    case 'clip': {
      // Of two rectifications: their gradient is that of the clipped range in every engine.
      const { least, most } = operation;
      const raised = Number.isFinite(least) ? tf.add(tf.relu(tf.sub(x, least)), least) : x;
      return Number.isFinite(most) ? tf.sub(most, tf.relu(tf.sub(most, raised))) : (raised as tf.Tensor4D);
    }
    case 'affine':
      return tf.add(tf.mul(x, frozen(operation.scale)), frozen(operation.shift));
    case 'add':
      return inputs.reduce((sum, input) => tf.add(sum, input));
    case 'multiply':
      return inputs.reduce((product, input) => tf.mul(product, input));
    case 'subtract':
      return tf.sub(x, inputs[1]!);
    case 'concatenate':
      return tf.concat([...inputs], 3);
  }
}

type Convolution = Operation & { kind: 'convolution' };
type Pool = Operation & { kind: 'pool' };

function convolved(x: tf.Tensor4D, operation: Convolution): tf.Tensor4D {
  const { filter, bias, groups } = operation;
  const strides: [number, number] = [...operation.strides];
  const padded = bordered(x, operation, 0);
  const channels = x.shape[3] / groups;
  let result: tf.Tensor4D;
  if (groups === 1) result = tf.conv2d(padded, frozen(filter) as tf.Tensor4D, strides, 'valid');
  else if (channels === 1) {
    const [height, width, , outputs] = filter.shape as [number, number, number, number];
    const separate = tf.reshape(frozen(filter), [height, width, groups, outputs / groups]) as tf.Tensor4D;
    result = tf.depthwiseConv2d(padded, separate, strides, 'valid');
  } else {
    const [batch, height, width] = padded.shape;
    const parts = filtersOf(filter, groups).map((part, group) => {
      const own = tf.slice(padded, [0, 0, 0, group * channels], [batch, height, width, channels]);
      return tf.conv2d(own, frozen(part) as tf.Tensor4D, strides, 'valid');
    });
    result = tf.concat(parts, 3);
  }
  return bias === undefined ? result : tf.add(result, frozen(bias));
}

const partsOfFilters = new WeakMap<TensorValue, TensorValue[]>();

/** The filters of each group, HWIO; made once, so that they are uploaded once. */
function filtersOf(filter: TensorValue, groups: number): TensorValue[] {
  let parts = partsOfFilters.get(filter);
  if (parts === undefined) {
    const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
    const each = outputs / groups;
    parts = Array.from({ length: groups }, (_, group) => {
      const values = new Float32Array(height * width * inputs * each);
      for (let at = 0; at < values.length; at++) {
        values[at] = filter.data[Math.floor(at / each) * outputs + group * each + (at % each)]!;
      }
      return float32([height, width, inputs, each], values);
    });
    partsOfFilters.set(filter, parts);
  }
  return parts;
}

function maximum(x: tf.Tensor4D, operation: Pool): tf.Tensor4D {
  return tf.maxPool(bordered(x, operation, nothing), [...operation.size], [...operation.strides], 'valid');
}

/** The mean over what counts: tfjs divides by the whole window, so it is scaled by window over count. */
function average(x: tf.Tensor4D, operation: Pool): tf.Tensor4D {
  const { size, strides } = operation;
  const sums = tf.avgPool(bordered(x, operation, 0), [...size], [...strides], 'valid');
  const [, height, width] = x.shape;
  const rows = countsAlong(operation, height, 0);
  const columns = countsAlong(operation, width, 1);
  if (rows.every((n) => n === size[0]) && columns.every((n) => n === size[1])) return sums;
  const factors = Float32Array.from({ length: rows.length * columns.length }, (_, at) => {
    const row = rows[Math.floor(at / columns.length)]!;
    return (size[0] * size[1]) / (row * columns[at % columns.length]!);
  });
  return tf.mul(sums, tf.tensor4d(factors, [1, rows.length, columns.length, 1]));
}

/** How many positions of each window count along an axis. */
function countsAlong(operation: Pool, extent: number, axis: 0 | 1): number[] {
  const [before, after] = marginsAlong(operation, extent, axis);
  const [first, last] = operation.countMargins ? [-before, extent + after] : [0, extent];
  return Array.from({ length: outputExtent(operation, extent, axis) }, (_, i) => {
    const begin = i * operation.strides[axis] - before;
    return Math.min(begin + operation.size[axis], last) - Math.max(begin, first);
  });
}

/** The map with its margins, and with what partial windows reach beyond them. */
function bordered(x: tf.Tensor4D, operation: Convolution | Pool, value: number): tf.Tensor4D {
  const [, height, width] = x.shape;
  const [rows, columns] = ([0, 1] as const).map((axis): [number, number] => {
    const extent = axis === 0 ? height : width;
    const [before, after] = marginsAlong(operation, extent, axis);
    const reach =
      (outputExtent(operation, extent, axis) - 1) * operation.strides[axis] + windowExtent(operation, axis);
    return [before, Math.max(after, reach - before - extent)];
  }) as [[number, number], [number, number]];
  if ([...rows, ...columns].every((n) => n === 0)) return x;
  return tf.pad(x, [[0, 0], rows, columns, [0, 0]], value);
}
