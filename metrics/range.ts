/** Which values a quantity can have, and the scale on which an interval never leaves them. */

/** The least and the greatest value that a quantity can have; infinite where there is none. */
export type Range = readonly [least: number, most: number];

/** Shares, probabilities, similarities that end at 1. */
export const unitRange: Range = [0, 1];
/** Distances, times, memory. */
export const nonNegative: Range = [0, Number.POSITIVE_INFINITY];
/** Correlations, and indices made of them. */
export const signedUnit: Range = [-1, 1];
/** Any number. */
export const unbounded: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** The range of differences between two values of a range: bounded where both its ends are. */
export function differenceRange([least, most]: Range): Range {
  const width = most - least;
  return Number.isFinite(width) ? [-width, width] : unbounded;
}

/**
 * A value with the rounding of single precision taken off at the ends of its range; undefined when it lies further outside,
 * where no right computation ends.
 */
export function withinRange(value: number, [least, most]: Range): number | undefined {
  const nearest = Math.min(most, Math.max(least, value));
  return Math.abs(value - nearest) <= singlePrecision ? nearest : undefined;
}

/** What sums over a picture in single precision may be off. */
const singlePrecision = 1e-4;

/** A strictly increasing map of a range's inside onto all numbers. */
export interface Scale {
  /** Of a value strictly inside the range. */
  to(value: number): number;
  /** Its inverse; never outside the range. */
  from(position: number): number;
  /** The derivative of `to`. */
  slope(value: number): number;
}

/**
 * The scale of a range: the logit between two ends, the logarithm of the distance from one end, the values themselves
 * where there is none. An interval made there and brought back keeps inside the range.
 */
export function scaleFor([least, most]: Range): Scale {
  const width = most - least;
  if (Number.isFinite(width)) {
    return {
      to: (value) => Math.log((value - least) / (most - value)),
      from: (position) => {
        // Written for either sign, so that nothing overflows.
        const share =
          position < 0 ? Math.exp(position) / (1 + Math.exp(position)) : 1 / (1 + Math.exp(-position));
        return Math.min(most, Math.max(least, least + width * share));
      },
      slope: (value) => width / ((value - least) * (most - value)),
    };
  }
  if (Number.isFinite(least)) {
    return {
      to: (value) => Math.log(value - least),
      from: (position) => least + Math.exp(position),
      slope: (value) => 1 / (value - least),
    };
  }
  if (Number.isFinite(most)) {
    return {
      to: (value) => -Math.log(most - value),
      from: (position) => most - Math.exp(-position),
      slope: (value) => 1 / (most - value),
    };
  }
  return { to: (value) => value, from: (position) => position, slope: () => 1 };
}
