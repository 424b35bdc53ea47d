/** What carries out the open trials of a plan: processes of this machine, or a cluster's queue. */

import type { Files } from './files.ts';
import type { IdentifiedTrial } from './identity.ts';
import type { Failure } from './store.ts';
import type { TrialProgress } from './trial-io.ts';

/** What happens during a run, for whoever shows it. */
export type RunEvent =
  /** Once, before anything starts: the whole plan, and what of it is done and open. */
  | { readonly type: 'planned'; readonly total: number; readonly done: number; readonly open: number }
  | {
      readonly type: 'trial-started';
      readonly trial: IdentifiedTrial;
      readonly attempt: number;
      /** The attempt's folder. */
      readonly folder: string;
      /** The evaluation that a checkpoint of an earlier attempt had reached. */
      readonly resumedFrom: number | undefined;
    }
  | { readonly type: 'trial-progress'; readonly trial: IdentifiedTrial; readonly progress: TrialProgress }
  | {
      readonly type: 'trial-finished';
      readonly trial: IdentifiedTrial;
      readonly state: 'complete' | 'diverged' | 'pruned';
      readonly reason: string;
      /** Wall time of this attempt; undefined when another process finished it. */
      readonly seconds: number | undefined;
    }
  | { readonly type: 'trial-failed'; readonly trial: IdentifiedTrial; readonly failure: Failure }
  /** Ended with a checkpoint because the run was interrupted. */
  | { readonly type: 'trial-interrupted'; readonly trial: IdentifiedTrial; readonly evaluation: number }
  /** Another process runs it; this run waits for it at its end. */
  | { readonly type: 'trial-elsewhere'; readonly trial: IdentifiedTrial; readonly by: string }
  /** After every change: how much is done, and how long the rest will take if it goes on so. */
  | {
      readonly type: 'overall';
      readonly done: number;
      readonly failed: number;
      readonly running: number;
      readonly total: number;
      readonly etaSeconds: number | undefined;
    }
  /** A sentence worth showing. */
  | { readonly type: 'note'; readonly sentence: string };

/** An open trial and what the launcher should know of it. */
export interface OpenTrial {
  readonly trial: IdentifiedTrial;
  /** The newest attempt when the run began; 0: none. */
  readonly knownAttempts: number;
  /** What to type to run it again. */
  readonly command: string;
}

/** Everything a launcher is given. */
export interface LaunchRequest {
  readonly files: Files;
  readonly experimentFolder: string;
  /** In the order in which they are to start. */
  readonly open: readonly OpenTrial[];
  readonly fresh: boolean;
  readonly failFast: boolean;
  /** Whether to wait for trials that another process runs. */
  readonly wait: boolean;
  /** Finish the evaluations at hand, keep checkpoints, start nothing more. */
  readonly stop: AbortSignal;
  /** End everything now. */
  readonly kill: AbortSignal;
  readonly emit: (event: LaunchEvent) => void;
  /** Bytes of memory a trial is expected to need. */
  readonly memoryOf: (trial: IdentifiedTrial) => number;
}

/** The events a launcher reports; the rest is made of them. */
export type LaunchEvent = Extract<
  RunEvent,
  | { type: 'trial-started' }
  | { type: 'trial-progress' }
  | { type: 'trial-finished' }
  | { type: 'trial-failed' }
  | { type: 'trial-interrupted' }
  | { type: 'trial-elsewhere' }
  | { type: 'note' }
>;

export interface Launcher {
  readonly name: string;
  /** How many trials it runs side by side at the moment, for the prediction of the end. */
  readonly width: number;
  /** Trials go on when the run is interrupted: the run leaves them to themselves. */
  readonly outlives?: boolean;
  /**
   * Runs the open trials, each reported by exactly one `finished`, `failed` or `interrupted` event, or by none when it
   * was not begun.
   * @throws NeckarError when the store cannot be used; trials that ran have then been stopped
   */
  launch(request: LaunchRequest): Promise<void>;
}
