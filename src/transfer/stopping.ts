/** When a trial ends: its budget, and the signs that it has gone wrong. */
import type { Budget } from '../experiment/trial.ts';

/**
 * What a rule may look at after an evaluation; `totals` is the best total after each evaluation of this level since
 * the function last changed by a schedule.
 */
export interface StoppingInput {
  readonly levelEvaluations: number;
  readonly seconds: number;
  readonly totals: readonly number[];
  /** Whether weights are still to change on this level: what is a low total now is none then. */
  readonly changesAhead?: boolean;
}

/**
 * The evaluations each level may use. An explicit `perLevel` wins; else the budget is shared evenly, the last
 * (largest) level taking what division leaves over.
 */
export function evaluationsPerLevel(budget: Budget, levels: number): number[] {
  if (budget.perLevel !== undefined) return [...budget.perLevel];
  const share = Math.floor(budget.evaluations / levels);
  return Array.from({ length: levels }, (_, level) =>
    level === levels - 1 ? budget.evaluations - share * (levels - 1) : share,
  );
}

/**
 * Why the level ends here, or undefined. `seconds` ends the trial; the others end the level. `target` and `plateau`
 * wait for the last change of weights.
 *
 * @param allowed - evaluations this level may use
 */
export function stopReason(budget: Budget, allowed: number, input: StoppingInput): string | undefined {
  const { totals } = input;
  const best = totals.at(-1);
  const { changesAhead = false } = input;
  if (!changesAhead && budget.target !== undefined && best !== undefined && best <= budget.target)
    return 'target';
  if (budget.seconds !== undefined && input.seconds >= budget.seconds) return 'seconds';
  if (input.levelEvaluations >= allowed) return 'budget';
  const { plateau } = budget;
  if (!changesAhead && plateau !== undefined && best !== undefined && totals.length > plateau.evaluations) {
    const before = totals[totals.length - 1 - plateau.evaluations]!;
    if (before - best <= plateau.relative * Math.abs(before)) return 'plateau';
  }
  return undefined;
}

/** How far above its first value a total may rise, and for how many evaluations in a row, before it has diverged. */
const divergence = { factor: 1e3, evaluations: 10 };

/** Recognises a trial that has gone wrong: a value that is no number, or a total that stays absurdly high. */
export class DivergenceWatch {
  #first: number | undefined;
  #above = 0;

  /** @param state - `state()` of an earlier watch, to go on from a checkpoint */
  constructor(state?: { first: number | null; above: number }) {
    this.#first = state?.first ?? undefined;
    this.#above = state?.above ?? 0;
  }

  /**
   * @returns why the trial must stop, naming the term to blame, or undefined
   */
  check(
    evaluation: number,
    total: number,
    terms: Readonly<Record<string, number>>,
    gradient: Float32Array,
  ): string | undefined {
    const broken = Object.entries(terms).find(([, value]) => !Number.isFinite(value));
    if (broken !== undefined) return `term "${broken[0]}" became ${broken[1]} at evaluation ${evaluation}`;
    if (!Number.isFinite(total)) return `the total became ${total} at evaluation ${evaluation}`;
    if (!Number.isFinite(sumOf(gradient))) {
      return `the gradient of ${largestTerm(terms)} is no finite number at evaluation ${evaluation}`;
    }
    this.#first ??= total;
    this.#above = total > divergence.factor * Math.abs(this.#first) ? this.#above + 1 : 0;
    if (this.#above < divergence.evaluations) return undefined;
    const rise = (total / this.#first).toExponential(1);
    return `the total has stayed above ${divergence.factor} times its first value (now ${rise} times) for ${divergence.evaluations} evaluations, at evaluation ${evaluation}; its largest term is ${largestTerm(terms)}`;
  }

  state(): { first: number | null; above: number } {
    return { first: this.#first ?? null, above: this.#above };
  }
}

function sumOf(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

function largestTerm(terms: Readonly<Record<string, number>>): string {
  const entries = Object.entries(terms).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  return entries.length === 0 ? 'the objective' : `term "${entries[0]![0]}"`;
}
