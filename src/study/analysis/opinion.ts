/** Mean opinion scores, and how far raters agree. */
import { intraclassCorrelation, krippendorffAlpha } from '../../../metrics/statistics/agreement.ts';
import { studentQuantile } from '../../../metrics/statistics/distributions.ts';
import { meanInterval } from '../../../metrics/statistics/effects.ts';
import { friedman } from '../../../metrics/statistics/friedman.ts';
import type { Comparison, Rating } from './tables.ts';

export interface OpinionScore {
  /** A method's name, or `content` for the unmodified photograph. */
  readonly method: string;
  /** 5 excellent … 1 bad; the mean over raters of each rater's own mean. */
  readonly mean: number;
  /** The interval over raters, within the grades; NaN with fewer than two. */
  readonly low: number;
  readonly high: number;
  /** Half the width of the t interval over raters, which may reach beyond the grades; NaN with fewer than two. */
  readonly half: number;
  readonly raters: number;
  readonly ratings: number;
  /** Minus that of the hidden reference, rater by rater, with its interval. */
  readonly difference?: MeanOpinion;
}

export interface MeanOpinion {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly half: number;
}

/** Mean opinion scores with intervals over raters, methods in order, the unmodified content last. */
export function opinionScores(
  ratings: readonly Rating[],
  methods: readonly string[],
  reference: number,
  level = 0.95,
): OpinionScore[] {
  const meansOf = (method: number): Map<number, number> => {
    const sums = new Map<number, [number, number]>();
    for (const { rater, method: rated, score } of ratings) {
      if (rated !== method) continue;
      const [sum, count] = sums.get(rater) ?? [0, 0];
      sums.set(rater, [sum + score, count + 1]);
    }
    return new Map([...sums].map(([rater, [sum, count]]) => [rater, sum / count]));
  };
  const referenceMeans = meansOf(reference);
  return [...methods.map((_, i) => i), -1].flatMap((method) => {
    const means = meansOf(method);
    if (means.size === 0) return [];
    const differences = [...means].flatMap(([rater, mean]) => {
      const other = referenceMeans.get(rater);
      return other === undefined ? [] : [mean - other];
    });
    return [
      {
        method: method === -1 ? 'content' : methods[method]!,
        ...opinionInterval([...means.values()], [1, 5], level),
        raters: means.size,
        ratings: ratings.filter((rating) => rating.method === method).length,
        ...(method !== reference &&
          differences.length > 0 && {
            difference: opinionInterval(differences, [-4, 4], level),
          }),
      },
    ];
  });
}

/** The deviation of what is rounded to whole grades: a grade stands for all that is nearest to it. */
export const gradeDeviation = Math.sqrt(1 / 12);

/**
 * The mean of grades, or of their differences, with an interval that stays within their range: Student's on the logit of
 * the mean's place in the range. Raters who all give one grade are taken to deviate as grades do by rounding, and a mean
 * at an end of the range to be half a rater's grade away from it.
 *
 * @param values - of each rater, within the range; at least one
 * @returns NaN bounds of a single rater, who shows nothing of others
 */
export function opinionInterval(
  values: readonly number[],
  [least, most]: readonly [number, number],
  level = 0.95,
): MeanOpinion {
  const n = values.length;
  if (n < 2) return { mean: values[0]!, low: Number.NaN, high: Number.NaN, half: Number.NaN };
  const { mean, half } = meanInterval(values, level);
  const rounding = (studentQuantile((1 + level) / 2, n - 1) * gradeDeviation) / Math.sqrt(n);
  const range = most - least;
  const edge = 0.5 / (n + 1);
  const place = Math.min(1 - edge, Math.max(edge, (mean - least) / range));
  const logit = Math.log(place / (1 - place));
  const reach = Math.max(half, rounding) / range / (place * (1 - place));
  const bound = (at: number) => least + range / (1 + Math.exp(-at));
  return {
    mean,
    low: Math.min(mean, bound(logit - reach)),
    high: Math.max(mean, bound(logit + reach)),
    half,
  };
}

export interface RatingAgreement {
  /** Krippendorff's α of the ratings, ordinal. */
  readonly alpha: number;
  /** ICC(2,1) of single ratings, the mean over pairs that at least two raters rated in full. */
  readonly icc: number;
  readonly pairs: number;
}

/** Agreement of the 5-point ratings; NaN where there is too little. */
export function ratingAgreement(ratings: readonly Rating[], raters: number): RatingAgreement {
  const units = [...new Set(ratings.map(({ pair, method }) => `${pair} ${method}`))];
  const rows = Array.from({ length: raters }, () => new Array<number | undefined>(units.length));
  for (const { rater, pair, method, score } of ratings)
    rows[rater]![units.indexOf(`${pair} ${method}`)] = score;
  const correlations: number[] = [];
  for (const pair of new Set(ratings.map((rating) => rating.pair))) {
    const columns = units.flatMap((unit, i) => (unit.startsWith(`${pair} `) ? [i] : []));
    const complete = rows.filter((row) => columns.every((column) => row[column] !== undefined));
    if (complete.length < 2 || columns.length < 2) continue;
    const { twoWayRandom } = intraclassCorrelation(
      columns.map((column) => complete.map((row) => row[column]!)),
    );
    if (Number.isFinite(twoWayRandom)) correlations.push(twoWayRandom);
  }
  return {
    alpha: units.length === 0 ? Number.NaN : krippendorffAlpha(rows, 'ordinal'),
    icc: correlations.reduce((sum, value) => sum + value, 0) / correlations.length,
    pairs: correlations.length,
  };
}

export interface ChoiceAgreement {
  /** Krippendorff's α of who was chosen, over comparisons that several raters saw; nominal. */
  readonly alpha: number;
  /** Kendall's W of the raters' orders of the methods, and the raters it is of. */
  readonly concordance: number;
  readonly raters: number;
}

/** Agreement of the comparisons of one question. */
export function choiceAgreement(
  comparisons: readonly Comparison[],
  methods: number,
  raters: number,
): ChoiceAgreement {
  const keyOf = ({ pair, left, right }: Comparison) =>
    `${pair} ${Math.min(left, right)} ${Math.max(left, right)}`;
  const units = new Map([...new Set(comparisons.map(keyOf))].map((key, i) => [key, i]));
  const rows = Array.from({ length: raters }, () => new Array<number | undefined>(units.size));
  const won = Array.from({ length: raters }, () => new Float64Array(methods));
  const seen = Array.from({ length: raters }, () => new Float64Array(methods));
  for (const comparison of comparisons) {
    const { rater, left, right, choice } = comparison;
    const lowChosen = (choice === 'left') === left < right;
    rows[rater]![units.get(keyOf(comparison))!] = choice === 'tie' ? 2 : lowChosen ? 0 : 1;
    seen[rater]![left]!++;
    seen[rater]![right]!++;
    if (choice === 'tie') {
      won[rater]![left]! += 0.5;
      won[rater]![right]! += 0.5;
    } else won[rater]![choice === 'left' ? left : right]!++;
  }
  const orders = won
    .map((wins, rater) => [...wins].map((value, method) => value / seen[rater]![method]!))
    .filter((shares) => shares.every(Number.isFinite));
  return {
    alpha: krippendorffAlpha(rows, 'nominal'),
    concordance: orders.length >= 2 && methods >= 2 ? friedman(orders).W : Number.NaN,
    raters: orders.length,
  };
}
