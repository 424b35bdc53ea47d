/** What an optimiser is: a resumable minimiser of a function of a Float32Array that asks for evaluations. */
import type { State } from '../platform/state.ts';

/** A value and gradient at a point. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float32Array;
}

/** What an optimiser has to keep of itself to go on later. */
export type OptimizerState = State;

export interface OptimizerOptions {
  /** `unit-box`: every asked point lies in [0,1]ⁿ, by projection. */
  readonly bounds: 'unit-box' | 'none';
  /** What `state()` gave: go on from there, bit for bit, instead of from the start. */
  readonly state?: OptimizerState;
}

/**
 * Ask-and-tell: the caller evaluates `ask()`'s point and `tell`s the result, one evaluation at a time, so that it
 * can count, trace, refresh, checkpoint or stop between any two evaluations.
 */
export interface Optimizer {
  readonly name: string;
  /** The point whose value and gradient are wanted next; do not change it. */
  ask(): Float32Array;
  /**
   * The evaluation at the asked point; the gradient is copied where it is kept. A value or gradient that is not
   * finite shortens the step and the search goes on: whether that is a divergence is for the caller to decide.
   */
  tell(evaluation: Evaluation): void;
  /**
   * The function has changed (held targets were recomputed): values from before no longer compare, so the current
   * point is evaluated anew before the next step. What was learnt of the curvature is kept. Also takes back
   * `finished`: there may be descent again.
   */
  objectiveChanged(): void;
  /**
   * The best point so far that a step accepted (what the trial shows and ends with), and its value; the start and
   * Infinity before the first evaluation. The array is reused: copy it to keep it.
   */
  readonly current: { readonly point: Float32Array; readonly value: number };
  /** Completed steps (accepted points). */
  readonly steps: number;
  /** Evaluations told so far. */
  readonly evaluations: number;
  /** Why it cannot go on (converged, no descent possible), or undefined. */
  readonly finished: string | undefined;
  /** Everything needed to go on bit for bit. */
  state(): OptimizerState;
}
