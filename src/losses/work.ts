/**
 * The work of losses in an evaluation beyond that of the encoder: value and gradient, in operations, refreshes included
 * (what is refreshed at every k-th evaluation counts one k-th). Each loss counts its own with what is here.
 */
import type { EncoderOutline } from '../encoders/encoder.ts';
import type { LayerWeights } from './spec.ts';

/** What a loss reads. */
export interface Seen {
  readonly shapeOf: EncoderOutline['shapeOf'];
  /** Height and width in pixels. */
  readonly picture: readonly [height: number, width: number];
  readonly styles: readonly (readonly [height: number, width: number])[];
}

/** Going through a map's values there and back, in operations a value: some 1.5 ns where a core does 250 GFLOP/s. */
export const perValue = 700;

interface Map {
  readonly positions: number;
  readonly channels: number;
}

/** The maps of the layers that take part, in the order of their weights. */
export function mapsOf(layers: LayerWeights, { shapeOf, picture }: Pick<Seen, 'shapeOf' | 'picture'>): Map[] {
  return Object.entries(layers)
    .filter(([, weight]) => weight > 0)
    .map(([layer]) => {
      const [rows, columns, channels] = shapeOf(layer, ...picture);
      return { positions: rows * columns, channels };
    });
}

/** The sum over layers of the work at each. */
export function sumOverLayers(layers: LayerWeights, seen: Seen, work: (map: Map) => number): number {
  return mapsOf(layers, seen).reduce((sum, map) => sum + work(map), 0);
}

/** How many values the layers have. */
export function valuesIn(layers: LayerWeights, seen: Seen): number {
  return sumOverLayers(layers, seen, ({ positions, channels }) => positions * channels);
}

/** FᵀF, and F times a matrix going back: 2·N²·M each. */
export function secondMomentsWork(layers: LayerWeights, seen: Seen): number {
  return sumOverLayers(
    layers,
    seen,
    ({ positions, channels }) => positions * channels * (4 * channels + perValue),
  );
}

/** Features times some directions, something done to each product, and the way back. */
export function projectionsWork(
  layers: LayerWeights,
  countOf: (channels: number) => number,
  perProduct: number,
  seen: Seen,
): number {
  return sumOverLayers(
    layers,
    seen,
    ({ positions, channels }) => positions * countOf(channels) * (4 * channels + perProduct),
  );
}

/** Something done some times to every pixel of the picture. */
export function pixelsWork(times: number, { picture: [height, width] }: Seen): number {
  return times * perValue * height * width;
}
