/** A study's answers, judged: everything the report and the terminal say about them. */
import { wilsonInterval } from '../../../metrics/statistics/proportions.ts';
import { NeckarError } from '../../errors.ts';
import type { PairQuestion, StudyManifest } from '../design/manifest.ts';
import { formOf } from '../form/shipped.ts';
import { type ComposedRater, type Composition, compositionOf, mergedRow } from '../storage/composition.ts';
import { type Followed, followed, type RepeatAgreement, repeatAgreement } from './doubled.ts';
import {
  type ChoiceAgreement,
  choiceAgreement,
  type OpinionScore,
  opinionScores,
  type RatingAgreement,
  ratingAgreement,
} from './opinion.ts';
import { type PopulationAnalysis, populationAnalysis } from './population.ts';
import { type Predictor, predictors } from './predictors.ts';
import { judgeRaters, type RaterQuality } from './raters.ts';
import { type QuestionScale, type ScaleOptions, scaleQuestion } from './scale.ts';
import { type AnalyzedAnswer, type AnalyzedRater, comparisonsOf, ratingsOf } from './tables.ts';

export type ScaleOrRefusal = QuestionScale | { readonly question: PairQuestion; readonly refused: string };

/** The results for one choice of raters. */
export interface Results {
  readonly raters: number;
  readonly answers: number;
  readonly scales: readonly ScaleOrRefusal[];
  readonly opinions: readonly OpinionScore[];
}

export interface SubGroup {
  readonly attribute: string;
  readonly value: string;
  readonly raters: number;
  readonly scale: ScaleOrRefusal;
}

export interface Analysis {
  readonly study: string;
  readonly hash: string;
  readonly rulesHash: string;
  readonly reference: string;
  readonly primary: PairQuestion;
  /** Of everyone. */
  readonly all: Results;
  /** Without those whom the rules leave out. */
  readonly screened: Results;
  readonly raters: readonly RaterQuality[];
  readonly excluded: readonly { readonly rater: string; readonly reasons: readonly string[] }[];
  readonly consistency: {
    readonly same: number;
    readonly repeats: number;
    readonly low: number;
    readonly high: number;
  };
  readonly anchors: { readonly right: number; readonly asked: number };
  readonly ratingAgreement: RatingAgreement;
  readonly choiceAgreement: readonly (ChoiceAgreement & { readonly question: PairQuestion })[];
  /** Of the screened raters, per question. */
  readonly predictors: readonly Predictor[];
  /** Exploratory: no correction for the many that were looked at. */
  readonly subGroups: readonly SubGroup[];
  readonly late: number;
  readonly withdrawals: number;
  /** Each question as raters read it in the form's first language; absent in analyses of earlier versions. */
  readonly wordings?: Readonly<Record<string, string>>;
  /** Of the screened raters; absent in analyses of earlier versions. */
  readonly composition?: Composition;
  /** Of the screened raters; absent where nothing was repeated, and in analyses of earlier versions. */
  readonly doubled?: readonly RepeatAgreement[];
  /** Whether the primary question follows content or style where they disagree. */
  readonly followed?: Followed;
  /** Where the study declared a population. */
  readonly population?: PopulationAnalysis;
}

export interface AnalyzedStudyRater extends AnalyzedRater, ComposedRater {}

export interface AnalyzeOptions {
  /** Sub-groups and their merging start at this size; default 5. */
  readonly smallestGroup?: number;
  readonly withdrawals?: number;
}

/**
 * The whole analysis.
 * @throws NeckarError when nobody has answered
 */
export function analyze(
  study: StudyManifest,
  raters: readonly AnalyzedStudyRater[],
  answers: readonly AnalyzedAnswer[],
  options: AnalyzeOptions = {},
): Analysis {
  if (answers.length === 0) {
    throw new NeckarError(
      `Nobody has answered "${study.name}" yet. Serve it first: neckar study serve ${study.name}`,
    );
  }
  const quality = judgeRaters(raters, answers, study.rules);
  const excluded = quality.filter(({ reasons }) => reasons.length > 0);
  const out = new Set(excluded.map(({ id }) => id));
  const kept = raters.filter(({ id }) => !out.has(id));
  const sum = (of: (one: RaterQuality) => number) => quality.reduce((total, one) => total + of(one), 0);
  const [same, repeats] = [sum(({ consistent }) => consistent), sum((one) => one.repeats)];
  const anchors = sum((one) => one.anchors);
  const ratings = ratingsOf(kept, answers);
  const composition = compositionOf(study, kept, options.smallestGroup);
  const { questions, languages } = formOf(study);
  const screened = resultsOf(study, kept, answers);
  const doubled = repeatAgreement(kept, answers, study.questions);
  const wholeFollows = followed(kept, answers, study.primary);
  const { population } = study;
  return {
    study: study.name,
    hash: study.hash,
    rulesHash: study.rulesHash,
    reference: study.methods[study.reference]!.name,
    primary: study.primary,
    all: resultsOf(study, raters, answers, whyOnlyScreened(screened, study.primary)),
    screened,
    raters: quality,
    excluded: excluded.map(({ id, reasons }) => ({ rater: id, reasons })),
    consistency: { same, repeats, ...(repeats === 0 ? { low: 0, high: 1 } : wilsonInterval(same, repeats)) },
    anchors: { right: anchors - sum(({ missedAnchors }) => missedAnchors), asked: anchors },
    ratingAgreement: ratingAgreement(ratings, kept.length),
    choiceAgreement: study.questions.map((question) => ({
      question,
      ...choiceAgreement(comparisonsOf(kept, answers, question), study.methods.length, kept.length),
    })),
    predictors: study.questions.flatMap((question) =>
      predictors(study, comparisonsOf(kept, answers, question), question),
    ),
    subGroups: subGroupsOf(study, kept, answers, composition, options),
    late: sum(({ late }) => late),
    withdrawals: options.withdrawals ?? 0,
    wordings: Object.fromEntries(questions.map(({ id, ask }) => [id, ask[languages[0]!]!])),
    composition,
    ...(doubled.length > 0 && { doubled }),
    ...(wholeFollows !== undefined && { followed: wholeFollows }),
    ...(population !== undefined && {
      population: populationAnalysis({ ...study, population }, kept, composition, (weights) =>
        scaleOf(study, kept, answers, study.primary, { jod: false, weights }),
      ),
    }),
  };
}

/** Why everyone is not tested: where the declared test, of those whom the rules keep, cannot be made, none takes its place. */
function whyOnlyScreened({ raters, scales }: Results, primary: PairQuestion): string | undefined {
  if (raters === 0) return 'Not tested: the rules leave out everyone.';
  const declared = scales.find(({ question }) => question === primary);
  if (declared !== undefined && !('refused' in declared) && declared.untested === undefined) return undefined;
  return 'Not tested: those whom the rules keep are too few for the declared test.';
}

/** The scale of one question among these raters; the same for results and for simulated raters. */
export function scaleOf(
  study: StudyManifest,
  raters: readonly AnalyzedRater[],
  answers: readonly AnalyzedAnswer[],
  question: PairQuestion,
  options: Pick<ScaleOptions, 'jod' | 'intervals' | 'untested' | 'weights'> = {},
): ScaleOrRefusal {
  return scaleQuestion(comparisonsOf(raters, answers, question), {
    methods: study.methods.map(({ name }) => name),
    reference: study.reference,
    question,
    primary: question === study.primary,
    ...options,
  });
}

function resultsOf(
  study: StudyManifest,
  raters: readonly AnalyzedRater[],
  answers: readonly AnalyzedAnswer[],
  untested?: string,
): Results {
  const ids = new Set(raters.map(({ id }) => id));
  const methods = study.methods.map(({ name }) => name);
  return {
    raters: raters.length,
    answers: answers.filter(({ rater }) => ids.has(rater)).length,
    scales: study.questions.map((question) =>
      scaleOf(study, raters, answers, question, untested === undefined ? {} : { untested }),
    ),
    opinions: opinionScores(ratingsOf(raters, answers), methods, study.reference),
  };
}

function subGroupsOf(
  study: StudyManifest,
  raters: readonly AnalyzedStudyRater[],
  answers: readonly AnalyzedAnswer[],
  composition: Composition,
  { smallestGroup = 5 }: AnalyzeOptions,
): SubGroup[] {
  const groups: SubGroup[] = [];
  const asked = new Set(formOf(study).background.map(({ id }) => id));
  // A size that the table of the sample merges would give the merged ones away by subtraction.
  for (const { attribute, rows } of composition.parts.filter((part) => asked.has(part.attribute))) {
    for (const { value } of rows) {
      if (value === mergedRow) continue;
      const members = raters.filter(({ background }) => background?.[attribute] === value);
      // A group of all says nothing new; a small one would tell who its members are.
      if (members.length < smallestGroup || members.length === raters.length) continue;
      if (raters.length - members.length < smallestGroup) continue;
      const scale = scaleOf(study, members, answers, study.primary, { jod: false });
      groups.push({ attribute, value, raters: members.length, scale });
    }
  }
  return groups;
}
