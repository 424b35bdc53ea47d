/** Weights that change while a picture is optimised: a factor on a loss's weight over the course of the trial. */
import { z } from 'zod';

/** The factor's course, resolved: every default filled in. */
export interface Schedule {
  /** Shares of the evaluations, ascending in [0,1], each with the factor that holds there; constant outside. */
  readonly points: readonly (readonly [share: number, factor: number])[];
  /** What the shares are of: all evaluations of the trial, or those of each level. */
  readonly over: 'trial' | 'level';
  /** `linear` between the points; `steps`: each factor holds from its point to the next. */
  readonly shape: 'linear' | 'steps';
  /**
   * Into how many constant stages a linear course is cut, the first at share 0 and the last at share 1: an optimiser
   * that learns from differences of gradients must not have the function change at every evaluation, since each change
   * costs it one and ends its line search. `auto`: 10, or fewer where they would be shorter than `leastStage`.
   */
  readonly stages: number | 'auto';
}

/** Evaluations that a stage lasts at least, unless their number is given: a change, and a few steps. */
const leastStage = 5;

const pointsOption = z
  .array(z.tuple([z.number().min(0).max(1), z.number().nonnegative()]))
  .min(1)
  .refine((points) => points.every(([share], i) => i === 0 || share > points[i - 1]![0]), {
    error: 'shares go from 0 to 1: each must be larger than the one before',
  });

/** A schedule as people write it: its points alone, or an object with any of the other options. */
export const scheduleOption = z
  .union([
    pointsOption,
    z.strictObject({
      points: pointsOption.describe('Pairs of a share of the evaluations, 0 to 1, and the factor there.'),
      over: z
        .enum(['trial', 'level'])
        .optional()
        .describe("What shares are of: the trial's evaluations (default), or each level's."),
      shape: z
        .enum(['linear', 'steps'])
        .optional()
        .describe('`linear` (default) between the points, or `steps`: each factor until the next point.'),
      stages: z
        .int()
        .min(2)
        .max(1000)
        .optional()
        .describe(
          'Constant stages that a linear course is cut into. Default: 10, of at least 5 evaluations each.',
        ),
    }),
  ])
  .describe(
    'Factor on the weight over the evaluations: points such as [[0, 1], [0.5, 2], [1, 0.2]]. Default: none.',
  );

/** Fills in the defaults: over the trial, linear, in as many stages as are good for it. */
export function resolveSchedule(written: z.infer<typeof scheduleOption>): Schedule {
  const {
    points,
    over = 'trial',
    shape = 'linear',
    stages = 'auto',
  } = Array.isArray(written) ? { points: written } : written;
  // Steps change where their points say: stages mean nothing there, and must not tell equal schedules apart.
  return { points, over, shape, stages: shape === 'linear' ? stages : points.length };
}

/**
 * The factor at one of `evaluations` evaluations.
 * @param index - 0-based
 */
export function factorAt({ points, shape, stages }: Schedule, index: number, evaluations: number): number {
  if (shape === 'steps') {
    const share = index / evaluations;
    return (points.findLast(([from]) => from <= share) ?? points[0]!)[1];
  }
  const wanted = stages === 'auto' ? Math.max(2, Math.min(10, Math.floor(evaluations / leastStage))) : stages;
  const pieces = Math.min(wanted, evaluations);
  const stage = Math.min(pieces - 1, Math.floor((index * pieces) / evaluations));
  return along(points, pieces === 1 ? 0 : stage / (pieces - 1));
}

function along(points: Schedule['points'], share: number): number {
  const next = points.findIndex(([at]) => at >= share);
  if (next === -1) return points.at(-1)![1];
  const [to, after] = points[next]!;
  if (next === 0 || to === share) return after;
  const [from, before] = points[next - 1]!;
  return before + ((share - from) / (to - from)) * (after - before);
}
