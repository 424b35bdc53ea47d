/**
 * Sweeps as data. A sweep in the place of a value (`seed: grid([1, 2])`) makes that value an axis; a sweep of paths
 * (`sweep: zip({ 'optimizer.learningRate': [...], 'budget.evaluations': [...] })`) moves several values at once.
 * All axes of an experiment are crossed. Nothing is expanded here: see `expand.ts`.
 *
 * Sweeps are plain objects marked by the key `$sweep`, not instances of a class, so that an experiment file may
 * load them from another copy of the package.
 */
import type { Sweepable, ValueSweep } from '../components/sweepable.ts';
import { NeckarError } from '../errors.ts';
import type { Distribution } from './distributions.ts';
import { refuseTooMany } from './limit.ts';

export type { Sweepable, ValueSweep };

/** A sweep of dotted paths, for an experiment's `sweep`. */
export type PathSweep =
  | { readonly $sweep: 'grid' | 'zip'; readonly axes: Readonly<Record<string, Axis>> }
  | { readonly $sweep: 'cross'; readonly parts: readonly CaseSweep[] }
  | {
      readonly $sweep: 'sample';
      readonly distributions: Readonly<Record<string, Distribution>>;
      readonly count: number;
      readonly seed: number;
    };

/** The values of one path: a list, or a sweep of values. */
export type Axis = readonly unknown[] | ValueSweep;
/** Values by path, each possibly swept itself; or a further sweep of paths. */
export type PathCase = Readonly<Record<string, unknown>> | PathSweep;
/** What an experiment's `sweep` may be: a sweep of paths, or a `list` of cases. */
export type CaseSweep = PathSweep | ValueSweep<PathCase>;

/**
 * Every value in turn (`size: grid([256, 512])`), or every combination of the values of several paths
 * (`sweep: grid({ size: [256, 512], seed: range(0, 3) })`).
 */
export function grid<const T>(values: readonly T[]): ValueSweep<Unswept<T>>;
export function grid(axes: Readonly<Record<string, Axis>>): PathSweep;
export function grid(given: readonly unknown[] | Readonly<Record<string, Axis>>): ValueSweep | PathSweep {
  if (Array.isArray(given)) return { $sweep: 'values', values: given };
  return { $sweep: 'grid', axes: given as Record<string, Axis> };
}

/**
 * Values that advance together. Of paths: `sweep: zip({ size: [128, 256], 'budget.evaluations': [300, 150] })`;
 * in place, all values zipped under one group name: `size: zip('scale', [128, 256]), budget: zip('scale', [300, 150])`.
 * Lists of different lengths are refused when the experiment is planned.
 */
export function zip(axes: Readonly<Record<string, Axis>>): PathSweep;
export function zip<const T>(group: string, values: readonly T[]): ValueSweep<Unswept<T>>;
export function zip(
  given: string | Readonly<Record<string, Axis>>,
  values?: readonly unknown[],
): ValueSweep | PathSweep {
  if (typeof given === 'string') return { $sweep: 'paired', group: given, values: values ?? [] };
  return { $sweep: 'zip', axes: given };
}

/**
 * Explicit cases, one after the other. In place: values, optionally named for labels and reports
 * (`optimizer: list({ slow: { name: 'adam', learningRate: 0.005 }, fast: { name: 'adam', learningRate: 0.05 } })`);
 * in `sweep`: records of path -> value, or further sweeps of paths, whose cases follow each other.
 */
export function list<const T>(values: readonly T[]): ValueSweep<Unswept<T>>;
export function list<const T>(named: Readonly<Record<string, T>>): ValueSweep<Unswept<T>>;
export function list(given: readonly unknown[] | Readonly<Record<string, unknown>>): ValueSweep {
  if (Array.isArray(given)) return { $sweep: 'values', values: given };
  return { $sweep: 'values', values: Object.values(given), names: Object.keys(given) };
}

/** Every combination of the cases of several sweeps of paths; what a bare array in `sweep` means. */
export function cross(...parts: CaseSweep[]): PathSweep {
  return { $sweep: 'cross', parts };
}

/**
 * `count` seeded random draws. In place, of one value: `sample(uniform(0, 1), 20, 7)`; in `sweep`, of several paths
 * jointly: `sample({ 'optimizer.learningRate': logUniform(1e-3, 1e-1), seed: choice([1, 2, 3]) }, 50, 7)`.
 * Each path has a stream of its own, decided by the seed and the path: adding a path leaves the others' draws as
 * they were, and raising `count` keeps the draws made so far.
 */
export function sample<T>(distribution: Distribution<T>, count: number, seed: number): ValueSweep<T>;
export function sample(
  distributions: Readonly<Record<string, Distribution>>,
  count: number,
  seed: number,
): PathSweep;
export function sample(
  given: Distribution | Readonly<Record<string, Distribution>>,
  count: number,
  seed: number,
): ValueSweep | PathSweep {
  if ('$distribution' in given) {
    return { $sweep: 'drawn', distribution: given as Distribution, count, seed };
  }
  return { $sweep: 'sample', distributions: given as Record<string, Distribution>, count, seed };
}

/**
 * The numbers `start`, `start + step`, … before `stop` (exclusive, as in Python and Hydra); `step` is 1 or -1 when
 * left out. Sums are rounded to 12 significant digits, so that `range(0, 0.4, 0.1)` holds 0.3 and ends there.
 * @throws NeckarError for a step of zero or one that leads away from `stop`, and for more values than an experiment has
 *   trials
 */
export function range(start: number, stop: number, step = stop < start ? -1 : 1): ValueSweep<number> {
  const steps = (stop - start) / step;
  if (![start, stop, step].every(Number.isFinite) || step === 0 || steps < 0) {
    throw new NeckarError(
      `range(${start}, ${stop}, ${step}) never reaches its end: give a finite step other than 0 that leads from the first number towards the second`,
    );
  }
  const count = Math.ceil(steps - 1e-9);
  refuseTooMany(count, `range(${start}, ${stop}, ${step})`);
  const values = Array.from({ length: count }, (_, i) => Number((start + i * step).toPrecision(12)));
  return { $sweep: 'values', values };
}

/** Whether something is a sweep of either kind. */
export function isSweep(thing: unknown): thing is ValueSweep | PathSweep {
  return typeof thing === 'object' && thing !== null && '$sweep' in thing;
}

/** Whether something is a sweep in the place of a value. */
export function isValueSweep(thing: unknown): thing is ValueSweep {
  return isSweep(thing) && ['values', 'paired', 'drawn'].includes(thing.$sweep);
}

/** The type of the values of a list that may itself hold sweeps. */
type Unswept<T> = T extends ValueSweep<infer Inner> ? Inner : T;
