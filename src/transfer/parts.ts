/** How a trial's evaluations divide into encoder and losses: timed on a few of each level, for all of them. */
import type { EngineIdentity } from '../engines/engine.ts';
import { messageOf } from '../errors.ts';
import type { EvaluationParts } from '../experiment/result.ts';
import type { Problem, ProblemProfile } from './problem.ts';

/** Evaluations of a level that are timed operation by operation, after its first. */
const timedEvaluations = 5;

/** What a trial keeps of it from level to level; all in seconds. */
export interface PartsMemory {
  /** The clock's `evaluate` when the level began. */
  before: number;
  /** Timed so far. */
  evaluations: number;
  total: number;
  encoder: number;
  readonly losses: Record<string, number>;
  /** Why a level could not be timed. */
  problem?: string;
}

export function noParts(): PartsMemory {
  return { before: 0, evaluations: 0, total: 0, encoder: 0, losses: {} };
}

/** Watches one level. */
export class PartsWatch {
  readonly #problem: Problem;
  #evaluations = 0;
  #profile: ProblemProfile | undefined;
  #failure: string | undefined;

  constructor(problem: Problem) {
    this.#problem = problem;
  }

  /** A picture is worth more than knowing where its seconds went: what goes wrong here is only noted. */
  async #ask(): Promise<void> {
    try {
      this.#profile = await this.#problem.profile();
    } catch (error) {
      this.#failure = messageOf(error);
    }
  }

  /** To be called after each evaluation. */
  async evaluated(): Promise<void> {
    this.#evaluations++;
    if (this.#evaluations === 1 + timedEvaluations) await this.#ask();
  }

  /**
   * Adds the level to the memory, at its end.
   * @param evaluate - the clock's `evaluate` now: what was timed stands for all of the level
   */
  async finish(memory: PartsMemory, evaluate: number): Promise<void> {
    if (this.#evaluations > 1 && this.#evaluations <= timedEvaluations) {
      await this.#ask();
    }
    const profile = this.#profile;
    const seconds = evaluate - memory.before;
    memory.before = evaluate;
    if (this.#failure !== undefined) memory.problem = this.#failure;
    if (profile === undefined || !(profile.total > 0)) return;
    const scale = seconds / profile.total;
    memory.evaluations += profile.evaluations;
    memory.total += seconds;
    memory.encoder += scale * profile.encoder;
    for (const [name, own] of Object.entries(profile.losses)) {
      memory.losses[name] = (memory.losses[name] ?? 0) + scale * own;
    }
  }
}

/** What the result says of it: shares, or why there are none. */
export function evaluationParts(
  memory: PartsMemory,
  { engine, provider }: EngineIdentity,
): EvaluationParts | { refused: string } {
  const { total, evaluations } = memory;
  if (engine !== 'onnx' || provider !== 'cpu') {
    return {
      refused: `Not measured: ${engine} on ${provider} does not tell the time of single operations; onnx on cpu does.`,
    };
  }
  if (!(total > 0)) {
    const because = memory.problem ?? 'no picture size had an evaluation after its first';
    return { refused: `Not measured: ${because}.` };
  }
  const encoder = memory.encoder / total;
  const losses = Object.fromEntries(
    Object.entries(memory.losses).map(([name, seconds]) => [name, seconds / total]),
  );
  const claimed = Object.values(losses).reduce((sum, share) => sum + share, encoder);
  return {
    encoder,
    losses,
    rest: Math.max(0, 1 - claimed),
    evaluations,
    how: `onnxruntime’s times of single operations, each the median of ${timedEvaluations} evaluations after the first of each picture size`,
  };
}
