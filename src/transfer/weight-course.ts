/** How the weights of a level's terms change from evaluation to evaluation. */
import type { LossTerm } from '../losses/loss.ts';
import { factorAt } from '../losses/schedule.ts';

/** Where a level lies in its trial, in evaluations that were planned. */
export interface LevelSpan {
  /** Those of earlier levels, of this one, and of all. */
  readonly before: number;
  readonly allowed: number;
  readonly total: number;
}

export interface WeightCourse {
  /** The factor of each term that has a schedule, at a 0-based evaluation of the level; the last one's beyond the end. */
  factorsAt(index: number): Readonly<Record<string, number>>;
  /** The first evaluation after `index` at which a factor is another one, or undefined. */
  nextChange(index: number): number | undefined;
}

/**
 * The course of a level's weights. It follows the evaluations that were planned: a level that ends early leaves the
 * next one's where it would have been.
 */
export function weightCourse(
  terms: readonly LossTerm[],
  { before, allowed, total }: LevelSpan,
): WeightCourse {
  const scheduled = terms.filter(({ schedules }) => schedules !== undefined);
  const factorsAt = (index: number): Record<string, number> => {
    const at = Math.min(index, allowed - 1);
    return Object.fromEntries(
      scheduled.map(({ name, schedules }) => [
        name,
        schedules!.reduce(
          (product, schedule) =>
            product *
            (schedule.over === 'level'
              ? factorAt(schedule, at, allowed)
              : factorAt(schedule, before + at, total)),
          1,
        ),
      ]),
    );
  };
  const changes: number[] = [];
  if (scheduled.length > 0) {
    for (let index = 1; index < allowed; index++) {
      if (differ(factorsAt(index - 1), factorsAt(index))) changes.push(index);
    }
  }
  return { factorsAt, nextChange: (index) => changes.find((change) => change > index) };
}

/** Whether any term's factor is another one. */
export function differ(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): boolean {
  return Object.keys(other).some((name) => one[name] !== other[name]);
}
