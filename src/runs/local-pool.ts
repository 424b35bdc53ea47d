/** The state of one launch on this machine: what waits, what runs in which process, and what became of it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, NeckarError } from '../errors.ts';
import { bytes } from '../platform/format.ts';
import { Dependents } from './dependents.ts';
import { Elsewhere, elsewhereReason } from './elsewhere.ts';
import { writeFailure } from './execute.ts';
import type { LaunchEvent, LaunchRequest, OpenWork } from './launcher.ts';
import type { Order, Word } from './messages.ts';
import { isBusy } from './neighbors.ts';
import { attemptFolder, type Failure } from './store.ts';
import { kindOf, type Work, workFolder } from './work.ts';
import { startWorker, type WorkerEnding, type WorkerProcess } from './worker-process.ts';

/** Milliseconds between two looks at what other processes do. */
const watchInterval = 1000;

interface Slot {
  worker: WorkerProcess;
  /** How much it has done. */
  done: number;
  /** Bytes: what its work was expected to need, or more when it was seen to. */
  reserved: number;
}

/** What everything of a launch is run with. */
export interface PoolOptions {
  readonly threads: number;
  readonly memoryBudget: number;
  readonly exclusive: boolean;
  readonly leaseSeconds: number;
  readonly recycleAfter: number;
  readonly neighbors: string | undefined;
}

/** One launch on this machine: gives work to worker processes as trainings, memory and neighbours allow. */
export class LocalPool {
  readonly #request: LaunchRequest;
  readonly #begin: Extract<Order, { type: 'begin' }>;
  readonly #jobs: number;
  readonly #options: PoolOptions;
  readonly #elsewhere: Elsewhere;
  readonly #dependents: Dependents;
  #queue: OpenWork[];
  readonly #idle: Slot[] = [];
  readonly #busy = new Map<Slot, Promise<void>>();
  #failed = false;
  #fatal: unknown;
  #held: string | undefined;

  constructor(
    request: LaunchRequest,
    begin: Extract<Order, { type: 'begin' }>,
    jobs: number,
    options: PoolOptions,
  ) {
    this.#dependents = new Dependents(request.open, request.experimentFolder);
    this.#request = { ...request, emit: (event) => this.#tell(event, request.emit) };
    this.#begin = begin;
    this.#jobs = jobs;
    this.#options = options;
    this.#queue = [...request.open];
    this.#elsewhere = new Elsewhere(this.#request, options.leaseSeconds);
  }

  /** Passes an event on; what waited for a training that has failed fails with it. */
  #tell(event: LaunchEvent, emit: LaunchRequest['emit']): void {
    emit(event);
    if (!this.#dependents.hear(event)) return;
    const lost = this.#queue.filter(({ work }) => this.#dependents.failureOf(work) !== undefined);
    this.#queue = this.#queue.filter((open) => !lost.includes(open));
    for (const { work } of lost) {
      this.#failed = true;
      emit({ type: 'failed', work, failure: this.#dependents.failureOf(work)! });
    }
  }

  /**
   * Runs until nothing is left to do or the person has gone.
   * @throws NeckarError when nothing can be run or stored at all
   */
  async run(): Promise<void> {
    const { stop, kill, wait } = this.#request;
    let woken = (): void => {};
    const wake = (): void => woken();
    const stopAll = (): void => {
      for (const slot of this.#busy.keys()) slot.worker.stop();
      wake();
    };
    const killAll = (): void => {
      for (const slot of this.#busy.keys()) slot.worker.kill();
    };
    stop.addEventListener('abort', stopAll);
    kill.addEventListener('abort', killAll);
    try {
      for (;;) {
        if (!this.#stopping) this.#startWhatFits();
        // What waits for a training has that to wait for, here or elsewhere; where nothing is, it is left open.
        const ready = this.#queue.some(({ work }) => !this.#dependents.waits(work));
        const waiting = ready || (wait && this.#elsewhere.size > 0);
        if (this.#busy.size === 0 && (this.#stopping || !waiting)) break;
        const event = new Promise<void>((resolve) => {
          woken = resolve;
        });
        // Something outside this process may change: other processes' work, or their being alone on the machine.
        const looking = this.#elsewhere.size > 0 || this.#busy.size === 0;
        const timer = new AbortController();
        const pause = looking
          ? [sleep(watchInterval, undefined, { signal: timer.signal }).catch(() => {})]
          : [];
        await Promise.race([event, ...this.#busy.values(), ...pause]);
        timer.abort();
        if (this.#stopping) stopAll();
        else await this.#lookElsewhere();
      }
    } finally {
      stop.removeEventListener('abort', stopAll);
      kill.removeEventListener('abort', killAll);
      for (const slot of this.#busy.keys()) slot.worker.kill();
      await Promise.all(this.#idle.map((slot) => slot.worker.dispose()));
    }
    if (this.#fatal !== undefined) throw this.#fatal;
  }

  async #lookElsewhere(): Promise<void> {
    const { failed, takeover } = await this.#elsewhere.look();
    this.#failed ||= failed;
    this.#queue.push(...takeover);
  }

  get #stopping(): boolean {
    const { stop, kill, failFast } = this.#request;
    return stop.aborted || kill.aborted || this.#fatal !== undefined || (failFast && this.#failed);
  }

  #startWhatFits(): void {
    while (this.#busy.size < this.#jobs) {
      const ready = this.#queue.filter(({ work }) => !this.#dependents.waits(work));
      if (ready.length === 0) return;
      const open = ready.find(({ work }) => this.#fits(work));
      if (open === undefined) {
        const { work } = ready[0]!;
        this.#noteOnce(`Holding trials back: ${work.label} is expected to need ${this.#share(work)}.`);
        return;
      }
      if (this.#options.exclusive && isBusy(this.#options.neighbors)) {
        this.#noteOnce(
          'Another trial runs on this machine; waiting for it to end, so that timings are exclusive.',
        );
        return;
      }
      this.#queue.splice(this.#queue.indexOf(open), 1);
      const { work } = open;
      if (this.#request.memoryOf(work) > this.#options.memoryBudget) {
        this.#noteOnce(`${work.label} is expected to need ${this.#share(work)}; it runs alone.`);
      }
      const slot = this.#idle.pop() ?? { worker: startWorker(this.#begin), done: 0, reserved: 0 };
      slot.reserved = this.#request.memoryOf(work);
      // Settles always: what goes wrong is kept in #fatal.
      const done = this.#runIn(slot, open)
        .catch((error: unknown) => {
          this.#fatal ??= error;
        })
        .finally(() => this.#busy.delete(slot));
      this.#busy.set(slot, done);
    }
  }

  /** Whether the memory that it needs is free; what is too large for the budget may run alone. */
  #fits(work: Work): boolean {
    let reserved = 0;
    for (const slot of this.#busy.keys()) reserved += slot.reserved;
    return this.#busy.size === 0 || reserved + this.#request.memoryOf(work) <= this.#options.memoryBudget;
  }

  #share(work: Work): string {
    const needed = bytes(this.#request.memoryOf(work));
    return `${needed} of memory, of a budget of ${bytes(this.#options.memoryBudget)}`;
  }

  #noteOnce(sentence: string): void {
    if (this.#held !== sentence) this.#request.emit({ type: 'note', sentence });
    this.#held = sentence;
  }

  async #runIn(slot: Slot, open: OpenWork): Promise<void> {
    const { emit } = this.#request;
    const { work } = open;
    const begun = performance.now();
    let started: Extract<Word, { type: 'started' }> | undefined;
    let evaluation = 0;
    const ended = slot.worker.run(
      {
        type: 'run',
        work,
        threads: this.#options.threads,
        command: open.command,
        fresh: this.#request.fresh,
        knownAttempts: open.knownAttempts,
        silent: [...this.#elsewhere.silent],
      },
      (word) => {
        if (word.type === 'started') {
          started = word;
          emit({ ...word, work });
        } else if (word.type === 'progress') {
          slot.reserved = Math.max(slot.reserved, word.memory);
          evaluation = word.progress.evaluation;
          emit({ type: 'progress', work, progress: word.progress });
        } else if (word.type === 'note') emit(word);
      },
    );
    // An interruption that came while the order was being given would otherwise be missed.
    if (this.#request.kill.aborted) slot.worker.kill();
    else if (this.#stopping) slot.worker.stop();
    const ending = await ended;
    slot.done++;
    if (ending.type === 'died') return await this.#died(open, started, evaluation, ending);
    if (ending.type === 'refused') {
      this.#fatal ??= new NeckarError(ending.message, { exitCode: ending.exitCode });
      return await slot.worker.dispose();
    }
    const result = ending.ending;
    const seconds = (performance.now() - begun) / 1000;
    switch (result.kind) {
      case 'finished':
      case 'done-before': {
        const { state, attempt } = result;
        const [reason, took] =
          result.kind === 'finished' ? [result.reason, seconds] : [elsewhereReason(result), undefined];
        emit({ type: 'finished', work, state, attempt, reason, seconds: took });
        break;
      }
      case 'early':
        emit({
          type: 'note',
          sentence: `${work.label} was not begun: the training ${result.training}, which it needs, is not complete.`,
        });
        break;
      case 'held':
      case 'lost':
        this.#elsewhere.add(open, result.by);
        break;
      case 'interrupted':
        emit({ type: 'interrupted', work, evaluation: result.evaluation });
        // It was told to stop, by this run or from outside, and would stop the next as well.
        return await slot.worker.dispose();
      case 'failed':
        this.#failed = true;
        if (result.storage) this.#fatal ??= new NeckarError(result.failure.message, { exitCode: 1 });
        emit({ type: 'failed', work, failure: result.failure });
        // A failure may leave its process in a bad state: the next gets a new one.
        return await slot.worker.dispose();
    }
    const worn = slot.done >= this.#options.recycleAfter || ending.memory > this.#options.memoryBudget / 2;
    if (worn) await slot.worker.dispose();
    else this.#idle.push(slot);
  }

  async #died(
    open: OpenWork,
    started: Extract<Word, { type: 'started' }> | undefined,
    evaluation: number,
    ending: Extract<WorkerEnding, { type: 'died' }>,
  ): Promise<void> {
    const { emit, kill, files, experimentFolder } = this.#request;
    const { work } = open;
    // A terminal's Ctrl-C reaches the workers as well, and ends those that have not come so far as to leave it to us.
    if (kill.aborted || ending.signal === 'SIGINT') {
      emit({ type: 'interrupted', work, evaluation });
      return;
    }
    if (!ending.wasReady) {
      throw new Error(`A worker process could not start: ${ending.cause}.\n${ending.output}`);
    }
    this.#failed = true;
    const folder = workFolder(experimentFolder, work);
    const attempt = started?.attempt ?? 0;
    const failure: Failure = {
      message: `the process that ran it died at ${kindOf(work).unit} ${evaluation}: ${ending.cause}`,
      log: join(attemptFolder(folder, attempt), 'log.txt'),
      command: open.command,
      evaluation,
      attempt,
      at: new Date().toISOString(),
      output: ending.output,
    };
    if (started !== undefined) {
      await writeFailure(files, folder, failure).catch((error: unknown) => {
        emit({ type: 'note', sentence: messageOf(error) });
      });
    }
    emit({ type: 'failed', work, failure });
  }
}
