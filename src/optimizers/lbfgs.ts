/**
 * L-BFGS (Liu & Nocedal 1989) with a strong-Wolfe line search, within the box [0,1]ⁿ when asked: two-metric
 * projection (Bertsekas 1982), the search running along the projected path P(x + t·d).
 *
 * It is made for objectives that misbehave. A search that finds no strong-Wolfe step takes the lowest point it
 * saw; when it saw none lower, the point is evaluated anew (the function may have changed beneath it, as patch
 * matches do), the pairs are forgotten and steepest descent tries. An evaluation that is not a number shortens the
 * step; whether a trial has diverged is for the caller to say, who sees every value.
 */
import { z } from 'zod';
import { defineOptimizer } from './define.ts';
import { advance, type LineSearch, startLineSearch } from './line-search.ts';
import type { Evaluation, Optimizer, OptimizerOptions, OptimizerState } from './optimizer.ts';
import { createPairHistory, vectorsOf } from './pair-history.ts';
import { checkState } from './restore.ts';
import { createVectors, projectOntoBox, type Sums } from './vectors.ts';

/** Entries this near a bound, with the gradient pushing outward, are held: 1/400 of an 8-bit level. */
const boundTolerance = 1e-5;
/** Searches in a row that may fail before it gives up on a function that keeps changing. */
const maximumFailures = 5;
/** RMS change of the first step per entry; at least length 1 for small problems, as is customary. */
const firstStepRms = 0.01;

/** History 10 lies within the 3 to 20 that Liu & Nocedal recommend. */
export const lbfgs = defineOptimizer({
  name: 'lbfgs',
  description: 'L-BFGS (Liu & Nocedal 1989) with a strong-Wolfe line search, within the box.',
  settings: {
    /** Curvature pairs kept. */
    history: z.int().min(1).max(100).default(10),
  },
  create: ({ history }, start, options) => createLbfgs(history, start, options),
});

/**
 * @param start - the first point, [n]; copied, and projected when bounded
 * @param history - curvature pairs kept, at least 1
 * @throws NeckarError when the state to go on from is of another optimiser, length or history
 */
export function createLbfgs(history: number, start: Float32Array, options: OptimizerOptions): Optimizer {
  const n = start.length;
  const bounded = options.bounds === 'unit-box';
  const stored = options.state;
  if (stored !== undefined) checkState(stored, { name: 'lbfgs', n, bounds: options.bounds, history });

  // Beside the pairs: x, gradient, direction, trial, its gradient, the best one's, and the mask of free entries.
  const vectors = createVectors(n, vectorsOf(history) + 7);
  const x = vectors.allocate();
  x.set(stored === undefined ? start : (stored.point as Float32Array));
  if (bounded && stored === undefined) projectOntoBox(x);
  const gradient = vectors.allocate();
  const direction = vectors.allocate();
  const trial = vectors.allocate();
  trial.set(x);
  const trialGradient = vectors.allocate();
  const bestGradient = vectors.allocate();
  const free = vectors.allocate();
  const pairs = createPairHistory(history, vectors, stored?.history as OptimizerState | undefined);

  let value = Number.POSITIVE_INFINITY;
  // Undefined while the evaluation at x itself is wanted: at the start, and after a search that failed.
  let search: LineSearch | undefined;
  // The evaluation at x is wanted because the function has changed, not because a search failed.
  let changed = false;
  const sums: Sums = { promised: 0, slope: 0, squared: 0 };
  let failures = 0;
  let steps = 0;
  let evaluations = 0;
  let finished: string | undefined;

  if (stored !== undefined) {
    gradient.set(stored.gradient as Float32Array);
    direction.set(stored.direction as Float32Array);
    bestGradient.set(stored.bestGradient as Float32Array);
    ({ value, failures, steps, evaluations } = stored as {
      value: number;
      failures: number;
      steps: number;
      evaluations: number;
    });
    finished = (stored.finished as string | null) ?? undefined;
    changed = stored.changed as boolean;
    search = structuredClone(stored.search as LineSearch | null) ?? undefined;
    if (search !== undefined) propose(search.t);
  }

  function propose(t: number): void {
    vectors.stepInto(trial, x, t, direction, gradient, bounded, sums);
  }

  /** A new search from x, whose value and gradient are known. */
  function begin(): void {
    vectors.markFree(free, x, gradient, bounded, boundTolerance);
    let first = proposeFirst();
    if (!(sums.slope < 0) && pairs.size > 0) {
      pairs.clear();
      first = proposeFirst();
    }
    if (sums.slope < 0) search = startLineSearch(first, value, sums.slope);
    else {
      trial.set(x);
      finished = 'converged: the gradient within the bounds is zero';
    }
  }

  /** The direction and its first step: 1 for a quasi-Newton direction, else by the gradient's length. */
  function proposeFirst(): number {
    pairs.descend(direction, gradient, free);
    const first =
      pairs.size > 0
        ? 1
        : Math.max(1, firstStepRms * Math.sqrt(n)) / Math.sqrt(vectors.dot(direction, direction));
    propose(first);
    return first;
  }

  function accept(at: Float32Array, atGradient: Float32Array, atValue: number): void {
    pairs.push(at, x, atGradient, gradient);
    x.set(at);
    gradient.set(atGradient);
    value = atValue;
    steps += 1;
    failures = 0;
    begin();
  }

  /** Nothing lower was found: evaluate x again, unless that has been tried and has changed nothing. */
  function fail(): void {
    failures += 1;
    if (failures >= maximumFailures) {
      finished = `no descent possible: ${failures} line searches in a row found no lower value`;
    }
    search = undefined;
    trial.set(x);
  }

  function tellAtPoint(told: Evaluation, usable: boolean): void {
    if (!usable) {
      finished = 'the value or the gradient at the point to go on from is not a number';
      return;
    }
    // Same value as before a search that already was steepest descent: the function stands still, there is no more to try.
    if (!changed && failures > 0 && pairs.size === 0 && told.value === value) {
      finished = 'no descent possible: steepest descent found no lower value';
      return;
    }
    if (!changed) pairs.clear();
    changed = false;
    value = told.value;
    gradient.set(told.gradient);
    begin();
  }

  return {
    name: 'lbfgs',
    ask: () => trial,
    tell(told) {
      if (finished !== undefined) return;
      evaluations += 1;
      trialGradient.set(told.gradient);
      vectors.slopeAlong(trialGradient, direction, trial, bounded, sums);
      const usable = Number.isFinite(told.value) && Number.isFinite(sums.squared);
      if (search === undefined) {
        tellAtPoint(told, usable);
        return;
      }
      const { t } = search;
      const value = usable ? told.value : Number.POSITIVE_INFINITY;
      const verdict = advance(search, value, sums.slope, sums.promised);
      if (verdict === 'accept') {
        accept(trial, trialGradient, told.value);
        return;
      }
      if (search.best.t === t) bestGradient.set(trialGradient);
      if (verdict === 'ask') {
        propose(search.t);
      } else if (verdict === 'best') {
        propose(search.best.t);
        accept(trial, bestGradient, search.best.value);
      } else {
        fail();
      }
    },
    objectiveChanged() {
      changed = true;
      search = undefined;
      failures = 0;
      finished = undefined;
      trial.set(x);
    },
    current: {
      point: x,
      get value() {
        return value;
      },
    },
    get steps() {
      return steps;
    },
    get evaluations() {
      return evaluations;
    },
    get finished() {
      return finished;
    },
    state: () => ({
      name: 'lbfgs',
      n,
      bounds: options.bounds,
      capacity: history,
      point: x.slice(),
      gradient: gradient.slice(),
      direction: direction.slice(),
      bestGradient: bestGradient.slice(),
      value,
      failures,
      steps,
      evaluations,
      finished: finished ?? null,
      changed,
      search: search === undefined ? null : structuredClone(search),
      history: pairs.state(),
    }),
  };
}
