/** How a network says what it does as a graph of operations, for files that run without Neckar at any size. */
import type { Layer } from './layers.ts';

/** A value in a graph under construction: of pictures and maps, [1,channels,height,width] of heights known at each run. */
export interface GraphValue {
  readonly name: string;
  /** Of maps; absent for anything else. */
  readonly channels?: number;
}

/** An attribute of an operation; a number without a point is an integer, a float is written `{ float: 1 }`. */
export type GraphAttribute = number | string | readonly number[] | { readonly float: number };

/**
 * What a network's `graph` is composed of: its inputs, its layers, and any other operation of ONNX (operator set 17).
 * Inputs are in the file only when they are asked for. Maps lie as [1,C,H,W], unlike those of `apply`.
 */
export interface GraphBlocks {
  /** [1,3,H,W], RGB in [0,1]; extended already to what `multipleOf` says. */
  readonly content: GraphValue;
  /** [1,3,h,w], RGB in [0,1]: the style picture of a network for any style. */
  readonly style: GraphValue;
  /** [1,S], a row of sum 1: how much of each learnt style, for networks of many styles. */
  readonly weights: GraphValue;
  /** [1], 0 to 1: how much is stylised. */
  readonly alpha: GraphValue;
  /** What a chain of layers makes of a map; conditional norms look at `weights`. */
  layers(chain: readonly Layer[], map: GraphValue): GraphValue;
  /** Random numbers, uniform in [0,1]: what `noise` calls by this name, which has 1/`divisor` of the content's size. */
  noise(name: string, channels: number, divisor: number): GraphValue;
  /** The first rows and columns of a map, as many as another map has. */
  cropped(map: GraphValue, like: GraphValue): GraphValue;
  /** A map extended by reflection at its far ends, until height and width leave `remainder` when divided by `multiple`. */
  extended(map: GraphValue, multiple: number, remainder: number): GraphValue;
  /** Any operation with one result, of as many channels as its first input has, or as `channels` says. */
  operation(
    type: string,
    inputs: readonly GraphValue[],
    attributes?: Readonly<Record<string, GraphAttribute>>,
    channels?: number,
  ): GraphValue;
  /** A parameter as the network has it; filters lie as [h,w,in,out]. */
  parameter(name: string): GraphValue;
  /** Numbers of a shape. */
  constant(values: readonly number[], shape: readonly number[]): GraphValue;
  /** Whole numbers in a row: axes, extents, positions. */
  integers(values: readonly number[]): GraphValue;
}
