/**
 * The style distances on an encoder that took no part in making the picture. Layers kept back of the encoder that was
 * optimised still see much of what the optimised ones see; another encoder shares nothing with them but the picture.
 */
import { createHash } from 'node:crypto';
import { type EncoderSpec, loadEncoder } from '../src/encoders/registry.ts';
import type { EngineSpec, Program } from '../src/engines/engine.ts';
import { startEngine } from '../src/engines/start.ts';
import type { RgbImage } from '../src/images/image.ts';
import { float32, type NamedTensors, tf } from '../src/tensor.ts';
import { keptApart } from '../src/transfer/memory.ts';
import {
  defineMetric,
  described,
  familyOf,
  type HeldOutMetricDefinition,
  type LayerStatistics,
  metrics,
} from './define.ts';
import { type Metric, type MetricInput, type Refusal, refuse, styleAtResult, stylePath } from './metric.ts';
import { distanceOfMoments } from './moment-distance.ts';
import { nonNegative } from './range.ts';
import { relativeSquare } from './statistics-of-features.ts';
import { refuseUniform } from './uniform.ts';

/** An encoder that judges pictures it did not make. */
export interface Judge {
  /** Such as `vgg16-random-0`: random weights are said. */
  readonly name: string;
  readonly hash: string;
  readonly layers: readonly string[];
  /** @returns statistics by layer */
  statistics(image: RgbImage): Promise<ReadonlyMap<string, LayerStatistics>>;
  /** The same of a picture that comes again: remembered. */
  ofStyle(image: RgbImage): Promise<ReadonlyMap<string, LayerStatistics>>;
  dispose(): Promise<void>;
}

function heldOutLabel(kind: string) {
  return (judge?: string) =>
    judge === undefined
      ? `Style distance (${kind}, held-out encoder)`
      : `Style distance (${kind}, ${judge}, a held-out encoder)`;
}

const shared = { needs: 'held-out', better: 'lower', purpose: 'style', range: nonNegative } as const;

export const heldOutGram = defineMetric({
  ...shared,
  name: 'held-out-gram',
  description: 'Distance of Gram matrices on an encoder that took no part in making the picture.',
  label: heldOutLabel('Gram'),
  unit: 'relative squared Gram distance',
  measure: (ours, styles) => relativeSquare(ours.gram, styles.gram),
});

export const heldOutMoments = defineMetric({
  ...shared,
  name: 'held-out-moments',
  description: 'Distance of means and deviations on an encoder that took no part in making the picture.',
  label: (judge?: string) => heldOutLabel(judge === undefined ? 'moments' : 'moment')(judge),
  unit: 'relative squared moment distance',
  measure: distanceOfMoments,
});

function heldOutDefinitions(): HeldOutMetricDefinition[] {
  return metrics.all().filter((one) => one.needs === 'held-out');
}

/** Whether a spec id is that of a held-out encoder's score. */
export function isHeldOut(id: string): boolean {
  return heldOutDefinitions().some(({ name }) => familyOf(name) === familyOf(id));
}

/** What the scores of a judge are called when it cannot be asked: name -> label. */
export function heldOutLabels(): Record<string, string> {
  return Object.fromEntries(heldOutDefinitions().map(({ name, label }) => [name, label()]));
}

/**
 * The distances to the style that a judge gives, averaged over its layers. Refused for a picture that was optimised on
 * the judge itself, whichever layers that read, and for a style of one colour.
 */
export function heldOutMetrics(judge: Judge): Metric[] {
  return heldOutDefinitions().map((definition) => ({
    ...described(definition, definition.label(judge.name), {
      encoder: `${judge.name}@${judge.hash.slice(0, 12)}`,
      layers: judge.layers.join('+'),
      style: stylePath,
      ...definition.parts,
    }),
    async measure(input) {
      const circular = optimizedOn(judge, input);
      if (circular !== undefined) return circular;
      const style = styleAtResult(input);
      const flat = refuseUniform(style, 'style', 'no structure to measure a distance of features in');
      if (flat !== undefined) return flat;
      const styles = await judge.ofStyle(style);
      const ours = await once(judge, input.result);
      const distances = judge.layers.map((layer) => definition.measure(ours.get(layer)!, styles.get(layer)!));
      return distances.reduce((sum, value) => sum + value, 0) / distances.length;
    },
  }));
}

/**
 * Makes a judge of an encoder, with an engine of its own. It measures on the layers that the encoder's defaults keep for
 * that. Pictures up to 512² share one program for each size; what larger ones need is freed after each.
 *
 * @throws NeckarError when the weights are missing or wrong, or the engine cannot start
 */
export async function openJudge(spec: EncoderSpec, engineSpec: EngineSpec): Promise<Judge> {
  const encoder = await loadEncoder(spec);
  const layers = encoder.defaults.heldBack;
  const engine = await startEngine(engineSpec);
  let kept: { size: string; program: Program } | undefined;
  const styles = new Map<string, Promise<ReadonlyMap<string, LayerStatistics>>>();

  const release = async () => {
    await kept?.program.dispose();
    kept = undefined;
  };
  const computed = async (image: RgbImage) => {
    const { width, height } = image;
    const size = `${width}×${height}`;
    if (kept?.size !== size) {
      await release();
      const program = await engine.compile(
        (tensors) => statisticsOf(encoder.encode(tensors.image as tf.Tensor4D, layers)),
        {
          inputs: { image: { shape: [1, height, width, 3] } },
          label: `statistics of ${encoder.name} at ${size}`,
        },
      );
      kept = { size, program };
    }
    try {
      return await run(kept.program, layers, image);
    } finally {
      if (width * height > mostKept) await release();
    }
  };

  // One after the other: a program runs one call at a time, and another size frees it.
  let before: Promise<unknown> = Promise.resolve();
  const statistics = (image: RgbImage) => {
    const next = before.then(() => keptApart(() => computed(image)));
    before = next.catch(() => {});
    return next;
  };

  return {
    name: judgeName(spec),
    hash: encoder.hash,
    layers,
    statistics,
    ofStyle(image) {
      const key = createHash('sha256').update(new Uint8Array(image.data.buffer)).digest('hex');
      const known = styles.get(`${image.width} ${key}`) ?? statistics(image);
      // The latest last, so that the first is the one to forget.
      styles.delete(`${image.width} ${key}`);
      styles.set(`${image.width} ${key}`, known);
      known.catch(() => styles.delete(`${image.width} ${key}`));
      if (styles.size > mostStyles) styles.delete(styles.keys().next().value!);
      return known;
    },
    async dispose() {
      await before;
      await release();
      await engine.dispose();
    },
  };
}

/** Pixels of the largest picture whose program is kept. */
const mostKept = 512 ** 2;
const mostStyles = 8;

/**
 * A judge that stays for the life of the process: whoever runs many trials makes it once.
 * @throws NeckarError as `openJudge`
 */
export function sharedJudge(spec: EncoderSpec, engineSpec: EngineSpec): Promise<Judge> {
  const key = JSON.stringify([spec, engineSpec]);
  let judge = judges.get(key);
  if (judge === undefined) {
    judge = keptApart(() => openJudge(spec, engineSpec));
    judges.set(key, judge);
    judge.catch(() => judges.delete(key));
  }
  return judge;
}

const judges = new Map<string, Promise<Judge>>();

/** `wavelet`, `vgg19`; random weights are part of the name. */
export function judgeName(spec: EncoderSpec): string {
  return 'weights' in spec && 'random' in spec.weights
    ? `${spec.name}-random-${spec.weights.random}`
    : spec.name;
}

function optimizedOn(judge: Judge, { optimized }: MetricInput): Refusal | undefined {
  if (optimized?.encoder !== judge.hash || optimized.layers.length === 0) return undefined;
  return refuse(`The picture was optimised on "${judge.name}" itself: it is no held-out encoder here.`);
}

/** Both metrics of a picture ask for the same. */
const measured = new WeakMap<Judge, WeakMap<RgbImage, ReturnType<Judge['statistics']>>>();

function once(judge: Judge, image: RgbImage): ReturnType<Judge['statistics']> {
  const images = measured.get(judge) ?? new WeakMap<RgbImage, ReturnType<Judge['statistics']>>();
  measured.set(judge, images);
  const known = images.get(image) ?? judge.statistics(image);
  images.set(image, known);
  return known;
}

function statisticsOf(features: Readonly<Record<string, tf.Tensor4D>>): NamedTensors {
  const outputs: NamedTensors = {};
  for (const [layer, map] of Object.entries(features)) {
    const [, height, width, channels] = map.shape;
    const positions = height * width;
    const flat = tf.reshape(map, [positions, channels]) as tf.Tensor2D;
    const mean = tf.mean(flat, 0);
    const deviations = tf.sub(flat, mean);
    outputs[`gram ${layer}`] = tf.div(tf.matMul(flat, flat, true, false), positions);
    outputs[`mean ${layer}`] = mean;
    outputs[`deviation ${layer}`] = tf.sqrt(tf.mean(tf.square(deviations), 0));
  }
  return outputs;
}

async function run(
  program: Program,
  layers: readonly string[],
  { width, height, data }: RgbImage,
): Promise<ReadonlyMap<string, LayerStatistics>> {
  const outputs = await program.run({ image: float32([1, height, width, 3], data) });
  return new Map(
    layers.map((layer) => [
      layer,
      {
        gram: outputs[`gram ${layer}`]!.data,
        mean: outputs[`mean ${layer}`]!.data,
        deviation: outputs[`deviation ${layer}`]!.data,
      },
    ]),
  );
}
