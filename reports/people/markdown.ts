/** What people said, as lines of Markdown. */
import { signed, twoDecimals, wholePercent } from '../../src/platform/format.ts';
import type { Analysis } from '../../src/study/analysis/analyze.ts';
import { table, text } from '../words/markdown-text.ts';
import { compositionNote, compositionTitle, shareOf } from './composition.ts';
import { populationTexts, populationTitle } from './population.ts';
import type { RatedStudy } from './rated.ts';
import {
  agreementSentences,
  answerSentences,
  asked,
  contentName,
  measuredScales,
  probability,
  refusals,
  scaleNotes,
  withBounds,
} from './words.ts';

/** The lines of all studies; none without studies. */
export function peopleLines(studies: readonly RatedStudy[] | undefined): string[] {
  if (studies === undefined || studies.length === 0) return [];
  return [
    '## What people said',
    '',
    ...studies.flatMap((one) => [
      ...(studies.length > 1 ? [`### Study ${text(one.study)}`, ''] : []),
      ...('problem' in one
        ? [text(`Study ${one.study}: ${one.problem}`), '']
        : [...one.remarks.flatMap((remark) => [text(remark), '']), ...studyLines(one.analysis)]),
    ]),
  ];
}

function studyLines(analysis: Analysis): string[] {
  const { screened, all, excluded, predictors, primary, reference } = analysis;
  const everyone = excluded.length === 0 ? [] : measuredScales(analysis, all);
  const scores = measuredScales(analysis).flatMap((scale) =>
    scale.methods.map(({ method, score, jod, wins, pHolm }) => {
      const other = everyone
        .find(({ question }) => question === scale.question)
        ?.methods.find((one) => one.method === method);
      return [
        text(asked(analysis, scale.question)),
        text(method),
        method === reference ? 'reference' : withBounds(score),
        signed(jod.value),
        wholePercent(wins),
        pHolm === undefined ? '' : probability(pHolm).replace(/^p (= )?/, ''),
        ...(everyone.length === 0
          ? []
          : [other === undefined ? '–' : method === reference ? 'reference' : withBounds(other.score)]),
      ];
    }),
  );
  const head = ['Question', 'Method', 'Log-odds [95 %]', 'JOD', 'won', 'p (Holm)'];
  const about = predictors.filter(({ question }) => question === primary);
  return [
    ...answerSentences(analysis).flatMap((sentence) => [text(sentence), '']),
    ...refusals(analysis).flatMap((sentence) => [text(sentence), '']),
    ...(scores.length === 0
      ? []
      : [...table([everyone.length === 0 ? head : [...head, 'with everyone'], ...scores]), '']),
    ...scaleNotes(analysis).flatMap((note) => [text(note), '']),
    ...(screened.opinions.length === 0
      ? []
      : [
          'Mean opinion, 5 excellent to 1 bad:',
          '',
          ...table([
            ['Picture', 'Mean', 'Against the reference', 'Raters'],
            ...screened.opinions.map(({ method, mean, low, high, difference, raters }) => [
              text(contentName(method)),
              withBounds({ value: mean, low, high }, twoDecimals),
              difference === undefined ? '' : withBounds({ ...difference, value: difference.mean }),
              String(raters),
            ]),
          ]),
          '',
        ]),
    ...(about.length === 0
      ? []
      : [
          `Which number predicts people? (${text(asked(analysis, primary))})`,
          '',
          ...table([
            ['Metric', 'Choices predicted [95 %]', 'Kendall’s τ'],
            ...about.map(({ label, agreement, tau }) => [
              text(label),
              withBounds(agreement, wholePercent),
              signed(tau),
            ]),
          ]),
          '',
        ]),
    ...agreementSentences(analysis).flatMap((sentence) => [text(sentence), '']),
    ...compositionLines(analysis),
    ...populationLines(analysis),
  ];
}

function compositionLines({ composition }: Analysis): string[] {
  if (composition === undefined) return [];
  return [
    `### ${compositionTitle}`,
    '',
    text(compositionNote(composition)),
    '',
    ...(composition.parts.length === 0
      ? []
      : [
          ...table([
            ['Question', 'Answer', 'Raters', 'Share'],
            ...composition.parts.flatMap(({ title, rows }) =>
              rows.map(({ label, raters }, i) => [
                i === 0 ? text(title) : '',
                text(label),
                String(raters),
                shareOf(composition, raters),
              ]),
            ),
          ]),
          '',
        ]),
  ];
}

function populationLines(analysis: Analysis): string[] {
  const texts = populationTexts(analysis);
  if (texts === undefined) return [];
  const { sentence, groups, scores } = texts;
  const part = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? [] : [...table([head, ...rows.map((row) => row.map(text))]), ''];
  return [
    `### ${populationTitle}`,
    '',
    text(sentence),
    '',
    ...part(['Question', 'Group', 'Sought', 'Reached'], groups),
    ...part(['Method', 'Raters alike', 'Weighed to the population'], scores),
  ];
}
