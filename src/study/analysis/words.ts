/** An analysis in words and numbers, for terminals. */
import { count, signed, twoDecimals, wholePercent } from '../../platform/format.ts';
import type { Analysis, Results, ScaleOrRefusal } from './analyze.ts';
import type { PopulationAnalysis } from './population.ts';
import { farthest } from './profile.ts';
import type { QuestionScale } from './scale.ts';
import type { Estimate } from './two-way.ts';

/** Lines of text; columns are aligned by `table`. */
export function describeAnalysis(
  analysis: Analysis,
  table: (rows: readonly (readonly string[])[], right: readonly number[]) => string[],
): string[] {
  const { screened, all, excluded, reference, primary } = analysis;
  const lines = [
    `${analysis.study}: ${count(all.raters, 'rater')}, ${count(all.answers, 'answer')}. Reference: ${reference}. Primary question: ${primary}.`,
    `Left out by the rules (hash ${analysis.rulesHash.slice(0, 12)}…): ${excluded.length === 0 ? 'nobody' : `${excluded.length} of ${all.raters}`}.`,
    ...excluded.map(({ rater, reasons }) => `  ${rater.slice(0, 8)}  ${reasons.join('; ')}`),
    '',
    ...scaleLines('Without those left out', screened, reference, table),
  ];
  if (excluded.length > 0) lines.push(...scaleLines('Of everyone', all, reference, table));
  if (screened.opinions.length > 0) {
    lines.push('Mean opinion, 5 excellent to 1 bad:');
    const rows = screened.opinions.map(({ method, mean, low, high, raters, difference }) => [
      `  ${method === 'content' ? '(the unmodified content)' : method}`,
      `${mean.toFixed(2)}${bounds(low, high, (value) => value.toFixed(2))}`,
      difference === undefined
        ? ''
        : `${signed(difference.mean)}${bounds(difference.low, difference.high, signed)} against the reference`,
      count(raters, 'rater'),
    ]);
    lines.push(...table(rows, [1]), '');
  }
  lines.push(...agreementLines(analysis), '');
  if (analysis.population !== undefined) {
    lines.push(populationSentence(analysis.population));
    const rows = analysis.population.parts.flatMap(({ title, rows }) =>
      rows.map(({ label, sought, reached }) => [
        `  ${title}: ${label}`,
        sought === undefined ? '' : `sought ${wholePercent(sought)}`,
        reached === undefined ? '' : `reached ${wholePercent(reached)}`,
      ]),
    );
    lines.push(...table(rows, [1, 2]));
    const { raked } = analysis.population;
    if ('scale' in raked && !('refused' in raked.scale)) {
      const scores = raked.scale.methods.map(({ method, score }) => [
        `  ${method}`,
        signed(score.value),
        method === reference ? 'reference' : range(score).trim(),
      ]);
      lines.push(`Weighed to the population (${primary}):`, ...table(scores, [1, 2]));
    }
    lines.push('');
  }
  const about = analysis.predictors.filter(({ question }) => question === primary);
  if (about.length > 0) {
    lines.push(`Which number predicts people? (${primary})`);
    const rows = about.map(({ label, agreement, tau }) => [
      `  ${label}`,
      `${wholePercent(agreement.value)} of choices`,
      bounds(agreement.low, agreement.high, wholePercent).trim(),
      `τ ${signed(tau)}`,
    ]);
    lines.push(...table(rows, [1, 2, 3]), '');
  }
  if (analysis.subGroups.length > 0) {
    lines.push('Sub-groups (exploratory, not corrected):');
    const rows = analysis.subGroups.map(({ attribute, value, raters, scale }) => [
      `  ${attribute} ${value}`,
      count(raters, 'rater'),
      'refused' in scale
        ? scale.refused
        : scale.methods
            .map(({ method, score }) => `${method} ${signed(score.value)}${range(score)}`)
            .join(', ')
            .concat(scale.untested === undefined ? '' : `. ${scale.untested}`),
    ]);
    lines.push(...table(rows, [1]), '');
  }
  return lines;
}

function scaleLines(
  title: string,
  { scales, raters }: Results,
  reference: string,
  table: (rows: readonly (readonly string[])[], right: readonly number[]) => string[],
): string[] {
  if (raters === 0) return [`${title}: nobody is left, so nothing is scaled or tested.`, ''];
  const lines = [`${title} (${count(raters, 'rater')}):`];
  for (const scale of scales) {
    lines.push(`  ${headline(scale)}`);
    if ('refused' in scale) continue;
    const rows = scale.methods.map(({ method, score, jod, wins, pHolm }) => [
      `    ${method}`,
      signed(score.value),
      method === reference ? 'reference' : range(score).trim(),
      `${signed(jod.value)} JOD`,
      `${wholePercent(wins)} won`,
      pHolm === undefined ? '' : `p ${pHolm < 0.001 ? '< 0.001' : pHolm.toFixed(3)} (Holm)`,
    ]);
    lines.push(...table(rows, [1, 2, 3, 4]));
    lines.push(...scaleRemarks(scale).map((remark) => `    ${remark}`));
  }
  return [...lines, ''];
}

function headline(scale: ScaleOrRefusal): string {
  if ('refused' in scale) return `${scale.question}: ${scale.refused}`;
  const { question, primary, comparisons, leftShare, side, tieShare } = scale;
  const ties = tieShare > 0 ? `, ${wholePercent(tieShare)} could not tell` : '';
  const left = Number.isNaN(leftShare)
    ? 'nobody chose a side'
    : `left chosen ${wholePercent(leftShare)} (${side === undefined ? 'each method kept its side: what the side adds cannot be told' : `side ${signed(side.value)}${range(side)}`})`;
  return `${question}${primary ? ' (primary)' : ''}: ${count(comparisons, 'comparison')}, ${left}${ties}`;
}

/** Whose shares were sought, and what weighing to them does. */
export function populationSentence({ source, raked }: PopulationAnalysis): string {
  const declared = `The population sought (${source})`;
  if ('refused' in raked) return `${declared}. ${raked.refused}`;
  const { designEffect, effective, scale } = raked;
  const worth = `raters weighed to its shares, one attribute after the other until all fit (raking, Deming & Stephan 1940), tell as much as ${Math.round(effective)} weighed alike (design effect ${twoDecimals(designEffect)}, Kish 1965)`;
  return `${declared}: ${worth}.${'refused' in scale ? ` ${scale.refused}` : ''}`;
}

/** How often answers given twice agree beyond chance, and what the whole follows. */
export function doubledSentences({ doubled = [], followed, primary }: Analysis): string[] {
  const kappas = doubled.map(
    ({ question, kappa, repeats }) =>
      `${question} ${twoDecimals(kappa.value)}${bounds(kappa.low, kappa.high, twoDecimals)} of ${repeats}`,
  );
  return [
    ...(kappas.length === 0 ? [] : [`Cohen’s κ of comparisons answered twice: ${kappas.join(', ')}.`]),
    ...(followed === undefined
      ? []
      : [
          `Where content and style were given to different pictures (${count(followed.disagreements, 'comparison')}), ${primary} went with the style in ${wholePercent(followed.style.value)}${bounds(followed.style.low, followed.style.high, wholePercent)}.`,
        ]),
  ];
}

function agreementLines(analysis: Analysis): string[] {
  const { consistency, anchors, choiceAgreement, ratingAgreement, late, withdrawals } = analysis;
  const lines = [
    consistency.repeats === 0
      ? 'No repeats were answered.'
      : `Repeats with sides swapped: ${consistency.same} of ${consistency.repeats} answered the same (${wholePercent(consistency.low)} to ${wholePercent(consistency.high)}).`,
    anchors.asked === 0
      ? 'No anchors were answered.'
      : `Anchors right: ${anchors.right} of ${anchors.asked}.`,
    ...choiceAgreement.map(
      ({ question, alpha, concordance, raters }) =>
        `Agreement on ${question}: Krippendorff’s α ${twoDecimals(alpha)}, Kendall’s W ${twoDecimals(concordance)} (${count(raters, 'rater')} who saw all methods).`,
    ),
    `Agreement of the ratings: Krippendorff’s α ${twoDecimals(ratingAgreement.alpha)} (ordinal), ICC(2,1) ${twoDecimals(ratingAgreement.icc)} over ${count(ratingAgreement.pairs, 'pair')}.`,
  ];
  lines.push(...doubledSentences(analysis));
  if (lines.some((line) => / –[ ,.]/.test(line))) {
    lines.push('A dash: too few answers to the same by several raters, or all of them equal.');
  }
  if (late > 0) lines.push(`${late} answers came after their session had ended; they are counted.`);
  if (withdrawals > 0) lines.push(`${withdrawals} raters have withdrawn; nothing of them is left.`);
  return lines;
}

/** What must be known of a scale beside its numbers. */
export function scaleRemarks({ untested, finite, methods }: QuestionScale): string[] {
  const cut = methods.some(({ score }) => score.low <= -farthest || score.high >= farthest);
  return [
    ...(untested === undefined ? [] : [untested]),
    ...(finite
      ? []
      : [
          'Votes are so unanimous that the likelihood has no finite maximum: Jeffreys’ prior keeps the scale finite (Firth 1993; Heinze & Schemper 2002), and an interval’s far end rests on it.',
        ]),
    ...(cut
      ? [`Bounds end at ±${farthest.toFixed(2)}, odds of a million to one: the answers set none there.`]
      : []),
  ];
}

function range({ low, high }: Estimate): string {
  return bounds(low, high, signed);
}

/** ` [low, high]`; nothing where there are no bounds. */
function bounds(low: number, high: number, shown: (value: number) => string): string {
  return Number.isNaN(low) || Number.isNaN(high) ? '' : ` [${shown(low)}, ${shown(high)}]`;
}
