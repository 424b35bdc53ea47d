/** What carries out the open work of a plan: processes of this machine, or a cluster's queue. */

import type { Files } from './files.ts';
import type { Failure } from './store.ts';
import type { TrialProgress } from './trial-io.ts';
import type { Work, WorkResult } from './work.ts';

/** What happens during a run, for whoever shows it. Counts are of trials, and beside them of the trainings they need. */
export type RunEvent =
  /** Once, before anything starts: the whole plan, and what of it is done and open. */
  | {
      readonly type: 'planned';
      readonly total: number;
      readonly done: number;
      readonly open: number;
      /** Absent: no trial needs any. */
      readonly trainings?: { readonly total: number; readonly done: number; readonly open: number };
    }
  | {
      readonly type: 'started';
      readonly work: Work;
      readonly attempt: number;
      /** The attempt's folder. */
      readonly folder: string;
      /** The evaluation or step that a checkpoint of an earlier attempt had reached. */
      readonly resumedFrom: number | undefined;
    }
  | { readonly type: 'progress'; readonly work: Work; readonly progress: TrialProgress }
  | {
      readonly type: 'finished';
      readonly work: Work;
      readonly state: WorkResult['state'];
      /** That whose result counts. */
      readonly attempt: number;
      readonly reason: string;
      /** Wall time of this attempt; undefined when another process finished it. */
      readonly seconds: number | undefined;
    }
  | { readonly type: 'failed'; readonly work: Work; readonly failure: Failure }
  /** Ended with a checkpoint because the run was interrupted. */
  | { readonly type: 'interrupted'; readonly work: Work; readonly evaluation: number }
  /** Another process does it; this run waits for it at its end. */
  | { readonly type: 'elsewhere'; readonly work: Work; readonly by: string }
  /**
   * After every change: how much is done, and how long the rest will take if it goes on so; undefined where nothing tells
   * how long a training takes.
   */
  | {
      readonly type: 'overall';
      readonly done: number;
      readonly failed: number;
      /** Trials and trainings. */
      readonly running: number;
      readonly total: number;
      readonly trainings?: { readonly done: number; readonly failed: number; readonly total: number };
      readonly etaSeconds: number | undefined;
    }
  /** A sentence worth showing. */
  | { readonly type: 'note'; readonly sentence: string };

/** An open piece of work and what the launcher should know of it. */
export interface OpenWork {
  readonly work: Work;
  /** The newest attempt when the run began; 0: none. */
  readonly knownAttempts: number;
  /** What to type to run it again. */
  readonly command: string;
}

/** Everything a launcher is given. */
export interface LaunchRequest {
  readonly files: Files;
  readonly experimentFolder: string;
  /**
   * In the order in which it is to start, trainings before the trials that need them. What a trial of it needs is of it as
   * well, or complete.
   */
  readonly open: readonly OpenWork[];
  readonly fresh: boolean;
  readonly failFast: boolean;
  /** Whether to wait for what another process does. */
  readonly wait: boolean;
  /** Finish the evaluations at hand, keep checkpoints, start nothing more. */
  readonly stop: AbortSignal;
  /** End everything now. */
  readonly kill: AbortSignal;
  readonly emit: (event: LaunchEvent) => void;
  /** Bytes of memory that a piece of work is expected to need. */
  readonly memoryOf: (work: Work) => number;
}

/** The events a launcher reports; the rest is made of them. */
export type LaunchEvent = Extract<
  RunEvent,
  | { type: 'started' }
  | { type: 'progress' }
  | { type: 'finished' }
  | { type: 'failed' }
  | { type: 'interrupted' }
  | { type: 'elsewhere' }
  | { type: 'note' }
>;

export interface Launcher {
  readonly name: string;
  /** How much it does side by side at the moment, for the prediction of the end. */
  readonly width: number;
  /** Work goes on when the run is interrupted: the run leaves it to itself. */
  readonly outlives?: boolean;
  /**
   * Does the open work, each piece reported by exactly one `finished`, `failed` or `interrupted` event, or by none when
   * it was not begun. A trial whose training fails or diverges fails with it.
   * @throws NeckarError when the store cannot be used; what ran has then been stopped
   */
  launch(request: LaunchRequest): Promise<void>;
}
