/** Scales of the methods by one question, the reference at zero, with intervals over raters and pictures. */
import { normalUpper, studentCdf } from '../../../metrics/statistics/distributions.ts';
import { holm } from '../../../metrics/statistics/multiplicity.ts';
import { bradleyTerry, connection, type PairedCounts } from '../../../metrics/statistics/pair-scale.ts';
import { createRandom } from '../../random.ts';
import type { PairQuestion } from '../design/manifest.ts';
import { influencesOn } from './influence.ts';
import { type Comparison, countComparisons } from './tables.ts';
import { thurstoneWithTies } from './thurstone.ts';
import {
  deviationOf,
  drawWeights,
  type Estimate,
  type Spread,
  twoWayInterval,
  twoWaySpread,
} from './two-way.ts';

export interface ScaledMethod {
  readonly method: string;
  /** Bradley–Terry score in log-odds against the reference. */
  readonly score: Estimate;
  /** Thurstone's scale in JOD against the reference. */
  readonly jod: Estimate;
  /** Share of its comparisons won, ties as halves. */
  readonly wins: number;
  readonly comparisons: number;
  /** Two-sided, against the reference; for the primary question only, and not for the reference itself. */
  readonly p?: number;
  /** The same after Holm's correction over the methods. */
  readonly pHolm?: number;
}

export interface QuestionScale {
  readonly question: PairQuestion;
  readonly primary: boolean;
  readonly raters: number;
  readonly comparisons: number;
  /** Best first. */
  readonly methods: readonly ScaledMethod[];
  /** What being on the left adds, in log-odds. */
  readonly side: Estimate;
  /** Davidson's ν: the odds of "can't tell" between equals, in halves. */
  readonly tie: number;
  readonly tieShare: number;
  /** Share of the comparisons' answers that chose the left side. */
  readonly leftShare: number;
  /** False when some method won or lost everything: its score is then only bounded by half a vote each way. */
  readonly finite: boolean;
  readonly level: number;
  readonly resamples: number;
}

export interface ScaleOptions {
  readonly methods: readonly string[];
  readonly reference: number;
  readonly pairs: number;
  readonly raters: number;
  readonly question: PairQuestion;
  readonly primary: boolean;
  /** Default 1000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
  readonly seed?: number | string;
  /** Whether Thurstone's scale is wanted; default true. */
  readonly jod?: boolean;
  /**
   * Whether intervals are wanted; default true. Without them nothing is drawn anew but where p values need it, and the
   * intervals that come back are of no use.
   */
  readonly intervals?: boolean;
}

/** Thurstone's scale takes longer to fit, and its intervals are the second opinion. */
const jodResamples = 250;

/**
 * The scales of one question.
 *
 * Intervals are percentiles of a bootstrap that draws raters and content/style pairs anew, each with replacement, and
 * weighs an answer by the product (Owen, The pigeonhole bootstrap, 2007), stretched to the width that is due (see
 * `twoWayInterval`): they hold for other raters and other pictures. The p values set each estimate against the same
 * spread, by Student's distribution.
 *
 * @returns a sentence instead when the comparisons do not hang together
 */
export function scaleQuestion(
  comparisons: readonly Comparison[],
  options: ScaleOptions,
): QuestionScale | { readonly question: PairQuestion; readonly refused: string } {
  const { methods, reference, question, primary, resamples = 1000, level = 0.95 } = options;
  const n = methods.length;
  if (comparisons.length === 0) return { question, refused: 'Nobody has answered this question yet.' };
  const counts = countComparisons(n, comparisons);
  const { groups, stronglyConnected } = connection(n, counts);
  if (groups.length > 1) {
    const named = groups.map((group) => group.map((method) => methods[method]!).join(', '));
    return {
      question,
      refused: `The comparisons fall apart: ${named.join(' | ')} were never compared with one another, so there is no common scale.`,
    };
  }
  const fit = fitScales(n, reference, counts, options.jod ?? true);
  // Of a scale that only half votes keep finite, first-order deviations are of no use.
  const influences = stronglyConnected ? influencesOn(fit, reference, counts, comparisons) : undefined;
  const random = createRandom(options.seed ?? 1, 'two-way bootstrap', question);
  const drawn = influences !== undefined && options.intervals === false ? 0 : resamples;
  const replicates = Array.from({ length: drawn }, (_, r) => {
    const weigh = drawWeights(options.raters, options.pairs, random);
    const jod = (options.jod ?? true) && r < jodResamples;
    return fitScales(n, reference, countComparisons(n, comparisons, weigh), jod);
  });
  const spreads = influences?.map(twoWaySpread);
  const interval = (value: number, of: (fitted: Fit) => number, due?: Spread, among = replicates) =>
    twoWayInterval(value, among.map(of), due, level);
  const bootstrapped = (i: number): Spread => ({
    deviation: deviationOf(Float64Array.from(replicates, (replicate) => replicate.scores[i]!)),
    freedom: Number.POSITIVE_INFINITY,
  });
  const scores = methods.map((_, i) =>
    interval(fit.scores[i]!, (replicate) => replicate.scores[i]!, spreads?.[i]),
  );
  const others = methods.map((_, i) => i).filter((i) => i !== reference);
  const pValues = others.map((i) => twoSided(fit.scores[i]!, spreads?.[i] ?? bootstrapped(i)));
  const adjusted = holm(pValues);
  const tallies = tally(n, counts);
  const jodReplicates = replicates.slice(0, jodResamples);
  const scaled = methods.map((method, i): ScaledMethod => {
    const at = others.indexOf(i);
    return {
      method,
      score: scores[i]!,
      jod: interval(fit.jods[i]!, ({ jods }) => jods[i]!, onJods(spreads?.[i], fit, i), jodReplicates),
      wins: tallies[i]!.wins / tallies[i]!.comparisons,
      comparisons: tallies[i]!.comparisons,
      ...(primary && at >= 0 && { p: pValues[at]!, pHolm: adjusted[at]! }),
    };
  });
  const share = (choice: Comparison['choice']) =>
    comparisons.filter((one) => one.choice === choice).length / comparisons.length;
  return {
    question,
    primary,
    raters: new Set(comparisons.map(({ rater }) => rater)).size,
    comparisons: comparisons.length,
    methods: scaled.sort((a, b) => b.score.value - a.score.value),
    side: interval(fit.side, ({ side }) => side, spreads?.[n]),
    tie: fit.tie,
    tieShare: share('tie'),
    leftShare: share('left') / Math.max(1e-12, 1 - share('tie')),
    finite: stronglyConnected,
    level,
    resamples,
  };
}

/** The spread of a score on Thurstone's scale, which is the same but for a factor to first order. */
function onJods(spread: Spread | undefined, { scores, jods }: Fit, i: number): Spread | undefined {
  if (spread === undefined || scores[i] === 0) return undefined;
  return { ...spread, deviation: (spread.deviation * Math.abs(jods[i]!)) / Math.abs(scores[i]!) };
}

interface Fit {
  readonly scores: readonly number[];
  readonly jods: readonly number[];
  readonly side: number;
  readonly tie: number;
}

function fitScales(n: number, reference: number, counts: readonly PairedCounts[], jod: boolean): Fit {
  const finite = connection(n, counts).stronglyConnected ? counts : withHalfVotes(n, counts);
  const scale = bradleyTerry(n, finite, { side: true });
  const jods = jod ? thurstoneWithTies(n, finite).scores : scale.scores;
  const zeroed = (scores: readonly number[]) => scores.map((score) => score - scores[reference]!);
  return { scores: zeroed(scale.scores), jods: zeroed(jods), side: scale.side, tie: scale.tie };
}

/** Half a vote for either side of every comparison there could be: keeps the scale finite. */
function withHalfVotes(n: number, counts: readonly PairedCounts[]): PairedCounts[] {
  const half: PairedCounts[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i !== j) half.push({ first: i, second: j, firstWins: 0.25, secondWins: 0.25 });
    }
  }
  return [...counts, ...half];
}

/** Of a difference that scatters so, by Student's distribution. */
function twoSided(estimate: number, { deviation, freedom }: Spread): number {
  if (deviation === 0) return estimate === 0 ? 1 : 0;
  const t = Math.abs(estimate) / deviation;
  return 2 * (Number.isFinite(freedom) ? studentCdf(-t, Math.max(1, freedom)) : normalUpper(t));
}

function tally(n: number, counts: readonly PairedCounts[]) {
  const rows = Array.from({ length: n }, () => ({ wins: 0, comparisons: 0 }));
  for (const { first, second, firstWins, secondWins, ties = 0 } of counts) {
    const total = firstWins + secondWins + ties;
    rows[first]!.wins += firstWins + ties / 2;
    rows[second]!.wins += secondWins + ties / 2;
    rows[first]!.comparisons += total;
    rows[second]!.comparisons += total;
  }
  return rows;
}
