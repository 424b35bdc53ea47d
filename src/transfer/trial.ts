/** One trial from its configuration to its picture: initialise, iterate coarse to fine, trace, checkpoint. */

import type { Encoder } from '../encoders/encoder.ts';
import { loadEncoder } from '../encoders/registry.ts';
import type { Engine, EngineIdentity } from '../engines/engine.ts';
import { startEngine } from '../engines/start.ts';
import type { TraceRecord, TrialConfig } from '../experiment/trial.ts';
import { imageFileHash, readImage } from '../images/decode.ts';
import { clampImage, type RgbImage } from '../images/image.ts';
import { resizeImage, resizeLongestSide } from '../images/resize.ts';
import { transformImage } from '../images/transform.ts';
import type { Optimizer, OptimizerState, StateValue } from '../optimizers/optimizer.ts';
import { createOptimizer } from '../optimizers/registry.ts';
import type { Timing } from '../runs/result.ts';
import type { NamedValues, TensorValue } from '../tensor.ts';
import { initialImage } from './initial.ts';
import { peakMemory, resetPeakMemory } from './memory.ts';
import { assembleProblem, type Problem } from './problem.ts';
import { DivergenceWatch, evaluationsPerLevel, stopReason } from './stopping.ts';

/** What a trial needs of the world around it; every method may be a no-op. */
export interface TrialHooks {
  trace(record: TraceRecord): void;
  /** A picture worth keeping, on the way or at the end of a level. */
  snapshot(evaluation: number, image: RgbImage): Promise<void>;
  checkpoint(state: Record<string, StateValue>): Promise<void>;
  /** Told once, before the first evaluation, what the trial runs with. */
  ready?(engine: Engine, encoder: Encoder): void;
  /** Asked at each rung of the budget's pruning; returns why the trial is to stop there, or undefined. */
  rung?(rung: Rung): Promise<string | undefined>;
  /** A sentence for the trial's log. */
  log?(line: string): void;
  /** The last checkpoint of an interrupted attempt. */
  readonly restored?: Record<string, StateValue>;
  progress(progress: TrialProgress): void;
}

/** Where a trial is when it is judged. */
export interface Rung {
  readonly evaluation: number;
  /** The lowest total of this level so far. */
  readonly total: number;
  /** The picture so far, and what it is made of at this level. */
  readonly picture: RgbImage;
  readonly content: RgbImage;
  readonly style: RgbImage;
}

export interface TrialProgress {
  readonly phase: 'prepare' | 'compile' | 'evaluate' | 'measure';
  readonly evaluation: number;
  readonly evaluations: number;
  readonly total?: number;
  readonly etaSeconds?: number;
}

/** What is left of a trial when it has ended by itself. */
export interface TrialOutcome {
  readonly state: Ending['state'];
  readonly reason: string;
  readonly picture: RgbImage;
  /** Content and style at the sizes the last level used: what metrics compare with. */
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly timing: Omit<Timing, 'shared'>;
  readonly cost: { readonly evaluations: number; readonly steps: number };
  readonly final: {
    readonly total: number;
    readonly terms: Readonly<Record<string, { value: number; weighted: number }>>;
  };
  readonly weightFactors?: Readonly<Record<string, number>>;
  readonly identity: EngineIdentity;
  readonly inputs: Readonly<Record<string, string>>;
  /** Still running, for measurements; the caller disposes it. */
  readonly engine: Engine;
  readonly encoder: Encoder;
}

/** How and why the optimisation ended. */
interface Ending {
  readonly state: 'complete' | 'diverged' | 'pruned';
  readonly reason: string;
}

/** Thrown when the signal asked a trial to stop; its checkpoint has been written. */
export class TrialInterrupted extends Error {
  override readonly name = 'TrialInterrupted';
}

/** Seconds between checkpoints: what a crash can cost at most. */
const checkpointInterval = 10;

/**
 * Runs one trial to its end.
 *
 * The picture is optimised level by level over `config.sizes`, each level starting from the enlarged result of the
 * one before. Every evaluation is traced. A value that is no number, or a total that stays absurdly high, ends the
 * trial as `diverged` with the last good picture. When the optimisation has ended, a last checkpoint says so: a trial
 * that is resumed from there is not computed again.
 *
 * @param signal - when aborted, the trial writes a checkpoint and throws TrialInterrupted
 * @throws NeckarError for images, weights, layers or engines that cannot be had
 */
export async function runTrial(
  config: TrialConfig,
  hooks: TrialHooks,
  signal?: AbortSignal,
): Promise<TrialOutcome> {
  const begun = performance.now();
  resetPeakMemory();
  hooks.progress({ phase: 'prepare', evaluation: 0, evaluations: config.budget.evaluations });
  const images = await readImages(config);
  const engine = await startEngine(config.engine);
  try {
    const size = config.sizes.at(-1)!;
    const encoder = await loadEncoder(config.encoder, {
      // `normalized` divides by mean activations: over the pictures of this trial.
      images: [images.content, images.style].map((image) => tensorOf(resizeLongestSide(image, size))),
      engine,
    });
    hooks.ready?.(engine, encoder);
    const run = new TrialRun(config, hooks, images, encoder, engine);
    return await run.finish(begun, signal);
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

interface TrialImages {
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly file?: RgbImage;
  readonly hashes: Readonly<Record<string, string>>;
}

async function readImages(config: TrialConfig): Promise<TrialImages> {
  const file = config.initialization.from === 'file' ? config.initialization.file : undefined;
  const [content, style, start] = await Promise.all([
    readImage(config.content),
    readImage(config.style),
    file === undefined ? undefined : readImage(file),
  ]);
  const hashes: Record<string, string> = {
    content: await imageFileHash(config.content),
    style: await imageFileHash(config.style),
  };
  if (file !== undefined) hashes.initialization = await imageFileHash(file);
  return { content, style, file: start, hashes };
}

/** The changing state of one trial. */
class TrialRun {
  readonly #config: TrialConfig;
  readonly #hooks: TrialHooks;
  readonly #images: TrialImages;
  readonly #encoder: Encoder;
  readonly #engine: Engine;

  #level = 0;
  #levelEvaluations = 0;
  #evaluations = 0;
  #stepsOfEarlierLevels = 0;
  /** Seconds of earlier attempts that a checkpoint carried over. */
  #secondsBefore = 0;
  /** When the trial would have begun, had it never been interrupted. */
  #begunAt = 0;
  #firstEvaluationAt: number | undefined;
  /** Best total after each evaluation of the level, for the plateau rule. */
  #totals: number[] = [];
  #watch = new DivergenceWatch();
  /** The optimiser's steps when targets were last recomputed: no step since then means none is possible. */
  #refreshedAtStep = 0;
  #weightFactors: Record<string, number> | undefined;
  #lastCheckpoint = performance.now();
  #lastRecord: TraceRecord | undefined;
  /** The last picture known to be good, when a level has ended. */
  #picture: RgbImage | undefined;
  readonly #clock = { prepare: 0, compile: 0, warmup: 0, evaluate: 0, optimizer: 0, refresh: 0, output: 0 };
  readonly #evaluationSeconds: number[] = [];

  constructor(config: TrialConfig, hooks: TrialHooks, images: TrialImages, encoder: Encoder, engine: Engine) {
    this.#config = config;
    this.#hooks = hooks;
    this.#images = images;
    this.#encoder = encoder;
    this.#engine = engine;
  }

  async finish(begun: number, signal: AbortSignal | undefined): Promise<TrialOutcome> {
    const config = this.#config;
    const allowed = evaluationsPerLevel(config.budget, config.sizes.length);
    this.#clock.prepare += (performance.now() - begun) / 1000;
    this.#begunAt = begun;
    let restored = this.#restore();
    const ended = restored?.ending;
    let ending = ended;
    let { content, style } = this.#sources(ending === undefined ? this.#level : this.#level - 1);
    for (; ending === undefined; this.#level++) {
      ({ content, style } = this.#sources(this.#level));
      const start = this.#startOfLevel(content, style);
      const problem = await this.#prepare(content, style, start);
      try {
        if (restored !== undefined) problem.restore(restored.held as unknown as NamedValues);
        const optimizer = createOptimizer(config.optimizer, start.data, {
          bounds: config.clamp === 'step' ? 'unit-box' : 'none',
          state: restored?.optimizer as OptimizerState | undefined,
        });
        restored = undefined;
        const reason = await this.#optimize(
          problem,
          optimizer,
          { allowed: allowed[this.#level]!, content, style },
          signal,
        );
        this.#picture = clampImage({ ...start, data: Float32Array.from(optimizer.current.point) });
        this.#stepsOfEarlierLevels += optimizer.steps;
        const last = this.#level === config.sizes.length - 1;
        if (reason.state !== undefined) ending = { state: reason.state, reason: reason.text };
        else if (last || reason.text === 'seconds') ending = { state: 'complete', reason: reason.text };
      } finally {
        this.#clock.refresh += problem.seconds.refresh;
        await problem.dispose();
      }
      this.#levelEvaluations = 0;
      this.#totals = [];
      this.#refreshedAtStep = 0;
      this.#watch = new DivergenceWatch();
    }
    const final = ending;
    if (ended === undefined) {
      // What comes after may fail, and must not cost what has been computed.
      await this.#timed('output', () => this.#hooks.checkpoint(this.#state({ ending: final })));
    }
    const picture = this.#fitted(this.#picture!, content);
    const record = this.#lastRecord;
    return {
      ...final,
      picture,
      content,
      style,
      timing: {
        total: (performance.now() - this.#begunAt) / 1000,
        ...this.#clock,
        perEvaluation: median(this.#evaluationSeconds),
        peakMemory: peakMemory(),
      },
      cost: { evaluations: this.#evaluations, steps: this.#stepsOfEarlierLevels },
      final: {
        total: record?.total ?? Number.NaN,
        terms: Object.fromEntries(
          Object.entries(record?.terms ?? {}).map(([name, { value, weighted }]) => [
            name,
            { value, weighted },
          ]),
        ),
      },
      weightFactors: this.#weightFactors,
      identity: this.#engine.identity,
      inputs: { ...this.#images.hashes, encoder: this.#encoder.hash },
      engine: this.#engine,
      encoder: this.#encoder,
    };
  }

  /** Content and style at a level's size. */
  #sources(level: number): { content: RgbImage; style: RgbImage } {
    const size = this.#config.sizes[level]!;
    return {
      content: resizeLongestSide(this.#images.content, size),
      style: resizeLongestSide(this.#images.style, Math.round(size * this.#config.styleScale)),
    };
  }

  /** The picture a level starts from: the initial image, or the result of the level before, enlarged. */
  #startOfLevel(content: RgbImage, style: RgbImage): RgbImage {
    if (this.#picture !== undefined) return this.#fitted(this.#picture, content);
    return initialImage(
      this.#config.initialization,
      { content, style, file: this.#images.file },
      this.#config.seed,
    );
  }

  #fitted(picture: RgbImage, content: RgbImage): RgbImage {
    if (picture.width === content.width && picture.height === content.height) return picture;
    return clampImage(resizeImage(picture, content.width, content.height));
  }

  async #prepare(content: RgbImage, style: RgbImage, start: RgbImage): Promise<Problem> {
    const evaluations = this.#config.budget.evaluations;
    this.#hooks.progress({ phase: 'compile', evaluation: this.#evaluations, evaluations });
    const begun = performance.now();
    const assembled = await assembleProblem({
      engine: this.#engine,
      encoder: this.#encoder,
      losses: this.#config.losses,
      content: tensorOf(content),
      style: tensorOf(style),
      transformStyle: (transform) => tensorOf(transformImage(style, transform)),
    });
    if (this.#config.weighting === 'gradient-norm' && this.#weightFactors === undefined) {
      const norms = await assembled.gradientNorms(tensorOf(start));
      this.#weightFactors = Object.fromEntries(
        Object.entries(norms).map(([name, norm]) => [name, norm > 0 && Number.isFinite(norm) ? 1 / norm : 1]),
      );
    }
    const problem = await assembled.compile(this.#weightFactors);
    const seconds = (performance.now() - begun) / 1000;
    this.#clock.compile += problem.seconds.compile;
    this.#clock.prepare += seconds - problem.seconds.compile;
    return problem;
  }

  /** Evaluates until the level's end; everything a checkpoint needs is consistent between two evaluations. */
  async #optimize(
    problem: Problem,
    optimizer: Optimizer,
    { allowed, content, style }: { allowed: number; content: RgbImage; style: RgbImage },
    signal: AbortSignal | undefined,
  ): Promise<{ text: string; state?: 'diverged' | 'pruned' }> {
    const { budget } = this.#config;
    this.#firstEvaluationAt ??= performance.now() - this.#secondsBefore * 1000;
    let first = true;
    for (;;) {
      const due = performance.now() - this.#lastCheckpoint > checkpointInterval * 1000;
      if (signal?.aborted || due) {
        await this.#timed('output', () => this.#hooks.checkpoint(this.#state({ problem, optimizer })));
        this.#lastCheckpoint = performance.now();
        if (signal?.aborted) throw new TrialInterrupted(`interrupted at evaluation ${this.#evaluations}`);
      }
      await this.#refresh(problem, optimizer, this.#levelEvaluations);
      const asked = performance.now();
      const point = optimizer.ask();
      const begun = performance.now();
      const evaluation = await problem.evaluate(point);
      const ended = performance.now();
      const spent = (ended - begun) / 1000;
      this.#evaluations++;
      this.#levelEvaluations++;
      this.#clock[first ? 'warmup' : 'evaluate'] += spent;
      if (!first) this.#evaluationSeconds.push(spent);
      first = false;

      const wrong = this.#watch.check(
        this.#evaluations,
        evaluation.total,
        evaluation.terms,
        evaluation.gradient,
      );
      const told = performance.now();
      if (wrong === undefined) optimizer.tell({ value: evaluation.total, gradient: evaluation.gradient });
      this.#clock.optimizer += (begun - asked + performance.now() - told) / 1000;

      const seconds = (ended - this.#firstEvaluationAt) / 1000;
      const record: TraceRecord = {
        evaluation: this.#evaluations,
        step: optimizer.steps,
        level: this.#level,
        seconds,
        total: evaluation.total,
        terms: Object.fromEntries(
          problem.terms.map(({ name, weight }) => {
            const value = evaluation.terms[name]!;
            return [name, { value, weighted: value * weight }];
          }),
        ),
      };
      this.#hooks.trace(record);
      if (wrong !== undefined) return { text: wrong, state: 'diverged' };
      this.#lastRecord = record;
      this.#totals.push(Math.min(evaluation.total, this.#totals.at(-1) ?? Number.POSITIVE_INFINITY));
      this.#report(allowed, seconds, evaluation.total);
      await this.#snapshotIfDue(problem, optimizer);

      const reason =
        stopReason(budget, allowed, {
          levelEvaluations: this.#levelEvaluations,
          seconds,
          totals: this.#totals,
        }) ?? (await this.#convergence(problem, optimizer));
      if (reason !== undefined) return { text: reason };
      const pruned = await this.#pruned(problem, optimizer, content, style);
      if (pruned !== undefined) return { text: pruned, state: 'pruned' };
    }
  }

  /** Why the trial is to stop at this evaluation for others that are better, if it is a rung. */
  async #pruned(
    problem: Problem,
    optimizer: Optimizer,
    content: RgbImage,
    style: RgbImage,
  ): Promise<string | undefined> {
    const evaluation = this.#evaluations;
    if (!this.#config.budget.pruning?.rungs.includes(evaluation)) return undefined;
    const begun = performance.now();
    const picture = this.#shown(problem, optimizer);
    const reason = await this.#hooks.rung?.({
      evaluation,
      total: this.#totals.at(-1)!,
      picture,
      content,
      style,
    });
    this.#clock.output += (performance.now() - begun) / 1000;
    return reason;
  }

  /** The picture so far. */
  #shown({ shape: [, height, width] }: Problem, optimizer: Optimizer): RgbImage {
    return clampImage({ width, height, data: Float32Array.from(optimizer.current.point) });
  }

  /** Recomputes what is due at the picture so far; the optimiser then evaluates that picture anew. */
  async #refresh(problem: Problem, optimizer: Optimizer, index: number): Promise<void> {
    if (!(await problem.refresh(optimizer.current.point, index)) || this.#levelEvaluations === 0) return;
    optimizer.objectiveChanged();
    this.#refreshedAtStep = optimizer.steps;
  }

  /** Why the optimiser can go no further; one that still has held targets to recompute tries those first. */
  async #convergence(problem: Problem, optimizer: Optimizer): Promise<string | undefined> {
    if (optimizer.finished === undefined) return undefined;
    if (problem.refreshes && optimizer.steps > this.#refreshedAtStep) {
      await this.#refresh(problem, optimizer, 0);
      return undefined;
    }
    return `converged: ${optimizer.finished}`;
  }

  async #snapshotIfDue(problem: Problem, optimizer: Optimizer): Promise<void> {
    if (!this.#config.snapshots.includes(this.#evaluations)) return;
    const image = this.#shown(problem, optimizer);
    await this.#timed('output', () => this.#hooks.snapshot(this.#evaluations, image));
  }

  #report(allowed: number, seconds: number, total: number): void {
    const { evaluations } = this.#config.budget;
    const remaining = Math.max(0, evaluations - this.#evaluations);
    const perEvaluation = seconds / this.#evaluations;
    const limit = this.#config.budget.seconds;
    const eta = allowed === 0 ? 0 : perEvaluation * remaining;
    this.#hooks.progress({
      phase: 'evaluate',
      evaluation: this.#evaluations,
      evaluations,
      total,
      etaSeconds: limit === undefined ? eta : Math.min(eta, Math.max(0, limit - seconds)),
    });
  }

  async #timed(phase: 'output', work: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    await work();
    this.#clock[phase] += (performance.now() - begun) / 1000;
  }

  /** Everything to go on from: in the middle of a level, or, with an ending, after the last. */
  #state({
    problem,
    optimizer,
    ending,
  }: {
    problem?: Problem;
    optimizer?: Optimizer;
    ending?: Ending;
  }): Record<string, StateValue> {
    const picture = this.#picture;
    return {
      level: this.#level,
      levelEvaluations: this.#levelEvaluations,
      evaluations: this.#evaluations,
      stepsOfEarlierLevels: this.#stepsOfEarlierLevels,
      seconds:
        this.#firstEvaluationAt === undefined ? 0 : (performance.now() - this.#firstEvaluationAt) / 1000,
      totals: Float32Array.from(this.#totals),
      watch: this.#watch.state(),
      refreshedAtStep: this.#refreshedAtStep,
      weightFactors: this.#weightFactors ?? null,
      clock: { ...this.#clock },
      evaluationSeconds: Float32Array.from(this.#evaluationSeconds),
      lastRecord: this.#lastRecord === undefined ? null : JSON.stringify(this.#lastRecord),
      picture:
        picture === undefined ? null : { width: picture.width, height: picture.height, data: picture.data },
      total: (performance.now() - this.#begunAt) / 1000,
      threads: this.#engine.identity.threads,
      ending: ending === undefined ? null : { ...ending },
      held: Object.fromEntries(
        Object.entries(problem?.held() ?? {}).map(([name, { shape, dtype, data }]) => [
          name,
          // int32 positions and counts are exact in float32 up to 2²⁴, far above any feature map's.
          { shape: [...shape], dtype, data: Float32Array.from(data) },
        ]),
      ),
      optimizer: optimizer?.state() ?? null,
    };
  }

  /** Takes up a checkpoint; returns what the level's problem and optimiser need of it. */
  #restore(): { held: StateValue; optimizer: StateValue; ending: Ending | undefined } | undefined {
    const state = this.#hooks.restored as RestoredState | undefined;
    if (state === undefined) return undefined;
    this.#level = state.level;
    this.#levelEvaluations = state.levelEvaluations;
    this.#evaluations = state.evaluations;
    this.#stepsOfEarlierLevels = state.stepsOfEarlierLevels;
    this.#secondsBefore = state.seconds;
    this.#begunAt -= (state.total ?? 0) * 1000;
    this.#totals = [...state.totals];
    this.#watch = new DivergenceWatch(state.watch);
    this.#refreshedAtStep = state.refreshedAtStep;
    this.#weightFactors = state.weightFactors ?? undefined;
    Object.assign(this.#clock, state.clock);
    this.#evaluationSeconds.push(...state.evaluationSeconds);
    this.#lastRecord = state.lastRecord === null ? undefined : JSON.parse(state.lastRecord);
    this.#picture = state.picture ?? undefined;
    const held = Object.fromEntries(
      Object.entries(state.held).map(([name, value]) => [
        name,
        value.dtype === 'int32' ? { ...value, data: Int32Array.from(value.data) } : value,
      ]),
    );
    const { threads } = this.#engine.identity;
    if (state.threads !== undefined && state.threads !== threads) {
      this.#hooks.log?.(
        `goes on with ${threads} threads where it was left with ${state.threads}: the last digits of its numbers may differ from those of a trial that was never interrupted`,
      );
    }
    return {
      held: held as unknown as StateValue,
      optimizer: state.optimizer,
      ending: state.ending ?? undefined,
    };
  }
}

interface RestoredState {
  level: number;
  levelEvaluations: number;
  evaluations: number;
  stepsOfEarlierLevels: number;
  seconds: number;
  totals: Float32Array;
  watch: { first: number | null; above: number };
  refreshedAtStep: number;
  weightFactors: Record<string, number> | null;
  clock: Record<string, number>;
  evaluationSeconds: Float32Array;
  lastRecord: string | null;
  picture: RgbImage | null;
  held: Record<string, { shape: number[]; dtype: 'float32' | 'int32'; data: Float32Array }>;
  optimizer: OptimizerState;
  /** Absent in checkpoints of before. */
  total?: number;
  threads?: number;
  ending?: Ending | null;
}

function tensorOf(image: RgbImage): TensorValue {
  return { shape: [1, image.height, image.width, 3], dtype: 'float32', data: image.data };
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
