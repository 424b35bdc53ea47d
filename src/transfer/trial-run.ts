/** The optimisation of one trial: level by level, evaluation by evaluation, resumable between any two. */
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
import type { ColorMode, TraceRecord, TrialConfig } from '../experiment/trial.ts';
import { clampImage, type RgbImage } from '../images/image.ts';
import { resizeImage, resizeLongestSide } from '../images/resize.ts';
import { transformImage } from '../images/transform.ts';
import type { Optimizer, StateValue } from '../optimizers/optimizer.ts';
import { createOptimizer } from '../optimizers/registry.ts';
import { encodedColors, shownColors, startColors } from './colors.ts';
import { initialImage } from './initial.ts';
import { type Level, levelsOf } from './levels.ts';
import { peakMemory } from './memory.ts';
import { evaluationParts, PartsWatch } from './parts.ts';
import { assembleProblem, type Problem, type ProblemInput } from './problem.ts';
import { regionPairs } from './regions.ts';
import { DivergenceWatch, stopReason } from './stopping.ts';
import type { TrialHooks, TrialOutcome } from './trial.ts';
import { type TrialImages, tensorOf } from './trial-images.ts';
import {
  checkpointOf,
  type Ending,
  freshMemory,
  type Resumed,
  resume,
  TrialInterrupted,
  type TrialMemory,
} from './trial-state.ts';
import { differ, type WeightCourse, weightCourse } from './weight-course.ts';

/** Seconds between checkpoints: what a crash can cost at most. */
const checkpointInterval = 10;

/** Content and style at a level's size, as they are and as they are encoded; of several styles `style` is the first. */
interface Sources {
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly encoded: {
    readonly content: RgbImage;
    readonly style: RgbImage;
    /** All of them, `style` first. */
    readonly styles: readonly RgbImage[];
  };
}

/** One trial at work, from its images to its outcome. */
export class TrialRun {
  readonly #config: TrialConfig;
  readonly #hooks: TrialHooks;
  readonly #images: TrialImages;
  readonly #encoder: Encoder;
  readonly #engine: Engine;
  readonly #levels: readonly Level[];

  /** What a checkpoint keeps of the trial. */
  #memory: TrialMemory = freshMemory();
  /** Seconds of earlier attempts that a checkpoint carried over. */
  #secondsBefore = 0;
  /** When the trial would have begun, had it never been interrupted. */
  #begunAt = 0;
  #firstEvaluationAt: number | undefined;
  #lastCheckpoint = performance.now();

  constructor(config: TrialConfig, hooks: TrialHooks, images: TrialImages, encoder: Encoder, engine: Engine) {
    this.#config = config;
    this.#hooks = hooks;
    this.#images = images;
    this.#encoder = encoder;
    this.#engine = engine;
    this.#levels = levelsOf(config);
  }

  get #level(): Level {
    return this.#levels[this.#memory.level]!;
  }

  async finish(begun: number, signal: AbortSignal | undefined): Promise<TrialOutcome> {
    const config = this.#config;
    this.#memory.clock.prepare += (performance.now() - begun) / 1000;
    this.#begunAt = begun;
    let restored = this.#restore();
    const ended = restored?.ending;
    let ending = ended;
    let sources = this.#sources(ending === undefined ? this.#memory.level : this.#memory.level - 1);
    for (; ending === undefined; this.#memory.level++) {
      sources = this.#sources(this.#memory.level);
      const start = this.#startOfLevel(sources);
      const { problem, course } = await this.#prepare(sources, start);
      try {
        if (restored !== undefined) problem.restore(restored.held);
        const optimizer = createOptimizer(this.#level.optimizer, start.data, {
          bounds: config.clamp === 'step' ? 'unit-box' : 'none',
          state: restored?.optimizer,
        });
        restored = undefined;
        const parts = new PartsWatch(problem);
        const reason = await this.#optimize(problem, optimizer, { course, sources, parts }, signal);
        await this.#timed('output', () => parts.finish(this.#memory.parts, this.#memory.clock.evaluate));
        this.#memory.picture = clampImage({ ...start, data: Float32Array.from(optimizer.current.point) });
        this.#memory.stepsOfEarlierLevels += optimizer.steps;
        const last = this.#memory.level === config.sizes.length - 1;
        if (reason.state !== undefined) ending = { state: reason.state, reason: reason.text };
        else if (last || reason.text === 'seconds') ending = { state: 'complete', reason: reason.text };
      } finally {
        this.#memory.clock.refresh += problem.seconds.refresh;
        await problem.dispose();
      }
      this.#memory.levelEvaluations = 0;
      this.#memory.totals = [];
      this.#memory.refreshedAtStep = 0;
      this.#memory.factors = undefined;
      this.#memory.ahead = 0;
      this.#memory.watch = new DivergenceWatch();
    }
    const final = ending;
    if (ended === undefined) {
      // What comes after may fail, and must not cost what has been computed.
      await this.#timed('output', () => this.#hooks.checkpoint(this.#state({ ending: final })));
    }
    const { content, style } = sources;
    const picture = this.#shown(this.#fitted(this.#memory.picture!, content), content);
    const record = this.#memory.lastRecord;
    return {
      ...final,
      picture,
      content,
      style,
      timing: {
        total: (performance.now() - this.#begunAt) / 1000,
        ...this.#memory.clock,
        parts: evaluationParts(this.#memory.parts, this.#engine.identity),
        perEvaluation: median(this.#memory.evaluationSeconds),
        peakMemory: peakMemory(),
      },
      cost: { evaluations: this.#memory.evaluations, steps: this.#memory.stepsOfEarlierLevels },
      final: {
        total: record?.total ?? Number.NaN,
        terms: Object.fromEntries(
          Object.entries(record?.terms ?? {}).map(([name, { value, weighted }]) => [
            name,
            { value, weighted },
          ]),
        ),
      },
      weightFactors: this.#memory.weightFactors,
      identity: this.#engine.identity,
      inputs: { ...this.#images.hashes, encoder: this.#encoder.hash },
      engine: this.#engine,
      encoder: this.#encoder,
    };
  }

  #sources(level: number): Sources {
    const { size, styleScale } = this.#levels[level]!;
    const content = resizeLongestSide(this.#images.content, size);
    const [style, ...further] = [this.#images.style, ...this.#images.furtherStyles].map((image) =>
      resizeLongestSide(image, Math.round(size * styleScale)),
    ) as [RgbImage, ...RgbImage[]];
    const encoded = encodedColors(this.#color, content, style);
    const others = further.map((image) => encodedColors(this.#color, content, image).style);
    return { content, style, encoded: { ...encoded, styles: [encoded.style, ...others] } };
  }

  get #color(): ColorMode {
    return this.#config.color ?? 'free';
  }

  /** The picture a level starts from: the initial image, or the result of the level before, enlarged. */
  #startOfLevel({ content, encoded }: Sources): RgbImage {
    if (this.#memory.picture !== undefined) return this.#fitted(this.#memory.picture, content);
    const images = { ...encoded, file: this.#images.file };
    return startColors(this.#color, initialImage(this.#config.initialization, images, this.#config.seed));
  }

  #fitted(picture: RgbImage, content: RgbImage): RgbImage {
    if (picture.width === content.width && picture.height === content.height) return picture;
    return clampImage(resizeImage(picture, content.width, content.height));
  }

  async #prepare(
    { encoded: { content, style, styles } }: Sources,
    start: RgbImage,
  ): Promise<{ problem: Problem; course: WeightCourse }> {
    const evaluations = this.#config.budget.evaluations;
    this.#hooks.progress({ phase: 'compile', evaluation: this.#memory.evaluations, evaluations });
    const begun = performance.now();
    const assembled = await assembleProblem({
      engine: this.#engine,
      encoder: this.#encoder,
      losses: this.#config.losses,
      weights: this.#level.weights,
      content: tensorOf(content),
      style: tensorOf(style),
      transformStyle: (transform) => tensorOf(transformImage(style, transform)),
      ...this.#styleInputs(content, styles),
      tiling: this.#config.tiling ?? 'auto',
      note: (sentence) => this.#hooks.log?.(`at ${content.width}×${content.height}, ${sentence}`),
    });
    const known = this.#memory.weightFactors;
    if (
      this.#config.weighting === 'gradient-norm' &&
      assembled.terms.some(({ name }) => known?.[name] === undefined)
    ) {
      const norms = await assembled.gradientNorms(tensorOf(start));
      const factors = Object.entries(norms).map(([name, norm]): [string, number] => [
        name,
        norm > 0 && Number.isFinite(norm) ? 1 / norm : 1,
      ]);
      // A term that takes no part at earlier levels has its factor from where it first does.
      this.#memory.weightFactors = { ...Object.fromEntries(factors), ...known };
    }
    const problem = await assembled.compile(this.#memory.weightFactors, true);
    const seconds = (performance.now() - begun) / 1000;
    this.#memory.clock.compile += problem.seconds.compile;
    this.#memory.clock.prepare += seconds - problem.seconds.compile;
    const { before, evaluations: allowed } = this.#level;
    return { problem, course: weightCourse(assembled.terms, { before, allowed, total: evaluations }) };
  }

  /** What the losses are told of the styles, where there are several or regions guide them. */
  #styleInputs(content: RgbImage, styles: readonly RgbImage[]): Pick<ProblemInput, 'styles'> {
    const { regions, styles: blended, sizes } = this.#config;
    if (regions === undefined && blended === undefined) return {};
    // The edges are as soft, relative to the picture, at every size.
    const deviation = ((regions?.soften ?? 0) * Math.max(content.width, content.height)) / sizes.at(-1)!;
    return {
      styles: styles.map((style, index) => ({
        image: tensorOf(style),
        weight: blended?.[index]?.weight ?? 1,
        transform: (transform) => tensorOf(transformImage(style, transform)),
        ...(this.#images.regions && {
          regions: regionPairs(this.#images.regions, index, {
            size: [content.height, content.width],
            styleSize: [style.height, style.width],
            deviation,
          }),
        }),
      })),
    };
  }

  /** Evaluates until the level's end; everything a checkpoint needs is consistent between two evaluations. */
  async #optimize(
    problem: Problem,
    optimizer: Optimizer,
    { course, sources, parts }: { course: WeightCourse; sources: Sources; parts: PartsWatch },
    signal: AbortSignal | undefined,
  ): Promise<{ text: string; state?: 'diverged' | 'pruned' }> {
    const { budget } = this.#config;
    const allowed = this.#level.evaluations;
    this.#firstEvaluationAt ??= performance.now() - this.#secondsBefore * 1000;
    let first = true;
    for (;;) {
      const due = performance.now() - this.#lastCheckpoint > checkpointInterval * 1000;
      if (signal?.aborted || due) {
        await this.#timed('output', () => this.#hooks.checkpoint(this.#state({ problem, optimizer })));
        this.#lastCheckpoint = performance.now();
        if (signal?.aborted) {
          throw new TrialInterrupted(
            `interrupted at evaluation ${this.#memory.evaluations}`,
            this.#memory.evaluations === 0 ? undefined : this.#finalPicture(optimizer, sources.content),
          );
        }
      }
      this.#weigh(problem, optimizer, course);
      await this.#refresh(problem, optimizer, this.#memory.levelEvaluations);
      const asked = performance.now();
      const point = optimizer.ask();
      const begun = performance.now();
      const evaluation = await problem.evaluate(point);
      const ended = performance.now();
      const spent = (ended - begun) / 1000;
      this.#memory.evaluations++;
      this.#memory.levelEvaluations++;
      this.#memory.clock[first ? 'warmup' : 'evaluate'] += spent;
      if (!first) this.#memory.evaluationSeconds.push(spent);
      first = false;
      await this.#timed('output', () => parts.evaluated());

      const wrong = this.#memory.watch.check(
        this.#memory.evaluations,
        evaluation.total,
        evaluation.terms,
        evaluation.gradient,
      );
      const told = performance.now();
      if (wrong === undefined) optimizer.tell({ value: evaluation.total, gradient: evaluation.gradient });
      this.#memory.clock.optimizer += (begun - asked + performance.now() - told) / 1000;

      const seconds = (ended - this.#firstEvaluationAt) / 1000;
      const record: TraceRecord = {
        evaluation: this.#memory.evaluations,
        step: optimizer.steps,
        level: this.#memory.level,
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
      this.#memory.lastRecord = record;
      this.#memory.totals.push(
        Math.min(evaluation.total, this.#memory.totals.at(-1) ?? Number.POSITIVE_INFINITY),
      );
      this.#report(allowed, seconds, evaluation.total);
      await this.#snapshotIfDue(optimizer, sources);

      const reason =
        stopReason(budget, allowed, {
          levelEvaluations: this.#memory.levelEvaluations,
          seconds,
          totals: this.#memory.totals,
          changesAhead: this.#nextChange(course) !== undefined,
        }) ?? (await this.#convergence(problem, optimizer, course));
      if (reason !== undefined) return { text: reason };
      const pruned = await this.#pruned(optimizer, sources);
      if (pruned !== undefined) return { text: pruned, state: 'pruned' };
    }
  }

  /** Why the trial is to stop at this evaluation for others that are better, if it is a rung. */
  async #pruned(optimizer: Optimizer, sources: Sources): Promise<string | undefined> {
    const evaluation = this.#memory.evaluations;
    if (!this.#config.budget.pruning?.rungs.includes(evaluation)) return undefined;
    const begun = performance.now();
    const { content, style } = sources;
    const reason = await this.#hooks.rung?.({
      evaluation,
      total: this.#memory.totals.at(-1)!,
      picture: this.#pictureSoFar(optimizer, content),
      content,
      style,
    });
    this.#memory.clock.output += (performance.now() - begun) / 1000;
    return reason;
  }

  /** The picture so far as people see it, at its level's size. */
  #pictureSoFar(optimizer: Optimizer, content: RgbImage): RgbImage {
    const picture = clampImage({ ...content, data: Float32Array.from(optimizer.current.point) });
    return this.#shown(picture, content);
  }

  /** What the trial would end with if this evaluation were its last. */
  #finalPicture(optimizer: Optimizer, { width, height }: RgbImage): RgbImage {
    const picture = clampImage({ width, height, data: Float32Array.from(optimizer.current.point) });
    const content = resizeLongestSide(this.#images.content, this.#levels.at(-1)!.size);
    return this.#shown(this.#fitted(picture, content), content);
  }

  #shown(picture: RgbImage, content: RgbImage): RgbImage {
    return shownColors(this.#color, picture, content);
  }

  /** Gives scheduled weights what is due; where that is something else, the optimiser evaluates its point anew. */
  #weigh(problem: Problem, optimizer: Optimizer, course: WeightCourse): void {
    const memory = this.#memory;
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
  #nextChange(course: WeightCourse): number | undefined {
    return course.nextChange(this.#memory.levelEvaluations - 1 + this.#memory.ahead);
  }

  /** Recomputes what is due at the picture so far; the optimiser then evaluates that picture anew. */
  async #refresh(problem: Problem, optimizer: Optimizer, index: number): Promise<void> {
    if (!(await problem.refresh(optimizer.current.point, index)) || this.#memory.levelEvaluations === 0)
      return;
    optimizer.objectiveChanged();
    this.#memory.refreshedAtStep = optimizer.steps;
  }

  /**
   * Why the optimiser can go no further; one that still has held targets to recompute tries those first, and one
   * whose weights are still to change has them changed at once.
   */
  async #convergence(
    problem: Problem,
    optimizer: Optimizer,
    course: WeightCourse,
  ): Promise<string | undefined> {
    if (optimizer.finished === undefined) return undefined;
    if (problem.refreshes && optimizer.steps > this.#memory.refreshedAtStep) {
      await this.#refresh(problem, optimizer, 0);
      return undefined;
    }
    const change = this.#nextChange(course);
    if (change !== undefined) {
      this.#memory.ahead = change - this.#memory.levelEvaluations;
      return undefined;
    }
    return `converged: ${optimizer.finished}`;
  }

  async #snapshotIfDue(optimizer: Optimizer, { content }: Sources): Promise<void> {
    if (!this.#config.snapshots.includes(this.#memory.evaluations)) return;
    const image = this.#pictureSoFar(optimizer, content);
    await this.#timed('output', () => this.#hooks.snapshot(this.#memory.evaluations, image));
  }

  #report(allowed: number, seconds: number, total: number): void {
    const { evaluations } = this.#config.budget;
    const remaining = Math.max(0, evaluations - this.#memory.evaluations);
    const perEvaluation = seconds / this.#memory.evaluations;
    const limit = this.#config.budget.seconds;
    const eta = allowed === 0 ? 0 : perEvaluation * remaining;
    this.#hooks.progress({
      phase: 'evaluate',
      evaluation: this.#memory.evaluations,
      evaluations,
      total,
      etaSeconds: limit === undefined ? eta : Math.min(eta, Math.max(0, limit - seconds)),
    });
  }

  async #timed(phase: 'output', work: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    await work();
    this.#memory.clock[phase] += (performance.now() - begun) / 1000;
  }

  /** Everything to go on from: in the middle of a level, or, with an ending, after the last. */
  #state(at: { problem?: Problem; optimizer?: Optimizer; ending?: Ending }): Record<string, StateValue> {
    const now = performance.now();
    return checkpointOf(this.#memory, {
      seconds: this.#firstEvaluationAt === undefined ? 0 : (now - this.#firstEvaluationAt) / 1000,
      total: (now - this.#begunAt) / 1000,
      threads: this.#engine.identity.threads,
      held: at.problem?.held() ?? {},
      optimizer: at.optimizer?.state(),
      ending: at.ending,
    });
  }

  /** Takes up a checkpoint; returns what the level's problem and optimiser need of it. */
  #restore(): Resumed | undefined {
    if (this.#hooks.restored === undefined) return undefined;
    const resumed = resume(this.#hooks.restored);
    this.#memory = resumed.memory;
    this.#secondsBefore = resumed.seconds;
    this.#begunAt -= resumed.total * 1000;
    const { threads } = this.#engine.identity;
    if (resumed.threads !== undefined && resumed.threads !== threads) {
      this.#hooks.log?.(
        `goes on with ${threads} threads where it was left with ${resumed.threads}: the last digits of its numbers may differ from those of a trial that was never interrupted`,
      );
    }
    return resumed;
  }
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
