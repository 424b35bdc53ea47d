/**
 * What Adam and gradient descent share: every evaluation is a step, a step that cannot be evaluated is halved, and
 * the lowest point is remembered.
 */
import type { Optimizer, OptimizerOptions, OptimizerState } from './optimizer.ts';
import { checkState } from './restore.ts';
import { dot, halveTowards, projectOntoBox } from './vectors.ts';

/** How a method moves: its vectors and numbers, and the step itself. */
export interface Rule {
  /** Its own vectors by name, [n] each: stored and restored with the state. */
  readonly vectors: Readonly<Record<string, Float32Array>>;
  /** Its own numbers by name, likewise. */
  readonly numbers: Record<string, number>;
  /** Moves x in place by the gradient there. */
  step(x: Float32Array, gradient: Float32Array): void;
}

/** A step halved this often without a number at its end is given up. */
const maximumHalvings = 30;

/**
 * @param start - the first point, [n]; copied, and projected when bounded
 * @throws NeckarError when the state to go on from is of another optimiser, length or bounds
 */
export function createFirstOrder(
  name: string,
  rule: Rule,
  start: Float32Array,
  options: OptimizerOptions,
): Optimizer {
  const n = start.length;
  const bounded = options.bounds === 'unit-box';
  const x = Float32Array.from(start);
  if (bounded) projectOntoBox(x);
  // The last point that could be evaluated: where a step that leads to NaN is drawn back to.
  const before = Float32Array.from(x);
  const best = Float32Array.from(x);
  let bestValue = Number.POSITIVE_INFINITY;
  let steps = 0;
  let evaluations = 0;
  let halvings = 0;
  let finished: string | undefined;

  const stored = options.state;
  if (stored !== undefined) {
    checkState(stored, { name, n, bounds: options.bounds });
    x.set(stored.point as Float32Array);
    before.set(stored.before as Float32Array);
    best.set(stored.best as Float32Array);
    bestValue = stored.bestValue as number;
    steps = stored.steps as number;
    evaluations = stored.evaluations as number;
    halvings = stored.halvings as number;
    finished = (stored.finished as string | null) ?? undefined;
    const vectors = stored.vectors as OptimizerState;
    for (const [key, vector] of Object.entries(rule.vectors)) vector.set(vectors[key] as Float32Array);
    Object.assign(rule.numbers, stored.numbers);
  }

  return {
    name,
    ask: () => x,
    tell({ value, gradient }) {
      if (finished !== undefined) return;
      evaluations += 1;
      if (!Number.isFinite(value) || !Number.isFinite(dot(gradient, gradient))) {
        halvings += 1;
        if (evaluations === halvings) {
          finished = 'the value or the gradient at the starting point is not a number';
        } else if (halvings > maximumHalvings) {
          finished = `no step possible: halved ${maximumHalvings} times and still not a number`;
        }
        halveTowards(x, before);
        return;
      }
      halvings = 0;
      if (evaluations > 1) steps += 1;
      if (value < bestValue) {
        bestValue = value;
        best.set(x);
      }
      before.set(x);
      rule.step(x, gradient);
      if (bounded) projectOntoBox(x);
    },
    objectiveChanged() {
      // Every evaluation is a step from wherever it stands; only the lowest value so far has lost its meaning.
      bestValue = Number.POSITIVE_INFINITY;
      finished = undefined;
    },
    current: {
      point: best,
      get value() {
        return bestValue;
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
      name,
      n,
      bounds: options.bounds,
      point: x.slice(),
      before: before.slice(),
      best: best.slice(),
      bestValue,
      steps,
      evaluations,
      halvings,
      finished: finished ?? null,
      numbers: { ...rule.numbers },
      vectors: Object.fromEntries(Object.entries(rule.vectors).map(([key, vector]) => [key, vector.slice()])),
    }),
  };
}
