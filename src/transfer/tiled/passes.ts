/** One stage in strips: forwards, with sums over positions on the way, and backwards. */
import type { Features } from '../../encoders/encoder.ts';
import type { Applied, Link, MapShape, ReceptiveField } from '../../encoders/links.ts';
import type { Engine, Program } from '../../engines/engine.ts';
import { float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../../tensor.ts';
import { addRows, channelsFirst, channelsLast, copyRows, type Layout, layoutOf, sizeOf } from './maps.ts';
import type { StripStage } from './plan.ts';
import {
  addTo,
  type StatisticInputs,
  type Sums,
  statisticsIn,
  statisticTensors,
  type TermStatistic,
  weightings,
} from './statistics.ts';
import type { Rows } from './windows.ts';

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
  const weighting = weightings(stage, given, inner.layers);
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
  const cutOf = (index: number, key: string, { stride }: ReceptiveField): Cut => {
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
      const at = begin / placeOf(layer).receptiveField.stride;
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
        const { begin, own } = cutOf(index, 'next', stage.next.receptiveField);
        if (!isWhole) {
          const count = own.end - own.begin;
          copyRows(part, nextStripLayout, own.begin - begin, next, nextLayout, own.begin, count);
        }
        for (const [name, whole] of Object.entries(keep)) {
          const { data, shape } = outputs[`layer ${name}`]!;
          const [, channels, rows, width] = shape as [number, number, number, number];
          const place = placeOf(name);
          const { begin, own } = cutOf(index, name, place.receptiveField);
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
        const { begin, own } = cutOf(index, 'next', stage.next.receptiveField);
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
