/** A report's input from the folder of an experiment's runs. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { measureSnapshots, scoreMemory } from '../metrics/snapshots.ts';
import type { PrimaryComparison } from '../metrics/statistics/analysis/question.ts';
import { NeckarError } from '../src/errors.ts';
import { filterTrials } from '../src/experiment/filter.ts';
import type { TraceRecord } from '../src/experiment/trial.ts';
import { quoted } from '../src/platform/shell.ts';
import { diskFiles } from '../src/runs/files.ts';
import { pictureShapes } from '../src/runs/forecast/shapes.ts';
import { foreignSizesSentence } from '../src/runs/foreign-sizes.ts';
import type { IdentifiedTrial } from '../src/runs/identity.ts';
import { finishedTrials, lackingSentence } from '../src/runs/missing-scores.ts';
import { pairOf, pictureNames } from '../src/runs/picture-names.ts';
import { status, type TrainingStatus, type TrialStatus } from '../src/runs/status.ts';
import { attemptFolder, parseJson, readExperiment } from '../src/runs/store.ts';
import type { ReportedTraining, ReportedTrial, ReportInput } from './input.ts';
import { ratedStudies } from './people/rated.ts';
import { courseMetrics } from './words/analysis.ts';

/** What an experiment declared about its report, as the store keeps it. */
interface Declaration {
  readonly question?: string;
  readonly primary?: PrimaryComparison;
  readonly report?: { readonly title?: string; readonly rows?: string; readonly columns?: string };
}

export interface StoredOptions {
  /** Measure the pictures that trials kept on the way, where that was not done before; default: use what is known. */
  readonly measure?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  /** Only the trials that meet these conditions, such as `variant=gram,mrf seed=7`; default: all of the plan. */
  readonly filter?: string;
  /** Where studies are kept, for what people said of the trials' pictures; default: nowhere. */
  readonly studies?: string;
}

/**
 * Everything a report needs of the trials of the current plan, whatever their state and whichever run's settings asked
 * for them; trials that are no longer planned are left out, and said to be. Names and settings are those of the plan, so that what was renamed since shows its new name. A
 * trial whose stored files are not those that its result names is `damaged` and has no result.
 *
 * @param folder - the experiment's folder, such as `runs/loss-variants`
 * @param command - what to type to run the experiment's file again; default `neckar run <name>`
 * @throws NeckarError when there is no experiment in the folder, or a newer Neckar wrote it
 */
export async function storedReport(
  folder: string,
  command?: string,
  options: StoredOptions = {},
): Promise<ReportInput> {
  const files = diskFiles();
  // A picture or a trace that changed on the disk would be evidence of nothing: every file is compared with its hash.
  const { name, trials, trainings } = await status(folder, { files, verify: 'hashes' });
  const experiment = await readExperiment(files, folder);
  const declaration = (experiment?.declaration ?? {}) as Declaration;
  const { title, rows, columns } = declaration.report ?? {};
  const again = command ?? `neckar run ${name}`;
  const all = withNames(trials);
  const planned = options.filter === undefined ? all : viewOf(all, options.filter);
  const byId = new Map(planned.map((trial) => [trial.id, trial]));
  const find = (id: string): Planned => {
    const trial = byId.get(id);
    if (trial === undefined)
      throw new NeckarError(`The report asks for a trial "${id}" that is not in ${folder}.`);
    return trial;
  };
  const attemptOf = ({ folder: trialFolder, result, attempt }: Planned) =>
    attemptFolder(trialFolder, result?.attempt ?? attempt);
  const lacking = lackingSentence(name, finishedTrials(planned));
  const notes = [
    ...runningNotes(name, planned),
    ...viewNotes(all, planned, options.filter),
    ...(await sizeNotes(planned)),
    ...samePictures(planned),
    ...staleNotes(name, trials),
  ];
  const reportedTrials = planned.map((trial) => reported(trial, again, repairs(folder)));
  const ratings =
    options.studies === undefined
      ? []
      : await ratedStudies(options.studies, { name, trials: reportedTrials });
  const trained = reportedTrainings(trainings, new Set(planned.map(({ id }) => id)));
  const input: ReportInput = {
    name,
    ...(title !== undefined && { title }),
    ...(declaration.question !== undefined && { question: declaration.question }),
    ...(declaration.primary !== undefined && { primary: declaration.primary }),
    command: (experiment?.asked ?? [[]]).map((settings) => withWords(again, settings)).join(' && '),
    madeAt: new Date().toISOString(),
    ...(rows !== undefined && { rows }),
    ...(columns !== undefined && { columns }),
    trials: reportedTrials,
    ...(lacking !== undefined && { lacking }),
    ...(notes.length > 0 && { notes }),
    ...(ratings.length > 0 && { ratings }),
    ...(trained.length > 0 && { trainings: trained }),
    trace: async (id) => parseTrace(await readFile(join(attemptOf(find(id)), 'trace.jsonl'), 'utf8')),
    picture: (id, path) => readFile(join(attemptOf(find(id)), path)),
    source: (id, which) => sourceOf(folder, find(id), which),
  };
  const metrics = courseMetrics(input).map(({ id }) => id);
  if (metrics.length === 0) return input;
  const snapshots = await measureSnapshots(input.trials, {
    metrics,
    picture: input.picture,
    trace: input.trace,
    memory: scoreMemory(join(folder, 'measured')),
    rememberedOnly: options.measure !== true,
    ...(options.onProgress && { onProgress: options.onProgress }),
  });
  return { ...input, snapshots };
}

/** A picture that went in: as an archive brought it, by its hash, else where the experiment's file named it. */
async function sourceOf(folder: string, { trial }: Planned, which: 'content' | 'style'): Promise<Uint8Array> {
  const brought = join(folder, 'inputs', trial.inputs[which]);
  return await readFile(brought).catch(() => readFile(trial.config[which]));
}

type Planned = TrialStatus & {
  readonly trial: IdentifiedTrial & { readonly names: ReportedTrial['names'] };
};

/** The trials of the plan, their pictures under names that tell them apart. */
function withNames(trials: readonly TrialStatus[]): Planned[] {
  const planned = trials.flatMap((status) =>
    status.state === 'stale' || status.trial === undefined ? [] : [{ status, trial: status.trial }],
  );
  const names = pictureNames(planned.map(({ trial }) => trial));
  return planned.map(({ status, trial }, i) => ({ ...status, trial: { ...trial, names: names[i]! } }));
}

function withWords(command: string, words: readonly string[]): string {
  return [command, ...words.map(quoted)].join(' ');
}

/** The trials that meet the conditions of a filter. */
function viewOf(planned: readonly Planned[], filter: string): Planned[] {
  const asked = planned.map((trial) => {
    const { label, config, names } = trial.trial;
    return { trial, label, config, names };
  });
  return filterTrials(asked, filter).map(({ trial }) => trial);
}

function viewNotes(all: readonly Planned[], shown: readonly Planned[], filter = ''): string[] {
  const left = all.length - shown.length;
  if (left === 0) return [];
  return [
    `A view: ${left} of the experiment's ${all.length} trials do not meet "${filter}" and are not shown.`,
  ];
}

async function sizeNotes(planned: readonly Planned[]): Promise<string[]> {
  const trials = planned.flatMap(({ label, trial, result }) =>
    trial.config.method === undefined ? [] : [{ label, config: trial.config, result }],
  );
  const shapes = await pictureShapes(trials.map(({ config }) => config));
  const sentence = await foreignSizesSentence(trials, shapes);
  return sentence === undefined ? [] : [sentence];
}

/** That the sweep goes on while its report is written: numbers will change. */
function runningNotes(name: string, planned: readonly Planned[]): string[] {
  const running = planned.filter(({ state }) => state === 'running').length;
  if (running === 0) return [];
  const done = planned.filter(({ result }) => result !== undefined).length;
  const [finished, run] = [
    `${done} of ${planned.length} trials were finished`,
    running === 1 ? 'one ran' : `${running} ran`,
  ];
  return [
    `Written while the sweep was running: ${finished} and ${run}. What is compared here will change; "neckar report ${name}" writes it again.`,
  ];
}

/** Pictures that have several names: they count once in every comparison, as the bytes say. */
function samePictures(planned: readonly Planned[]): string[] {
  return (['content', 'style'] as const).flatMap((which) => {
    const names = new Map<string, Set<string>>();
    for (const trial of planned) {
      if (which === 'style' && trial.trial.config.styles !== undefined) continue;
      const hash = trial.trial.inputs[which];
      names.set(hash, (names.get(hash) ?? new Set()).add(trial.trial.names[which]));
    }
    return [...names.values()].flatMap((several) =>
      several.size < 2
        ? []
        : [
            `The ${which} images ${[...several].join(', ')} are one picture, byte for byte: comparisons take them for one.`,
          ],
    );
  });
}

/** Stale trials that are named; the others are counted. */
const mostNamed = 3;

/** What is stored but no longer planned, and why: nobody is to look for it in vain. */
function staleNotes(name: string, trials: readonly TrialStatus[]): string[] {
  const finished = trials.filter(({ state, result }) => state === 'stale' && result !== undefined);
  if (finished.length === 0) return [];
  const some = finished.slice(0, mostNamed).map(({ label, reason }) => `${label}: ${reason}`);
  const more = finished.length > mostNamed ? ` … and ${finished.length - mostNamed} more` : '';
  const are = finished.length === 1 ? 'One finished trial is' : `${finished.length} finished trials are`;
  return [
    `${are} kept but not shown, as the experiment's file as it was last run does not plan them (stale). ${some.join('. ')}.${more} "neckar status ${name}" lists them.`,
  ];
}

/** The commands that mend a trial, by what of it is lost. */
interface Repairs {
  result(id: string): string;
  readonly scores: string;
}

function repairs(folder: string): Repairs {
  const runs = dirname(folder);
  const place = runs === 'runs' ? '' : ` --runs ${quoted(runs)}`;
  const name = quoted(basename(folder));
  return {
    result: (id) => `neckar retry ${name} ${id}${place}`,
    scores: `neckar measure ${name}${place}`,
  };
}

function reported(planned: Planned, command: string, repair: Repairs): ReportedTrial {
  const { id, label, state, reason, result, trial, damage } = planned;
  const { config, names, inputs } = trial;
  const isLost = damage?.lost === 'result' && state === 'waiting';
  return {
    id,
    label,
    names,
    config,
    state: isLost ? 'damaged' : state,
    reason: isLost ? damage.problem : state === 'waiting' || state === 'running' ? '' : reason,
    command: isLost ? repair.result(id) : withWords(command, [...(trial.settings ?? []), '--only', id]),
    ...(damage !== undefined && {
      damage: isLost
        ? `${damage.problem}, so that its result does not count: "${repair.result(id)}" makes it again.`
        : `${damage.problem}, so that only what was measured at once counts: "${repair.scores}" measures the rest again.`,
    }),
    inputs,
    pair: pairOf(trial),
    ...(result !== undefined && { result }),
  };
}

/** The finished trainings that trials of a view need. */
function reportedTrainings(
  trainings: readonly TrainingStatus[],
  shown: ReadonlySet<string>,
): ReportedTraining[] {
  return trainings.flatMap(({ id, state, folder, result, neededBy }) => {
    if (result === undefined || state === 'stale' || !neededBy.some((trial) => shown.has(trial))) return [];
    const attempt = attemptFolder(folder, result.attempt);
    return [
      {
        id,
        result,
        trace: async () => parseTrace(await readFile(join(attempt, 'trace.jsonl'), 'utf8')),
        picture: (path: string) => readFile(join(attempt, path)),
      },
    ];
  });
}

/** The records of a trace; a torn last line is left out. */
function parseTrace(text: string): TraceRecord[] {
  return text
    .split('\n')
    .map((line) => parseJson(line) as TraceRecord | undefined)
    .filter((record) => record !== undefined);
}
