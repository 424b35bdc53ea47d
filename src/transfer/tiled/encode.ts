/** Pictures through a plan's stages: their sums, the maps that are wanted of them, and what the last stage sees. */
import type { Encoder, Features } from '../../encoders/encoder.ts';
import type { Engine } from '../../engines/engine.ts';
import { NeckarError } from '../../errors.ts';
import type { Reference } from '../../losses/loss.ts';
import { float32, type NamedValues, type TensorValue, tf } from '../../tensor.ts';
import { channelsLast, layoutOf, sizeOf } from './maps.ts';
import { applyLinks, stageRunner } from './passes.ts';
import type { TiledStage, TilingPlan } from './plan.ts';
import {
  type Sums,
  statisticsIn,
  statisticTensors,
  sumValues,
  type TermStatistic,
  wholeWeights,
} from './statistics.ts';

/**
 * The wanted layers of the last stage as far as it has them; there is no picture to be had there.
 * @param map - what comes in, as it lies between stages
 */
export function topReference(top: TiledStage, map: tf.Tensor, wanted: readonly string[]): Reference {
  const own = wanted.filter((name) => top.layers.some((layer) => layer.name === name));
  return lazyReference(
    () => {
      throw new NeckarError(
        'tiling: a loss (strotss) reads the whole picture beside its layers, which cannot be had strip by strip; set tiling to "off", or leave that loss out.',
      );
    },
    () =>
      own.length === 0
        ? {}
        : applyLinks(top.links, top.first ? (map as tf.Tensor4D) : channelsLast(map), own, false).features,
  );
}

/** A picture whose layers are all there are. */
export function pictureReference(encoder: Encoder, image: tf.Tensor4D, wanted: readonly string[]): Reference {
  return lazyReference(
    () => image,
    () => (wanted.length === 0 ? {} : encoder.encode(image, wanted)),
  );
}

function lazyReference(image: () => tf.Tensor4D, encode: () => Features): Reference {
  let features: Features | undefined;
  return {
    get image() {
      return image();
    },
    get features() {
      features ??= encode();
      return features;
    },
  };
}

/** The sums of a picture, its maps at some layers, and the map that comes into the last stage. */
export async function encodePicture(
  { engine, encoder, label }: { readonly engine: Engine; readonly encoder: Encoder; readonly label: string },
  plan: TilingPlan,
  image: TensorValue,
  statistics: readonly TermStatistic[],
  targets: NamedValues,
  keep: readonly string[],
): Promise<{ sums: NamedValues; kept: NamedValues; top: TensorValue }> {
  const sums: Sums = new Map();
  const kept: NamedValues = {};
  const top = await encodeStrips(engine, plan, image, {
    label: `strips of ${label}`,
    statistics,
    constants: targets,
    sums,
    keep: Object.fromEntries(
      plan.strips.flatMap(({ layers }) =>
        layers
          .filter(({ name }) => keep.includes(name))
          .map(({ name }) => {
            const [, imageHeight, imageWidth] = image.shape as [number, number, number];
            const layout = layoutOf(encoder.shapeOf(name, imageHeight, imageWidth), false);
            const value = float32(layout.shape, new Float32Array(sizeOf(layout)));
            kept[name] = value;
            return [name, value.data as Float32Array];
          }),
      ),
    ),
  });
  const own = statisticsIn(plan.top, statistics);
  const topKeep = keep.filter((layer) => plan.top.layers.some(({ name }) => name === layer));
  const wanted = [...new Set([...topKeep, ...own.flatMap(({ statistic }) => statistic.layers)])];
  if (wanted.length === 0) return { sums: sumValues(sums), kept, top };
  const needed = new Set(own.flatMap((one) => Object.values(one.targets)));
  const program = await engine.compile(
    ({ map, ...known }) => {
      const { features } = topReference(plan.top, map!, wanted);
      return {
        ...Object.fromEntries(topKeep.map((layer) => [`layer ${layer}`, tf.clone(features[layer]!)])),
        ...statisticTensors(own, features, wholeWeights(plan.top), known),
      };
    },
    {
      inputs: { map: { shape: top.shape } },
      constants: Object.fromEntries(Object.entries(targets).filter(([name]) => needed.has(name))),
      frugal: true,
      label: `last stage of ${label}`,
    },
  );
  try {
    const outputs = await program.run({ map: top });
    for (const layer of topKeep) kept[layer] = outputs[`layer ${layer}`]!;
    return {
      sums: { ...sumValues(sums), ...Object.fromEntries(own.map(({ id }) => [id, outputs[id]!])) },
      kept,
      top,
    };
  } finally {
    await program.dispose();
  }
}

/** Runs the lower stages one after the other, each compiled only while it runs; gives the last one's map. */
export async function encodeStrips(
  engine: Engine,
  plan: TilingPlan,
  image: TensorValue,
  {
    label,
    statistics,
    constants,
    sums,
    keep,
  }: {
    readonly label: string;
    readonly statistics: readonly TermStatistic[];
    readonly constants: NamedValues;
    readonly sums: Sums;
    readonly keep: Readonly<Record<string, Float32Array>>;
  },
): Promise<TensorValue> {
  let map = image;
  for (const stage of plan.strips) {
    const runner = await stageRunner(
      engine,
      stage,
      { statistics, constants, locals: {} },
      { label, directions: 'forward', keep },
    );
    const layout = layoutOf(stage.next.shape, false);
    const next = float32(layout.shape, new Float32Array(sizeOf(layout)));
    try {
      await runner.forward(map.data as Float32Array, next.data as Float32Array, sums);
    } finally {
      await runner.dispose();
    }
    map = next;
  }
  return map;
}
