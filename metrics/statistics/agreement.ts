/** Do raters agree? */

export type AlphaMetric = 'nominal' | 'ordinal' | 'interval' | 'ratio';

/**
 * Krippendorff's α = 1 − D_observed/D_expected (Krippendorff 2011), any number of raters, missing values allowed.
 *
 * @param ratings - one row per rater, one column per unit; undefined where not rated
 * @returns 1 for perfect agreement, 0 for chance; NaN when no unit was rated twice or all values are the same
 */
export function krippendorffAlpha(
  ratings: readonly (readonly (number | undefined)[])[],
  metric: AlphaMetric,
): number {
  const columns = ratings[0]?.length ?? 0;
  const units: number[][] = [];
  for (let unit = 0; unit < columns; unit++) {
    const values = ratings.map((row) => row[unit]).filter((value) => value !== undefined);
    if (values.length >= 2) units.push(values);
  }
  const categories = [...new Set(units.flat())].sort((a, b) => a - b);
  const totals = new Map<number, number>(categories.map((category) => [category, 0]));
  for (const value of units.flat()) totals.set(value, totals.get(value)! + 1);
  const n = units.flat().length;
  const distance = (a: number, b: number): number => {
    if (a === b) return 0;
    if (metric === 'nominal') return 1;
    if (metric === 'interval') return (a - b) ** 2;
    if (metric === 'ratio') return ((a - b) / (a + b)) ** 2;
    const [low, high] = a < b ? [a, b] : [b, a];
    let between = 0;
    for (const category of categories) {
      if (category >= low && category <= high) between += totals.get(category)!;
    }
    return (between - (totals.get(low)! + totals.get(high)!) / 2) ** 2;
  };
  let observed = 0;
  for (const values of units) {
    let sum = 0;
    for (const a of values) for (const b of values) sum += distance(a, b);
    observed += sum / (values.length - 1);
  }
  let expected = 0;
  for (const a of categories) {
    for (const b of categories) expected += totals.get(a)! * totals.get(b)! * distance(a, b);
  }
  return 1 - observed / n / (expected / (n * (n - 1)));
}

/**
 * Fleiss' κ (1971) from counts: one row per unit, one column per category, every row summing to the same number of
 * raters.
 */
export function fleissKappa(counts: readonly (readonly number[])[]): number {
  const raters = counts[0]!.reduce((sum, value) => sum + value, 0);
  const units = counts.length;
  const shares = counts[0]!.map((_, j) => counts.reduce((sum, row) => sum + row[j]!, 0) / (units * raters));
  const agreement =
    counts.reduce(
      (sum, row) =>
        sum + (row.reduce((squares, value) => squares + value * value, 0) - raters) / (raters * (raters - 1)),
      0,
    ) / units;
  const chance = shares.reduce((sum, share) => sum + share * share, 0);
  return (agreement - chance) / (1 - chance);
}

/**
 * Intraclass correlations of single ratings (Shrout & Fleiss 1979) of a full table, one row per target, one column
 * per rater: (1,1) raters differ by target, (2,1) raters a random sample, (3,1) these raters only.
 */
export function intraclassCorrelation(table: readonly (readonly number[])[]): {
  readonly oneWay: number;
  readonly twoWayRandom: number;
  readonly twoWayMixed: number;
} {
  const n = table.length;
  const k = table[0]!.length;
  const grand = table.flat().reduce((sum, value) => sum + value, 0) / (n * k);
  const rowMeans = table.map((row) => row.reduce((sum, value) => sum + value, 0) / k);
  const columnMeans = table[0]!.map((_, j) => table.reduce((sum, row) => sum + row[j]!, 0) / n);
  const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + (value - grand) ** 2, 0);
  const rows = k * squares(rowMeans);
  const columns = n * squares(columnMeans);
  const total = squares(table.flat());
  const betweenTargets = rows / (n - 1);
  const withinTargets = (total - rows) / (n * (k - 1));
  const betweenRaters = columns / (k - 1);
  const residual = (total - rows - columns) / ((n - 1) * (k - 1));
  return {
    oneWay: (betweenTargets - withinTargets) / (betweenTargets + (k - 1) * withinTargets),
    twoWayRandom:
      (betweenTargets - residual) /
      (betweenTargets + (k - 1) * residual + (k * (betweenRaters - residual)) / n),
    twoWayMixed: (betweenTargets - residual) / (betweenTargets + (k - 1) * residual),
  };
}

/**
 * Cohen's κ = (p_o − p_e)/(1 − p_e) of answers given twice (Cohen, A coefficient of agreement for nominal scales, 1960),
 * with the large-sample standard error of Fleiss, Cohen & Everitt (1969).
 *
 * @param pairs - the first and the second answer to the same question; at least one
 * @returns κ at most 1; NaN where all answers are one, which leaves nothing to agree beyond chance
 */
export function cohenKappa(pairs: readonly (readonly [string, string])[]): {
  readonly kappa: number;
  readonly error: number;
} {
  const n = pairs.length;
  if (n === 0) throw new RangeError('agreement needs at least one pair of answers');
  const share = (of: (pair: readonly [string, string]) => boolean) => pairs.filter(of).length / n;
  const categories = [...new Set(pairs.flat())];
  const first = new Map(categories.map((name) => [name, share(([a]) => a === name)]));
  const second = new Map(categories.map((name) => [name, share(([, b]) => b === name)]));
  const observed = share(([a, b]) => a === b);
  const chance = categories.reduce((sum, name) => sum + first.get(name)! * second.get(name)!, 0);
  const kappa = (observed - chance) / (1 - chance);
  let variance = -((kappa - chance * (1 - kappa)) ** 2);
  for (const a of categories) {
    for (const b of categories) {
      const p = share((pair) => pair[0] === a && pair[1] === b);
      // The margins of the other rater: p_{+a} + p_{b+}.
      const margins = second.get(a)! + first.get(b)!;
      variance += a === b ? p * (1 - margins * (1 - kappa)) ** 2 : p * (1 - kappa) ** 2 * margins ** 2;
    }
  }
  return { kappa, error: Math.sqrt(Math.max(0, variance) / n) / (1 - chance) };
}
