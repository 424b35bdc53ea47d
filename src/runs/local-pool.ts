/** The state of one launch on this machine: which trials wait, which run in what process, and what became of them. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, NeckarError } from '../errors.ts';
import { bytes } from '../platform/format.ts';
import { Elsewhere } from './elsewhere.ts';
import { writeFailure } from './execute.ts';
import type { IdentifiedTrial } from './identity.ts';
import type { LaunchRequest, OpenTrial } from './launcher.ts';
import type { Order, Word } from './messages.ts';
import { isBusy } from './neighbours.ts';
import { attemptFolder, type Failure, trialFolder } from './store.ts';
import { startWorker, type WorkerEnding, type WorkerProcess } from './worker-process.ts';

/** Milliseconds between two looks at trials that other processes run. */
const watchInterval = 1000;

interface Slot {
  worker: WorkerProcess;
  trials: number;
  /** Bytes: what its trial was expected to need, or more when it was seen to. */
  reserved: number;
}

/** What every trial of a launch is run with. */
export interface PoolOptions {
  readonly threads: number;
  readonly memoryBudget: number;
  readonly exclusive: boolean;
  readonly leaseSeconds: number;
  readonly recycleAfter: number;
  readonly neighbours: string | undefined;
}

/** One launch on this machine: gives trials to worker processes as memory and neighbours allow. */
export class LocalPool {
  readonly #request: LaunchRequest;
  readonly #begin: Extract<Order, { type: 'begin' }>;
  readonly #jobs: number;
  readonly #options: PoolOptions;
  readonly #elsewhere: Elsewhere;
  readonly #queue: OpenTrial[];
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
    this.#request = request;
    this.#begin = begin;
    this.#jobs = jobs;
    this.#options = options;
    this.#queue = [...request.open];
    this.#elsewhere = new Elsewhere(request, options.leaseSeconds);
  }

  /**
   * Runs until nothing is left to do or the person has gone.
   * @throws NeckarError when trials cannot be run or stored at all
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
        const waiting = this.#queue.length > 0 || (wait && this.#elsewhere.size > 0);
        if (this.#busy.size === 0 && (this.#stopping || !waiting)) break;
        const event = new Promise<void>((resolve) => {
          woken = resolve;
        });
        // Something outside this process may change: other processes' trials, or their being alone on the machine.
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
    while (this.#busy.size < this.#jobs && this.#queue.length > 0) {
      const index = this.#queue.findIndex((open) => this.#fits(open.trial));
      if (index < 0) {
        const { trial } = this.#queue[0]!;
        this.#noteOnce(`Holding trials back: ${trial.label} is expected to need ${this.#share(trial)}.`);
        return;
      }
      if (this.#options.exclusive && isBusy(this.#options.neighbours)) {
        this.#noteOnce(
          'Another trial runs on this machine; waiting for it to end, so that timings are exclusive.',
        );
        return;
      }
      const [open] = this.#queue.splice(index, 1);
      if (this.#request.memoryOf(open!.trial) > this.#options.memoryBudget) {
        const { trial } = open!;
        this.#noteOnce(`${trial.label} is expected to need ${this.#share(trial)}; it runs alone.`);
      }
      const slot = this.#idle.pop() ?? { worker: startWorker(this.#begin), trials: 0, reserved: 0 };
      slot.reserved = this.#request.memoryOf(open!.trial);
      // Settles always: what goes wrong is kept in #fatal.
      const done = this.#runIn(slot, open!)
        .catch((error: unknown) => {
          this.#fatal ??= error;
        })
        .finally(() => this.#busy.delete(slot));
      this.#busy.set(slot, done);
    }
  }

  /** Whether a trial's memory is free; one that is too large for the budget may run alone. */
  #fits(trial: IdentifiedTrial): boolean {
    let reserved = 0;
    for (const slot of this.#busy.keys()) reserved += slot.reserved;
    return this.#busy.size === 0 || reserved + this.#request.memoryOf(trial) <= this.#options.memoryBudget;
  }

  #share(trial: IdentifiedTrial): string {
    const needed = bytes(this.#request.memoryOf(trial));
    return `${needed} of memory, of a budget of ${bytes(this.#options.memoryBudget)}`;
  }

  #noteOnce(sentence: string): void {
    if (this.#held !== sentence) this.#request.emit({ type: 'note', sentence });
    this.#held = sentence;
  }

  async #runIn(slot: Slot, open: OpenTrial): Promise<void> {
    const { emit } = this.#request;
    const { trial } = open;
    const begun = performance.now();
    let started: Extract<Word, { type: 'started' }> | undefined;
    let evaluation = 0;
    const ended = slot.worker.run(
      {
        type: 'run',
        trial,
        threads: this.#options.threads,
        command: open.command,
        fresh: this.#request.fresh,
        knownAttempts: open.knownAttempts,
        silent: [...this.#elsewhere.silent],
      },
      (word) => {
        if (word.type === 'started') {
          started = word;
          emit({ trial, ...word, type: 'trial-started' });
        } else if (word.type === 'progress') {
          slot.reserved = Math.max(slot.reserved, word.memory);
          evaluation = word.progress.evaluation;
          emit({ type: 'trial-progress', trial, progress: word.progress });
        } else if (word.type === 'note') emit(word);
      },
    );
    // An interruption that came while the order was being given would otherwise be missed.
    if (this.#request.kill.aborted) slot.worker.kill();
    else if (this.#stopping) slot.worker.stop();
    const ending = await ended;
    slot.trials++;
    if (ending.type === 'died') return await this.#died(open, started, evaluation, ending);
    if (ending.type === 'refused') {
      this.#fatal ??= new NeckarError(ending.message, { exitCode: ending.exitCode });
      return await slot.worker.dispose();
    }
    const result = ending.ending;
    const seconds = (performance.now() - begun) / 1000;
    switch (result.kind) {
      case 'finished':
        emit({ type: 'trial-finished', trial, state: result.state, reason: result.reason, seconds });
        break;
      case 'done-before':
        emit({
          type: 'trial-finished',
          trial,
          state: result.state,
          reason: 'another process finished it',
          seconds: undefined,
        });
        break;
      case 'held':
      case 'lost':
        this.#elsewhere.add(open, result.by);
        break;
      case 'interrupted':
        emit({ type: 'trial-interrupted', trial, evaluation: result.evaluation });
        // It was told to stop, by this run or from outside, and would stop the next trial as well.
        return await slot.worker.dispose();
      case 'failed':
        this.#failed = true;
        if (result.storage) this.#fatal ??= new NeckarError(result.failure.message, { exitCode: 1 });
        emit({ type: 'trial-failed', trial, failure: result.failure });
        // A failure may leave its process in a bad state: the next trial gets a new one.
        return await slot.worker.dispose();
    }
    const worn = slot.trials >= this.#options.recycleAfter || ending.memory > this.#options.memoryBudget / 2;
    if (worn) await slot.worker.dispose();
    else this.#idle.push(slot);
  }

  async #died(
    open: OpenTrial,
    started: Extract<Word, { type: 'started' }> | undefined,
    evaluation: number,
    ending: Extract<WorkerEnding, { type: 'died' }>,
  ): Promise<void> {
    const { emit, kill, files, experimentFolder } = this.#request;
    const { trial } = open;
    if (kill.aborted) {
      emit({ type: 'trial-interrupted', trial, evaluation });
      return;
    }
    if (!ending.wasReady) {
      throw new Error(`A worker process could not start: ${ending.cause}.\n${ending.output}`);
    }
    this.#failed = true;
    const folder = trialFolder(experimentFolder, trial.id);
    const attempt = started?.attempt ?? 0;
    const failure: Failure = {
      message: `the process that ran it died at evaluation ${evaluation}: ${ending.cause}`,
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
    emit({ type: 'trial-failed', trial, failure });
  }
}
