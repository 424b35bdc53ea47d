/** The launcher for this machine: N worker processes, one trial or training in each at a time. */
import { availableParallelism, freemem } from 'node:os';
import { NeckarError } from '../errors.ts';
import { moduleBeside } from '../platform/modules.ts';
import type { Launcher } from './launcher.ts';
import { LocalPool } from './local-pool.ts';
import type { Order } from './messages.ts';

export interface LocalOptions {
  /** Trials and trainings side by side; default 1. */
  readonly jobs?: number;
  /** CPU threads over all of them; default: as many as the machine offers. */
  readonly threads?: number;
  /** Bytes that all trials together may need; default: 85 % of what is free at the start. */
  readonly memoryBudget?: number;
  /** `exclusive`: one trial at a time, and none while another Neckar process of this machine runs one. */
  readonly timing?: 'any' | 'exclusive';
  /** Seconds of silence after which a process elsewhere, or a frozen one, loses its trial; default 60. */
  readonly leaseSeconds?: number;
  /** Trials after which a worker process is replaced, so that what leaks cannot pile up; default 25. */
  readonly recycleAfter?: number;
  /** URL of the module whose `performTrial` computes a trial, and whose `performTraining` trains a network. */
  readonly performModule?: string;
  /** The folder that announces running work; default: this machine's. */
  readonly neighbors?: string;
}

/** @throws NeckarError for numbers that make no sense */
export function localLauncher(options: LocalOptions = {}): Launcher {
  const { timing = 'any', leaseSeconds = 60, recycleAfter = 25 } = options;
  const jobs = timing === 'exclusive' ? 1 : (options.jobs ?? 1);
  const threads = options.threads ?? availableParallelism();
  for (const [name, value] of Object.entries({ jobs, threads, recycleAfter })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new NeckarError(`${name} is ${value}; expected a whole number of at least 1.`);
  }
  const begin: Extract<Order, { type: 'begin' }> = {
    type: 'begin',
    experimentFolder: '',
    performModule: options.performModule ?? moduleBeside(import.meta.url, './perform').href,
    leaseSeconds,
    neighbors: options.neighbors,
  };
  const perTrial = Math.max(1, Math.floor(threads / jobs));
  return {
    name: 'local',
    width: jobs,
    launch: async (request) => {
      const pool = new LocalPool(request, { ...begin, experimentFolder: request.experimentFolder }, jobs, {
        threads: perTrial,
        memoryBudget: options.memoryBudget ?? freeMemory() * 0.85,
        exclusive: timing === 'exclusive',
        leaseSeconds,
        recycleAfter,
        neighbors: options.neighbors,
      });
      await pool.run();
    },
  };
}

function freeMemory(): number {
  const available = (process as { availableMemory?: () => number }).availableMemory?.();
  return available === undefined || available <= 0 ? freemem() : available;
}
