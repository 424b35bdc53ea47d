/** What the process that schedules and the processes that compute say to each other. */
import type { WorkEnding } from './execute.ts';
import type { TrialProgress } from './trial-io.ts';
import type { Work } from './work.ts';

/** To a worker. */
export type Order =
  | {
      readonly type: 'begin';
      readonly experimentFolder: string;
      /** URL of the module that exports `performTrial` and, where networks are trained, `performTraining`. */
      readonly performModule: string;
      readonly leaseSeconds: number;
      readonly neighbors?: string;
    }
  | {
      readonly type: 'run';
      readonly work: Work;
      /** For work that does not say how many threads it wants. */
      readonly threads: number;
      readonly command: string;
      readonly fresh: boolean;
      readonly knownAttempts: number;
      /** Names of leases whose owners were watched and found silent. */
      readonly silent: readonly string[];
    }
  /** Finish the evaluation or step, keep a checkpoint, end as interrupted. */
  | { readonly type: 'stop' }
  | { readonly type: 'exit' };

/** From a worker. */
export type Word =
  | { readonly type: 'ready' }
  | {
      readonly type: 'started';
      readonly attempt: number;
      readonly folder: string;
      readonly resumedFrom: number | undefined;
    }
  | { readonly type: 'progress'; readonly progress: TrialProgress; readonly memory: number }
  | { readonly type: 'note'; readonly sentence: string }
  | { readonly type: 'ended'; readonly ending: WorkEnding; readonly memory: number }
  /** The store itself cannot be used (full, newer, forbidden): nothing else will do better. */
  | { readonly type: 'refused'; readonly message: string; readonly exitCode: number };
