/** Statistics of terms in strips: which a stage has, how its positions are weighted, and their sums. */
import type { Features } from '../../encoders/encoder.ts';
import type { Statistic } from '../../losses/additive.ts';
import type { Region } from '../../losses/region.ts';
import { float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../../tensor.ts';
import { groupKey, type StripStage, type TiledStage } from './plan.ts';

/** A statistic of a term: its id among all, and the targets it reads. */
export interface TermStatistic {
  readonly id: string;
  readonly statistic: Statistic;
  /** The term's targets by the names they have there -> names among the values given to a program. */
  readonly targets: Readonly<Record<string, string>>;
}

/** A map of the content that a statistic reads, cut to each strip: the layer it is of, and all of it. */
export interface LocalMap {
  readonly layer: string;
  /** [1,c,h,w]. */
  readonly value: TensorValue;
}

/** What the statistics of a stage need besides the picture. */
export interface StatisticInputs {
  readonly statistics: readonly TermStatistic[];
  readonly constants: NamedValues;
  readonly locals: Readonly<Record<string, LocalMap>>;
}

/** Those statistics whose layers a stage has. */
export function statisticsIn(stage: TiledStage, statistics: readonly TermStatistic[]): TermStatistic[] {
  return statistics.filter(({ statistic }) =>
    statistic.layers.every((name) => stage.layers.some((layer) => layer.name === name)),
  );
}

/** The statistics among a program's tensors, by id. */
export function statisticTensors(
  given: readonly TermStatistic[],
  features: Features,
  weights: (statistic: TermStatistic) => tf.Tensor2D,
  tensors: NamedTensors,
): NamedTensors {
  return Object.fromEntries(
    given.map((one) => {
      const targets = Object.fromEntries(
        Object.entries(one.targets)
          .filter(([, name]) => name in tensors)
          .map(([own, name]) => [own, tensors[name]!]),
      );
      return [one.id, one.statistic.of(features, weights(one), targets)];
    }),
  );
}

/** The weights [M,1] of a statistic's positions: what a region gives each over their sum. */
function positionWeights(height: number, width: number, region: Region | undefined): Float32Array {
  const weights = new Float32Array(height * width);
  if (region === undefined) return weights.fill(1 / weights.length);
  const grid = region.at(height, width);
  for (const [i, position] of grid.positions.entries()) weights[position] = grid.weights[i]! / grid.area;
  return weights;
}

/** The layer of a stage over whose positions a statistic sums: the coarsest of its own. */
function summedLayer({ layers }: Statistic, stage: TiledStage) {
  return layers
    .map((name) => stage.layers.find((layer) => layer.name === name)!)
    .reduce((a, b) => (b.shape[0] < a.shape[0] ? b : a));
}

/**
 * The weights of positions in each strip, once for all statistics that share them.
 *
 * @param layers - rows and columns of the stage's layers in a strip
 */
export function weightings(
  stage: StripStage,
  given: readonly TermStatistic[],
  layers: Readonly<Record<string, readonly [number, number]>>,
) {
  const entries: { name: string; count: number; windows: TensorValue[] }[] = [];
  const names = new Map<string, Map<Region | undefined, string>>();
  const byStatistic = new Map<string, string>();
  for (const { id, statistic } of given) {
    const key = statistic.layers.length === 1 ? statistic.layers[0]! : groupKey(statistic.layers);
    const byRegion = names.get(key) ?? new Map<Region | undefined, string>();
    names.set(key, byRegion);
    let name = byRegion.get(statistic.region);
    if (name === undefined) {
      name = `weights ${entries.length}`;
      byRegion.set(statistic.region, name);
      const layer = summedLayer(statistic, stage);
      const [rows, width] = layers[layer.name]!;
      const whole = positionWeights(layer.shape[0], width, statistic.region);
      const windows = stage.windows.map(({ map, own }) => {
        const begin = map.begin / layer.receptiveField.stride;
        const part = new Float32Array(rows * width);
        const { begin: from, end } = own[key]!;
        part.set(whole.subarray(from * width, end * width), (from - begin) * width);
        return float32([rows * width, 1], part);
      });
      entries.push({ name, count: rows * width, windows });
    }
    byStatistic.set(id, name);
  }
  return { entries, nameOf: ({ id }: TermStatistic) => byStatistic.get(id)! };
}

/** The weights of positions of a stage that is computed at once. */
export function wholeWeights(stage: TiledStage): (one: TermStatistic) => tf.Tensor2D {
  return ({ statistic }) => {
    const [height, width] = summedLayer(statistic, stage).shape;
    const weights = positionWeights(height, width, statistic.region);
    return tf.tensor2d(weights, [weights.length, 1]);
  };
}

/** Statistics added up so far, in double precision, by id. */
export type Sums = Map<string, { readonly shape: readonly number[]; readonly data: Float64Array }>;

/** Adds a strip's statistic to its sum, which is made when it first comes. */
export function addTo(sums: Sums, id: string, { shape, data: added }: TensorValue): void {
  let sum = sums.get(id);
  if (sum === undefined) {
    sum = { shape, data: new Float64Array(added.length) };
    sums.set(id, sum);
  }
  const { data } = sum;
  for (let i = 0; i < data.length; i++) data[i]! += added[i]!;
}

/** Sums as an engine takes them. */
export function sumValues(sums: Sums): NamedValues {
  return Object.fromEntries(
    [...sums].map(([id, { shape, data }]) => [id, float32(shape, Float32Array.from(data))]),
  );
}
