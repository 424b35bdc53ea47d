/**
 * Watching an experiment by the files of its run store alone, whoever writes them. Reads only. What is finished is read
 * once: a look costs what the running work and the folders' listings cost.
 */
import { open, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { machineOf } from '../../metrics/cost.ts';
import { messageOf, NeckarError } from '../../src/errors.ts';
import type { TrialResult } from '../../src/experiment/result.ts';
import type { TrainingResult } from '../../src/experiment/training.ts';
import { median } from '../../src/median.ts';
import { diskFiles, type Files } from '../../src/runs/files.ts';
import { timeForecasts } from '../../src/runs/forecast/forecast.ts';
import { pictureShapes } from '../../src/runs/forecast/shapes.ts';
import { trainingForecasts } from '../../src/runs/forecast/trainings.ts';
import { type LeaseState, leasesIn, leaseWatch, memoryOfHolder } from '../../src/runs/lease.ts';
import { isGone } from '../../src/runs/owner.ts';
import {
  attemptFolder,
  attemptsOf,
  checkResult,
  readExperiment,
  readFailure,
  readPlan,
} from '../../src/runs/store.ts';
import { finalPicture } from '../../src/runs/trial-io.ts';
import {
  allWork,
  kindOf,
  kinds,
  lengthOf,
  needsOf,
  type Work,
  type WorkResult,
  workFolder,
} from '../../src/runs/work.ts';
import type {
  Counts,
  LiveFailure,
  LiveFinished,
  LiveMachine,
  LivePicture,
  LiveRunning,
  LiveState,
} from './state.ts';
import { TraceTail } from './trace-tail.ts';

/** How much is shown of each kind, so that what is told stays small however large the sweep is. */
const most = {
  running: 24,
  finished: 24,
  failures: 20,
  pictures: 6,
  logBytes: 4000,
  logLines: 12,
  results: 500,
};

/** Seconds of silence that are worth saying, and looks after which finished work is looked for again. */
const longSilence = 60;
const recheckEvery = 30;

type State = keyof Counts;

/** What is known of a piece of work; kept as long as its folder's names are the same. */
interface Seen {
  /** The names in its folder when it was looked at. */
  readonly names: string;
  readonly state: State;
  readonly attempt: number;
  readonly lease?: LeaseState;
  readonly cost?: Cost;
  readonly finished?: LiveFinished;
  readonly failure?: LiveFailure;
  /** For what runs. */
  readonly tail?: TraceTail;
}

/** What a finished trial cost, and where. */
interface Cost extends Pick<TrialResult['timing'], 'shared' | 'perEvaluation' | 'peakMemory'> {
  readonly machine: string;
}

interface PlanSeen {
  readonly stamp: string;
  readonly name: string;
  readonly question: string | undefined;
  readonly work: readonly Work[];
  readonly shapes: Awaited<ReturnType<typeof pictureShapes>>;
}

export class Watcher {
  readonly #folder: string;
  readonly #files: Files;
  readonly #silence: ReturnType<typeof leaseWatch>;
  readonly #silentSince = new Map<string, number>();
  readonly #seen = new Map<string, Seen>();
  /** Ids in the order in which they were seen to finish or fail. */
  #order: string[] = [];
  /** The latest, to forecast from; all of them may be many. */
  #results: WorkResult[] = [];
  #plan: PlanSeen | undefined;
  #looks = 0;
  #machines: { readonly finished: number; readonly found: readonly LiveMachine[] } = {
    finished: -1,
    found: [],
  };

  /** @param folder - the experiment's; it need not be there yet */
  constructor(folder: string, files: Files = diskFiles()) {
    this.#folder = folder;
    this.#files = files;
    this.#silence = leaseWatch(files, longSilence);
  }

  /** The state now. Never fails: what cannot be read is said in `problem`. */
  async look(): Promise<LiveState> {
    this.#looks++;
    let problem: string | undefined;
    try {
      await this.#readPlan();
    } catch (error) {
      problem = error instanceof NeckarError ? error.message : messageOf(error);
    }
    const plan = this.#plan;
    if (plan === undefined) return { ...empty(basename(this.#folder)), problem: problem ?? this.#notYet() };
    await this.#lookAtWork(plan.work);
    return { ...(await this.#state(plan)), ...(problem !== undefined && { problem }) };
  }

  #notYet(): string {
    return `There is no experiment in "${this.#folder}" yet. This page begins when something is run there.`;
  }

  async #readPlan(): Promise<void> {
    const stamps = await Promise.all(
      ['experiment.json', 'plan.jsonl'].map((name) =>
        stat(join(this.#folder, name)).then(
          ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
          () => undefined,
        ),
      ),
    );
    if (stamps.includes(undefined)) {
      // Removed, or being made.
      if (stamps.every((stamp) => stamp === undefined)) this.#plan = undefined;
      return;
    }
    const stamp = stamps.join(' ');
    if (stamp === this.#plan?.stamp) return;
    const experiment = await readExperiment(this.#files, this.#folder);
    const work = await readPlan(this.#files, this.#folder);
    const shapes = await pictureShapes(work.trials.map(({ config }) => config)).catch(() => undefined);
    const { question } = (experiment?.declaration ?? {}) as { question?: unknown };
    this.#plan = {
      stamp,
      name: experiment!.name,
      question: textOf(question),
      work: allWork(work),
      shapes: shapes ?? ((_, longest) => [longest, longest]),
    };
  }

  async #lookAtWork(work: readonly Work[]): Promise<void> {
    const begun = new Set<string>();
    for (const { folder } of kinds) {
      for (const id of await this.#files.list(join(this.#folder, folder))) begun.add(id);
    }
    for (const id of this.#seen.keys()) if (!begun.has(id)) this.#forget(id);
    const again = this.#looks % recheckEvery === 0;
    const open = work.filter(
      ({ id }) => begun.has(id) && (again || this.#seen.get(id)?.finished === undefined),
    );
    const first = this.#seen.size === 0;
    // Some at a time: thousands of open files are refused by some systems.
    for (let i = 0; i < open.length; i += 16) {
      await Promise.all(open.slice(i, i + 16).map((one) => this.#lookAt(one, again)));
    }
    if (!first) return;
    // Of what was finished before anybody watched, the results say in which order.
    const at = new Map(this.#results.map(({ id, finishedAt }) => [id, finishedAt]));
    this.#order.sort((a, b) => ((at.get(a) ?? '') < (at.get(b) ?? '') ? -1 : 1));
  }

  #forget(id: string): void {
    this.#seen.delete(id);
    this.#order = this.#order.filter((other) => other !== id);
  }

  async #lookAt(work: Work, again: boolean): Promise<void> {
    const folder = workFolder(this.#folder, work);
    const listed = await this.#files.list(folder);
    const names = listed.join('\n');
    const before = this.#seen.get(work.id);
    const same = before?.names === names;
    const lease = leasesIn(listed).at(-1);
    // Of a process that died its parent may write later that it did.
    if (same && before.state !== 'running' && lease?.owner === undefined && !again) return;
    if (!listed.includes('result.json') && lease?.owner !== undefined && !isGone(lease.owner)) {
      const attempt = lease.attempt;
      const known = same ? before.tail : undefined;
      const tail = known ?? new TraceTail(join(attemptFolder(folder, attempt), 'trace.jsonl'));
      await tail.read();
      await this.#watchSilence(folder, lease);
      this.#seen.set(work.id, { names, state: 'running', attempt, lease, tail });
      return;
    }
    if (before?.lease !== undefined) this.#silentSince.delete(before.lease.name);
    const seen = await this.#ended(work, folder, names);
    this.#seen.set(work.id, seen);
    if (seen.finished === undefined && seen.failure === undefined) return;
    if (before?.state === seen.state && before.attempt === seen.attempt) return;
    this.#order = [...this.#order.filter((id) => id !== work.id), work.id];
  }

  async #watchSilence(folder: string, lease: LeaseState): Promise<void> {
    const silent = await this.#silence.look(folder, lease);
    if (!silent) this.#silentSince.delete(lease.name);
    else if (!this.#silentSince.has(lease.name)) {
      this.#silentSince.set(lease.name, performance.now() - longSilence * 1000);
    }
  }

  /** Work that nobody does: finished, failed, or waiting to be gone on with. */
  async #ended(work: Work, folder: string, names: string): Promise<Seen> {
    const kind = kindOf(work);
    const check = await checkResult(this.#files, folder, kind).catch(() => undefined);
    if (check?.state === 'valid') {
      const { result } = check;
      const { attempt, state } = result;
      this.#results = [...this.#results.filter(({ id }) => id !== work.id), result].slice(-most.results);
      const path = 'images' in result ? result.images.final : result.samples.at(-1)?.path;
      const finished: LiveFinished = {
        kind: kind.name,
        id: work.id,
        label: work.label,
        host: result.identity.host,
        state,
        reason: result.reason,
        seconds: result.timing.total,
        total: Number.isFinite(result.final.total) ? result.final.total : null,
        ...(path !== undefined && { picture: { url: pictureUrl(work, attempt, basename(path)) } }),
      };
      return { names, state, attempt, finished, ...(isTrial(result) && { cost: costOf(result) }) };
    }
    const attempt = (await attemptsOf(this.#files, folder)).at(-1) ?? 0;
    const failure = attempt === 0 ? undefined : await readFailure(this.#files, folder, attempt);
    if (failure === undefined) return { names, state: 'waiting', attempt };
    const log = await endOf(join(attemptFolder(folder, attempt), 'log.txt'));
    return {
      names,
      state: 'failed',
      attempt,
      failure: {
        kind: kind.name,
        id: work.id,
        label: work.label,
        host: '',
        message: failure.message,
        command: failure.command,
        log: [log, failure.output ?? '']
          .filter((text) => text !== '')
          .join('\n')
          .slice(-most.logBytes),
        ...(log !== '' && { url: `log/${kind.folder}/${work.id}/${attempt}` }),
      },
    };
  }

  #stateOf(work: Work): State {
    const state = this.#seen.get(work.id)?.state ?? 'waiting';
    // It fails with its training, though nothing of that is written.
    const lost = needsOf(work).some((id) => ['failed', 'diverged'].includes(this.#seen.get(id)?.state ?? ''));
    return lost && state === 'waiting' ? 'failed' : state;
  }

  async #state(plan: PlanSeen): Promise<LiveState> {
    const states = new Map(plan.work.map((work) => [work, this.#stateOf(work)]));
    const ofKind = (kind: Work['kind']) => plan.work.filter((work) => work.kind === kind);
    const [trials, trainings] = [ofKind(undefined), ofKind('training')];
    const countsOf = (some: readonly Work[]): Counts => {
      const counts = { waiting: 0, running: 0, complete: 0, diverged: 0, pruned: 0, failed: 0 };
      for (const work of some) counts[states.get(work)!]++;
      return counts;
    };
    const planned = new Map(plan.work.map((work) => [work.id, work]));
    const latest = this.#order.filter((id) => planned.has(id)).reverse();
    const finished = latest.flatMap((id) => this.#seen.get(id)?.finished ?? []);
    const failures = latest.flatMap((id) => this.#seen.get(id)?.failure ?? []);
    const runs = plan.work.filter((work) => states.get(work) === 'running');
    const running = await Promise.all(runs.map((work) => this.#running(work)));
    const waiting = plan.work.filter((work) => states.get(work) === 'waiting');
    const etaSeconds = this.#eta(plan, running, waiting);
    return {
      name: plan.name,
      ...(plan.question !== undefined && { question: plan.question }),
      trials: countsOf(trials),
      ...(trainings.length > 0 && { trainings: countsOf(trainings) }),
      ...(etaSeconds !== undefined && { etaSeconds }),
      map: trials.map((work) => letterOf(states.get(work)!)).join(''),
      running: running.slice(0, most.running),
      moreRunning: Math.max(0, running.length - most.running),
      finished: finished.slice(0, most.finished),
      failures: failures.slice(0, most.failures),
      moreFailures: Math.max(0, failures.length - most.failures),
      machines: this.#costs(finished.length),
    };
  }

  async #running(work: Work): Promise<LiveRunning> {
    const { attempt, lease, tail } = this.#seen.get(work.id)!;
    const folder = workFolder(this.#folder, work);
    const of = lengthOf(work);
    const { at, pace } = tail!;
    const memory = await memoryOfHolder(this.#files, folder, lease!);
    const since = this.#silentSince.get(lease!.name);
    return {
      kind: kindOf(work).name,
      id: work.id,
      label: work.label,
      host: lease!.owner!.host,
      at,
      of,
      ...(pace !== undefined && { pace, etaSeconds: Math.max(0, of - at) / pace }),
      ...(memory !== undefined && { memory }),
      ...(since !== undefined && { silent: Math.round((performance.now() - since) / 1000) }),
      curves: tail!.curves,
      pictures: await this.#pictures(work, attempt),
    };
  }

  async #pictures(work: Work, attempt: number): Promise<LivePicture[]> {
    const folder = join(attemptFolder(workFolder(this.#folder, work), attempt), 'images');
    const names = await this.#files.list(folder);
    return names
      .flatMap((name) => {
        if (name === basename(finalPicture)) return [];
        const at = Number(/^(?:evaluation|sample)-(\d+).*\.png$/.exec(name)?.[1] ?? Number.NaN);
        return Number.isNaN(at) ? [] : [{ url: pictureUrl(work, attempt, name), at }];
      })
      .sort((a, b) => a.at - b.at)
      .slice(-most.pictures);
  }

  /** Seconds until all is done: what runs by its own pace, the rest as it is forecast from what is finished. */
  #eta(plan: PlanSeen, running: readonly LiveRunning[], waiting: readonly Work[]): number | undefined {
    if (running.length === 0) return undefined;
    const results = this.#results;
    const forecast = timeForecasts(results.filter(isTrial), { shapes: plan.shapes });
    const training = trainingForecasts(results.filter((one): one is TrainingResult => !isTrial(one)));
    const expected = (work: Work): number | undefined => {
      if (work.kind === 'training') return training(work.config);
      const { seconds, basis } = forecast(work.config);
      // The count of operations says nothing of a machine of which nothing is known.
      return basis === 'operations' ? undefined : seconds;
    };
    const byId = new Map(plan.work.map((work) => [work.id, work]));
    const left = running.map(({ id, at, of, etaSeconds }) => {
      if (etaSeconds !== undefined) return etaSeconds;
      const whole = expected(byId.get(id)!);
      return whole === undefined ? undefined : whole * (1 - at / of);
    });
    const rest = waiting.map(expected);
    // What cannot be foreseen is taken to be as long, whole, as what can, or as what runs.
    const wholes = [
      ...rest.filter((seconds) => seconds !== undefined),
      ...running.flatMap(({ of, pace }) => (pace === undefined ? [] : [of / pace])),
    ];
    if (wholes.length === 0) return undefined;
    const mean = wholes.reduce((sum, seconds) => sum + seconds, 0) / wholes.length;
    const sum = [...left, ...rest].reduce<number>((total, seconds) => total + (seconds ?? mean), 0);
    return Math.max(sum / running.length, ...left.map((seconds) => seconds ?? 0));
  }

  #costs(finished: number): readonly LiveMachine[] {
    if (this.#machines.finished === finished) return this.#machines.found;
    const groups = new Map<string, Cost[]>();
    for (const { cost } of this.#seen.values()) {
      if (cost === undefined) continue;
      const own = groups.get(cost.machine);
      if (own === undefined) groups.set(cost.machine, [cost]);
      else own.push(cost);
    }
    const found = [...groups].map(([machine, costs]): LiveMachine => {
      const alone = costs.filter(({ shared, perEvaluation }) => !shared && perEvaluation > 0);
      return {
        machine,
        trials: costs.length,
        shared: costs.filter(({ shared }) => shared).length,
        perEvaluation: alone.length === 0 ? null : median(alone.map(({ perEvaluation }) => perEvaluation)),
        memory: Math.max(0, ...costs.map(({ peakMemory }) => peakMemory)),
      };
    });
    this.#machines = { finished, found };
    return found;
  }
}

function isTrial(result: WorkResult): result is TrialResult {
  return 'images' in result;
}

function costOf(result: TrialResult): Cost {
  const { shared, perEvaluation, peakMemory } = result.timing;
  return { machine: machineOf(result), shared, perEvaluation, peakMemory };
}

function letterOf(state: State): string {
  return state === 'failed' ? 'x' : state[0]!;
}

function pictureUrl(work: Work, attempt: number, name: string): string {
  return `picture/${kindOf(work).folder}/${work.id}/${attempt}/${name}`;
}

function textOf(question: unknown): string | undefined {
  if (typeof question === 'string') return question;
  const { text } = (question ?? {}) as { text?: unknown };
  return typeof text === 'string' ? text : undefined;
}

function empty(name: string): LiveState {
  const trials = { waiting: 0, running: 0, complete: 0, diverged: 0, pruned: 0, failed: 0 };
  return {
    name,
    trials,
    map: '',
    running: [],
    moreRunning: 0,
    finished: [],
    failures: [],
    moreFailures: 0,
    machines: [],
  };
}

/** The last lines of a text file; nothing where there is none. */
async function endOf(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, most.logBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return String(buffer).trimEnd().split('\n').slice(-most.logLines).join('\n');
  } finally {
    await file.close();
  }
}
