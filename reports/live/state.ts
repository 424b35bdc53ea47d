/** What the page of a running sweep is told, each time anew and whole: nothing in it depends on what was told before. */

/** How many trials, or trainings, are in which state. */
export interface Counts {
  readonly waiting: number;
  readonly running: number;
  readonly complete: number;
  readonly diverged: number;
  readonly pruned: number;
  readonly failed: number;
}

/** A picture and the evaluation, or step, at which it was kept; absent: the last. */
export interface LivePicture {
  readonly url: string;
  readonly at?: number;
}

/** A loss as it went: pairs of evaluation and value. */
export interface LiveCurve {
  readonly name: string;
  readonly points: readonly (readonly [at: number, value: number])[];
}

interface LiveWork {
  readonly kind: 'trial' | 'training';
  readonly id: string;
  readonly label: string;
  /** Where it runs, or ran. */
  readonly host: string;
}

export interface LiveRunning extends LiveWork {
  /** 0 until the first. */
  readonly at: number;
  /** Evaluations or steps at most. */
  readonly of: number;
  /** Evaluations or steps a second, lately. */
  readonly pace?: number;
  readonly etaSeconds?: number;
  /** Bytes that its process holds. */
  readonly memory?: number;
  /** Seconds for which its process has given no sign of life, where that is long. */
  readonly silent?: number;
  /** The total first, then the terms as they are weighted. */
  readonly curves: readonly LiveCurve[];
  /** The latest, oldest first. */
  readonly pictures: readonly LivePicture[];
}

export interface LiveFinished extends LiveWork {
  readonly state: 'complete' | 'diverged' | 'pruned';
  readonly reason: string;
  readonly seconds: number;
  readonly total: number | null;
  readonly picture?: LivePicture;
}

export interface LiveFailure extends LiveWork {
  readonly message: string;
  /** What to type to do it again. */
  readonly command: string;
  /** The end of its log. */
  readonly log: string;
  /** All of it. */
  readonly url?: string;
}

/** What finished trials cost on one machine. */
export interface LiveMachine {
  readonly machine: string;
  readonly trials: number;
  /** Those of them beside which others ran. */
  readonly shared: number;
  /** The median, in seconds, of the trials that ran alone; null: none did. */
  readonly perEvaluation: number | null;
  /** Bytes, the most of any. */
  readonly memory: number;
}

export interface LiveState {
  readonly name: string;
  readonly question?: string;
  /** Why there is nothing to see, or not all of it, in a sentence. */
  readonly problem?: string;
  readonly trials: Counts;
  readonly trainings?: Counts;
  /** Seconds until everything is done, if it goes on so. */
  readonly etaSeconds?: number;
  /** One letter a trial, in the plan's order: the first of its state, `x` for failed. */
  readonly map: string;
  readonly running: readonly LiveRunning[];
  /** Of those that run, how many are not shown. */
  readonly moreRunning: number;
  /** The latest first. */
  readonly finished: readonly LiveFinished[];
  /** The latest first. */
  readonly failures: readonly LiveFailure[];
  readonly moreFailures: number;
  readonly machines: readonly LiveMachine[];
}
