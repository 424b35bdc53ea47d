/** One level of a trial, evaluation by evaluation. */
import type { TraceRecord } from '../experiment/trial.ts';
import { clampImage, type RgbImage } from '../images/image.ts';
import { resizeLongestSide } from '../images/resize.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import type { Level } from './levels.ts';
import type { PartsWatch } from './parts.ts';
import type { Problem, ProblemEvaluation } from './problem.ts';
import { type Sources, shownAt } from './sources.ts';
import { DivergenceWatch, stopReason } from './stopping.ts';
import { TrialInterrupted } from './trial-state.ts';
import type { TrialWork } from './trial-work.ts';
import { differ, type WeightCourse } from './weight-course.ts';

/** Why a level ended; `state` where the trial ends with it. */
export interface LevelEnding {
  readonly text: string;
  readonly state?: 'diverged' | 'pruned';
}

/** What a level works with beside what the trial does. */
export interface LevelParts {
  readonly level: Level;
  readonly sources: Sources;
  readonly problem: Problem;
  readonly optimizer: Optimizer;
  readonly course: WeightCourse;
  readonly parts: PartsWatch;
}

/** One level at work. */
export class LevelRun {
  readonly #work: TrialWork;
  readonly #level: LevelParts;

  constructor(work: TrialWork, level: LevelParts) {
    this.#work = work;
    this.#level = level;
  }

  /**
   * Evaluates until the level's end; everything a checkpoint needs is consistent between two evaluations.
   * @throws TrialInterrupted when the signal is aborted, once a checkpoint is written
   */
  async finish(signal: AbortSignal | undefined): Promise<LevelEnding> {
    const { config, memory, clock, hooks } = this.#work;
    const { level, optimizer, parts } = this.#level;
    clock.beginEvaluating();
    // The first evaluation of a large picture takes minutes, and nothing else would tell of it.
    if (memory.evaluations === 0) {
      hooks.progress({ phase: 'evaluate', evaluation: 0, evaluations: config.budget.evaluations });
    }
    for (let first = true; ; first = false) {
      await this.#checkpointIfDue(signal);
      this.#weigh();
      await this.#refresh(memory.levelEvaluations);
      const asked = performance.now();
      const point = optimizer.ask();
      const begun = performance.now();
      const evaluation = await this.#level.problem.evaluate(point);
      const ended = performance.now();
      memory.evaluations++;
      memory.levelEvaluations++;
      const spent = (ended - begun) / 1000;
      clock.spend(first ? 'warmup' : 'evaluate', spent);
      if (!first) memory.evaluationSeconds.push(spent);
      await clock.timed('output', () => parts.evaluated());

      const { total, terms, gradient } = evaluation;
      const wrong = memory.watch.check(memory.evaluations, total, terms, gradient);
      const told = performance.now();
      if (wrong === undefined) optimizer.tell({ value: total, gradient });
      clock.spend('optimizer', (begun - asked + performance.now() - told) / 1000);

      const seconds = clock.evaluating(ended);
      const record = this.#record(evaluation, seconds);
      hooks.trace(record);
      if (wrong !== undefined) return { text: wrong, state: 'diverged' };
      memory.lastRecord = record;
      memory.totals.push(Math.min(total, memory.totals.at(-1) ?? Number.POSITIVE_INFINITY));
      this.#report(seconds, total);
      await this.#snapshotIfDue();

      const reason =
        stopReason(config.budget, level.evaluations, {
          levelEvaluations: memory.levelEvaluations,
          seconds,
          totals: memory.totals,
          changesAhead: this.#nextChange() !== undefined,
        }) ?? (await this.#convergence());
      if (reason !== undefined) return { text: reason };
      const pruned = await this.#pruned();
      if (pruned !== undefined) return { text: pruned, state: 'pruned' };
    }
  }

  async #checkpointIfDue(signal: AbortSignal | undefined): Promise<void> {
    const { checkpoints, memory } = this.#work;
    if (!signal?.aborted && !checkpoints.due) return;
    await checkpoints.write(this.#level);
    if (!signal?.aborted) return;
    throw new TrialInterrupted(
      `interrupted at evaluation ${memory.evaluations}`,
      memory.evaluations === 0 ? undefined : this.#finalPicture(),
    );
  }

  /** Gives scheduled weights what is due; where that is something else, the optimiser evaluates its point anew. */
  #weigh(): void {
    const { memory } = this.#work;
    const { problem, optimizer, course } = this.#level;
    const factors = course.factorsAt(memory.levelEvaluations + memory.ahead);
    const before = memory.factors;
    problem.setFactors(factors);
    memory.factors = factors;
    if (before === undefined || !differ(before, factors)) return;
    optimizer.objectiveChanged();
    // Totals under other weights say nothing about a plateau or a divergence under these.
    memory.totals = [];
    memory.watch = new DivergenceWatch();
  }

  /** Where, after the last evaluation, the weights next change. */
  #nextChange(): number | undefined {
    const { levelEvaluations, ahead } = this.#work.memory;
    return this.#level.course.nextChange(levelEvaluations - 1 + ahead);
  }

  /** Recomputes what is due at the picture so far; the optimiser then evaluates that picture anew. */
  async #refresh(index: number): Promise<void> {
    const { memory } = this.#work;
    const { problem, optimizer } = this.#level;
    if (!(await problem.refresh(optimizer.current.point, index)) || memory.levelEvaluations === 0) return;
    optimizer.objectiveChanged();
    memory.refreshedAtStep = optimizer.steps;
  }

  /**
   * Why the optimiser can go no further; one that still has held targets to recompute tries those first, and one
   * whose weights are still to change has them changed at once.
   */
  async #convergence(): Promise<string | undefined> {
    const { memory } = this.#work;
    const { problem, optimizer } = this.#level;
    if (optimizer.finished === undefined) return undefined;
    if (problem.refreshes && optimizer.steps > memory.refreshedAtStep) {
      await this.#refresh(0);
      return undefined;
    }
    const change = this.#nextChange();
    if (change !== undefined) {
      memory.ahead = change - memory.levelEvaluations;
      return undefined;
    }
    return `converged: ${optimizer.finished}`;
  }

  /** Why the trial is to stop at this evaluation for others that are better, if it is a rung. */
  async #pruned(): Promise<string | undefined> {
    const { config, hooks, memory, clock } = this.#work;
    const { content, style } = this.#level.sources;
    const evaluation = memory.evaluations;
    if (!config.budget.pruning?.rungs.includes(evaluation)) return undefined;
    return clock.timed(
      'output',
      async () =>
        await hooks.rung?.({
          evaluation,
          total: memory.totals.at(-1)!,
          picture: this.#pictureSoFar(),
          content,
          style,
        }),
    );
  }

  async #snapshotIfDue(): Promise<void> {
    const { config, hooks, memory, clock } = this.#work;
    if (!config.snapshots.includes(memory.evaluations)) return;
    const image = this.#pictureSoFar();
    await clock.timed('output', () => hooks.snapshot(memory.evaluations, image));
  }

  /** The picture so far as people see it, at its level's size. */
  #pictureSoFar(): RgbImage {
    return shownAt(this.#level.sources.content, this.#picture(), this.#work.config);
  }

  /** What the trial would end with if this evaluation were its last. */
  #finalPicture(): RgbImage {
    const { config, images } = this.#work;
    const content = resizeLongestSide(images.content, config.sizes.at(-1)!);
    return shownAt(content, this.#picture(), config);
  }

  #picture(): RgbImage {
    const { width, height } = this.#level.sources.content;
    return clampImage({ width, height, data: Float32Array.from(this.#level.optimizer.current.point) });
  }

  #record({ total, terms }: ProblemEvaluation, seconds: number): TraceRecord {
    const { memory } = this.#work;
    const { problem, optimizer } = this.#level;
    return {
      evaluation: memory.evaluations,
      step: optimizer.steps,
      level: memory.level,
      seconds,
      total,
      terms: Object.fromEntries(
        problem.terms.map(({ name, weight }) => {
          const value = terms[name]!;
          return [name, { value, weighted: value * weight }];
        }),
      ),
    };
  }

  #report(seconds: number, total: number): void {
    const { config, hooks, memory } = this.#work;
    const { evaluations, seconds: limit } = config.budget;
    const remaining = Math.max(0, evaluations - memory.evaluations);
    const eta = this.#level.level.evaluations === 0 ? 0 : (seconds / memory.evaluations) * remaining;
    hooks.progress({
      phase: 'evaluate',
      evaluation: memory.evaluations,
      evaluations,
      total,
      etaSeconds: limit === undefined ? eta : Math.min(eta, Math.max(0, limit - seconds)),
    });
  }
}
