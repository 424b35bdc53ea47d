/** The steps of one training: from its first parameters, or where a checkpoint left them, to its last. */
import type { Engine } from '../engines/engine.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import type { TraceRecord } from '../experiment/trial.ts';
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts';
import { createOptimizer, type OptimizerSpec } from '../optimizers/registry.ts';
import type { TrainingIo } from '../runs/trial-io.ts';
import type { Batches } from './batches.ts';
import type { ParameterLayout } from './parameters.ts';
import type { StepProblem } from './problem.ts';
import type { Sampler } from './samples.ts';
import { checkpointOf, type Ending, remember, type TrainingMemory } from './state.ts';
import { stopReason, whatIsWrong } from './stopping.ts';

/** What a training works with. */
export interface TrainingWork {
  readonly config: TrainingConfig;
  readonly io: TrainingIo;
  readonly engine: Engine;
  readonly layout: ParameterLayout;
  readonly batches: Batches;
  readonly problem: StepProblem;
  readonly sampler: Sampler;
  readonly memory: TrainingMemory;
  /** Seconds since the training began, over all attempts. */
  readonly total: () => number;
}

/** Seconds between checkpoints at least: what a crash can cost. */
const checkpointInterval = 15;

/** Of a training's time, checkpoints take one part in so many at most. */
const checkpointShare = 30;

/**
 * Steps until the training ends.
 *
 * @param start - the first parameters; changed by nothing
 * @param restored - the optimiser's state at the checkpoint
 * @returns the parameters that are kept: the last ones, or the last by which everything was finite
 * @throws the signal's reason when that aborts, once a checkpoint is written
 */
export async function trainSteps(
  work: TrainingWork,
  start: Float32Array,
  restored: OptimizerState | undefined,
  signal: AbortSignal,
): Promise<{ readonly ending: Ending; readonly parameters: Float32Array }> {
  const { config, io, layout, batches, problem, memory } = work;
  const { steps } = config.budget;
  const before = memory.seconds;
  const begun = performance.now();
  const clock = () => before + (performance.now() - begun) / 1000;
  let optimizer = optimizerAt(config, memory.totals.length, start, restored);
  const good = Float32Array.from(optimizer.ask());
  const checkpoints = new Checkpoints(work);
  io.progress({ phase: 'evaluate', evaluation: memory.totals.length, evaluations: steps });
  for (;;) {
    const step = memory.totals.length;
    if (config.samples.includes(step)) await takeSamples(work, optimizer.ask());
    memory.seconds = clock();
    if (signal.aborted || checkpoints.due) await checkpoints.write(optimizer);
    if (signal.aborted) throw signal.reason;
    const reason = stopReason(config.budget, memory.totals, memory.seconds);
    if (reason !== undefined) {
      const parameters = Float32Array.from(optimizer.ask());
      return parameters.every(Number.isFinite)
        ? { ending: { state: 'complete', reason }, parameters }
        : {
            ending: {
              state: 'diverged',
              reason: `the parameters are no finite numbers after step ${step}`,
            },
            parameters: good,
          };
    }
    if (step > 0 && factorAt(config, step) !== factorAt(config, step - 1)) {
      optimizer = optimizerAt(config, step, start, optimizer.state());
    }
    const stepBegun = performance.now();
    const contents = await batches.contents(step);
    const parameters = optimizer.ask();
    const evaluation = await problem.evaluate(parameters, contents, step);
    const { total, terms, gradient } = evaluation;
    const seconds = clock();
    const record: TraceRecord = {
      evaluation: step + 1,
      step: step + 1,
      level: 0,
      seconds,
      total,
      gradientNorm: Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0)),
      terms: Object.fromEntries(
        problem.termsAt(step).map(({ name, weight }) => {
          const value = terms[name]!;
          return [name, { value, weighted: value * weight }];
        }),
      ),
    };
    io.trace(record);
    const wrong = whatIsWrong(step + 1, evaluation, layout, memory.totals);
    if (wrong !== undefined) return { ending: { state: 'diverged', reason: wrong }, parameters: good };
    good.set(parameters);
    optimizer.tell({ value: total, gradient });
    remember(memory, record, (performance.now() - stepBegun) / 1000);
    io.progress({
      phase: 'evaluate',
      evaluation: step + 1,
      evaluations: steps,
      total,
      etaSeconds: etaOf(config, memory, seconds),
    });
  }
}

/** Keeps the network's pictures of held-out contents, unless those after this step are kept already. */
export async function takeSamples(
  { io, memory, sampler }: Pick<TrainingWork, 'io' | 'memory' | 'sampler'>,
  parameters: Float32Array,
): Promise<void> {
  const step = memory.totals.length;
  if (memory.samples.some((sample) => sample.step === step)) return;
  const pictures = await sampler.take(parameters);
  for (const [index, picture] of pictures.entries()) {
    const name = `step-${String(step).padStart(6, '0')}-${index + 1}`;
    memory.samples.push({ step, path: await io.picture(name, picture), ...sampler.samples[index]! });
  }
}

function etaOf({ budget }: TrainingConfig, { totals }: TrainingMemory, seconds: number): number {
  const eta = (seconds / totals.length) * (budget.steps - totals.length);
  return budget.seconds === undefined ? eta : Math.min(eta, Math.max(0, budget.seconds - seconds));
}

/** The factor on the learning rate at a 0-based step. */
function factorAt({ rate = [] }: TrainingConfig, step: number): number {
  return rate.findLast(({ from }) => from <= step)?.factor ?? 1;
}

function optimizerAt(
  config: TrainingConfig,
  step: number,
  start: Float32Array,
  state: OptimizerState | undefined,
): Optimizer {
  const factor = factorAt(config, step);
  const { learningRate } = config.optimizer as { readonly learningRate?: number };
  const spec =
    factor === 1 || learningRate === undefined
      ? config.optimizer
      : ({ ...config.optimizer, learningRate: learningRate * factor } as OptimizerSpec);
  // A pixel's bounds are none of a parameter's.
  return createOptimizer(spec, start, { bounds: 'none', ...(state && { state }) });
}

/** Keeps everything to go on from. */
class Checkpoints {
  readonly #work: TrainingWork;
  #last = performance.now();
  #interval = checkpointInterval;

  constructor(work: TrainingWork) {
    this.#work = work;
  }

  get due(): boolean {
    return performance.now() - this.#last > this.#interval * 1000;
  }

  async write(optimizer: Optimizer): Promise<void> {
    const { memory, io, total } = this.#work;
    const begun = performance.now();
    memory.total = total();
    await io.checkpoint(checkpointOf(memory, { optimizer: optimizer.state() }));
    this.#last = performance.now();
    this.#interval = Math.max(checkpointInterval, (checkpointShare * (this.#last - begun)) / 1000);
  }
}
