/** What a run would do, without doing it: what is finished, what is missing, what became invalid, and the cost. */

import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { MachineSpeed } from '../engines/speed.ts';
import { NeckarError } from '../errors.ts';
import { workOf } from '../experiment/identity.ts';
import type { TrialResult } from '../experiment/result.ts';
import type { TrainingResult } from '../experiment/training.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import { bytes } from '../platform/format.ts';
import { diskFiles, type Files } from './files.ts';
import type { Forecast } from './forecast/forecast.ts';
import { knownForecasts } from './forecast/known.ts';
import { resultsBeside } from './forecast/others.ts';
import { type PictureShapes, pictureShapes } from './forecast/shapes.ts';
import { type StripsReason, stripsReason } from './forecast/strips.ts';
import { trainingForecasts, trainingMemory } from './forecast/trainings.ts';
import { foreignSizesSentence } from './foreign-sizes.ts';
import { type IdentifiedTraining, type IdentifiedTrial, identifyWork } from './identity.ts';
import { refuseOtherSizes } from './map-sizes.ts';
import { memoryEstimates } from './memory.ts';
import { chosen, type ExperimentPlan, experimentFolder } from './run.ts';
import { judgeRefusal, tooSmall } from './small.ts';
import { changesBetween } from './staleness.ts';
import { mapInOrder, planStatuses, type TrainingStatus, type TrialStatus } from './status.ts';
import { checkResult, parseJson } from './store.ts';
import { folderOf, type KindOfWork, trainingKind, trialKind, type Work, type WorkResult } from './work.ts';

export interface PreviewedTrial extends TrialStatus {
  readonly trial: IdentifiedTrial;
  /** Whether a run would run it. */
  readonly open: boolean;
  readonly forecast: Forecast;
  /** Expected peak, bytes. */
  readonly memory: number;
  /** Why it will be computed strip by strip; absent where it will not. */
  readonly strips?: StripsReason;
}

export interface PreviewedTraining extends TrainingStatus {
  readonly training: IdentifiedTraining;
  /** Whether a run would do it. */
  readonly open: boolean;
  /** Expected wall time; absent: nothing tells. */
  readonly seconds?: number;
  /** Expected peak, bytes. */
  readonly memory: number;
}

/** A stored trial whose result no longer counts, and why. */
export interface Invalidated {
  readonly id: string;
  readonly label: string;
  /** The planned trial that takes its place. */
  readonly successor: string;
  /** Such as `the content image changed`. */
  readonly reason: string;
}

export interface Preview {
  readonly name: string;
  readonly folder: string;
  /** In the plan's order. */
  readonly trials: readonly PreviewedTrial[];
  /** Those that these trials need. */
  readonly trainings: readonly PreviewedTraining[];
  readonly invalidated: readonly Invalidated[];
  readonly counts: {
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    readonly open: number;
  };
  /** About pictures of other methods that are of another size. */
  readonly sizes?: string;
  /** Expected wall time of the open trials, one after the other, and what the expectation rests on. */
  readonly seconds: number;
  /** Expected wall time of the open trainings; absent: there is none, or nothing tells of one of them. */
  readonly trainingSeconds?: number;
  /** Why the held-out encoder cannot judge the first of the open trials that it cannot judge. */
  readonly judge?: string;
  readonly basis: Forecast['basis'];
  /** The processor's speed that it rests on, operations a second. */
  readonly speed?: number;
  /** The largest expected peak among what is open, bytes. */
  readonly memory: number;
}

/**
 * Looks at a plan and the store; writes nothing.
 * @throws NeckarError when an input is missing, the store is a newer Neckar's, a trial cannot fit into memory, or its
 *   pictures are too narrow for its encoder
 */
export async function previewRun(
  plan: ExperimentPlan,
  options: {
    readonly runs?: string;
    /** Only trials with these ids, and what they need. */
    readonly only?: ReadonlySet<string>;
    readonly files?: Files;
    /** Bytes; default: all memory of this machine. */
    readonly availableMemory?: number;
    /** Measures the processor, asked where no finished trial tells how long a new one takes. Default: nobody does. */
    readonly speed?: () => Promise<MachineSpeed | undefined>;
  } = {},
): Promise<Preview> {
  const files = options.files ?? diskFiles();
  const folder = experimentFolder(plan.name, options.runs);
  const work = await identifyWork(plan.trials);
  const { trials } = work;
  const selection = chosen(await planStatuses(files, folder, work), { only: options.only });
  const { trials: statuses, trainings } = selection.asked;
  const ids = new Set(selection.open.map(({ id }) => id));
  const stored = await storedWork<IdentifiedTrial, TrialResult>(files, folder, trialKind);
  const results = stored.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const waiting = statuses.flatMap(({ id, trial }) => (ids.has(id) ? [trial!.config] : []));
  const planned = statuses.map(({ trial }) => trial!);
  const shapes = await pictureShapes([...planned, ...results].map(({ config }) => config));
  const { forecast, basis, speed } = await knownForecasts(waiting, {
    results,
    shapes,
    others: () => resultsBeside(files, dirname(folder), plan.name),
    ...(options.speed && { speed: options.speed }),
  });
  const memory = memoryEstimates(results, shapes);
  const previewed = statuses.map((status, i): PreviewedTrial => {
    const { config } = planned[i]!;
    const open = ids.has(status.id);
    const strips = open ? stripsReason(config, shapes) : undefined;
    return {
      ...status,
      trial: planned[i]!,
      open,
      forecast: forecast(config),
      memory: memory(config),
      ...(strips && { strips }),
    };
  });
  const open = previewed.filter((trial) => trial.open);
  const sizes = await foreignSizesSentence(
    previewed.map(({ label, trial, result }) => ({ label, config: trial.config, result })),
    shapes,
  );
  await refuseOtherSizes(open.map(({ trial }) => trial.config));
  refuseSmall(open, shapes);
  const judge = firstOf(open, ({ trial }) => judgeRefusal(trial.config, shapes));
  const training = await previewedTrainings(files, folder, trainings, ids);
  refuseUnfit([...training.open, ...open], options.availableMemory ?? totalmem());
  return {
    name: plan.name,
    folder,
    trials: previewed,
    trainings: training.all,
    invalidated: invalidatedBy(trials, stored),
    counts: {
      total: previewed.length,
      done: previewed.filter(({ result }) => result !== undefined).length,
      failed: open.filter(({ state }) => state === 'failed').length,
      open: open.length,
    },
    seconds: open.reduce((sum, trial) => sum + trial.forecast.seconds, 0),
    ...(training.seconds !== undefined && { trainingSeconds: training.seconds }),
    basis,
    ...(sizes !== undefined && { sizes }),
    ...(judge !== undefined && { judge }),
    ...(speed && { speed: speed.operations }),
    memory: [...training.open, ...open].reduce((most, one) => Math.max(most, one.memory), 0),
  };
}

/** The trainings with what is expected of them; `open` are those that a run would do. */
async function previewedTrainings(
  files: Files,
  folder: string,
  trainings: readonly TrainingStatus[],
  ids: ReadonlySet<string>,
): Promise<{
  readonly all: PreviewedTraining[];
  readonly open: PreviewedTraining[];
  readonly seconds: number | undefined;
}> {
  const stored = await storedWork<IdentifiedTraining, TrainingResult>(files, folder, trainingKind);
  const results = stored.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const [forecast, memory] = [trainingForecasts(results), trainingMemory(results)];
  const all = trainings.map((status): PreviewedTraining => {
    const training = status.training!;
    const seconds = forecast(training.config);
    return {
      ...status,
      training,
      open: ids.has(status.id),
      ...(seconds !== undefined && { seconds }),
      memory: memory(training.config),
    };
  });
  const open = all.filter((one) => one.open);
  const known = open.flatMap(({ seconds }) => seconds ?? []);
  const told = open.length > 0 && known.length === open.length;
  return { all, open, seconds: told ? known.reduce((sum, seconds) => sum + seconds, 0) : undefined };
}

function firstOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item) => Found | undefined,
): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function refuseSmall(open: readonly PreviewedTrial[], shapes: PictureShapes): void {
  for (const { label, trial } of open) {
    const why = tooSmall(trial.config, shapes);
    if (why === undefined) continue;
    throw new NeckarError(`The trial "${label}" cannot run. ${why} Or leave it out with --filter.`);
  }
}

function refuseUnfit(open: readonly (PreviewedTrial | PreviewedTraining)[], available: number): void {
  const unfit = open.filter(({ memory }) => memory > available);
  if (unfit.length === 0) return;
  const largest = unfit.reduce((a, b) => (b.memory > a.memory ? b : a));
  const others = unfit.length === 1 ? '' : ` (and ${unfit.length - 1} more)`;
  const [what, remedy] =
    largest.kind === 'training'
      ? [`The ${largest.label}`, 'smaller (its size or batch)']
      : [`The trial "${largest.label}"`, 'smaller (size=…)'];
  throw new NeckarError(
    `${what}${others} needs about ${bytes(largest.memory)} of memory, and this machine has ${bytes(available)}. Make it ${remedy}, or leave it out with --filter.`,
  );
}

interface Stored<Own extends Work, Result> {
  readonly id: string;
  readonly work: Own;
  readonly result: Result | undefined;
}

async function storedWork<Own extends Work, Result extends WorkResult>(
  files: Files,
  experiment: string,
  kind: KindOfWork<Result>,
): Promise<Stored<Own, Result>[]> {
  const ids = (await files.list(join(experiment, kind.folder))).filter((name) => !name.startsWith('.'));
  const found = await mapInOrder(ids, async (id) => {
    const folder = folderOf(experiment, kind, id);
    const bytes = await files.read(join(folder, 'config.json'));
    const work = bytes === undefined ? undefined : (parseJson(bytes) as Own | undefined);
    if (work?.config === undefined) return undefined;
    const check = await checkResult(files, folder, kind);
    return { id, work, result: check.state === 'valid' ? check.result : undefined };
  });
  return found.filter((one) => one !== undefined);
}

/** Stored results that a planned trial would repeat because something beneath the same settings changed. */
function invalidatedBy(
  trials: readonly IdentifiedTrial[],
  stored: readonly Stored<IdentifiedTrial, TrialResult>[],
): Invalidated[] {
  const planned = new Set(trials.map(({ id }) => id));
  const bySettings = new Map(trials.map((trial) => [settingsOf(trial), trial]));
  return stored.flatMap(({ id, work: trial, result }) => {
    if (planned.has(id) || result === undefined) return [];
    const successor = bySettings.get(settingsOf(trial));
    if (successor === undefined) return [];
    return [
      {
        id,
        label: trial.label,
        successor: successor.id,
        reason: changesBetween(trial, successor).join(', '),
      },
    ];
  });
}

function settingsOf({ config, names }: IdentifiedTrial): string {
  return canonicalJson([names?.content ?? config.content, names?.style ?? config.style, workOf(config)]);
}
