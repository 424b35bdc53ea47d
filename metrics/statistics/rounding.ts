/** What of a difference is mere rounding: where computed numbers count as equal. */

/**
 * Numbers nearer to each other than this part of their magnitude count as equal.
 *
 * Pictures and features are computed in single precision, whose neighbours lie 1.2e-7 of their size apart: nothing that
 * is measured is finer. What computing in double precision adds is some 1e-16 for each operation, and less than 1e-12
 * for sums of thousands. The bound lies between the two, well away from both.
 */
const roundingShare = 1e-10;

/** Numbers nearer than this are equal whatever their size: their squares, and with them their spread, vanish. */
const leastDifference = 1e-150;

/**
 * Whether two numbers differ by no more than rounding.
 * @param magnitude - of the numbers they were computed from, where that is larger than their own: 1.1 − 1 and 1.2 − 1.1
 *   carry the rounding of numbers near 1
 */
export function isRoundedEqual(a: number, b: number, magnitude = 0): boolean {
  const size = Math.max(Math.abs(a), Math.abs(b), magnitude);
  return a === b || Math.abs(a - b) <= Math.max(leastDifference, roundingShare * size);
}

/** Whether values do not vary beyond rounding; no value and one value do not. `magnitude` as in `isRoundedEqual`. */
export function isConstant(values: readonly number[], magnitude = 0): boolean {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least >= most || isRoundedEqual(least, most, magnitude);
}

/** The largest magnitude among values; 0 of none. */
export function largestOf(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

/**
 * a[i] − b[i] without their rounding: 0 where the two are equal but for it, and the same magnitude for differences that
 * are. Six differences of 0.1, each with another last digit, have no spread and are tied.
 */
export function pairedDifferences(a: readonly number[], b: readonly number[]): number[] {
  const magnitudes = a.map((value, i) => Math.max(Math.abs(value), Math.abs(b[i]!)));
  const raw = a.map((value, i) => (isRoundedEqual(value, b[i]!) ? 0 : value - b[i]!));
  const order = [...raw.keys()].sort((i, j) => Math.abs(raw[i]!) - Math.abs(raw[j]!));
  const differences = [...raw];
  let first = order[0];
  for (const index of order) {
    const size = Math.abs(raw[first!]!);
    const magnitude = Math.max(magnitudes[first!]!, magnitudes[index]!);
    if (raw[first!] !== 0 && isRoundedEqual(size, Math.abs(raw[index]!), magnitude)) {
      differences[index] = Math.sign(raw[index]!) * size;
    } else first = index;
  }
  return differences;
}
