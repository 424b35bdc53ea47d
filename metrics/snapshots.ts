/** Scores of the pictures that trials kept on the way, measured when they are asked for and remembered. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModules } from '../src/components/modules.ts';
import { isFitted } from '../src/encoders/registry.ts';
import type { TrialResult } from '../src/experiment/result.ts';
import type { TraceRecord, TrialConfig } from '../src/experiment/trial.ts';
import { decodeImage, readImage } from '../src/images/decode.ts';
import { resizeLongestSide } from '../src/images/resize.ts';
import { layersRead } from '../src/losses/registry.ts';
import { writeFileAtomically } from '../src/platform/write.ts';
import { heldOutMetrics, isHeldOut, sharedJudge } from './held-out.ts';
import { ownColors } from './mean-color.ts';
import { type Measuring, openMeasuringEncoder } from './measuring-encoder.ts';
import { allMetrics, perceptualMetrics } from './registry.ts';
import type { Score } from './score.ts';
import type { Course } from './statistics/analysis/courses.ts';
import { measuredStyles, measureInStyles } from './styles.ts';

/** What a picture on the way was worth. */
export interface SnapshotScores {
  readonly evaluation: number;
  /** Since the trial's first evaluation began. */
  readonly seconds: number;
  readonly scores: Readonly<Record<string, Score>>;
}

export interface SnapshotTrial {
  readonly id: string;
  readonly config: TrialConfig;
  readonly result?: TrialResult;
}

/** Scores by trial, then by the picture's SHA-256. */
export interface ScoreMemory {
  read(trial: string): Promise<Record<string, Record<string, Score>>>;
  write(trial: string, scores: Record<string, Record<string, Score>>): Promise<void>;
}

export interface SnapshotOptions {
  /** Spec ids of what is measured. */
  readonly metrics: readonly string[];
  picture(trial: string, path: string): Promise<Uint8Array>;
  trace(trial: string): Promise<readonly TraceRecord[]>;
  readonly memory?: ScoreMemory;
  /** Measure nothing: only what is remembered counts. */
  readonly rememberedOnly?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Measures the pictures that complete trials kept, each like the trial's final one, which is added last from the
 * result. Pictures that were measured before are not measured again.
 *
 * @returns trial id -> its scores in the order of evaluations; trials for which anything is missing are left out
 * @throws NeckarError when an image or the weights of a trial are no longer there
 */
export async function measureSnapshots(
  trials: readonly SnapshotTrial[],
  options: SnapshotOptions,
): Promise<Map<string, SnapshotScores[]>> {
  const finished = trials.filter(({ result }) => result?.state === 'complete');
  if (finished.every(({ result }) => result!.images.snapshots.length === 0)) return new Map();
  const measured = new Map<string, SnapshotScores[]>();
  let measuring: { key: string; open: Measuring } | undefined;
  try {
    for (const [done, trial] of finished.entries()) {
      options.onProgress?.(done, finished.length);
      const known = (await options.memory?.read(trial.id)) ?? {};
      const open = async () => {
        const key = measuringKey(trial.config);
        if (measuring?.key !== key) {
          await measuring?.open.dispose();
          measuring = { key, open: await openFor(trial.config) };
        }
        return measuring.open;
      };
      const scores = await scoresOf(trial, known, options, open);
      if (scores !== undefined) measured.set(trial.id, scores);
    }
  } finally {
    await measuring?.open.dispose();
  }
  return measured;
}

/** One metric's course from scores on the way; undefined when a picture has none. */
export function courseOf(snapshots: readonly SnapshotScores[], metric: string): Course | undefined {
  const course = snapshots.flatMap(({ evaluation, seconds, scores }) => {
    const score = scores[metric];
    return score !== undefined && 'value' in score ? [{ evaluation, seconds, value: score.value }] : [];
  });
  return course.length === snapshots.length ? course : undefined;
}

/** Scores kept as `<folder>/<trial>.json`; a file that cannot be read is measured anew. */
export function scoreMemory(folder: string): ScoreMemory {
  return {
    async read(trial) {
      try {
        const held = JSON.parse(await readFile(join(folder, `${trial}.json`), 'utf8')) as unknown;
        return typeof held === 'object' && held !== null
          ? (held as Record<string, Record<string, Score>>)
          : {};
      } catch {
        return {};
      }
    },
    async write(trial, scores) {
      await mkdir(folder, { recursive: true });
      await writeFileAtomically(join(folder, `${trial}.json`), `${JSON.stringify(scores)}\n`);
    },
  };
}

async function scoresOf(
  trial: SnapshotTrial,
  known: Record<string, Record<string, Score>>,
  options: SnapshotOptions,
  open: () => Promise<Measuring>,
): Promise<SnapshotScores[] | undefined> {
  const { images, artefacts, cost, scores: final } = trial.result!;
  const wanted = options.metrics.filter((id) => final[id] !== undefined);
  // Without its pictures' scores a trace need not be read.
  if (options.rememberedOnly && images.snapshots.length > 0 && Object.keys(known).length === 0)
    return undefined;
  const seconds = new Map(
    (await options.trace(trial.id)).map((record) => [record.evaluation, record.seconds]),
  );
  const list: SnapshotScores[] = [];
  let changed = false;
  for (const { evaluation, path } of images.snapshots) {
    const at = seconds.get(evaluation);
    if (at === undefined || evaluation >= cost.evaluations) continue;
    const key = artefacts[path] ?? path;
    const missing = wanted.filter((id) => known[key]?.[id] === undefined);
    if (options.rememberedOnly) {
      if (missing.length > 0 && missing.length === wanted.length) return undefined;
    } else if (missing.length > 0) {
      known[key] = { ...known[key], ...(await measured(trial, path, missing, options, await open())) };
      changed = true;
    }
    list.push({ evaluation, seconds: at, scores: pick(known[key] ?? {}, wanted) });
  }
  if (changed) await options.memory?.write(trial.id, known);
  const end = seconds.get(cost.evaluations) ?? Math.max(0, ...seconds.values());
  list.push({ evaluation: cost.evaluations, seconds: end, scores: pick(final, wanted) });
  return list;
}

async function measured(
  trial: SnapshotTrial,
  path: string,
  ids: readonly string[],
  options: SnapshotOptions,
  { encoder, engine }: Measuring,
): Promise<Record<string, Score>> {
  const { config } = trial;
  const { heldOut } = config;
  await loadModules([...(config.modules ?? []), ...(config.measuringModules ?? [])]);
  const judged = heldOut !== undefined && ids.some(isHeldOut);
  const others = [
    ...(await perceptualMetrics(ids, engine)),
    ...(judged ? heldOutMetrics(await sharedJudge(heldOut, config.engine)) : []),
  ];
  const metrics = allMetrics([encoder], others).filter(({ id }) => ids.includes(id));
  const picture = await decodeImage(await options.picture(trial.id, path), path);
  const { width, height } = trial.result!.images;
  const longest = Math.max(width, height);
  return await measureInStyles(
    {
      // A picture of a coarser level is what a viewer would see enlarged.
      result:
        Math.max(picture.width, picture.height) === longest ? picture : resizeLongestSide(picture, longest),
      content: await readImage(config.content),
      optimized: { encoder: trial.result!.inputs.encoder ?? '', layers: [...layersRead(config.losses)] },
      ownColors: ownColors(config),
    },
    await measuredStyles(config),
    encoder,
    metrics,
  );
}

function pick(scores: Readonly<Record<string, Score>>, ids: readonly string[]): Record<string, Score> {
  return Object.fromEntries(ids.flatMap((id) => (scores[id] === undefined ? [] : [[id, scores[id]]])));
}

/** What must agree for one opened encoder to serve two trials. */
export function measuringKey({ encoder, engine, content, style, styles, sizes }: TrialConfig): string {
  return JSON.stringify([encoder, engine, isFitted(encoder) ? [content, style, styles, sizes] : null]);
}

/**
 * Opens a trial's encoder as the trial had it.
 * @throws NeckarError as `openMeasuringEncoder`, and when an image cannot be read
 */
export async function openFor({
  encoder,
  engine,
  content,
  style,
  styles,
  sizes,
}: TrialConfig): Promise<Measuring> {
  if (!isFitted(encoder)) return await openMeasuringEncoder(encoder, engine);
  const files = [content, ...(styles?.map(({ file }) => file) ?? [style])];
  const images = await Promise.all(files.map((file) => readImage(file)));
  return await openMeasuringEncoder(
    encoder,
    engine,
    images.map((image) => resizeLongestSide(image, sizes.at(-1)!)),
  );
}
