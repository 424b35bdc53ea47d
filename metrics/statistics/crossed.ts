/**
 * Numbers of a crossed design: every method on every content with every style, one picture each. Contents and styles are
 * samples of those there could be: what is said of a method is to hold for others too.
 */
import { createRandom } from '../../src/random.ts';
import { type Range, scaleFor, unbounded } from '../range.ts';
import { studentCdf, studentQuantile } from './distributions.ts';
import { isConstant } from './rounding.ts';

/** Rows are contents, columns styles; no gaps. */
export type Crossed = readonly (readonly number[])[];

/** Mean squares of a two-way layout with one value in each cell. */
interface MeanSquares {
  readonly mean: number;
  readonly rows: number;
  readonly columns: number;
  readonly rest: number;
}

/** A mean with what is known of its error over rows and columns. */
export interface CrossedMean {
  readonly estimate: number;
  /** Standard error; 0 where all values are alike. */
  readonly error: number;
  /** Satterthwaite's degrees of freedom of that. */
  readonly df: number;
}

/** An interval of a mean over contents and styles. */
export interface CrossedInterval extends CrossedMean {
  readonly low: number;
  readonly high: number;
}

/**
 * The mean of a crossed table, rows and columns both random: x_ij = μ + a_i + b_j + e_ij. Its variance is
 * σ_a²/I + σ_b²/J + σ_e²/(IJ), estimated by (MS_a + MS_b − MS_e)/(IJ), with degrees of freedom after Satterthwaite (An
 * approximate distribution of estimates of variance components, Biometrics 2, 1946); the quotient is Clark's quasi-F for
 * two methods (The language-as-fixed-effect fallacy, J. Verbal Learning and Verbal Behavior 12, 1973). Where a component
 * comes out negative it is taken for 0: the variance is never below MS_e/(IJ), nor below that of either way alone.
 *
 * @param table - at least 2 × 2
 * @throws RangeError for a smaller table, or one with gaps
 */
export function crossedMean(table: Crossed): CrossedMean {
  const [I, J] = sizeOf(table);
  const { mean, rows, columns, rest } = meanSquares(table);
  if (isConstant(table.flat())) return { estimate: mean, error: 0, df: (I - 1) * (J - 1) };
  const n = I * J;
  const dfs = [I - 1, J - 1, (I - 1) * (J - 1)] as const;
  // A negative component is none: what is left of the model has fewer terms.
  const terms: readonly (readonly [square: number, sign: number, df: number])[] =
    rows >= rest && columns >= rest
      ? [
          [rows, 1, dfs[0]],
          [columns, 1, dfs[1]],
          [rest, -1, dfs[2]],
        ]
      : rows >= rest
        ? [[rows, 1, dfs[0]]]
        : columns >= rest
          ? [[columns, 1, dfs[1]]]
          : [[rest, 1, dfs[2]]];
  const sum = terms.reduce((total, [square, sign]) => total + sign * square, 0);
  const spread = terms.reduce((total, [square, , df]) => total + square ** 2 / df, 0);
  return { estimate: mean, error: Math.sqrt(sum / n), df: Math.max(1, sum ** 2 / spread) };
}

/**
 * The interval of that mean by Student's t, on the scale of the quantity's range by the delta method.
 * @param options - `level`: coverage, default 0.95; `range`: which the interval never leaves
 */
export function crossedInterval(
  table: Crossed,
  { level = 0.95, range = unbounded }: { readonly level?: number; readonly range?: Range } = {},
): CrossedInterval {
  const { estimate, error, df } = crossedMean(table);
  if (error === 0 || !(range[0] < estimate && estimate < range[1]))
    return { estimate, error, df, low: estimate, high: estimate };
  const scale = scaleFor(range);
  const half = studentQuantile((1 + level) / 2, df) * scale.slope(estimate) * error;
  const position = scale.to(estimate);
  return {
    estimate,
    error,
    df,
    low: Math.min(estimate, scale.from(position - half)),
    high: Math.max(estimate, scale.from(position + half)),
  };
}

/**
 * Two methods over the same contents and styles: the mean of a − b, and the two-sided p value of no difference; 1 where all
 * differences are alike, as nothing is known of their spread then.
 */
export function crossedDifference(a: Crossed, b: Crossed): CrossedMean & { readonly p: number } {
  const difference = a.map((row, i) => row.map((value, j) => value - b[i]![j]!));
  const mean = crossedMean(difference);
  const { estimate, error, df } = mean;
  if (error === 0) return { ...mean, p: 1 };
  return { ...mean, p: Math.min(1, 2 * studentCdf(-Math.abs(estimate / error), df)) };
}

/** Where a method stands among others, and where it might. */
export interface RankInterval {
  /** 1 for the best; those that are equal share the mean of their ranks. */
  readonly rank: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Ranks of methods by their means with percentile intervals over resampled contents and styles, each drawn by itself with
 * replacement (A. B. Owen, The pigeonhole bootstrap, Annals of Applied Statistics 1, 2007, which is conservative: its
 * variance is at least that of the mean over both ways).
 *
 * @param tables - one for each method, all of one size
 * @param better - which means are good
 */
export function crossedRanks(
  tables: readonly Crossed[],
  better: 'higher' | 'lower',
  { level = 0.95, resamples = 1000, seed = 1 } = {},
): RankInterval[] {
  const [I, J] = sizeOf(tables[0]!);
  const random = createRandom(seed);
  const sign = better === 'higher' ? -1 : 1;
  const ranksOf = (means: readonly number[]) =>
    means.map((mean) => {
      let less = 0;
      let equal = 0;
      for (const other of means) {
        if (sign * other < sign * mean) less++;
        else if (other === mean) equal++;
      }
      return less + (equal + 1) / 2;
    });
  const own = ranksOf(tables.map((table) => meanSquares(table).mean));
  const drawn = tables.map(() => new Float64Array(resamples));
  const [rows, columns] = [new Float64Array(I), new Float64Array(J)];
  for (let r = 0; r < resamples; r++) {
    rows.fill(0);
    columns.fill(0);
    for (let i = 0; i < I; i++) rows[random.integer(I)]!++;
    for (let j = 0; j < J; j++) columns[random.integer(J)]!++;
    const means = tables.map((table) => {
      let sum = 0;
      for (let i = 0; i < I; i++) {
        if (rows[i] === 0) continue;
        let row = 0;
        for (let j = 0; j < J; j++) row += columns[j]! * table[i]![j]!;
        sum += rows[i]! * row;
      }
      return sum / (I * J);
    });
    for (const [k, rank] of ranksOf(means).entries()) drawn[k]![r] = rank;
  }
  const tail = (1 - level) / 2;
  return drawn.map((all, k) => {
    all.sort();
    const at = (share: number) => all[Math.min(resamples - 1, Math.max(0, Math.floor(share * resamples)))]!;
    return { rank: own[k]!, low: Math.min(own[k]!, at(tail)), high: Math.max(own[k]!, at(1 - tail)) };
  });
}

/** How much of a measure's variance is whose; variances, not shares. */
export interface VarianceComponents {
  readonly method: number;
  readonly content: number;
  readonly style: number;
  readonly 'method × content': number;
  readonly 'method × style': number;
  readonly 'content × style': number;
  /** What is left: the interaction of all three with whatever error there is, which one picture a cell cannot tell apart. */
  readonly rest: number;
}

/**
 * Variance components of methods × contents × styles, all random, one value in each cell: the mean squares of the analysis
 * of variance equated to their expectations (Searle, Casella & McCulloch, Variance Components, 1992, ch. 4; as
 * generalizability theory has it, Brennan 2001). Estimates below 0 are 0.
 *
 * @param tables - one for each of at least two methods, all of one size of at least 2 × 2
 * @throws RangeError for fewer
 */
export function varianceComponents(tables: readonly Crossed[]): VarianceComponents {
  const M = tables.length;
  if (M < 2) throw new RangeError('variance components need at least two methods');
  const [C, S] = sizeOf(tables[0]!);
  const means = marginals(tables, [M, C, S]);
  const { grand, m, c, s, mc, ms, cs } = means;
  let [SSm, SSc, SSs, SSmc, SSms, SScs, SSr] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < M; i++) SSm += C * S * (m[i]! - grand) ** 2;
  for (let j = 0; j < C; j++) SSc += M * S * (c[j]! - grand) ** 2;
  for (let k = 0; k < S; k++) SSs += M * C * (s[k]! - grand) ** 2;
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < C; j++) SSmc += S * (mc[i]![j]! - m[i]! - c[j]! + grand) ** 2;
    for (let k = 0; k < S; k++) SSms += C * (ms[i]![k]! - m[i]! - s[k]! + grand) ** 2;
  }
  for (let j = 0; j < C; j++) {
    for (let k = 0; k < S; k++) {
      SScs += M * (cs[j]![k]! - c[j]! - s[k]! + grand) ** 2;
      for (let i = 0; i < M; i++) {
        const fitted = mc[i]![j]! + ms[i]![k]! + cs[j]![k]! - m[i]! - c[j]! - s[k]! + grand;
        SSr += (tables[i]![j]![k]! - fitted) ** 2;
      }
    }
  }
  const r = SSr / ((M - 1) * (C - 1) * (S - 1));
  const MSmc = SSmc / ((M - 1) * (C - 1));
  const MSms = SSms / ((M - 1) * (S - 1));
  const MScs = SScs / ((C - 1) * (S - 1));
  const positive = (value: number) => Math.max(0, value);
  return {
    method: positive((SSm / (M - 1) - MSmc - MSms + r) / (C * S)),
    content: positive((SSc / (C - 1) - MSmc - MScs + r) / (M * S)),
    style: positive((SSs / (S - 1) - MSms - MScs + r) / (M * C)),
    'method × content': positive((MSmc - r) / S),
    'method × style': positive((MSms - r) / C),
    'content × style': positive((MScs - r) / M),
    rest: r,
  };
}

function marginals(tables: readonly Crossed[], [M, C, S]: readonly [number, number, number]) {
  const zeros = (a: number, b: number) => Array.from({ length: a }, () => new Float64Array(b));
  const [m, c, s] = [new Float64Array(M), new Float64Array(C), new Float64Array(S)];
  const [mc, ms, cs] = [zeros(M, C), zeros(M, S), zeros(C, S)];
  let grand = 0;
  for (let i = 0; i < M; i++) {
    if (tables[i]!.length !== C) throw new RangeError('tables of different sizes');
    for (let j = 0; j < C; j++) {
      for (let k = 0; k < S; k++) {
        const x = tables[i]![j]![k]!;
        grand += x / (M * C * S);
        m[i]! += x / (C * S);
        c[j]! += x / (M * S);
        s[k]! += x / (M * C);
        mc[i]![j]! += x / S;
        ms[i]![k]! += x / C;
        cs[j]![k]! += x / M;
      }
    }
  }
  return { grand, m, c, s, mc, ms, cs };
}

function meanSquares(table: Crossed): MeanSquares {
  const [I, J] = [table.length, table[0]!.length];
  const rowMeans = table.map((row) => row.reduce((sum, x) => sum + x, 0) / J);
  const columnMeans = table[0]!.map((_, j) => table.reduce((sum, row) => sum + row[j]!, 0) / I);
  const mean = rowMeans.reduce((sum, x) => sum + x, 0) / I;
  const squares = (values: readonly number[]) => values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  let rest = 0;
  for (let i = 0; i < I; i++)
    for (let j = 0; j < J; j++) rest += (table[i]![j]! - rowMeans[i]! - columnMeans[j]! + mean) ** 2;
  return {
    mean,
    rows: (J * squares(rowMeans)) / (I - 1),
    columns: (I * squares(columnMeans)) / (J - 1),
    rest: rest / ((I - 1) * (J - 1)),
  };
}

function sizeOf(table: Crossed): readonly [number, number] {
  const [I, J] = [table.length, table[0]?.length ?? 0];
  if (I < 2 || J < 2 || table.some((row) => row.length !== J)) {
    throw new RangeError('a crossed design needs a full table of at least two contents and two styles');
  }
  return [I, J];
}
