/** What the process that schedules and the processes that compute say to each other. */
import type { TrialEnding } from './execute.ts';
import type { IdentifiedTrial } from './identity.ts';
import type { TrialProgress } from './trial-io.ts';

/** To a worker. */
export type Order =
  | {
      readonly type: 'begin';
      readonly experimentFolder: string;
      /** URL of the module that exports `performTrial`. */
      readonly performModule: string;
      readonly leaseSeconds: number;
      readonly neighbours?: string;
    }
  | {
      readonly type: 'run';
      readonly trial: IdentifiedTrial;
      /** For trials that do not say how many threads they want. */
      readonly threads: number;
      readonly command: string;
      readonly fresh: boolean;
      readonly knownAttempts: number;
      /** Names of leases whose owners were watched and found silent. */
      readonly silent: readonly string[];
    }
  /** Finish the evaluation, keep a checkpoint, end the trial as interrupted. */
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
  | { readonly type: 'ended'; readonly ending: TrialEnding; readonly memory: number }
  /** The store itself cannot be used (full, newer, forbidden): no other trial will do better. */
  | { readonly type: 'refused'; readonly message: string; readonly exitCode: number };
