/** When a training ends: its budget, and the signs that it has gone wrong. */
import type { TrainingBudget } from '../experiment/training.ts';
import type { ParameterLayout } from './parameters.ts';
import type { StepEvaluation } from './problem.ts';

/** Steps over which the total is averaged: single ones are of other pictures each. */
export const averagedSteps = 20;

/**
 * Why a training ends here, or undefined.
 * @param totals - of all steps so far
 * @param seconds - since the first step began
 */
export function stopReason(
  { steps, seconds: most, plateau, target }: TrainingBudget,
  totals: readonly number[],
  seconds: number,
): string | undefined {
  const done = totals.length;
  if (target !== undefined && done >= averagedSteps && meanOf(totals.slice(-averagedSteps)) <= target) {
    return 'target';
  }
  if (most !== undefined && seconds >= most) return 'seconds';
  if (done >= steps) return 'budget';
  // Asked at the ends of its windows only, or chance would find a plateau among many.
  if (plateau !== undefined && done >= 2 * plateau.steps && done % plateau.steps === 0) {
    const now = meanOf(totals.slice(-plateau.steps));
    const before = meanOf(totals.slice(-2 * plateau.steps, -plateau.steps));
    if (before - now <= plateau.relative * Math.abs(before)) return 'plateau';
  }
  return undefined;
}

/** How far above the first steps' mean a total may rise, and for how many steps in a row, before it has diverged. */
const divergence = { factor: 1e3, steps: 10 };

/**
 * Why a training has gone wrong at a step, naming what is to blame, or undefined.
 * @param totals - of all steps before
 */
export function whatIsWrong(
  step: number,
  { total, terms, gradient }: StepEvaluation,
  layout: ParameterLayout,
  totals: readonly number[],
): string | undefined {
  const broken = Object.entries(terms).find(([, value]) => !Number.isFinite(value));
  if (broken !== undefined) return `term "${broken[0]}" became ${broken[1]} at step ${step}`;
  if (!Number.isFinite(total)) return `the total became ${total} at step ${step}`;
  for (const { name, begin, end } of layout.places) {
    let sum = 0;
    for (let i = begin; i < end; i++) sum += gradient[i]!;
    if (Number.isFinite(sum)) continue;
    return `the gradient of ${largestTerm(terms)} with respect to the parameter "${name}" is no finite number at step ${step}`;
  }
  if (totals.length < divergence.steps) return undefined;
  const first = meanOf(totals.slice(0, divergence.steps));
  const late = [...totals.slice(1 - divergence.steps), total];
  if (!late.every((value) => value > divergence.factor * Math.abs(first))) return undefined;
  return `the total has stayed above ${divergence.factor} times its first mean for ${divergence.steps} steps, at step ${step}; its largest term is ${largestTerm(terms)}`;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function largestTerm(terms: Readonly<Record<string, number>>): string {
  const entries = Object.entries(terms).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  return entries.length === 0 ? 'the objective' : `term "${entries[0]![0]}"`;
}
