/** The sliding Gaussian window of the structural similarity, made fast. */

/** 11 taps, σ = 1.5 pixels, sum 1 (Wang et al. 2004). */
const window11: Float64Array = (() => {
  const taps = Float64Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)));
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
})();

/**
 * Calls `row` with the window means of several planes, one row of results after another ('valid': only windows that
 * lie wholly inside).
 *
 * @param lines - fills `line` (`planes`·`width` values, plane after plane) with the source row y
 * @param row - receives `planes`·(`width`−10) means, plane after plane, and the result's row
 */
export function slideWindow(
  size: { readonly width: number; readonly height: number; readonly planes: number },
  lines: (y: number, line: Float64Array) => void,
  row: (means: Float64Array, y: number) => void,
): void {
  const { width, height, planes } = size;
  const [w0, w1, w2, w3, w4, w5] = window11 as unknown as [number, number, number, number, number, number];
  const inner = width - 10;
  const length = planes * inner;
  const line = new Float64Array(planes * width);
  // The last eleven horizontally filtered rows, so that nothing larger than a cache is ever kept.
  const ring = new Float64Array(11 * length);
  const means = new Float64Array(length);
  for (let y = 0; y < height; y++) {
    lines(y, line);
    const at = (y % 11) * length;
    for (let plane = 0; plane < planes; plane++) {
      const from = plane * width;
      const to = at + plane * inner;
      for (let x = 0; x < inner; x++) {
        const s = from + x;
        ring[to + x] =
          w0 * (line[s]! + line[s + 10]!) +
          w1 * (line[s + 1]! + line[s + 9]!) +
          w2 * (line[s + 2]! + line[s + 8]!) +
          w3 * (line[s + 3]! + line[s + 7]!) +
          w4 * (line[s + 4]! + line[s + 6]!) +
          w5 * line[s + 5]!;
      }
    }
    if (y < 10) continue;
    const [a, b, c, d, e, f, g, h, i, j, k] = Array.from(
      { length: 11 },
      (_, tap) => ((y - 10 + tap) % 11) * length,
    ) as [number, number, number, number, number, number, number, number, number, number, number];
    for (let x = 0; x < length; x++) {
      means[x] =
        w0 * (ring[a + x]! + ring[k + x]!) +
        w1 * (ring[b + x]! + ring[j + x]!) +
        w2 * (ring[c + x]! + ring[i + x]!) +
        w3 * (ring[d + x]! + ring[h + x]!) +
        w4 * (ring[e + x]! + ring[g + x]!) +
        w5 * ring[f + x]!;
    }
    row(means, y - 10);
  }
}
