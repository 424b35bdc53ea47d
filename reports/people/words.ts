/** What people said, in sentences and lines that the page and the Markdown share. */

import { count, list, signed, twoDecimals, wholePercent } from '../../src/platform/format.ts';
import type { Analysis, Results } from '../../src/study/analysis/analyze.ts';
import type { QuestionScale } from '../../src/study/analysis/scale.ts';
import type { Estimate } from '../../src/study/analysis/two-way.ts';
import { doubledSentences, scaleRemarks } from '../../src/study/analysis/words.ts';
import type { PairQuestion } from '../../src/study/design/manifest.ts';
import { shippedTexts } from '../../src/study/form/shipped.ts';

/** A question as raters read it. */
export function asked({ wordings }: Pick<Analysis, 'wordings'>, question: PairQuestion): string {
  return wordings?.[question] ?? shippedTexts.en[`ask.${question}`] ?? question;
}

/** The scales that are no refusals, the declared question first. */
export function measuredScales(
  { screened, primary }: Pick<Analysis, 'screened' | 'primary'>,
  results: Results = screened,
): QuestionScale[] {
  return results.scales
    .filter((scale): scale is QuestionScale => !('refused' in scale))
    .sort((a, b) => Number(b.question === primary) - Number(a.question === primary));
}

/** Why a question has no scale. */
export function refusals(analysis: Analysis): string[] {
  if (analysis.screened.raters === 0) return [];
  return analysis.screened.scales.flatMap((scale) =>
    'refused' in scale ? [`${asked(analysis, scale.question)} ${scale.refused}`] : [],
  );
}

/** What the declared question's answer is, in one sentence for each method, and on what it rests. */
export function answerSentences(analysis: Analysis): string[] {
  const { screened, all, excluded, primary, reference, rulesHash } = analysis;
  const scale = measuredScales(analysis).find(({ question }) => question === primary);
  const left =
    excluded.length === 0 ? 'nobody was left out' : `${excluded.length} of ${all.raters} were left out`;
  const basis = `${count(screened.raters, 'rater')}, ${count(screened.answers, 'answer')}; ${left} by rules whose hash (${rulesHash.slice(0, 12)}…) was fixed with the design.`;
  if (screened.raters === 0) return [basis, 'Nobody is left, so nothing is scaled or tested.'];
  if (scale === undefined) return [basis];
  const tested = scale.methods.filter(({ pHolm }) => pHolm !== undefined);
  const decided = tested.filter(({ pHolm }) => pHolm! <= 1 - scale.level + 1e-12);
  const open = tested.filter((one) => !decided.includes(one));
  const head = `“${asked(analysis, primary)}”, the declared question:`;
  if (scale.untested !== undefined) return [basis, `${head} ${scale.untested}`];
  const said = [
    ...decided.map(
      ({ method, score, pHolm }) =>
        `${method} is chosen ${score.value > 0 ? 'more' : 'less'} often than ${reference} (${withBounds(score)}, ${probability(pHolm!)})`,
    ),
    ...(open.length === 0
      ? []
      : [
          `${list(open.map(({ method, score }) => `${method} (${withBounds(score)})`))} ${open.length === 1 ? 'was' : 'were'} not shown to differ from ${reference}`,
        ]),
  ];
  return [
    basis,
    `${head} ${said.join('; ')}. Holm’s correction over ${count(tested.length, 'method')}; each interval stands for itself. Both hold for other raters and other pictures.`,
  ];
}

/** What must be known of the scales beside their numbers, each sentence once. */
export function scaleNotes(analysis: Analysis): string[] {
  const scales = measuredScales(analysis);
  const noted = scales.map((scale) => ({ question: scale.question, remarks: scaleRemarks(scale) }));
  return [...new Set(noted.flatMap(({ remarks }) => remarks))].map((remark) => {
    const of = noted.filter(({ remarks }) => remarks.includes(remark)).map(({ question }) => question);
    return of.length === scales.length ? remark : `Of ${list(of)}: ${remark}`;
  });
}

/** How far raters agree with themselves and with each other. */
export function agreementSentences(analysis: Analysis): string[] {
  const { consistency, anchors, ratingAgreement, choiceAgreement, withdrawals, late } = analysis;
  const sides = measuredScales(analysis).map(({ question, leftShare, side }) =>
    Number.isNaN(leftShare)
      ? `${question} – (nobody chose a side)`
      : `${question} ${wholePercent(leftShare)} (${side === undefined ? 'each method kept its side, so what the side adds cannot be told' : `side term ${withBounds(side)}`})`,
  );
  const again =
    consistency.repeats === 0
      ? 'No comparison was shown again'
      : `Shown again with sides swapped, ${consistency.same} of ${count(consistency.repeats, 'answer')} were the same (${wholePercent(consistency.low)} to ${wholePercent(consistency.high)})`;
  const seen =
    anchors.asked === 0
      ? 'no anchors were answered'
      : `${anchors.right} of ${count(anchors.asked, 'anchor')} were seen for what they are`;
  const coefficients = [
    ratingAgreement.alpha,
    ratingAgreement.icc,
    ...choiceAgreement.flatMap(({ alpha, concordance }) => [alpha, concordance]),
  ];
  const dashes = coefficients.every(Number.isFinite)
    ? ''
    : ' A dash: too few answers to the same by several raters, or all of them equal.';
  return [
    `${again}; ${seen}.`,
    `Krippendorff’s α of the choices (Kendall’s W of the raters who saw all methods): ${choiceAgreement.map(({ question, alpha, concordance }) => `${question} ${twoDecimals(alpha)} (${twoDecimals(concordance)})`).join(', ')}; of the ratings α ${twoDecimals(ratingAgreement.alpha)}, ICC(2,1) ${twoDecimals(ratingAgreement.icc)}.${dashes}`,
    ...(sides.length === 0 ? [] : [`The left side was chosen: ${sides.join(', ')}.`]),
    ...doubledSentences(analysis),
    ...(late > 0 ? [`${count(late, 'answer')} came after the session had ended; they are counted.`] : []),
    ...(withdrawals > 0
      ? [`${count(withdrawals, 'rater has', 'raters have')} withdrawn; nothing of them is left.`]
      : []),
  ];
}

/** A method's name, or what the unmodified content is called among the methods. */
export function contentName(method: string): string {
  return method === 'content' ? 'the unmodified content' : method;
}

/** `+0.42 [+0.10, +0.80]`; the value alone where there are no bounds. */
export function withBounds({ value, low, high }: Estimate, shown = signed): string {
  return `${shown(value)}${bounds({ low, high }, shown)}`;
}

/** ` [+0.10, +0.80]`; nothing where there are no bounds. */
export function bounds({ low, high }: Pick<Estimate, 'low' | 'high'>, shown = signed): string {
  return Number.isFinite(low) && Number.isFinite(high) ? ` [${shown(low)}, ${shown(high)}]` : '';
}

/** `p = 0.012`, `p < 0.001`. */
export function probability(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}

/** A number for a table of values; empty where there is none. */
export function taken(value: number | undefined): number | string {
  return value !== undefined && Number.isFinite(value) ? value : '';
}
