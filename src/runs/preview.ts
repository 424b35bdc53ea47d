/** What a run would do, without doing it: what is finished, what is missing, what became invalid, and the cost. */

import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { MachineSpeed } from '../engines/speed.ts';
import { NeckarError } from '../errors.ts';
import { canonicalJson, workOf } from '../experiment/identity.ts';
import type { TrialResult } from '../experiment/result.ts';
import { bytes } from '../platform/format.ts';
import { diskFiles, type Files } from './files.ts';
import type { Forecast } from './forecast/forecast.ts';
import { knownForecasts } from './forecast/known.ts';
import { resultsBeside } from './forecast/others.ts';
import { type PictureShapes, pictureShapes } from './forecast/shapes.ts';
import { type StripsReason, stripsReason } from './forecast/strips.ts';
import { foreignSizesSentence } from './foreign-sizes.ts';
import { type IdentifiedTrial, identifyTrials } from './identity.ts';
import { refuseOtherSizes } from './map-sizes.ts';
import { memoryEstimates } from './memory.ts';
import { type ExperimentPlan, experimentFolder } from './run.ts';
import { judgeRefusal, tooSmall } from './small.ts';
import { changesBetween } from './staleness.ts';
import { mapInOrder, type TrialStatus, trialStatuses } from './status.ts';
import { checkResult, parseJson, trialFolder } from './store.ts';

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
  /** Why the held-out encoder cannot judge the first of the open trials that it cannot judge. */
  readonly judge?: string;
  readonly basis: Forecast['basis'];
  /** The processor's speed that it rests on, operations a second. */
  readonly speed?: number;
  /** The largest expected peak among the open trials, bytes. */
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
    /** Only trials with these ids. */
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
  const trials = await identifyTrials(plan.trials);
  const asked = trials.filter(({ id }) => options.only?.has(id) ?? true);
  const statuses = await trialStatuses(files, folder, asked);
  const stored = await storedTrials(files, folder);
  const results = stored.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const isOpen = ({ state }: TrialStatus): boolean => ['waiting', 'running', 'failed'].includes(state);
  const waiting = statuses.flatMap((status, i) => (isOpen(status) ? [asked[i]!.config] : []));
  const shapes = await pictureShapes([...asked, ...results].map(({ config }) => config));
  const { forecast, basis, speed } = await knownForecasts(waiting, {
    results,
    shapes,
    others: () => resultsBeside(files, dirname(folder), plan.name),
    ...(options.speed && { speed: options.speed }),
  });
  const memory = memoryEstimates(results, shapes);
  const previewed = statuses.map((status, i): PreviewedTrial => {
    const { config } = asked[i]!;
    const open = isOpen(status);
    const strips = open ? stripsReason(config, shapes) : undefined;
    return {
      ...status,
      trial: asked[i]!,
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
  refuseUnfit(open, options.availableMemory ?? totalmem());
  return {
    name: plan.name,
    folder,
    trials: previewed,
    invalidated: invalidatedBy(trials, stored),
    counts: {
      total: previewed.length,
      done: previewed.length - open.length,
      failed: open.filter(({ state }) => state === 'failed').length,
      open: open.length,
    },
    seconds: open.reduce((sum, trial) => sum + trial.forecast.seconds, 0),
    basis,
    ...(sizes !== undefined && { sizes }),
    ...(judge !== undefined && { judge }),
    ...(speed && { speed: speed.operations }),
    memory: open.reduce((most, trial) => Math.max(most, trial.memory), 0),
  };
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

function refuseUnfit(open: readonly PreviewedTrial[], available: number): void {
  const unfit = open.filter((trial) => trial.memory > available);
  if (unfit.length === 0) return;
  const largest = unfit.reduce((a, b) => (b.memory > a.memory ? b : a));
  const others = unfit.length === 1 ? '' : ` (and ${unfit.length - 1} more)`;
  throw new NeckarError(
    `The trial "${largest.label}"${others} needs about ${bytes(largest.memory)} of memory, and this machine has ${bytes(available)}. Make it smaller (size=…), or leave it out with --filter.`,
  );
}

interface StoredTrial {
  readonly id: string;
  readonly trial: IdentifiedTrial;
  readonly result: TrialResult | undefined;
}

async function storedTrials(files: Files, folder: string): Promise<StoredTrial[]> {
  const ids = (await files.list(join(folder, 'trials'))).filter((name) => !name.startsWith('.'));
  const found = await mapInOrder(ids, async (id) => {
    const bytes = await files.read(join(trialFolder(folder, id), 'config.json'));
    const trial = bytes === undefined ? undefined : (parseJson(bytes) as IdentifiedTrial | undefined);
    if (trial?.config === undefined) return undefined;
    const check = await checkResult(files, trialFolder(folder, id));
    return { id, trial, result: check.state === 'valid' ? check.result : undefined };
  });
  return found.filter((one) => one !== undefined);
}

/** Stored results that a planned trial would repeat because something beneath the same settings changed. */
function invalidatedBy(trials: readonly IdentifiedTrial[], stored: readonly StoredTrial[]): Invalidated[] {
  const planned = new Set(trials.map(({ id }) => id));
  const bySettings = new Map(trials.map((trial) => [settingsOf(trial), trial]));
  return stored.flatMap(({ id, trial, result }) => {
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
