/** Scales of the methods by one question, the reference at zero, with intervals over raters and pictures. */
import { normalQuantile } from '../../../metrics/statistics/distributions.ts';
import { holm } from '../../../metrics/statistics/multiplicity.ts';
import { inverseOf, isMaximum, maximize, pairModel } from '../../../metrics/statistics/pair-model.ts';
import {
  connection,
  jodSigma,
  type PairedCounts,
  sideIsKnown,
} from '../../../metrics/statistics/pair-scale.ts';
import type { PairQuestion } from '../design/manifest.ts';
import { influencesOn } from './influence.ts';
import { type ProfiledParameter, profileInterval, profileTest } from './profile.ts';
import { type Comparison, countComparisons } from './tables.ts';
import { thurstoneWithTies } from './thurstone.ts';
import { type Estimate, twoWaySpread, whyUntested } from './two-way.ts';

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
  /** Who answered it. */
  readonly raters: number;
  readonly comparisons: number;
  /** Best first. */
  readonly methods: readonly ScaledMethod[];
  /** What being on the left adds, in log-odds; undefined where each method kept its side, so that none can tell. */
  readonly side?: Estimate;
  /** Davidson's ν: the odds of "can't tell" between equals, in halves. */
  readonly tie: number;
  readonly tieShare: number;
  /** Share of the answers that chose a side which chose the left; NaN when all are ties. */
  readonly leftShare: number;
  /** False where votes are so unanimous that the likelihood has no finite maximum: Jeffreys' prior keeps the scale finite. */
  readonly finite: boolean;
  /** Why there are no intervals and no p values. */
  readonly untested?: string;
  readonly level: number;
}

export interface ScaleOptions {
  readonly methods: readonly string[];
  readonly reference: number;
  readonly question: PairQuestion;
  readonly primary: boolean;
  /** Default 0.95. */
  readonly level?: number;
  /** Whether Thurstone's scale is wanted; default true. */
  readonly jod?: boolean;
  /** Whether intervals are wanted; default true. Without them those that come back are of no use. */
  readonly intervals?: boolean;
  /** Why nothing is to be tested, whatever the answers are. */
  readonly untested?: string;
  /** How much each rater's answers count, by the rater's index; their mean is 1. Default: alike. */
  readonly weights?: readonly number[];
}

/**
 * The scales of one question: Bradley and Terry's with Davidson's ties and a side term, and Thurstone's.
 *
 * Scores are of maximum likelihood. Where answers are so unanimous, the side and the ties considered, that it has no
 * finite maximum, they are those of the likelihood with Jeffreys' prior (Firth 1993; Heinze & Schemper 2002; see
 * `maximize`). Tests and intervals hold for other raters and other content/style pairs: they set the profile likelihood
 * against the spread that both show, by Student's distribution (see `twoWaySpread` and `profileRoot`); of fewer than two
 * of either there are none. The bounds of Thurstone's scale are those of the first, turned.
 *
 * @returns a sentence instead when nobody answered, or the comparisons do not hang together
 */
export function scaleQuestion(
  comparisons: readonly Comparison[],
  options: ScaleOptions,
): QuestionScale | { readonly question: PairQuestion; readonly refused: string } {
  const { methods, reference, question, primary, level = 0.95 } = options;
  const n = methods.length;
  if (comparisons.length === 0) return { question, refused: 'Nobody has answered this question yet.' };
  const weightOf = ({ rater }: Comparison) => options.weights?.[rater] ?? 1;
  const counts = countComparisons(n, comparisons, weightOf);
  const { groups } = connection(n, counts);
  if (groups.length > 1) {
    const named = groups.map((group) => group.map((method) => methods[method]!).join(', '));
    return {
      question,
      refused: `The comparisons fall apart: ${named.join(' | ')} were never compared with one another, so there is no common scale.`,
    };
  }
  const { model, fit, finite } = fitScale(n, reference, counts);
  const untested = options.untested ?? whyUntested(comparisons);
  const influences = untested === undefined ? influencesOn(model, fit, comparisons, weightOf) : undefined;
  // What uneven weights add to the variance of independent answers (Kish 1965).
  const uneven =
    options.weights === undefined
      ? 1
      : (comparisons.length * comparisons.reduce((sum, one) => sum + weightOf(one) ** 2, 0)) /
        comparisons.reduce((sum, one) => sum + weightOf(one), 0) ** 2;
  const profiled = (at: number): ProfiledParameter | undefined => {
    if (influences === undefined) return undefined;
    const independent = influences.independent[at]!;
    const spread = twoWaySpread(influences.of[at]!, independent * uneven);
    // Unanimous answers show nothing of how raters and pictures differ.
    const freedom = finite ? spread.freedom : Math.min(spread.freedom, spread.least);
    return { model, fit, penalized: !finite, at, independent, spread: { ...spread, freedom } };
  };
  const intervals = options.intervals ?? true;
  const estimate = (at: number): Estimate => {
    const parameter = intervals ? profiled(at) : undefined;
    if (parameter !== undefined) return profileInterval(parameter, level);
    return { value: fit.parameters[at]!, low: Number.NaN, high: Number.NaN };
  };
  const scores = model.scoreAt.map((at) => (at < 0 ? { value: 0, low: 0, high: 0 } : estimate(at)));
  const others = methods.map((_, i) => i).filter((i) => i !== reference);
  const tested = others.flatMap((i) => profiled(model.scoreAt[i]!) ?? []);
  const pValues = primary ? tested.map(profileTest) : [];
  const adjusted = holm(pValues);
  const jods = (options.jod ?? true) ? jodsOf(n, reference, counts, finite, scores) : scores;
  const tallies = tally(n, counts);
  const scaled = methods.map((method, i): ScaledMethod => {
    const at = others.indexOf(i);
    return {
      method,
      score: scores[i]!,
      jod: jods[i]!,
      wins: tallies[i]!.wins / tallies[i]!.comparisons,
      comparisons: tallies[i]!.comparisons,
      ...(at >= 0 && pValues[at] !== undefined && { p: pValues[at], pHolm: adjusted[at]! }),
    };
  });
  const chosen = (choice: Comparison['choice']) => comparisons.filter((one) => one.choice === choice).length;
  const ties = chosen('tie');
  return {
    question,
    primary,
    raters: new Set(comparisons.map(({ rater }) => rater)).size,
    comparisons: comparisons.length,
    methods: scaled.sort((a, b) => b.score.value - a.score.value),
    ...(model.sideAt >= 0 && { side: estimate(model.sideAt) }),
    tie: model.tieAt < 0 ? 0 : Math.exp(fit.parameters[model.tieAt]!),
    tieShare: ties / comparisons.length,
    leftShare: chosen('left') / (comparisons.length - ties),
    finite,
    ...(untested !== undefined && { untested }),
    level,
  };
}

/** The scale of highest likelihood where there is one, else of highest likelihood with Jeffreys' prior. */
function fitScale(n: number, reference: number, counts: readonly PairedCounts[]) {
  const model = pairModel(n, counts, { side: sideIsKnown(n, counts), reference });
  const plain = maximize(model, { penalized: false });
  const finite = isMaximum(model, plain) && inverseOf(plain.information) !== undefined;
  return { model, fit: finite ? plain : maximize(model, { penalized: true }), finite };
}

/**
 * Thurstone's scale, its bounds as far off as those of the log-odds: a preference P is ln(P/(1−P)) on the one scale and
 * σ·Φ⁻¹(P) on the other. Where only a prior keeps the scores finite, the scale is these turned.
 */
function jodsOf(
  n: number,
  reference: number,
  counts: readonly PairedCounts[],
  finite: boolean,
  scores: readonly Estimate[],
): Estimate[] {
  const turned = (logOdds: number) =>
    Number.isNaN(logOdds)
      ? logOdds
      : -Math.sign(logOdds) * jodSigma * normalQuantile(1 / (1 + Math.exp(Math.abs(logOdds))));
  const own = finite ? thurstoneWithTies(n, counts, { side: sideIsKnown(n, counts) }).scores : undefined;
  return scores.map(({ value, low, high }, i) => {
    const jod = own === undefined ? turned(value) : own[i]! - own[reference]!;
    const off = (bound: number) => jod + turned(bound) - turned(value);
    return { value: jod, low: off(low), high: off(high) };
  });
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
