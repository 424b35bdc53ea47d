/** Convolutional networks as data: a chain of stages, its shapes, and its features. */
import { frozen, type TensorValue, tf } from '../tensor.ts';
import type { Features } from './encoder.ts';
import { checkLayer, emptyLayer } from './layers.ts';
import { reflectionPad } from './reflection.ts';

/**
 * `l2`: the root of the mean square; `hann`: the same with the mean weighted by a Hann window, (1 2 1)⊗(1 2 1)/16, zeros
 * around the map: without aliasing (Hénaff & Simoncelli, Geodesics of learned representations, ICLR 2016).
 */
export type Pooling = 'average' | 'max' | 'l2' | 'hann';

/**
 * `same`: zeros around the image, half the kernel; a number: so many zeros on each side; `reflection`: the image itself
 * in the mirror; `valid`: nothing.
 */
export type Padding = 'same' | 'reflection' | 'valid' | number;

/** One step of a network; its name is a layer users can ask for. `tensors` is the prefix of its weights' names. */
export type Stage =
  | {
      readonly kind: 'convolution';
      readonly name: string;
      readonly tensors: string;
      readonly channels: number;
      readonly kernel: number;
      readonly stride: number;
      readonly padding: Padding;
    }
  | { readonly kind: 'relu'; readonly name: string }
  | {
      readonly kind: 'pool';
      readonly name: string;
      readonly pooling: Pooling;
      readonly size: number;
      readonly stride: number;
      /** Whether a last window that reaches over the edge counts (`ceil mode`), or is left out. */
      readonly partial: boolean;
    }
  | {
      /** Iandola et al. 2016: 1×1 squeeze, then 1×1 and 3×3 expansions side by side, each rectified. */
      readonly kind: 'fire';
      readonly name: string;
      readonly tensors: string;
      readonly squeeze: number;
      /** Channels of each of the two expansions. */
      readonly expand: number;
    };

/** Tensors by name; convolution filters are HWIO, biases one per output channel. */
export interface NetworkWeights {
  get(name: string): TensorValue | undefined;
}

/** A weight tensor a network needs, in the layout of weight files: OIHW filters. */
export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Guards the square root of L2 pooling, whose gradient is infinite at zero. */
const l2Floor = 1e-12;

/** The inner values of Hann's window over five samples, of sum 1. */
const hann = [0.25, 0.5, 0.25] as const;

/** All weight tensors of a network of RGB images, in order. */
export function expectedTensors(stages: readonly Stage[]): ExpectedTensor[] {
  const expected: ExpectedTensor[] = [];
  const add = (prefix: string, output: number, input: number, kernel: number) => {
    expected.push({ name: `${prefix}.weight`, shape: [output, input, kernel, kernel] });
    expected.push({ name: `${prefix}.bias`, shape: [output] });
  };
  let channels = 3;
  for (const stage of stages) {
    if (stage.kind === 'convolution') {
      add(stage.tensors, stage.channels, channels, stage.kernel);
    } else if (stage.kind === 'fire') {
      add(`${stage.tensors}.squeeze`, stage.squeeze, channels, 1);
      add(`${stage.tensors}.expand1x1`, stage.expand, stage.squeeze, 1);
      add(`${stage.tensors}.expand3x3`, stage.expand, stage.squeeze, 3);
    }
    channels = channelsAfter(stage, channels);
  }
  return expected;
}

/**
 * The shape [h,w,c] of a layer for an image of the given height and width.
 * @throws NeckarError for an unknown layer, and for an image that leaves it no position
 */
export function networkShape(
  network: string,
  stages: readonly Stage[],
  layer: string,
  height: number,
  width: number,
): [number, number, number] {
  checkNetworkLayer(network, stages, layer);
  const shape = shapeWithin(stages, layer, height, width);
  if (shape === undefined) throw emptyLayer(network, layer, leastSize(stages, layer), height, width);
  return shape;
}

/** The least height and width at which a layer has a position. */
export function leastSize(stages: readonly Stage[], layer: string): number {
  let size = 1;
  while (shapeWithin(stages, layer, size, size) === undefined) size++;
  return size;
}

/** @throws NeckarError when no stage has this name */
function checkNetworkLayer(network: string, stages: readonly Stage[], layer: string): void {
  checkLayer(
    network,
    layer,
    stages.map(({ name }) => name),
  );
}

/** The stages up to and including the deepest of the wanted layers. */
function stagesUpTo(stages: readonly Stage[], wanted: readonly string[]): readonly Stage[] {
  const deepest = stages.findLastIndex(({ name }) => wanted.includes(name));
  return stages.slice(0, deepest + 1);
}

/**
 * The features of preprocessed images [B,H,W,3] at the wanted layers. Nothing deeper than the deepest is computed.
 */
export function networkFeatures(
  stages: readonly Stage[],
  weights: NetworkWeights,
  image: tf.Tensor4D,
  wanted: readonly string[],
): Features {
  const features: Features = {};
  let x = image;
  for (const stage of stagesUpTo(stages, wanted)) {
    x = applyStage(stage, weights, x);
    if (wanted.includes(stage.name)) features[stage.name] = x;
  }
  return features;
}

/** One stage applied to the map before it. */
export function applyStage(stage: Stage, weights: NetworkWeights, x: tf.Tensor4D): tf.Tensor4D {
  switch (stage.kind) {
    case 'convolution':
      return convolve(x, weights, stage.tensors, stage.stride, stage.padding);
    case 'relu':
      return tf.relu(x);
    case 'pool':
      return pool(x, stage);
    case 'fire': {
      const squeezed = tf.relu(convolve(x, weights, `${stage.tensors}.squeeze`, 1, 'valid'));
      const narrow = convolve(squeezed, weights, `${stage.tensors}.expand1x1`, 1, 'valid');
      const wide = convolve(squeezed, weights, `${stage.tensors}.expand3x3`, 1, 'same');
      return tf.concat([tf.relu(narrow), tf.relu(wide)], 3);
    }
  }
}

function convolve(
  x: tf.Tensor4D,
  weights: NetworkWeights,
  prefix: string,
  stride: number,
  padding: Padding,
): tf.Tensor4D {
  const filter = frozen(weights.get(`${prefix}.weight`)!) as tf.Tensor4D;
  const bias = frozen(weights.get(`${prefix}.bias`)!) as tf.Tensor1D;
  const padded = padding === 'reflection' ? reflectionPad(x, (filter.shape[0] - 1) / 2) : x;
  return tf.add(tf.conv2d(padded, filter, stride, padding === 'reflection' ? 'valid' : padding), bias);
}

function pool(x: tf.Tensor4D, stage: Stage & { kind: 'pool' }): tf.Tensor4D {
  const { size, stride, pooling, partial } = stage;
  if (pooling === 'hann') {
    const means = tf.depthwiseConv2d(tf.square(x), hannFilter(x.shape[3]), stride, 1);
    return tf.sqrt(tf.add(means, l2Floor));
  }
  if (!partial) {
    if (pooling === 'max') return tf.maxPool(x, size, stride, 'valid');
    if (pooling === 'average') return tf.avgPool(x, size, stride, 'valid');
    return tf.sqrt(tf.add(tf.avgPool(tf.square(x), size, stride, 'valid'), l2Floor));
  }
  if (pooling !== 'max') throw new Error('partial windows are made for max pooling only');
  const [, height, width] = x.shape;
  const beyond = (extent: number) => Math.max(0, (pooledExtent(extent, stage) - 1) * stride + size - extent);
  // Zeros at the far edges stand for "nothing here": pooling follows a rectification, no value is below zero.
  const padded = tf.pad(x, [
    [0, 0],
    [0, beyond(height)],
    [0, beyond(width)],
    [0, 0],
  ]);
  return tf.maxPool(padded, size, stride, 'valid');
}

/** [3,3,channels,1] */
function hannFilter(channels: number): tf.Tensor4D {
  const values = hann.flatMap((row) => hann.flatMap((column) => Array(channels).fill(row * column)));
  return tf.tensor4d(values, [3, 3, channels, 1]);
}

function shapeWithin(
  stages: readonly Stage[],
  layer: string,
  height: number,
  width: number,
): [number, number, number] | undefined {
  let shape: [number, number, number] = [height, width, 3];
  for (const stage of stages) {
    const [h, w, c] = shape;
    shape = [extentAfter(stage, h), extentAfter(stage, w), channelsAfter(stage, c)];
    if (shape[0] < 1 || shape[1] < 1) return undefined;
    if (stage.name === layer) return shape;
  }
  return undefined;
}

/** The height (or width) after a stage, of the one before. */
export function extentAfter(stage: Stage, extent: number): number {
  if (stage.kind === 'pool') return pooledExtent(extent, stage);
  if (stage.kind !== 'convolution') return extent;
  const { kernel, stride, padding } = stage;
  if (padding === 'same' || padding === 'reflection') return Math.ceil(extent / stride);
  const beyond = padding === 'valid' ? 0 : padding;
  return Math.floor((extent + 2 * beyond - kernel) / stride) + 1;
}

function pooledExtent(extent: number, { size, stride, partial, pooling }: Stage & { kind: 'pool' }): number {
  if (pooling === 'hann') return Math.ceil(extent / stride);
  const steps = (extent - size) / stride;
  return (partial ? Math.ceil(steps) : Math.floor(steps)) + 1;
}

/** The number of channels after a stage, of the one before. */
export function channelsAfter(stage: Stage, channels: number): number {
  if (stage.kind === 'convolution') return stage.channels;
  return stage.kind === 'fire' ? 2 * stage.expand : channels;
}
