/** Which raters to trust, and how much. Tables are stimuli × raters; NaN where a rater did not rate. */

/**
 * Raters rejected by the screening of ITU-R BT.500-14, annex 1, 2.3.1: per stimulus, a score is outlying when it is
 * 2 standard deviations (√20 unless the kurtosis is between 2 and 4) from the mean; a rater is rejected when more
 * than 5 % of the scores are outlying and they lie on both sides about equally (|P − Q|/(P + Q) < 0.3).
 *
 * @param deviation - the recommendation's formula uses the sample deviation in one place and population moments in
 *   another; `population` (default) is what common implementations do
 * @returns indices of raters, ascending
 */
export function screenBt500(
  table: readonly (readonly number[])[],
  deviation: 'population' | 'sample' = 'population',
): number[] {
  const raters = table[0]?.length ?? 0;
  const above = new Array<number>(raters).fill(0);
  const below = new Array<number>(raters).fill(0);
  const rated = new Array<number>(raters).fill(0);
  for (const row of table) {
    const scores = row.filter((score) => !Number.isNaN(score));
    const n = scores.length;
    if (n < 2) continue;
    const mean = scores.reduce((sum, score) => sum + score, 0) / n;
    const second = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / n;
    const fourth = scores.reduce((sum, score) => sum + (score - mean) ** 4, 0) / n;
    if (second === 0) {
      for (let i = 0; i < raters; i++) if (!Number.isNaN(row[i]!)) rated[i]!++;
      continue;
    }
    const kurtosis = fourth / second ** 2;
    const sigma = Math.sqrt(deviation === 'sample' ? (second * n) / (n - 1) : second);
    const limit = (kurtosis >= 2 && kurtosis <= 4 ? 2 : Math.sqrt(20)) * sigma;
    for (let i = 0; i < raters; i++) {
      const score = row[i]!;
      if (Number.isNaN(score)) continue;
      rated[i]!++;
      if (score >= mean + limit) above[i]!++;
      if (score <= mean - limit) below[i]!++;
    }
  }
  const rejected: number[] = [];
  for (let i = 0; i < raters; i++) {
    const outlying = above[i]! + below[i]!;
    if (outlying / rated[i]! > 0.05 && Math.abs((above[i]! - below[i]!) / outlying) < 0.3) rejected.push(i);
  }
  return rejected;
}

export interface AlternatingProjection {
  /** Quality of each stimulus. */
  readonly scores: readonly number[];
  /** How much higher each rater scores than the consensus. */
  readonly biases: readonly number[];
  /** Standard deviation of each rater's scores about quality plus bias. */
  readonly inconsistencies: readonly number[];
  readonly iterations: number;
}

/**
 * Scores, biases and inconsistencies under u_ij = ψ_i + Δ_j + υ_j·ε by alternating projection (ITU-T P.910, Li et
 * al. 2020): biases are mean residuals, their mean held at zero; inconsistencies the population deviations of what remains, scores the means
 * weighted by 1/υ². Repeated until the scores move less than 1e-10.
 */
export function alternatingProjection(table: readonly (readonly number[])[]): AlternatingProjection {
  const raters = table[0]?.length ?? 0;
  let scores = table.map((row) => meanOf(row));
  let biases = new Array<number>(raters).fill(0);
  let inconsistencies = new Array<number>(raters).fill(1);
  let iterations = 0;
  for (; iterations < 10_000; iterations++) {
    const residualMeans = biases.map((_, j) => meanOf(table.map((row, i) => row[j]! - scores[i]!)));
    // Scores and biases are determined up to a constant; the biases' mean is held at zero.
    const shift = meanOf(residualMeans);
    biases = residualMeans.map((bias) => bias - shift);
    inconsistencies = inconsistencies.map((_, j) => {
      const residuals = table.map((row, i) => row[j]! - scores[i]! - biases[j]!);
      const center = meanOf(residuals);
      return Math.max(Math.sqrt(meanOf(residuals.map((residual) => (residual - center) ** 2))), 1e-6);
    });
    const next = table.map((row) => {
      let sum = 0;
      let weights = 0;
      for (let j = 0; j < raters; j++) {
        if (Number.isNaN(row[j]!)) continue;
        const weight = 1 / inconsistencies[j]! ** 2;
        sum += weight * (row[j]! - biases[j]!);
        weights += weight;
      }
      return sum / weights;
    });
    const moved = Math.max(...next.map((score, i) => Math.abs(score - scores[i]!)));
    scores = next;
    if (moved < 1e-10) break;
  }
  return { scores, biases, inconsistencies, iterations };
}

/** Mean of the values that are numbers. */
function meanOf(values: readonly number[]): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}
