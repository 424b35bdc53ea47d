/** What content and style contribute to an objective, computed strip by strip. */
import type { Encoder } from '../../encoders/encoder.ts';
import type { Engine } from '../../engines/engine.ts';
import { NeckarError } from '../../errors.ts';
import type { TargetStep } from '../../losses/additive.ts';
import type { LossTerm, Reference, References, StyleTransform } from '../../losses/loss.ts';
import { float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../../tensor.ts';
import { channelsLast, layoutOf, sizeOf } from './maps.ts';
import {
  applyLinks,
  type LocalMap,
  type Sums,
  stageRunner,
  statisticsIn,
  statisticTensors,
  sumValues,
  type TermStatistic,
  wholeWeights,
} from './passes.ts';
import type { TiledStage, TilingPlan } from './plan.ts';

/** One term, and how it is computed. */
export interface TiledTerm {
  readonly term: LossTerm;
  readonly index: number;
  /** `pixels`: of the picture alone; `top`: of the last stage's layers; `sums`: of sums over positions. */
  readonly way: 'pixels' | 'top' | 'sums';
}

/** A style and its turned and rescaled copies. */
export interface StyleSource {
  readonly image: TensorValue;
  readonly transformed: (transform: StyleTransform) => TensorValue;
}

export interface TargetInput {
  readonly engine: Engine;
  readonly encoder: Encoder;
  readonly terms: readonly TiledTerm[];
  readonly plan: TilingPlan;
  /** The plan for a picture of another size, cut alike. */
  readonly planFor: (height: number, width: number) => TilingPlan;
  readonly content: TensorValue;
  readonly styles: readonly StyleSource[];
  readonly label: string;
}

export interface TiledTargets {
  /** By `targetName`. */
  readonly values: NamedValues;
  /** Maps of the content at layers below the last stage, by `targetName`. */
  readonly locals: Readonly<Record<string, LocalMap>>;
}

export const targetName = (index: number, name: string): string => `target ${index}: ${name}`;

/** The targets of one term among all, by the names the term gave them. */
export function targetsOf<T>(index: number, all: Readonly<Record<string, T>>): Record<string, T> {
  const prefix = targetName(index, '');
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

/** The statistics of terms of sums; each may read all targets its term has so far. */
export function termStatistics(
  terms: readonly TiledTerm[],
  known: Readonly<Record<string, unknown>>,
  of: (term: TiledTerm) => readonly TermStatistic['statistic'][],
): TermStatistic[] {
  return terms.flatMap((term) => {
    const targets = Object.fromEntries(
      Object.keys(targetsOf(term.index, known)).map((name) => [name, targetName(term.index, name)]),
    );
    return of(term).map((statistic) => ({
      id: `sum ${term.index}: ${statistic.key}`,
      statistic,
      targets,
    }));
  });
}

/** The statistics of one term among sums by id, by their keys. */
export function sumsOf<T>(index: number, sums: Readonly<Record<string, T>>): Record<string, T> {
  const prefix = `sum ${index}: `;
  return Object.fromEntries(
    Object.entries(sums).flatMap(([id, value]) =>
      id.startsWith(prefix) ? [[id.slice(prefix.length), value]] : [],
    ),
  );
}

/**
 * The wanted layers of the last stage as far as it has them; there is no picture to be had there.
 * @param map - what comes in, as it lies between stages
 */
export function topReference(top: TiledStage, map: tf.Tensor, wanted: readonly string[]): Reference {
  const own = wanted.filter((name) => top.layers.some((layer) => layer.name === name));
  return {
    get image(): tf.Tensor4D {
      throw new NeckarError(
        'tiling: a loss (strotss) reads the whole picture beside its layers, which cannot be had strip by strip; set tiling to "off", or leave that loss out.',
      );
    },
    features:
      own.length === 0
        ? {}
        : applyLinks(top.links, top.first ? (map as tf.Tensor4D) : channelsLast(map), own, false).features,
  };
}

/**
 * Computes every term's targets. Pictures are encoded once for each round of targets that need their sums.
 * @throws NeckarError when a loss reads the picture beside layers
 */
export async function computeTiledTargets(input: TargetInput): Promise<TiledTargets> {
  const { content, styles, plan, planFor } = input;
  const values: NamedValues = {};
  const locals: Record<string, LocalMap> = {};
  const sums = input.terms.filter(({ way }) => way === 'sums');
  const stepsOf = ({ term }: TiledTerm) =>
    term.additive!.steps.map((step, place) => ({ step, round: step.round ?? place }));
  const last = Math.max(-1, ...sums.flatMap((term) => stepsOf(term).map(({ round }) => round)));
  const maps = [...new Set(sums.flatMap(({ term }) => term.additive!.maps))];
  const whole = input.terms.some(({ way }) => way === 'top');

  /** The last stage's map of each picture, for terms that read whole maps. */
  const tops: Record<string, TensorValue> = {};
  for (let round = 0; round <= Math.max(last, 0); round++) {
    const found: NamedValues = {};
    const sources: { name: string; image: TensorValue; source: TargetStep['source']; style: number }[] = [
      { name: 'content', image: content, source: 'content', style: 0 },
      ...styles.map(({ image }, style) => ({
        name: `style ${style}`,
        image,
        source: 'style' as const,
        style,
      })),
    ];
    for (const { name, image, source, style } of sources) {
      const statistics = termStatistics(sums, values, (term) =>
        stepsOf(term)
          .filter(
            ({ step, round: own }) => own === round && step.source === source && (step.style ?? 0) === style,
          )
          .flatMap(({ step }) => step.statistics),
      );
      const keep = source === 'content' && round === 0 ? maps : [];
      if (statistics.length === 0 && keep.length === 0 && !(whole && round === 0)) continue;
      const [, height, width] = image.shape as [number, number, number];
      const own = source === 'content' ? plan : planFor(height, width);
      const encoded = await encodePicture(input, own, image, statistics, values, keep);
      if (round === 0) tops[name] = encoded.top;
      Object.assign(found, encoded.sums);
      for (const [layer, value] of Object.entries(encoded.kept)) {
        const isTop = plan.top.layers.some((one) => one.name === layer);
        for (const { index, term } of sums) {
          if (!term.additive!.maps.includes(layer)) continue;
          if (isTop) values[targetName(index, layer)] = value;
          else locals[targetName(index, layer)] = { layer, value };
        }
      }
    }
    Object.assign(values, await targetsFromSums(input, sums, stepsOf, round, found, values));
  }
  Object.assign(values, await wholeTargets(input, tops), await pixelTargets(input));
  return { values, locals };
}

/** The sums of a picture, its maps at some layers, and the map that comes into the last stage. */
async function encodePicture(
  { engine, encoder, label }: TargetInput,
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
async function encodeStrips(
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

/** The targets of one round's steps. */
async function targetsFromSums(
  { engine, label }: TargetInput,
  terms: readonly TiledTerm[],
  stepsOf: (term: TiledTerm) => readonly { readonly step: TargetStep; readonly round: number }[],
  round: number,
  sums: NamedValues,
  known: NamedValues,
): Promise<NamedValues> {
  const steps = terms.flatMap((term) =>
    stepsOf(term).flatMap((one) => (one.round === round ? [{ index: term.index, step: one.step }] : [])),
  );
  if (steps.length === 0) return {};
  const names = new Set(
    steps.flatMap(({ index }) => Object.keys(targetsOf(index, known)).map((name) => targetName(index, name))),
  );
  const program = await engine.compile(
    (tensors) => {
      const outputs: NamedTensors = {};
      for (const { index, step } of steps) {
        const made = step.targets(sumsOf(index, tensors), targetsOf(index, tensors));
        // What a step hands on as it is must not be an input of the program itself.
        for (const [name, tensor] of Object.entries(made)) {
          outputs[targetName(index, name)] = tf.add(tensor, 0);
        }
      }
      return outputs;
    },
    {
      inputs: Object.fromEntries(Object.entries(sums).map(([id, { shape }]) => [id, { shape }])),
      // Maps of the content are large, and no step reads them.
      constants: Object.fromEntries(
        Object.entries(known).filter(([name, { shape }]) => names.has(name) && shape.length < 4),
      ),
      frugal: true,
      label: `targets of ${label}`,
    },
  );
  try {
    return await program.run(sums);
  } finally {
    await program.dispose();
  }
}

/** The targets of terms that read whole maps of the last stage. */
async function wholeTargets(
  input: TargetInput,
  tops: Readonly<Record<string, TensorValue>>,
): Promise<NamedValues> {
  const { engine, plan, planFor, styles, label } = input;
  const terms = input.terms.filter(({ way }) => way === 'top');
  if (terms.length === 0) return {};
  const transforms: StyleTransform[] = [];
  for (const wanted of terms.flatMap(({ term }) => term.styleTransforms ?? [])) {
    if (!transforms.some((known) => isSame(known, wanted))) transforms.push(wanted);
  }
  const maps: Record<string, TensorValue> = { ...tops };
  for (const [style, { transformed }] of styles.entries()) {
    for (const [copy, transform] of transforms.entries()) {
      const image = transformed(transform);
      const [, height, width] = image.shape as [number, number, number];
      maps[`copy ${style} ${copy}`] = await encodeStrips(engine, planFor(height, width), image, {
        label: `strips of ${label}`,
        statistics: [],
        constants: {},
        sums: new Map(),
        keep: {},
      });
    }
  }
  const wanted = [...new Set(terms.flatMap(({ term }) => term.layers))];
  const program = await engine.compile(
    (tensors) => {
      const made = new Map<string, Reference>();
      const reference = (key: string): Reference => {
        let encoded = made.get(key);
        if (encoded === undefined) {
          encoded = topReference(plan.top, tensors[key]!, wanted);
          made.set(key, encoded);
        }
        return encoded;
      };
      const outputs: NamedTensors = {};
      for (const { index, term } of terms) {
        const all = styles.map((_, style) => ({
          style: reference(`style ${style}`),
          styleVariants: [
            reference(`style ${style}`),
            ...(term.styleTransforms ?? []).map((one) =>
              reference(`copy ${style} ${transforms.findIndex((known) => isSame(known, one))}`),
            ),
          ],
        }));
        const references: References = {
          content: reference('content'),
          ...all[0]!,
          ...(all.length > 1 && { styles: all }),
        };
        for (const [name, tensor] of Object.entries(term.targets(references))) {
          outputs[targetName(index, name)] = tensor;
        }
      }
      return outputs;
    },
    {
      inputs: Object.fromEntries(Object.entries(maps).map(([name, { shape }]) => [name, { shape }])),
      frugal: true,
      label: `targets of ${label}`,
    },
  );
  try {
    return await program.run(maps);
  } finally {
    await program.dispose();
  }
}

/** The targets of terms that read the picture alone. */
async function pixelTargets({ engine, terms, content, styles, label }: TargetInput): Promise<NamedValues> {
  const own = terms.filter(({ way }) => way === 'pixels');
  if (own.length === 0) return {};
  const images: Record<string, TensorValue> = {
    content,
    ...Object.fromEntries(styles.map(({ image }, style) => [`style ${style}`, image])),
  };
  const program = await engine.compile(
    (tensors) => {
      const reference = (key: string): Reference => ({ image: tensors[key] as tf.Tensor4D, features: {} });
      const all = styles.map((_, style) => {
        const own = reference(`style ${style}`);
        return { style: own, styleVariants: [own] };
      });
      const references: References = {
        content: reference('content'),
        ...all[0]!,
        ...(all.length > 1 && { styles: all }),
      };
      const outputs: NamedTensors = {};
      for (const { index, term } of own) {
        for (const [name, tensor] of Object.entries(term.targets(references))) {
          outputs[targetName(index, name)] = tensor;
        }
      }
      return outputs;
    },
    {
      inputs: Object.fromEntries(Object.entries(images).map(([name, { shape }]) => [name, { shape }])),
      frugal: true,
      label: `targets of ${label}`,
    },
  );
  try {
    return await program.run(images);
  } finally {
    await program.dispose();
  }
}

function isSame(a: StyleTransform, b: StyleTransform): boolean {
  return a.rotation === b.rotation && a.scale === b.scale;
}
