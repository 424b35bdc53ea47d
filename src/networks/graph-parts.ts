/** Parts that the graphs of several networks share, as `ranges.ts` and `exchange.ts` have them in tfjs. */
import type { Variance } from './exchange.ts';
import type { GraphBlocks, GraphValue } from './graph.ts';
import { caffeMeans, type Range } from './ranges.ts';

const one = (blocks: GraphBlocks, value: number) => blocks.constant([value], []);
const reversed = (blocks: GraphBlocks, map: GraphValue) =>
  blocks.operation('Gather', [map, blocks.integers([2, 1, 0])], { axis: 1 });
const hasBlueFirst = (range: Range) => range.endsWith('-bgr') || range === 'caffe';
const means = (blocks: GraphBlocks) => blocks.constant(caffeMeans, [1, 3, 1, 1]);

/** A picture, RGB in [0,1], as a range has it. */
export function graphInRange(blocks: GraphBlocks, picture: GraphValue, range: Range): GraphValue {
  const ordered = hasBlueFirst(range) ? reversed(blocks, picture) : picture;
  if (range === 'unit') return ordered;
  const signed = range.startsWith('signed');
  const scaled = blocks.operation('Mul', [ordered, one(blocks, signed ? 2 : 255)]);
  if (signed) return blocks.operation('Sub', [scaled, one(blocks, 1)]);
  return range === 'caffe' ? blocks.operation('Sub', [scaled, means(blocks)]) : scaled;
}

/** What lies in a range as a picture, RGB in [0,1]. */
export function graphFromRange(blocks: GraphBlocks, values: GraphValue, range: Range): GraphValue {
  if (range === 'unit') return values;
  const signed = range.startsWith('signed');
  const moved = signed
    ? blocks.operation('Add', [values, one(blocks, 1)])
    : range === 'caffe'
      ? blocks.operation('Add', [values, means(blocks)])
      : values;
  const scaled = blocks.operation('Mul', [moved, one(blocks, signed ? 1 / 2 : 1 / 255)]);
  return hasBlueFirst(range) ? reversed(blocks, scaled) : scaled;
}

/** Means and deviations of the channels of a map, [1,C,1,1] each. */
export interface GraphStatistics {
  readonly mean: GraphValue;
  readonly deviation: GraphValue;
}

const epsilon = 1e-5;

/** Statistics of the channels of a map, as `statisticsOf` takes them. */
export function graphStatistics(
  blocks: GraphBlocks,
  map: GraphValue,
  variance: Variance,
  as: 'content' | 'style',
): GraphStatistics {
  const mean = blocks.operation('GlobalAveragePool', [map]);
  const centered = blocks.operation('Sub', [map, mean]);
  const biased = blocks.operation('GlobalAveragePool', [blocks.operation('Mul', [centered, centered])]);
  const overAll = variance === 'lua' && as === 'content';
  const spread = overAll ? biased : blocks.operation('Mul', [biased, unbiasing(blocks, map)]);
  const added =
    variance === 'lua' && as === 'style' ? spread : blocks.operation('Add', [spread, one(blocks, epsilon)]);
  return { mean, deviation: blocks.operation('Sqrt', [added]) };
}

/** n / (n − 1) for the n positions of a map. */
function unbiasing(blocks: GraphBlocks, map: GraphValue): GraphValue {
  const shape = blocks.operation('Shape', [map]);
  const sides = blocks.operation('Slice', [shape, blocks.integers([2]), blocks.integers([4])]);
  const float32 = 1;
  const positions = blocks.operation('Cast', [blocks.operation('ReduceProd', [sides], { keepdims: 0 })], {
    to: float32,
  });
  const less = blocks.operation('Sub', [positions, one(blocks, 1)]);
  return blocks.operation('Div', [positions, blocks.operation('Max', [less, one(blocks, 1)])]);
}

/** Adaptive instance normalisation of a map, as `exchanged` does it for one style. */
export function graphExchanged(
  blocks: GraphBlocks,
  map: GraphValue,
  style: GraphStatistics,
  variance: Variance,
): GraphValue {
  const own = graphStatistics(blocks, map, variance, 'content');
  const unit = blocks.operation('Div', [blocks.operation('Sub', [map, own.mean]), own.deviation]);
  return blocks.operation('Add', [blocks.operation('Mul', [unit, style.deviation]), style.mean]);
}

/** α·target + (1 − α)·own, by the file's input α. */
export function graphMixed(blocks: GraphBlocks, own: GraphValue, target: GraphValue): GraphValue {
  const away = blocks.operation('Sub', [target, own]);
  return blocks.operation('Add', [own, blocks.operation('Mul', [away, blocks.alpha])]);
}
