/** Small feature maps in double precision, an encoder that only knows shapes, and comparisons. */
import type { ExecutionContext } from 'ava';
import type { Encoder } from '../../src/encoders/encoder.ts';
import type { LossTerm, Reference, References } from '../../src/losses/loss.ts';
import { type NamedTensors, tf } from '../../src/tensor.ts';

/** A map [height,width,channels], row-major. */
export interface FeatureMap {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: number[];
}

/** Normal values from a seed, rounded to float32; `rectified` sets negative ones to zero. */
export function randomMap(
  height: number,
  width: number,
  channels: number,
  seed: number,
  options: { rectified?: boolean; mean?: number } = {},
): FeatureMap {
  const uniform = mulberry32(seed);
  const data = Array.from({ length: height * width * channels }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const value = (options.mean ?? 0.2) + normal;
    return Math.fround(options.rectified ? Math.max(0, value) : value);
  });
  return { height, width, channels, data };
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function at(map: FeatureMap, y: number, x: number, channel: number): number {
  return map.data[(y * map.width + x) * map.channels + channel]!;
}

/** Positions × channels. */
export function rowsOf(map: FeatureMap): number[][] {
  return Array.from({ length: map.height * map.width }, (_, i) =>
    map.data.slice(i * map.channels, (i + 1) * map.channels),
  );
}

export function tensorOf(map: FeatureMap): tf.Tensor4D {
  return tf.tensor4d(map.data, [1, map.height, map.width, map.channels]);
}

export type Maps = Readonly<Record<string, FeatureMap>>;

/** Features as they are; the image is the map named `image`, else a blank one. */
export function referenceOf(maps: Maps): Reference {
  const features: Record<string, tf.Tensor4D> = {};
  for (const [layer, map] of Object.entries(maps)) if (layer !== 'image') features[layer] = tensorOf(map);
  return { image: maps.image === undefined ? tf.zeros([1, 2, 2, 3]) : tensorOf(maps.image), features };
}

/** Layers `fine` (3 channels) and `coarse` (2), of which the second has half the height and width, rounded up. */
export const encoder: Encoder = {
  name: 'halving',
  layers: ['fine', 'coarse'],
  hash: 'none',
  minimumSize: 1,
  defaults: {
    content: { coarse: 1 },
    style: { fine: 1, coarse: 0.5 },
    patches: { coarse: 1 },
    histogram: { fine: 1, coarse: 2 },
    heldBack: [],
  },
  shapeOf: (layer, height, width) =>
    layer === 'fine' ? [height, width, 3] : [Math.ceil(height / 2), Math.ceil(width / 2), 2],
  encode: () => {
    throw new Error('this encoder only knows shapes');
  },
};

export interface Evaluated {
  readonly value: number;
  /** By layer (`image` for the picture itself). */
  readonly gradients: Readonly<Record<string, number[]>>;
  readonly held: Readonly<Record<string, number[]>>;
}

/** Value of a term and its gradient with respect to each of the current maps, on the current tfjs backend. */
export function evaluate(
  term: LossTerm,
  current: Maps,
  style: Maps,
  options: { content?: Maps; variants?: readonly Maps[]; round?: number } = {},
): Evaluated {
  return tf.tidy(() => {
    const references: References = {
      content: referenceOf(options.content ?? current),
      style: referenceOf(style),
      styleVariants: (options.variants ?? [style]).map(referenceOf),
    };
    const targets = term.targets(references);
    const held: NamedTensors =
      term.refresh?.(referenceOf(current), targets, tf.scalar(options.round ?? 0)) ?? {};
    const names = Object.keys(current);
    const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
      let image = tf.zeros([1, 2, 2, 3]) as tf.Tensor4D;
      const features: Record<string, tf.Tensor4D> = {};
      for (const [i, name] of names.entries()) {
        if (name === 'image') image = tensors[i] as tf.Tensor4D;
        else features[name] = tensors[i] as tf.Tensor4D;
      }
      const value = term.value({ image, features }, targets, held);
      // A term need not read every map; this keeps tfjs from refusing.
      return tensors.reduce<tf.Tensor>((sum, x) => tf.add(sum, tf.mul(tf.sum(x), 0)), value) as tf.Scalar;
    })(names.map((name) => tensorOf(current[name]!)));
    return {
      value: value.dataSync()[0]!,
      gradients: Object.fromEntries(names.map((name, i) => [name, [...grads[i]!.dataSync()]])),
      held: Object.fromEntries(Object.entries(held).map(([name, tensor]) => [name, [...tensor.dataSync()]])),
    };
  });
}

/** Central differences of a function of maps in double precision, with respect to one of them. */
export function centralDifferences(
  compute: (maps: Maps) => number,
  maps: Maps,
  layer: string,
  step = 1e-5,
): number[] {
  const map = maps[layer]!;
  return map.data.map((_, i) => {
    const moved = (sign: number) => ({
      ...maps,
      [layer]: { ...map, data: map.data.map((v, j) => (j === i ? v + sign * step : v)) },
    });
    return (compute(moved(1)) - compute(moved(-1))) / (2 * step);
  });
}

/** Asserts |actual − expected| ≤ tolerance·max|expected| everywhere. */
export function close(
  t: ExecutionContext,
  actual: number | readonly number[],
  expected: number | readonly number[],
  tolerance = 1e-5,
): void {
  const a = typeof actual === 'number' ? [actual] : actual;
  const e = typeof expected === 'number' ? [expected] : expected;
  t.is(a.length, e.length);
  const scale = Math.max(...e.map(Math.abs));
  const worst = Math.max(...a.map((value, i) => Math.abs(value - e[i]!)));
  t.true(worst <= tolerance * scale, `largest difference ${worst}, largest expected ${scale}`);
}

/** The value of a comparison put together from strips, each the rows of every map from and up to a share of its height. */
export function inStrips(
  term: LossTerm,
  current: Maps,
  style: Maps,
  content: Maps,
  shares: readonly number[] = [0, 0.4, 1],
): number {
  return tf.tidy(() => {
    const { maps, steps, statistics, value } = term.additive!;
    const targets: NamedTensors = Object.fromEntries(maps.map((layer) => [layer, tensorOf(content[layer]!)]));
    const summed = (of: Maps, wanted: typeof statistics): NamedTensors => {
      const sums: NamedTensors = {};
      for (const { key, layers, of: statistic } of wanted) {
        const { height, width } = of[layers.at(-1)!]!;
        for (const [i, share] of shares.slice(1).entries()) {
          const rows = [Math.round(shares[i]! * height), Math.round(share * height)] as const;
          const part = (map: FeatureMap) => tf.slice(tensorOf(map), [0, rows[0]], [1, rows[1] - rows[0]]);
          const weights = tf.fill([(rows[1] - rows[0]) * width, 1], 1 / (height * width)) as tf.Tensor2D;
          const features = Object.fromEntries(layers.map((layer) => [layer, part(of[layer]!)]));
          // What lies position by position among the targets is cut as the picture is.
          const cut = maps.filter((layer) => of === current && layers.includes(layer));
          const own = {
            ...targets,
            ...Object.fromEntries(cut.map((layer) => [layer, part(content[layer]!)])),
          };
          const sum = statistic(features as Record<string, tf.Tensor4D>, weights, own);
          sums[key] = sums[key] === undefined ? sum : tf.add(sums[key], sum);
        }
      }
      return sums;
    };
    for (const step of [...steps].sort((a, b) => (a.round ?? 0) - (b.round ?? 0))) {
      const sums = summed(step.source === 'content' ? content : style, step.statistics);
      Object.assign(targets, step.targets(sums, targets));
    }
    return value(summed(current, statistics), targets).dataSync()[0]!;
  });
}
