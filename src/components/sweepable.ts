/** Values in whose place a sweep may stand. How sweeps are written and expanded: `experiment/sweep.ts`. */

/** A seeded random distribution. */
export type Distribution<T = unknown> =
  | {
      readonly $distribution: 'uniform' | 'logUniform';
      readonly low: number;
      readonly high: number;
      readonly integer: boolean;
      /** Applied to every drawn number: set where a short form is written out (a drawn size becomes a list). */
      readonly through?: (value: unknown) => unknown;
    }
  | { readonly $distribution: 'choice'; readonly values: readonly T[] };

/** A sweep in the place of a value of type T. */
export type ValueSweep<T = unknown> =
  | {
      readonly $sweep: 'values';
      readonly values: readonly Sweepable<T>[];
      readonly names?: readonly string[];
    }
  | { readonly $sweep: 'paired'; readonly group: string; readonly values: readonly Sweepable<T>[] }
  | {
      readonly $sweep: 'drawn';
      readonly distribution: Distribution<T>;
      readonly count: number;
      readonly seed: number;
    };

/** A T in which any part may be swept. */
export type Sweepable<T> =
  | ValueSweep<T>
  | (T extends (...args: never[]) => unknown
      ? T
      : T extends readonly (infer Item)[]
        ? readonly Sweepable<Item>[]
        : T extends object
          ? { readonly [Key in keyof T]: Sweepable<T[Key]> }
          : T);
