/**
 * Watching work that Slurm does. The store's files say what became of it; the queue only tells whether there is still
 * something to wait for.
 *
 * A trial whose training another process does, outside of the queue, or whose task came too early, as the machine had
 * ended that of its training, is submitted once the training is complete.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkpointedEvaluation } from '../checkpoint.ts';
import { Dependents } from '../dependents.ts';
import { holder, writeFailure } from '../execute.ts';
import type { LaunchEvent, LaunchRequest, OpenWork } from '../launcher.ts';
import { claim, type LeaseState, leaseWatch, readLease, release } from '../lease.ts';
import { isGone } from '../owner.ts';
import { attemptFolder, attemptsOf, checkResult, createWork, type Failure, readFailure } from '../store.ts';
import { kindOf, kinds, lengthOf, needsOf, workFolder } from '../work.ts';
import { isOver, type SlurmCommands, SlurmError } from './commands.ts';
import type { Place } from './placement.ts';
import { taskLog } from './submissions.ts';

export interface FollowOptions {
  readonly commands: SlurmCommands;
  readonly leaseSeconds: number;
  /** Seconds between two looks at the queue. */
  readonly pollSeconds: number;
  /** Seconds between two looks at the files. */
  readonly lookSeconds: number;
  /** Seconds that files may take to be seen here once a task has ended there (network file systems keep old listings). */
  readonly graceSeconds: number;
  /** Gives work to the queue; what is done by others gets no place. */
  readonly place: (work: readonly OpenWork[]) => Promise<ReadonlyMap<string, Place>>;
}

/** Times a piece of work is submitted again after its task vanished or was ended by the machine, without getting further. */
const mostRestarts = 3;

/** Work that is being waited for. */
interface Watched {
  readonly open: OpenWork;
  /** Undefined: another process, outside of the queue, does it, or its training. */
  place: Place | undefined;
  /** The attempt that has been told about. */
  told: number;
  evaluation: number;
  /** Since when the queue no longer has its task, by the monotonic clock in milliseconds. */
  goneSince: number | undefined;
  restarts: number;
  restartedAt: number;
}

/** Follows one launch until everything has ended or the person has gone. */
export class Follower {
  readonly #request: LaunchRequest;
  readonly #options: FollowOptions;
  readonly #watch: ReturnType<typeof leaseWatch>;
  readonly #watched = new Map<string, Watched>();
  readonly #dependents: Dependents;
  /** Trainings that living processes outside of the queue do. */
  readonly #outside = new Set<string>();
  #askedAt = Number.NEGATIVE_INFINITY;
  #silence: string | undefined;
  #held: string | undefined;
  #canceled = false;

  constructor(request: LaunchRequest, options: FollowOptions) {
    this.#dependents = new Dependents(request.open, request.experimentFolder);
    this.#request = { ...request, emit: (event) => this.#tell(event, request.emit) };
    this.#options = options;
    this.#watch = leaseWatch(request.files, options.leaseSeconds);
    for (const open of request.open) {
      this.#watched.set(open.work.id, {
        open,
        place: undefined,
        told: open.knownAttempts,
        evaluation: 0,
        goneSince: undefined,
        restarts: 0,
        restartedAt: 0,
      });
    }
  }

  /** Passes an event on; what waited for a training that failed or was given up is not waited for any more. */
  #tell(event: LaunchEvent, emit: LaunchRequest['emit']): void {
    emit(event);
    const ended = this.#dependents.hear(event);
    const givenUp =
      event.type === 'interrupted' && event.work.kind === 'training' ? event.work.id : undefined;
    if (!ended && givenUp === undefined) return;
    for (const { open } of [...this.#watched.values()]) {
      const { work } = open;
      const failure = this.#dependents.failureOf(work);
      if (failure === undefined && !needsOf(work).some((id) => id === givenUp)) continue;
      this.#watched.delete(work.id);
      if (failure !== undefined) emit({ type: 'failed', work, failure });
    }
  }

  /** How much runs now. */
  get running(): number {
    return [...this.#watched.values()].filter(({ open, told }) => told > open.knownAttempts).length;
  }

  /** Gives everything to the queue that is not done by others. */
  async begin(): Promise<void> {
    await this.#place([...this.#watched.values()]);
  }

  async follow(): Promise<void> {
    const { stop, wait } = this.#request;
    for (;;) {
      await this.#lookAtFiles();
      if (stop.aborted || (wait ? this.#watched.size : this.#placed().length) === 0) return;
      if (performance.now() - this.#askedAt >= this.#options.pollSeconds * 1000) await this.#lookAtQueue();
      if (stop.aborted || this.#watched.size === 0) return;
      await sleep(this.#options.lookSeconds * 1000, undefined, { signal: stop }).catch(() => {});
    }
  }

  /** Whether work that is not in flight is free; what a living process does is left to it, with what needs it. */
  readonly placeable = async ({ work }: OpenWork): Promise<boolean> => {
    const { files, experimentFolder, emit } = this.#request;
    if (this.#dependents.awaited(work).some((id) => this.#outside.has(id))) return false;
    this.#outside.delete(work.id);
    const folder = workFolder(experimentFolder, work);
    if ((await files.size(folder)) === undefined) return true;
    const lease = await readLease(files, folder);
    if (lease === undefined || !this.#isAlive(lease)) return true;
    if (work.kind === 'training') this.#outside.add(work.id);
    emit({ type: 'elsewhere', work, by: holder(lease) });
    return false;
  };

  async #place(watched: readonly Watched[]): Promise<void> {
    const { files, experimentFolder } = this.#request;
    const open = await Promise.all(
      watched.map(async ({ open }) => {
        const attempts = await attemptsOf(files, workFolder(experimentFolder, open.work));
        return { ...open, knownAttempts: Math.max(open.knownAttempts, attempts.at(-1) ?? 0) };
      }),
    );
    const places = await this.#options.place(open);
    for (const one of watched) {
      one.place = places.get(one.open.work.id);
      one.goneSince = undefined;
    }
    this.#askedAt = performance.now();
  }

  #placed(): Watched[] {
    return [...this.#watched.values()].filter(({ place }) => place !== undefined);
  }

  #isAlive(lease: LeaseState): boolean {
    return lease.owner !== undefined && !isGone(lease.owner) && !this.#watch.silent(lease);
  }

  async #lookAtFiles(): Promise<void> {
    const { files, experimentFolder } = this.#request;
    const begun = new Set<string>();
    for (const { folder } of kinds) {
      for (const id of await files.list(join(experimentFolder, folder))) begun.add(id);
    }
    const free: Watched[] = [];
    for (const one of this.#watched.values()) {
      const { work } = one.open;
      const alive = begun.has(work.id) && (await this.#lookAt(one));
      const left = one.place === undefined && this.#watched.has(work.id);
      if (!alive && left && !this.#dependents.waits(work)) free.push(one);
    }
    // Others had begun these and no longer do them, or their trainings.
    if (free.length > 0 && !this.#request.stop.aborted) await this.#place(free);
  }

  /** Tells what the files say about a piece of work; returns whether a living process does it. */
  async #lookAt(one: Watched): Promise<boolean> {
    const { files, experimentFolder, emit } = this.#request;
    const { work, knownAttempts } = one.open;
    const folder = workFolder(experimentFolder, work);
    const check = await checkResult(files, folder, kindOf(work));
    if (check.state === 'valid') {
      this.#watched.delete(work.id);
      const { state, reason, timing, attempt } = check.result;
      const seconds = one.place === undefined ? undefined : timing.total;
      emit({ type: 'finished', work, state, attempt, reason, seconds });
      return false;
    }
    const lease = await readLease(files, folder);
    if (lease === undefined) return false;
    if (lease.owner !== undefined) await this.#watch.look(folder, lease);
    if (!this.#isAlive(lease)) {
      const failure =
        lease.attempt > knownAttempts ? await readFailure(files, folder, lease.attempt) : undefined;
      if (failure !== undefined) await this.#failed(one, failure);
      return false;
    }
    if (one.place !== undefined) await this.#tellProgress(one, folder, lease);
    return true;
  }

  async #tellProgress(one: Watched, folder: string, lease: LeaseState): Promise<void> {
    const { files, emit } = this.#request;
    const { work } = one.open;
    const attempt = attemptFolder(folder, lease.attempt);
    if (one.told < lease.attempt && (await files.size(attempt)) !== undefined) {
      one.told = lease.attempt;
      const resumedFrom = await this.#checkpointBefore(folder, lease.attempt);
      emit({ type: 'started', work, attempt: lease.attempt, folder: attempt, resumedFrom });
    }
    const evaluation = (await checkpointedEvaluation(files, attempt)) ?? 0;
    if (evaluation <= one.evaluation) return;
    one.evaluation = evaluation;
    const evaluations = lengthOf(work);
    emit({ type: 'progress', work, progress: { phase: 'evaluate', evaluation, evaluations } });
  }

  async #checkpointBefore(folder: string, attempt: number): Promise<number | undefined> {
    const { files } = this.#request;
    for (const before of (await attemptsOf(files, folder)).reverse()) {
      if (before >= attempt) continue;
      const evaluation = await checkpointedEvaluation(files, attemptFolder(folder, before));
      if (evaluation !== undefined) return evaluation;
    }
    return undefined;
  }

  async #failed(one: Watched, failure: Failure): Promise<void> {
    const { emit, failFast } = this.#request;
    this.#watched.delete(one.open.work.id);
    emit({ type: 'failed', work: one.open.work, failure });
    if (!failFast || this.#canceled) return;
    this.#canceled = true;
    const jobs = new Set(this.#placed().map(({ place }) => place!.submission.jobId!));
    await this.#options.commands.cancel([...jobs], 'pending').catch((error: unknown) => {
      if (!(error instanceof SlurmError)) throw error;
      emit({ type: 'note', sentence: `The tasks that wait could not be cancelled. ${error.message}` });
    });
  }

  async #lookAtQueue(): Promise<void> {
    const { commands, graceSeconds } = this.#options;
    const { emit, stop } = this.#request;
    this.#askedAt = performance.now();
    let queue: Awaited<ReturnType<SlurmCommands['queue']>>;
    try {
      queue = await commands.queue();
      this.#silence = undefined;
    } catch (error) {
      if (!(error instanceof SlurmError)) throw error;
      const sentence = `${error.message} Watching the files alone.`;
      if (this.#silence === undefined) emit({ type: 'note', sentence });
      this.#silence = sentence;
      return;
    }
    const rows = new Map(queue.map((row) => [`${row.job}_${row.task}`, row]));
    const now = performance.now();
    const settled: [Watched, string][] = [];
    const held = new Set<string>();
    for (const one of this.#placed()) {
      const row = rows.get(`${one.place!.submission.jobId}_${one.place!.task}`);
      if (row !== undefined && !isOver(row.state)) {
        one.goneSince = undefined;
        if (/held|never|launch failed|BadConstraints/i.test(row.reason)) held.add(row.reason);
        continue;
      }
      one.goneSince ??= now;
      if (now - one.goneSince >= graceSeconds * 1000) settled.push([one, row?.state ?? '']);
    }
    const reasons = [...held].join(', ');
    if (reasons !== '' && reasons !== this.#held) {
      const sentence = `Slurm holds tasks back (${reasons}): they may wait until somebody acts.`;
      emit({ type: 'note', sentence });
    }
    this.#held = reasons;
    if (settled.length > 0 && !stop.aborted) await this.#settle(settled);
  }

  /** Work whose tasks are over: the files are looked at once more, and the others judged by how the task ended. */
  async #settle(ended: readonly [Watched, string][]): Promise<void> {
    const { emit, experimentFolder } = this.#request;
    const accounts = new Map<string, string>();
    const jobs = new Set(
      ended.flatMap(([{ place }, state]) => (state === '' ? [place!.submission.jobId!] : [])),
    );
    for (const { job, task, state } of await this.#options.commands.endings([...jobs])) {
      accounts.set(`${job}_${task}`, state);
    }
    const again: Watched[] = [];
    for (const [one, listed] of ended) {
      const { work } = one.open;
      // A process that still beats, wherever it is, is waited for.
      if ((await this.#lookAt(one)) || !this.#watched.has(work.id)) continue;
      const { submission, task } = one.place!;
      const state = listed || (accounts.get(`${submission.jobId}_${task}`) ?? 'vanished');
      const evaluation = await this.#checkpointBefore(
        workFolder(experimentFolder, work),
        Number.POSITIVE_INFINITY,
      );
      if (state === 'CANCELLED') {
        this.#watched.delete(work.id);
        emit({ type: 'interrupted', work, evaluation: evaluation ?? 0 });
        continue;
      }
      if (this.#dependents.waits(work)) {
        one.place = undefined;
        continue;
      }
      if ((evaluation ?? 0) > one.restartedAt) one.restarts = 0;
      one.restartedAt = evaluation ?? 0;
      const fatal = fatalEndings[state];
      if (fatal === undefined && one.restarts < mostRestarts) {
        one.restarts++;
        again.push(one);
        continue;
      }
      const why =
        fatal ??
        `Slurm ended its task ${one.restarts + 1} times without the ${kindOf(work).name} getting further (at last: ${state})`;
      await this.#fail(one, why, evaluation ?? 0);
    }
    if (again.length === 0) return;
    const sentence = `${amountOf(again)} lost their task before they were done; submitting them again.`;
    emit({ type: 'note', sentence });
    await this.#place(again);
  }

  /** Leaves word of a failure that the task could not leave itself. */
  async #fail(one: Watched, why: string, evaluation: number): Promise<void> {
    const { files, experimentFolder, emit } = this.#request;
    const { work, command } = one.open;
    const { submission, task } = one.place!;
    const log = taskLog(submission, task);
    await createWork(files, experimentFolder, work);
    const folder = workFolder(experimentFolder, work);
    const lease = await claim(files, folder, { silent: this.#watch.silent });
    if ('heldBy' in lease) {
      one.place = undefined;
      emit({ type: 'elsewhere', work, by: holder(lease.heldBy) });
      return;
    }
    const output = String((await files.read(log)) ?? '').slice(-2000);
    const failure: Failure = {
      message: `${why} (job ${submission.jobId}_${task})`,
      log,
      command,
      evaluation,
      attempt: lease.attempt,
      at: new Date().toISOString(),
      ...(output !== '' && { output }),
    };
    try {
      await files.folder(attemptFolder(folder, lease.attempt));
      await writeFailure(files, folder, failure);
    } finally {
      await release(files, lease);
    }
    await this.#failed(one, failure);
  }
}

function amountOf(watched: readonly Watched[]): string {
  const isTraining = ({ open }: Watched) => open.work.kind === 'training';
  const what = watched.every(isTraining) ? 'training' : watched.some(isTraining) ? 'task' : 'trial';
  return `${watched.length} ${what}${watched.length === 1 ? '' : 's'}`;
}

/** Endings that would come again, and what can be done about them. */
const fatalEndings: Readonly<Record<string, string>> = {
  OUT_OF_MEMORY:
    'Slurm ended its task because it used more memory than it had asked for; ask for more (--memory)',
  TIMEOUT:
    'Slurm ended its task at the time limit, before it could keep a checkpoint and queue again; ask for more time (--time) or an earlier warning',
  DEADLINE: "Slurm ended its task at the job's deadline",
  FAILED: 'its task failed outside of the work itself; its log says why',
  REVOKED: 'Slurm revoked its job',
};
