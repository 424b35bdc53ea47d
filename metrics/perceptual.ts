/**
 * Distances between two pictures as a trained network sees them: what LPIPS and DISTS have in common. Their weights are
 * published files; where these are not installed, the metric says how to get them.
 */
import { contentHash } from '../src/encoders/hash.ts';
import type { Engine } from '../src/engines/engine.ts';
import { messageOf, NeckarError } from '../src/errors.ts';
import type { RgbImage } from '../src/images/image.ts';
import { float32, type tf } from '../src/tensor.ts';
import { keptApart } from '../src/transfer/memory.ts';
import { entryOf } from '../src/weights/catalog.ts';
import { locateWeights, megabytes } from '../src/weights/installed.ts';
import { described, type NetworkMetricDefinition, type PairDistance } from './define.ts';
import { contentAtResult, contentPath, isRefusal, type Metric, type Refusal, refuse } from './metric.ts';

/**
 * The distance of the result from the content as a metric. Its weights are read when they are there, once per process.
 *
 * @param engine - what runs the network
 */
export async function perceptualMetric(spec: NetworkMetricDefinition, engine: Engine): Promise<Metric> {
  const missing = missingWeights(spec.weights);
  if (missing.length > 0) return refusing(spec, missingSentence(missing));
  try {
    const pair = await loaded(spec);
    const hash = contentHash(pair.hashes).slice(0, 12);
    return {
      ...about(spec, hash),
      async measure(input) {
        const content = contentAtResult(input);
        if (isRefusal(content)) return content;
        const small = tooSmall(spec, input.result);
        if (small !== undefined) return small;
        const prepare = spec.prepare ?? ((image) => image);
        return await distanceOn(engine, pair, prepare(input.result), prepare(content), spec.label);
      },
    };
  } catch (error) {
    if (!(error instanceof NeckarError)) throw error;
    return refusing(spec, `${messageOf(error).replace(/\.$/, '')}.`);
  }
}

/** The metric as it is listed where nothing is measured. */
export function perceptualOutline(spec: NetworkMetricDefinition): Metric {
  return refusing(spec, missingSentence(spec.weights));
}

/** Whether a wanted metric, by name, with parts or by its whole id, may be this one: its weights are not known yet. */
export function mayMean(wanted: string, spec: NetworkMetricDefinition): boolean {
  const [family, ...parts] = wanted.split(';');
  const [own, ...its] = about(spec).id.split(';');
  const known = new Map(its.map((part) => part.split('=', 2) as [string, string]));
  return (
    family === own &&
    parts.every((part) => {
      const [key, value] = part.split('=', 2) as [string, string];
      return !known.has(key) || known.get(key) === value;
    })
  );
}

/** Runs a distance once on two pictures of one size; rounding may take it below 0, where no distance is. */
export async function distanceOn(
  engine: Engine,
  pair: PairDistance,
  result: RgbImage,
  reference: RgbImage,
  label: string,
): Promise<number> {
  const { width, height } = result;
  const shape = [1, height, width, 3];
  const program = await engine.compile(
    (images) => ({
      distance: pair.distance(images.result as tf.Tensor4D, images.reference as tf.Tensor4D),
    }),
    { inputs: { result: { shape }, reference: { shape } }, label: `${label} at ${width}×${height}` },
  );
  try {
    const { distance } = await program.run({
      result: float32(shape, result.data),
      reference: float32(shape, reference.data),
    });
    return Math.max(0, distance!.data[0]!);
  } finally {
    await program.dispose();
  }
}

function about(spec: NetworkMetricDefinition, weights?: string): Omit<Metric, 'measure'> {
  return described(spec, spec.label, { ...spec.parts, ...(weights && { weights }), content: contentPath });
}

/** Under an id without weights: whatever the weights will be, the id of what is measured then has its parts. */
function refusing(spec: NetworkMetricDefinition, sentence: string): Metric {
  return { ...about(spec), measure: async () => refuse(sentence) };
}

function tooSmall({ leastSize }: NetworkMetricDefinition, { width, height }: RgbImage): Refusal | undefined {
  if (Math.min(width, height) >= leastSize) return undefined;
  return refuse(
    `The picture (${width}×${height}) is too small: the network's deepest layer needs ${leastSize} pixels a side.`,
  );
}

function missingWeights(names: readonly string[]): string[] {
  return names.filter((name) => {
    try {
      locateWeights(name);
      return false;
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      return true;
    }
  });
}

function missingSentence(names: readonly string[]): string {
  const sizes = names.map((name) => megabytes(entryOf(name))).join(' and ');
  return (
    `The weights ${names.join(' and ')} are not installed. ` +
    `Fetch them with "neckar weights pull ${names.join(' ')}" (${sizes}).`
  );
}

/** By the files of weights: a network is read once, however many pictures are measured. */
const read = new Map<string, Promise<PairDistance>>();

function loaded(spec: NetworkMetricDefinition): Promise<PairDistance> {
  const key = [spec.name, ...spec.weights.map((name) => locateWeights(name))].join('\n');
  let pair = read.get(key);
  if (pair === undefined) {
    pair = keptApart(() => spec.load());
    read.set(key, pair);
    // What could not be read may be mended.
    pair.catch(() => read.delete(key));
  }
  return pair;
}
