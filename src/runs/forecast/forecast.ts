/** How long a trial will take: from finished trials like it, else from the work it is and a speed that was measured. */
import { availableParallelism } from 'node:os';
import type { MachineSpeed } from '../../engines/speed.ts';
import { NeckarError } from '../../errors.ts';
import type { TrialResult } from '../../experiment/result.ts';
import type { TrialConfig } from '../../experiment/trial.ts';
import { median } from '../../median.ts';
import { levelsOf } from '../../transfer/levels.ts';
import { networkForecasts } from './networks.ts';
import { type PictureShapes, squares } from './shapes.ts';
import { extentsAt, stripsCost, stripsReason } from './strips.ts';
import { evaluationWork } from './work.ts';

/**
 * What a forecast rests on, best first. `trials`: finished ones with the same encoder, engine, losses and optimiser;
 * `similar`: finished ones with the same encoder and engine, by the operations of each; `speed`: the operation count and
 * the speed of this machine's processor; `operations`: the operation count and an ordinary processor's speed.
 */
export const bases = ['trials', 'similar', 'speed', 'operations'] as const;
export type Basis = (typeof bases)[number];

export interface Forecast {
  readonly seconds: number;
  readonly basis: Basis;
}

export interface ForecastOptions {
  /** Finished trials of other experiments on this machine. */
  readonly others?: readonly TrialResult[];
  /** How large pictures will be; default: square. */
  readonly shapes?: PictureShapes;
  readonly speed?: MachineSpeed;
}

/**
 * A function that predicts a trial's wall time. Finished trials of the same kind give seconds per evaluation, scaled
 * by pixels, and the time around the evaluations; those with the same encoder give operations per second; without any,
 * operations are divided by the processor's speed. Of another method's command the time of its finished trials is taken, of a network
 * that of finished passes of it, scaled by pixels.
 *
 * @param results - of the experiment itself
 */
export function timeForecasts(
  results: readonly TrialResult[],
  { others = [], shapes = squares, speed }: ForecastOptions = {},
): (config: TrialConfig) => Forecast {
  const own = seenIn(results);
  const elsewhere = seenIn(others);
  const commands = medians(results.filter(({ timing }) => timing.known === 'total' && !timing.shared));
  const networks = [results, others].map((seen) => networkForecasts(seen, shapes));
  return (config) => {
    if (config.method?.kind === 'network') {
      const seconds = networks.map((seen) => seen(config)).find((one) => one !== undefined);
      return { seconds: seconds ?? startSeconds, basis: seconds === undefined ? 'operations' : 'trials' };
    }
    if (config.method !== undefined) {
      const seconds = config.method.kind === 'command' ? commands.get(config.method.command) : undefined;
      return {
        seconds: (seconds ?? 0) + startSeconds,
        basis: seconds === undefined ? 'operations' : 'trials',
      };
    }
    const limit = config.budget.seconds ?? Number.POSITIVE_INFINITY;
    const kind = kindOf(config, shapes);
    const known = own.kinds.get(kind) ?? elsewhere.kinds.get(kind);
    if (known !== undefined) {
      const evaluating = median(known.perPixel) * pixelsOf(config, shapes) * config.budget.evaluations;
      return { seconds: Math.min(evaluating, limit) + median(known.around), basis: 'trials' };
    }
    const { rate, around, basis } = rateFor(config, [own, elsewhere], speed);
    return { seconds: Math.min(workOf(config, shapes) / rate, limit) + around, basis };
  };
}

/** What finished trials tell of those to come. */
interface Seen {
  /** By kind: seconds of an evaluation per pixel, and seconds around the evaluations. */
  readonly kinds: ReadonlyMap<string, { readonly perPixel: number[]; readonly around: number[] }>;
  /** By encoder and engine: operations a second of one thread, and seconds around. */
  readonly encoders: ReadonlyMap<string, { readonly rates: number[]; readonly around: number[] }>;
}

function seenIn(results: readonly TrialResult[]): Seen {
  const kinds = new Map<string, { perPixel: number[]; around: number[] }>();
  const encoders = new Map<string, { rates: number[]; around: number[] }>();
  for (const result of results) {
    const { config, timing, cost } = result;
    // A trial that shared the machine says little about one that runs alone.
    if (timing.shared || cost.evaluations === 0) continue;
    const shapes = shapesOf(result);
    const evaluating = timing.warmup + timing.evaluate + timing.refresh + timing.optimizer;
    const perEvaluation = evaluating / cost.evaluations;
    const around = Math.max(0, timing.total - evaluating);
    const kind = entryOf(kinds, kindOf(config, shapes), () => ({ perPixel: [], around: [] }));
    kind.perPixel.push(perEvaluation / pixelsOf(config, shapes));
    kind.around.push(around);
    const work = workOf(config, shapes) / config.budget.evaluations;
    if (!(perEvaluation > 0 && work > 0)) continue;
    const encoder = entryOf(encoders, encoderOf(config), () => ({ rates: [], around: [] }));
    encoder.rates.push(work / perEvaluation / threadsOf(config, result.identity?.threads));
    encoder.around.push(around);
  }
  return { kinds, encoders };
}

function entryOf<Entry>(all: Map<string, Entry>, key: string, make: () => Entry): Entry {
  const entry = all.get(key) ?? make();
  all.set(key, entry);
  return entry;
}

/** Operations a second, and what that is known from. */
function rateFor(
  config: TrialConfig,
  seen: readonly Seen[],
  speed: MachineSpeed | undefined,
): { readonly rate: number; readonly around: number; readonly basis: Basis } {
  const threads = threadsOf(config);
  const similar = seen
    .map(({ encoders }) => encoders.get(encoderOf(config)))
    .find((one) => one !== undefined);
  if (similar !== undefined) {
    return { rate: median(similar.rates) * threads, around: median(similar.around), basis: 'similar' };
  }
  if (speed !== undefined && runsOnProcessor(config)) {
    const share = Math.min(1, threads / speed.threads);
    return { rate: reached * speed.operations * share, around: startSeconds, basis: 'speed' };
  }
  return { rate: operationsPerCoreSecond * threads, around: startSeconds, basis: 'operations' };
}

/** The median time of each command that ran. */
function medians(results: readonly TrialResult[]): Map<string, number> {
  const times = new Map<string, number[]>();
  for (const { config, timing } of results) {
    if (config.method?.kind !== 'command') continue;
    const { command } = config.method;
    times.set(command, [...(times.get(command) ?? []), timing.total]);
  }
  return new Map([...times].map(([command, seconds]) => [command, median(seconds)]));
}

/** Reading, tracing, measuring and writing, where nothing is known. */
const startSeconds = 1;

/** What whole objectives reach of the peak of a single convolution: VGG-19's was measured at .86. */
const reached = 0.85;

/** What one core of an ordinary machine reaches in float32 convolutions. */
const operationsPerCoreSecond = 60e9;

function runsOnProcessor({ engine: { name, provider = 'cpu' } }: TrialConfig): boolean {
  return (name === 'auto' || name === 'onnx') && provider === 'cpu';
}

function threadsOf({ engine }: TrialConfig, seen?: number): number {
  return seen ?? engine.threads ?? availableParallelism();
}

/** Operations of all a trial's evaluations; 0 where its layers are not to be had, which is said when it is run. */
function workOf(config: TrialConfig, shapes: PictureShapes): number {
  try {
    return levelsOf(config).reduce((sum, level) => {
      const extents = extentsAt(config, level, shapes);
      const strips = stripsCost(config, extents);
      const off = config.losses.some(({ name }) => level.weights[name] === 0);
      const losses = off ? config.losses.filter(({ name }) => level.weights[name] !== 0) : config.losses;
      const work = evaluationWork(
        { encoder: config.encoder, losses },
        { ...extents, further: strips?.further ?? 0 },
      );
      return sum + level.evaluations * work * (strips?.factor ?? 1);
    }, 0);
  } catch (error) {
    if (error instanceof NeckarError) return 0;
    throw error;
  }
}

function kindOf(config: TrialConfig, shapes: PictureShapes): string {
  const types = config.losses.map((loss) => loss.type).join('+');
  const optimizers = [...new Set(levelsOf(config).map(({ optimizer }) => optimizer.name))].join('+');
  const strips = stripsReason(config, shapes) === undefined ? '' : 'in strips';
  return [encoderOf(config), types, optimizers, strips].join(' ');
}

function encoderOf({ encoder, engine }: TrialConfig): string {
  return [encoder.name, engine.name, engine.provider].join(' ');
}

/** Pixels per evaluation, averaged over the levels' shares of the budget. */
function pixelsOf(config: TrialConfig, shapes: PictureShapes): number {
  const { evaluations: total } = config.budget;
  return levelsOf(config).reduce((sum, { size, evaluations }) => {
    const [height, width] = shapes(config.content, size);
    return sum + height * width * (evaluations / total);
  }, 0);
}

/** The shape that a finished trial's picture had; its styles are taken as square. */
function shapesOf({ config, images }: TrialResult): PictureShapes {
  if (!(images?.width > 0 && images.height > 0)) return squares;
  const longest = Math.max(images.width, images.height);
  return (file, size) => {
    if (file !== config.content) return squares(file, size);
    return [(images.height * size) / longest, (images.width * size) / longest];
  };
}
