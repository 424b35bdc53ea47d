/**
 * What finished trials were not measured by: found without measuring anything, and measured from their stored pictures.
 * An experiment's `metrics` and its held-out encoder may change after its trials are finished.
 */
import { join } from 'node:path';
import { heldOutLabels, heldOutMetrics, type Judge, judgeName, openJudge } from '../../metrics/held-out.ts';
import { ownColors } from '../../metrics/mean-color.ts';
import type { Measuring } from '../../metrics/measuring-encoder.ts';
import { isMeant, type MeasuringEncoder } from '../../metrics/metric.ts';
import { chosenMetrics, perceptualMetrics, perceptualOutlines } from '../../metrics/registry.ts';
import type { Score } from '../../metrics/score.ts';
import { measuringKey, openFor } from '../../metrics/snapshots.ts';
import { measuredStyles, measureInStyles, regionsOfTrial } from '../../metrics/styles.ts';
import { loadModules } from '../components/modules.ts';
import { type EncoderSpec, encoderDefaults, isKnownEncoder } from '../encoders/registry.ts';
import type { Engine, EngineSpec } from '../engines/engine.ts';
import { startEngine } from '../engines/start.ts';
import { messageOf, NeckarError } from '../errors.ts';
import type { TrialResult } from '../experiment/result.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { readImage } from '../images/decode.ts';
import { layersRead } from '../losses/registry.ts';
import { type Files, StorageError } from './files.ts';
import { addLaterScores, clearDamagedScores } from './later-scores.ts';
import type { TrialStatus } from './status.ts';
import { attemptFolder } from './store.ts';

/** A finished trial; its configuration says what is wanted of it now. */
export interface FinishedTrial {
  readonly id: string;
  readonly label: string;
  readonly folder: string;
  readonly config: TrialConfig;
  readonly result: TrialResult;
}

/** The finished trials of a plan. What is no longer planned is nobody's wish. */
export function finishedTrials(trials: readonly TrialStatus[]): FinishedTrial[] {
  return trials.flatMap(({ id, label, folder, trial, result, state }) =>
    trial === undefined || result === undefined || state === 'stale'
      ? []
      : [{ id, label, folder, config: trial.config, result }],
  );
}

/** What is asked of all trials besides what their configurations ask. */
export interface AskedBesides {
  readonly metrics?: readonly string[];
  /** Instead of the configurations' own. */
  readonly heldOut?: EncoderSpec | undefined;
}

/**
 * The names of metrics that a finished trial has no score of, refusals counting as scores. Nothing is opened for it; the
 * weights of a held-out encoder are taken to be what they were.
 */
export function missingNames({ config, result }: FinishedTrial): string[] {
  // What a researcher's own encoder lacks is known where its module is loaded.
  if (result.state === 'diverged' || !isKnownEncoder(config.encoder)) return [];
  const { metrics: wanted = [], heldOut } = config;
  const { metrics } = chosenMetrics(wanted, [outlineOf(config, result)], perceptualOutlines(wanted));
  const ids = [...metrics.map(({ id }) => id), ...(heldOut === undefined ? [] : heldOutIds(heldOut))];
  const known = Object.keys(result.scores);
  const missing = ids.filter((id) => !known.some((other) => other.startsWith(id) || isMeant(id, other)));
  return [...new Set(missing.map((id) => id.split(';', 1)[0]!))];
}

/** What finished trials lack and how to have it measured, in a sentence; undefined when it is nothing. */
export function lackingSentence(experiment: string, trials: readonly FinishedTrial[]): string | undefined {
  const missing = trials.map(missingNames).filter((names) => names.length > 0);
  if (missing.length === 0) return undefined;
  const names = [...new Set(missing.flat())].join(', ');
  return `${missing.length} of ${trials.length} finished trials were not measured by ${names}: "neckar measure ${experiment}" does that.`;
}

/** How the ids of a held-out encoder's scores begin. */
function heldOutIds(heldOut: EncoderSpec): string[] {
  return Object.keys(heldOutLabels()).map((name) => `${name};encoder=${judgeName(heldOut)}@`);
}

export interface MeasuringProgress {
  readonly done: number;
  readonly total: number;
  /** The trial at hand. */
  readonly label: string;
  /** Undefined until the first is done. */
  readonly etaSeconds: number | undefined;
}

export interface MeasuredTrial {
  readonly id: string;
  readonly label: string;
  /** New scores by spec id. */
  readonly scores: Readonly<Record<string, Score>>;
  /** Why it could not be measured at all: a picture that is gone, or weights. */
  readonly problem?: string;
}

/**
 * Measures what finished trials were not measured by, on the pictures that are stored, and keeps the scores beside
 * their results. Each trial's are kept as soon as they are known, so that little is lost by stopping. Diverged trials
 * are left out: their pictures had values that no file holds.
 *
 * @param signal - ends the work after the trial at hand
 * @returns the trials that something was missing of
 * @throws StorageError when the disk refuses
 */
export async function measureMissing(
  trials: readonly FinishedTrial[],
  options: AskedBesides & {
    readonly files: Files;
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: MeasuringProgress) => void;
  },
): Promise<MeasuredTrial[]> {
  const { files, signal, onProgress } = options;
  const open = new Opened();
  const measured: MeasuredTrial[] = [];
  const begun = performance.now();
  let worked = 0;
  try {
    for (const [done, trial] of trials.entries()) {
      if (signal?.aborted) break;
      const left =
        worked === 0 ? undefined : ((performance.now() - begun) / 1000 / done) * (trials.length - done);
      onProgress?.({ done, total: trials.length, label: trial.label, etaSeconds: left });
      if (trial.result.state === 'diverged') continue;
      const { id, label } = trial;
      try {
        const scores = await missingScores(trial, options, open);
        worked++;
        if (Object.keys(scores).length === 0) {
          await clearDamagedScores(files, trial.folder, trial.result);
          continue;
        }
        await addLaterScores(files, trial.folder, trial.result, scores);
        measured.push({ id, label, scores });
      } catch (error) {
        if (!(error instanceof NeckarError) || error instanceof StorageError) throw error;
        measured.push({ id, label, scores: {}, problem: messageOf(error) });
      }
    }
  } finally {
    await open.dispose();
  }
  return measured;
}

async function missingScores(
  { folder, config, result }: FinishedTrial,
  besides: AskedBesides,
  open: Opened,
): Promise<Record<string, Score>> {
  await loadModules([...(config.modules ?? []), ...(config.measuringModules ?? [])]);
  const wanted = [...(config.metrics ?? []), ...(besides.metrics ?? [])];
  const heldOut = besides.heldOut ?? config.heldOut;
  const judged = heldOut === undefined ? [] : heldOutMetrics(await open.judge(heldOut, config.engine));
  const needed = perceptualOutlines(wanted).length > 0;
  const perceptual = needed ? await perceptualMetrics(wanted, await open.engine(config.engine)) : [];
  const measuring: MeasuringEncoder = {
    ...outlineOf(config, result),
    encode: async (image, layers) => (await open.measuring(config)).encoder.encode(image, layers),
  };
  const regions = await regionsOfTrial(config);
  const mapped = !regions.includes(undefined);
  const { metrics } = chosenMetrics(wanted, [measuring], perceptual, judged, mapped);
  const missing = metrics.filter(({ id }) => result.scores[id] === undefined);
  if (missing.length === 0) return {};
  const picture = join(attemptFolder(folder, result.attempt), result.images.final);
  const [final, content] = await Promise.all([picture, config.content].map((path) => readImage(path)));
  return await measureInStyles(
    {
      result: final!,
      content: content!,
      optimized: { encoder: result.inputs.encoder ?? '', layers: [...layersRead(config.losses)] },
      ownColors: ownColors(config),
    },
    await measuredStyles(config, regions),
    [],
    missing,
  );
}

/** The trial's own encoder as far as spec ids name it. */
function outlineOf({ encoder }: TrialConfig, { inputs }: TrialResult): MeasuringEncoder {
  const { name, defaults } = encoderDefaults(encoder);
  return {
    name,
    hash: inputs.encoder ?? '',
    layers: defaults.heldBack,
    encode: () => Promise.reject(new Error('an outline has no features')),
  };
}

/** What measuring needs, opened once for all trials that share it. */
class Opened {
  readonly #judges = new Map<string, Promise<Judge>>();
  readonly #engines = new Map<string, Promise<Engine>>();
  #measuring: { key: string; open: Measuring } | undefined;

  judge(spec: EncoderSpec, engine: EngineSpec): Promise<Judge> {
    return once(this.#judges, JSON.stringify([spec, engine]), () => openJudge(spec, engine));
  }

  engine(spec: EngineSpec): Promise<Engine> {
    return once(this.#engines, JSON.stringify(spec), () => startEngine(spec));
  }

  /** The last alone is kept: trials with the same encoder follow each other. */
  async measuring(config: TrialConfig): Promise<Measuring> {
    const key = measuringKey(config);
    if (this.#measuring?.key !== key) {
      await this.#measuring?.open.dispose();
      this.#measuring = undefined;
      this.#measuring = { key, open: await openFor(config) };
    }
    return this.#measuring.open;
  }

  async dispose(): Promise<void> {
    await this.#measuring?.open.dispose();
    for (const opened of [...this.#judges.values(), ...this.#engines.values()]) {
      await (await opened.catch(() => undefined))?.dispose();
    }
  }
}

function once<Value>(
  kept: Map<string, Promise<Value>>,
  key: string,
  open: () => Promise<Value>,
): Promise<Value> {
  let value = kept.get(key);
  if (value === undefined) {
    value = open();
    kept.set(key, value);
  }
  return value;
}
