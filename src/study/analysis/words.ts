/** An analysis in words and numbers, for terminals. */
import type { Analysis, Results, ScaleOrRefusal } from './analyse.ts';
import type { Estimate } from './two-way.ts';

/** Lines of text; columns are aligned by `table`. */
export function describeAnalysis(
  analysis: Analysis,
  table: (rows: readonly (readonly string[])[], right: readonly number[]) => string[],
): string[] {
  const { screened, all, excluded, reference, primary } = analysis;
  const lines = [
    `${analysis.study}: ${all.raters} raters, ${all.answers} answers. Reference: ${reference}. Primary question: ${primary}.`,
    `Left out by the rules (hash ${analysis.rulesHash.slice(0, 12)}…): ${excluded.length === 0 ? 'nobody' : `${excluded.length} of ${all.raters}`}.`,
    ...excluded.map(({ rater, reasons }) => `  ${rater.slice(0, 8)}  ${reasons.join('; ')}`),
    '',
    ...scaleLines('Without those left out', screened, table),
  ];
  if (excluded.length > 0) lines.push(...scaleLines('Of everyone', all, table));
  if (screened.opinions.length > 0) {
    lines.push('Mean opinion, 5 excellent to 1 bad:');
    const rows = screened.opinions.map(({ method, mean, half, raters, difference }) => [
      `  ${method === 'content' ? '(the unmodified content)' : method}`,
      `${mean.toFixed(2)} ± ${half.toFixed(2)}`,
      difference === undefined
        ? ''
        : `${signed(difference.mean)} ± ${difference.half.toFixed(2)} against the reference`,
      `${raters} raters`,
    ]);
    lines.push(...table(rows, [1]), '');
  }
  lines.push(...agreementLines(analysis), '');
  const about = analysis.predictors.filter(({ question }) => question === primary);
  if (about.length > 0) {
    lines.push(`Which number predicts people? (${primary})`);
    const rows = about.map(({ label, agreement, tau }) => [
      `  ${label}`,
      `${percent(agreement.value)} of choices`,
      `[${percent(agreement.low)}, ${percent(agreement.high)}]`,
      `τ ${signed(tau)}`,
    ]);
    lines.push(...table(rows, [1, 2, 3]), '');
  }
  if (analysis.subGroups.length > 0) {
    lines.push('Sub-groups (exploratory, not corrected):');
    const rows = analysis.subGroups.map(({ attribute, value, raters, scale }) => [
      `  ${attribute} ${value}`,
      `${raters} raters`,
      'refused' in scale
        ? scale.refused
        : scale.methods.map(({ method, score }) => `${method} ${signed(score.value)}`).join(', '),
    ]);
    lines.push(...table(rows, [1]), '');
  }
  return lines;
}

function scaleLines(
  title: string,
  { scales, raters }: Results,
  table: (rows: readonly (readonly string[])[], right: readonly number[]) => string[],
): string[] {
  const lines = [`${title} (${raters} raters):`];
  for (const scale of scales) {
    lines.push(`  ${headline(scale)}`);
    if ('refused' in scale) continue;
    const rows = scale.methods.map(({ method, score, jod, wins, pHolm }) => [
      `    ${method}`,
      signed(score.value),
      range(score),
      `${signed(jod.value)} JOD`,
      `${percent(wins)} won`,
      pHolm === undefined ? '' : `p ${pHolm < 0.001 ? '< 0.001' : pHolm.toFixed(3)} (Holm)`,
    ]);
    lines.push(...table(rows, [1, 2, 3, 4]));
    if (!scale.finite) {
      lines.push(
        '    A method won or lost all its comparisons: half a vote each way keeps its score finite.',
      );
    }
  }
  return [...lines, ''];
}

function headline(scale: ScaleOrRefusal): string {
  if ('refused' in scale) return `${scale.question}: ${scale.refused}`;
  const { question, primary, comparisons, leftShare, side, tieShare } = scale;
  const ties = tieShare > 0 ? `, ${percent(tieShare)} could not tell` : '';
  return `${question}${primary ? ' (primary)' : ''}: ${comparisons} comparisons, left chosen ${percent(leftShare)} (side ${signed(side.value)} ${range(side)})${ties}`;
}

function agreementLines({
  consistency,
  anchors,
  choiceAgreement,
  ratingAgreement,
  late,
  withdrawals,
}: Analysis): string[] {
  const lines = [
    `Repeats with sides swapped: ${consistency.same} of ${consistency.repeats} answered the same (${percent(consistency.low)} to ${percent(consistency.high)}); anchors right: ${anchors.right} of ${anchors.asked}.`,
    ...choiceAgreement.map(
      ({ question, alpha, concordance, raters }) =>
        `Agreement on ${question}: Krippendorff’s α ${shown(alpha)}, Kendall’s W ${shown(concordance)} (${raters} raters who saw all methods).`,
    ),
    `Agreement of the ratings: Krippendorff’s α ${shown(ratingAgreement.alpha)} (ordinal), ICC(2,1) ${shown(ratingAgreement.icc)} over ${ratingAgreement.pairs} pairs.`,
  ];
  if (late > 0) lines.push(`${late} answers came after their session had ended; they are counted.`);
  if (withdrawals > 0) lines.push(`${withdrawals} raters have withdrawn; nothing of them is left.`);
  return lines;
}

function range({ low, high }: Estimate): string {
  return `[${signed(low)}, ${signed(high)}]`;
}

function signed(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

function shown(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2).replace('-', '−') : '– (too little)';
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : '–';
}
