/** Orders in which every item follows every other equally often (Williams, Aust. J. Sci. Res. A 2, 1949). */

/**
 * Rows of a Williams design on n items: each item once in each row and equally often in each position, and each
 * ordered pair of neighbours equally often. For even n the n rows of one square, for odd n the 2n rows of the square
 * and its mirror.
 *
 * The first row runs 0, 1, n−1, 2, n−2, …: its steps are all different, so that adding 1 to every item (mod n) makes
 * the other rows.
 *
 * @param n - at least 1
 */
export function williamsRows(n: number): number[][] {
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`a Williams design wants at least 1 item, got ${n}`);
  if (n === 1) return [[0]];
  const first = [0];
  for (let low = 1, high = n - 1; first.length < n; low++, high--) {
    first.push(low);
    if (first.length < n) first.push(high);
  }
  const square = first.map((_, shift) => first.map((item) => (item + shift) % n));
  return n % 2 === 0 ? square : [...square, ...square.map((row) => [...row].reverse())];
}
