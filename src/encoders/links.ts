/**
 * An encoder as a chain of local pieces, for pictures that are encoded strip by strip. A piece needs only a few rows
 * around those it computes, where the encoder as a whole may need hundreds (VGG's conv5_1 sees 156 pixels each way).
 */
import type { tf } from '../tensor.ts';
import type { Features } from './encoder.ts';
import type { NetworkWeights, Padding, Stage } from './network.ts';
import { applyStage, channelsAfter, extentAfter } from './network.ts';

/** Which rows of a map a row is computed from: row y from [stride·y − above, stride·y + below], those that exist. */
export interface ReceptiveField {
  readonly stride: number;
  readonly above: number;
  readonly below: number;
}

/** Height, width and channels. */
export type MapShape = readonly [height: number, width: number, channels: number];

/**
 * One piece: from the map that the piece before handed on (the first: the image [1,H,W,3]) to the layers named here
 * and the map for the next. Both follow a shift of the map by a multiple of `stride` rows.
 */
export interface Link {
  /** The layers read off here, each with as many rows as the map that comes in (stride 1). */
  readonly layers: readonly { readonly name: string; readonly above: number; readonly below: number }[];
  /** What is handed on, seen from the map that comes in; absent at the end of the chain. */
  readonly next?: ReceptiveField & {
    shapeAfter(map: MapShape): MapShape;
    /** Floating-point operations it takes, per position of the map that comes in. */
    readonly operations: number;
  };
  /** Floating-point operations of its layers, per position of the map that comes in. */
  readonly operations: number;
  /** The wanted ones among its layers, and what is handed on when `further` says so. Pure tfjs. */
  apply(map: tf.Tensor4D, wanted: readonly string[], further: boolean): Applied;
}

export interface Applied {
  readonly features: Features;
  readonly next?: tf.Tensor4D;
}

/** The receptive field of `outer` after `inner`, seen from the map that comes into `inner`. */
export function composed(inner: ReceptiveField, outer: ReceptiveField): ReceptiveField {
  return {
    stride: inner.stride * outer.stride,
    above: inner.above + inner.stride * outer.above,
    below: inner.below + inner.stride * outer.below,
  };
}

/** Floating-point operations of links on end, forwards: of all, and without what the last of them hands on. */
export function chainOperations(
  links: readonly Link[],
  input: MapShape,
): { readonly all: number; readonly without: number } {
  let map = input;
  let all = 0;
  let handedOn = 0;
  for (const { operations, next } of links) {
    const positions = map[0] * map[1];
    handedOn = (next?.operations ?? 0) * positions;
    all += operations * positions + handedOn;
    if (next !== undefined) map = next.shapeAfter(map);
  }
  return { all, without: all - handedOn };
}

/**
 * A convolutional network as links, one per stage. The layer of a stage belongs to the link that follows, which has
 * it as its map: what is kept between two links need not be computed again to be read.
 *
 * @param preprocess - what turns the image into the first stage's map, pixel by pixel
 */
export function networkLinks(
  stages: readonly Stage[],
  weights: NetworkWeights,
  preprocess: (image: tf.Tensor4D) => tf.Tensor4D,
): Link[] {
  return Array.from({ length: stages.length + 1 }, (_, index): Link => {
    const before = stages[index - 1];
    const stage = stages[index];
    return {
      layers: before === undefined ? [] : [{ name: before.name, above: 0, below: 0 }],
      ...(stage !== undefined && {
        next: {
          ...receptiveFieldOf(stage),
          shapeAfter: ([height, width, channels]) => [
            extentAfter(stage, height),
            extentAfter(stage, width),
            channelsAfter(stage, channels),
          ],
          operations: operationsOf(stage, stages.slice(0, index)),
        },
      }),
      operations: 0,
      apply(map, wanted, further) {
        const given = index === 0 && stage !== undefined ? preprocess(map) : map;
        return {
          features: before !== undefined && wanted.includes(before.name) ? { [before.name]: map } : {},
          ...(further && stage !== undefined && { next: applyStage(stage, weights, given) }),
        };
      },
    };
  });
}

function receptiveFieldOf(stage: Stage): ReceptiveField {
  switch (stage.kind) {
    case 'relu':
      return { stride: 1, above: 0, below: 0 };
    case 'pool':
      return { stride: stage.stride, above: 0, below: stage.size - 1 };
    case 'fire':
      return { stride: 1, above: 1, below: 1 };
    case 'convolution': {
      const { stride, kernel, padding } = stage;
      const above = rowsAbove(padding, kernel, stride);
      return { stride, above, below: padding === 'same' && stride > 1 ? kernel - 1 : kernel - 1 - above };
    }
  }
}

/** Rows of padding above; where that depends on the image's height, the most there may be. */
function rowsAbove(padding: Padding, kernel: number, stride: number): number {
  if (padding === 'valid') return 0;
  if (typeof padding === 'number') return padding;
  if (padding === 'same' && stride > 1) return kernel - 1;
  return Math.floor((kernel - 1) / 2);
}

function operationsOf(stage: Stage, before: readonly Stage[]): number {
  if (stage.kind === 'relu' || stage.kind === 'pool') return 0;
  const channels = before.reduce((count, one) => channelsAfter(one, count), 3);
  if (stage.kind === 'fire') return 2 * stage.squeeze * (channels + 10 * stage.expand);
  return (2 * stage.kernel ** 2 * channels * stage.channels) / stage.stride ** 2;
}
