/** What people said, in sentences and lines that the page and the Markdown share. */
import type { Analysis, Results } from '../../src/study/analysis/analyse.ts';
import type { QuestionScale } from '../../src/study/analysis/scale.ts';
import type { Estimate } from '../../src/study/analysis/two-way.ts';
import type { PairQuestion } from '../../src/study/design/manifest.ts';
import { shippedTexts } from '../../src/study/form/shipped.ts';
import { count, list } from '../format.ts';

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
  if (scale === undefined) return [basis];
  const tested = scale.methods.filter(({ pHolm }) => pHolm !== undefined);
  const decided = tested.filter(({ pHolm }) => pHolm! <= 1 - scale.level + 1e-12);
  const open = tested.filter((one) => !decided.includes(one));
  const head = `“${asked(analysis, primary)}”, the declared question:`;
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
  return [basis, `${head} ${said.join('; ')}. Holm’s correction over ${count(tested.length, 'method')}.`];
}

/** How far raters agree with themselves and with each other. */
export function agreementSentences(analysis: Analysis): string[] {
  const { consistency, anchors, ratingAgreement, choiceAgreement, withdrawals, late } = analysis;
  const sides = measuredScales(analysis).map(
    ({ question, leftShare, side }) => `${question} ${percent(leftShare)} (side term ${withBounds(side)})`,
  );
  return [
    `Shown again with sides swapped, ${consistency.same} of ${count(consistency.repeats, 'answer')} were the same (${percent(consistency.low)} to ${percent(consistency.high)}); ${anchors.right} of ${count(anchors.asked, 'anchor')} were seen for what they are.`,
    `Krippendorff’s α of the choices (Kendall’s W of the raters who saw all methods): ${choiceAgreement.map(({ question, alpha, concordance }) => `${question} ${plain(alpha)} (${plain(concordance)})`).join(', ')}; of the ratings α ${plain(ratingAgreement.alpha)}, ICC(2,1) ${plain(ratingAgreement.icc)}.`,
    ...(sides.length === 0 ? [] : [`The left side was chosen: ${sides.join(', ')}.`]),
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

/** `+0.42 [+0.10, +0.80]`. */
export function withBounds({ value, low, high }: Estimate): string {
  return `${signed(value)} [${signed(low)}, ${signed(high)}]`;
}

/** `p = 0.012`, `p < 0.001`. */
export function probability(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}

/** `+0.42`, `−0.10`; a dash where there is no number. */
export function signed(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

/** `0.42`, `−0.10`; a dash where there is no number. */
export function plain(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2).replace('-', '−') : '–';
}

/** `42 %`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : '–';
}

/** A number for a table of values; empty where there is none. */
export function taken(value: number | undefined): number | string {
  return value !== undefined && Number.isFinite(value) ? value : '';
}
