/** One stage in strips: forwards, with sums over positions on the way, and backwards. */

import type { Features } from '../../encoders/encoder.ts';
import type { Applied, Link, MapShape, Reach } from '../../encoders/links.ts';
import type { Engine, Program } from '../../engines/engine.ts';
import type { Statistic } from '../../losses/additive.ts';
import type { Region } from '../../losses/region.ts';
import { float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../../tensor.ts';
import { addRows, channelsFirst, channelsLast, copyRows, type Layout, layoutOf, sizeOf } from './maps.ts';
import { groupKey, type StripStage, type TiledStage } from './plan.ts';
import type { Rows } from './windows.ts';

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

/** The wanted layers of links on end, and what the last of them hands on. */
export function applyLinks(
  links: readonly Link[],
  map: tf.Tensor4D,
  wanted: readonly string[],
  further: boolean,
): Applied {
  const features: Features = {};
  let x = map;
  for (const [i, link] of links.entries()) {
    const goesOn = i < links.length - 1 || further;
    const own = wanted.filter((name) => link.layers.some((layer) => layer.name === name));
    const applied = link.apply(x, own, goesOn);
    Object.assign(features, applied.features);
    if (!goesOn) return { features };
    x = applied.next!;
  }
  return { features, next: x };
}

/** The weights [M,1] of a statistic's positions: what a region gives each over their sum. */
export function positionWeights(height: number, width: number, region: Region | undefined): Float32Array {
  const weights = new Float32Array(height * width);
  if (region === undefined) return weights.fill(1 / weights.length);
  const grid = region.at(height, width);
  for (const [i, position] of grid.positions.entries()) weights[position] = grid.weights[i]! / grid.area;
  return weights;
}

/** The layer of a stage over whose positions a statistic sums: the coarsest of its own. */
export function summedLayer({ layers }: Statistic, stage: TiledStage) {
  return layers
    .map((name) => stage.layers.find((layer) => layer.name === name)!)
    .reduce((a, b) => (b.shape[0] < a.shape[0] ? b : a));
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

/** Statistics added up so far, in double precision, by id. */
export type Sums = Map<string, { readonly shape: readonly number[]; readonly data: Float64Array }>;

/** Sums as an engine takes them. */
export function sumValues(sums: Sums): NamedValues {
  return Object.fromEntries(
    [...sums].map(([id, { shape, data }]) => [id, float32(shape, Float32Array.from(data))]),
  );
}

/** The parts of a strip's map that belong to one output. */
interface Cut {
  /** The output's first row in the strip, in its own numbering. */
  readonly begin: number;
  readonly own: Rows;
}

/** A stage ready to run on one size of picture. */
export interface StageRunner {
  /**
   * Fills `next` from `map`, and adds the statistics to `sums` (made as they come).
   * @param map - laid out as `layoutOf` says
   */
  forward(map: Float32Array, next: Float32Array, sums: Sums): Promise<void>;
  /**
   * Sets `gradient` (of the map) from that of what was handed on and the slopes of the statistics.
   * @param slopes - by the statistics' ids
   */
  backward(
    map: Float32Array,
    upstream: Float32Array,
    slopes: NamedValues,
    gradient: Float32Array,
  ): Promise<void>;
  /** The shapes of its statistics, by id; known of runners in both directions. */
  readonly statistics: Readonly<Record<string, readonly number[]>>;
  readonly compileSeconds: number;
  dispose(): Promise<void>;
}

/**
 * Compiles a stage.
 *
 * @param keep - layers whose maps are wanted whole; the runner fills them
 * @param directions - `forward` alone for pictures that are only encoded
 */
export async function stageRunner(
  engine: Engine,
  stage: StripStage,
  inputs: StatisticInputs,
  options: {
    readonly label: string;
    readonly directions: 'forward' | 'both';
    readonly keep?: Readonly<Record<string, Float32Array>>;
  },
): Promise<StageRunner> {
  const given = statisticsIn(stage, inputs.statistics);
  const keep = Object.fromEntries(
    Object.entries(options.keep ?? {}).filter(([name]) => stage.layers.some((layer) => layer.name === name)),
  );
  const wanted = [...new Set([...given.flatMap(({ statistic }) => statistic.layers), ...Object.keys(keep)])];
  const height = stage.windows[0]!.map.end - stage.windows[0]!.map.begin;
  const inner = shapesWithin(stage, height);
  const weighting = weightings(stage, given, inner);
  const needed = new Set(given.flatMap(({ targets }) => Object.values(targets)));
  const locals = Object.entries(inputs.locals).filter(
    ([name, { layer }]) => needed.has(name) && layer in inner.layers,
  );
  const constants = Object.fromEntries(Object.entries(inputs.constants).filter(([name]) => needed.has(name)));
  const weightsOf = (tensors: NamedTensors) => (one: TermStatistic) =>
    tensors[weighting.nameOf(one)] as tf.Tensor2D;

  const mapLayout = layoutOf(stage.input, stage.first);
  const stripLayout = layoutOf([height, stage.input[1], stage.input[2]], stage.first);
  const nextLayout = layoutOf(stage.next.shape, false);
  const nextStripLayout = layoutOf(inner.next, false);
  const localLayouts = Object.fromEntries(
    locals.map(([name, { layer, value }]) => {
      const [rows, width] = inner.layers[layer]!;
      const [, channels, wholeRows] = value.shape as [number, number, number, number];
      return [
        name,
        {
          whole: layoutOf([wholeRows, width, channels], false),
          strip: layoutOf([rows, width, channels], false),
        },
      ];
    }),
  );
  const shapes: Record<string, { shape: readonly number[] }> = {
    map: { shape: stripLayout.shape },
    ...Object.fromEntries(weighting.entries.map(({ name, count }) => [name, { shape: [count, 1] }])),
    ...Object.fromEntries(locals.map(([name]) => [name, { shape: localLayouts[name]!.strip.shape }])),
  };
  /** Layers, statistics by id, and what is handed on, as tfjs has them. */
  const computed = (map: tf.Tensor, others: NamedTensors) => {
    const given4D = stage.first ? (map as tf.Tensor4D) : channelsLast(map);
    const { features, next } = applyLinks(stage.links, given4D, wanted, true);
    const tensors = { ...others };
    for (const [name] of locals) tensors[name] = channelsLast(others[name]!);
    return {
      features,
      next: next!,
      statistics: statisticTensors(given, features, weightsOf(tensors), tensors),
    };
  };
  // The first stage's many strips would otherwise ask the system for the same memory again and again.
  const frugal = !stage.first;
  const forwardProgram = await engine.compile(
    ({ map, ...others }) => {
      const { features, next, statistics } = computed(map!, others);
      const outputs: NamedTensors = { next: channelsFirst(next) };
      for (const name of Object.keys(keep)) outputs[`layer ${name}`] = channelsFirst(features[name]!);
      return { ...outputs, ...statistics };
    },
    { inputs: shapes, constants, frugal, label: options.label },
  );
  const placeOf = (layer: string) => stage.layers.find(({ name }) => name === layer)!;
  /** Where an output begins in a strip, and its own rows, both in its own numbering. */
  const cutOf = (index: number, key: string, { stride }: Reach): Cut => {
    const { map, own } = stage.windows[index]!;
    return { begin: map.begin / stride, own: own[key]! };
  };
  const isWhole = stage.windows.length === 1;
  const buffers = new Map<string, Float32Array>();
  /** Memory for one strip, the same at every strip and evaluation. */
  const buffer = (name: string, layout: Layout): Float32Array => {
    const made = buffers.get(name) ?? new Float32Array(sizeOf(layout));
    buffers.set(name, made);
    return made;
  };
  /** Rows of a map as a value of their own: the map's own memory where they lie together there. */
  const cutRows = (
    name: string,
    map: Float32Array,
    whole: Layout,
    strip: Layout,
    begin: number,
  ): TensorValue => {
    if (whole.blocks === 1 || whole.rows === strip.rows) {
      return float32(strip.shape, map.subarray(begin * strip.row, begin * strip.row + sizeOf(strip)));
    }
    const part = buffer(name, strip);
    copyRows(map, whole, begin, part, strip, 0, strip.rows);
    return float32(strip.shape, part);
  };
  const feeds = (map: Float32Array, index: number): NamedValues => {
    const { begin } = stage.windows[index]!.map;
    const values: NamedValues = { map: cutRows('map', map, mapLayout, stripLayout, begin) };
    for (const { name, windows } of weighting.entries) values[name] = windows[index]!;
    for (const [name, { layer, value }] of locals) {
      const { whole, strip } = localLayouts[name]!;
      const at = begin / placeOf(layer).reach.stride;
      values[name] = cutRows(name, value.data as Float32Array, whole, strip, at);
    }
    return values;
  };

  const statistics: Record<string, readonly number[]> = {};
  const compileBackward = async (): Promise<Program> => {
    // The statistics' shapes are known only once they have been computed.
    const first =
      given.length === 0 ? {} : await forwardProgram.run(feeds(new Float32Array(sizeOf(mapLayout)), 0));
    for (const { id } of given) statistics[id] = first[id]!.shape;
    return await engine.compile(
      ({ map, upstream, ...others }) => {
        const along = (x: tf.Tensor): tf.Scalar => {
          const { next, statistics } = computed(x, others);
          const parts = [tf.sum(tf.mul(next, channelsLast(upstream!)))];
          for (const [id, value] of Object.entries(statistics)) {
            parts.push(tf.sum(tf.mul(value, others[slopeName(id)]!)));
          }
          return tf.addN(parts) as tf.Scalar;
        };
        return { gradient: tf.grad(along)(map!) };
      },
      {
        inputs: {
          ...shapes,
          upstream: { shape: nextStripLayout.shape },
          ...Object.fromEntries(Object.entries(statistics).map(([id, shape]) => [slopeName(id), { shape }])),
        },
        constants,
        frugal,
        label: `gradient of ${options.label}`,
      },
    );
  };
  const backwardProgram = options.directions === 'both' ? await compileBackward() : undefined;

  return {
    statistics,
    compileSeconds: forwardProgram.compileSeconds + (backwardProgram?.compileSeconds ?? 0),
    async forward(map, next, sums) {
      for (const index of stage.windows.keys()) {
        const part = isWhole ? next : buffer('next', nextStripLayout);
        const outputs = await forwardProgram.run(feeds(map, index), { next: part });
        const { begin, own } = cutOf(index, 'next', stage.next.reach);
        if (!isWhole) {
          const count = own.end - own.begin;
          copyRows(part, nextStripLayout, own.begin - begin, next, nextLayout, own.begin, count);
        }
        for (const [name, whole] of Object.entries(keep)) {
          const { data, shape } = outputs[`layer ${name}`]!;
          const [, channels, rows, width] = shape as [number, number, number, number];
          const place = placeOf(name);
          const { begin, own } = cutOf(index, name, place.reach);
          const strip = layoutOf([rows, width, channels], false);
          const layout = layoutOf([place.shape[0], width, channels], false);
          const count = own.end - own.begin;
          copyRows(data as Float32Array, strip, own.begin - begin, whole, layout, own.begin, count);
        }
        for (const { id } of given) addTo(sums, id, outputs[id]!);
      }
    },
    async backward(map, upstream, slopes, gradient) {
      if (!isWhole) gradient.fill(0);
      const strip = isWhole ? upstream : buffer('upstream', nextStripLayout);
      const part = isWhole ? gradient : buffer('gradient', stripLayout);
      for (const index of stage.windows.keys()) {
        const { begin, own } = cutOf(index, 'next', stage.next.reach);
        if (!isWhole) {
          strip.fill(0);
          const count = own.end - own.begin;
          copyRows(upstream, nextLayout, own.begin, strip, nextStripLayout, own.begin - begin, count);
        }
        const values: NamedValues = { ...feeds(map, index), upstream: float32(nextStripLayout.shape, strip) };
        for (const { id } of given) values[slopeName(id)] = slopes[id]!;
        await backwardProgram!.run(values, { gradient: part });
        if (!isWhole) addRows(part, stripLayout, gradient, mapLayout, stage.windows[index]!.map.begin);
      }
    },
    async dispose() {
      await forwardProgram.dispose();
      await backwardProgram?.dispose();
    },
  };
}

function addTo(sums: Sums, id: string, { shape, data: added }: TensorValue): void {
  let sum = sums.get(id);
  if (sum === undefined) {
    sum = { shape, data: new Float64Array(added.length) };
    sums.set(id, sum);
  }
  const { data } = sum;
  for (let i = 0; i < data.length; i++) data[i]! += added[i]!;
}

const slopeName = (id: string): string => `slope ${id}`;

/** The shapes of a stage's layers (rows and columns) and of what is handed on, in a strip. */
function shapesWithin(
  stage: StripStage,
  height: number,
): { readonly layers: Record<string, readonly [number, number]>; readonly next: MapShape } {
  const layers: Record<string, readonly [number, number]> = {};
  let map: MapShape = [height, stage.input[1], stage.input[2]];
  for (const link of stage.links) {
    for (const { name } of link.layers) layers[name] = [map[0], map[1]];
    map = link.next!.shapeAfter(map);
  }
  return { layers, next: map };
}

/** The weights of positions in each strip, once for all statistics that share them. */
function weightings(
  stage: StripStage,
  given: readonly TermStatistic[],
  inner: ReturnType<typeof shapesWithin>,
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
      const [rows, width] = inner.layers[layer.name]!;
      const whole = positionWeights(layer.shape[0], width, statistic.region);
      const windows = stage.windows.map(({ map, own }) => {
        const begin = map.begin / layer.reach.stride;
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
