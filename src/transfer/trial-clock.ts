/** The time of one trial, over all attempts at it. */
import type { TrialMemory } from './trial-state.ts';

/** What a trial's seconds are spent on. */
export type Phase = keyof TrialMemory['clock'];

/** Tells how long a trial has taken, and adds to what its seconds were spent on. */
export class TrialClock {
  readonly #spent: TrialMemory['clock'];
  /** When the trial would have begun, had it never been interrupted. */
  readonly #begunAt: number;
  /** Seconds of earlier attempts since their first evaluations. */
  readonly #evaluatedBefore: number;
  #firstEvaluationAt: number | undefined;

  /**
   * @param spent - seconds by phase, counted on here
   * @param begun - when this attempt began
   * @param before - seconds of earlier attempts: since their first evaluations, and in all
   */
  constructor(spent: TrialMemory['clock'], begun: number, before?: { seconds: number; total: number }) {
    this.#spent = spent;
    this.#begunAt = begun - (before?.total ?? 0) * 1000;
    this.#evaluatedBefore = before?.seconds ?? 0;
  }

  /** Seconds since the trial began. */
  get total(): number {
    return (performance.now() - this.#begunAt) / 1000;
  }

  /** To be called before a level's first evaluation; the trial's first counts. */
  beginEvaluating(): void {
    this.#firstEvaluationAt ??= performance.now() - this.#evaluatedBefore * 1000;
  }

  /** Seconds from the first evaluation to a moment. */
  evaluating(at = performance.now()): number {
    return this.#firstEvaluationAt === undefined
      ? this.#evaluatedBefore
      : (at - this.#firstEvaluationAt) / 1000;
  }

  /** Counts seconds that were spent on a phase. */
  spend(phase: Phase, seconds: number): void {
    this.#spent[phase] += seconds;
  }

  /** Does some work and counts the time it takes. */
  async timed<Result>(phase: Phase, work: () => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    const result = await work();
    this.spend(phase, (performance.now() - begun) / 1000);
    return result;
  }
}
