/** The charts of what people said. */
import type { TopLevelSpec } from 'vega-lite';
import { count, signed, twoDecimals, wholePercent } from '../../src/platform/format.ts';
import type { Analysis } from '../../src/study/analysis/analyze.ts';
import type { Estimate } from '../../src/study/analysis/two-way.ts';
import { type Chart, fileName, type Panel, type Row, unique } from '../charts/chart.ts';
import { intervals } from '../charts/intervals.ts';
import { colorScale, faint, ink } from '../charts/theme.ts';
import { asked, bounds, contentName, measuredScales, taken, withBounds } from './words.ts';

/**
 * The charts of one study, those for which there is data, raters left out by the rules not counted.
 * @param prefix - of all file names, where a report holds several studies
 */
export function peopleCharts(analysis: Analysis, prefix = 'people'): Chart[] {
  return [
    scaleChart(analysis, prefix),
    preferenceChart(analysis, prefix),
    opinionChart(analysis, prefix),
    predictorChart(analysis, prefix),
  ].filter((chart) => chart !== undefined);
}

/** One panel for each question, all on one axis, the declared question first. */
function scaleChart(analysis: Analysis, prefix: string): Chart | undefined {
  const scales = measuredScales(analysis);
  if (scales.length === 0) return undefined;
  const { reference } = analysis;
  const domain = reach(scales.flatMap(({ methods }) => methods.map(({ score }) => score)));
  const panels = scales.map(({ question, primary, methods, comparisons, level, raters }): Panel => {
    const rows = methods.map(({ method, score }) => ({ name: method, ...finite(score) }));
    return {
      name: fileName(prefix, 'scale', question),
      title: asked(analysis, question),
      subtitle: `${primary ? 'the declared question · ' : ''}${count(comparisons, 'comparison')} by ${count(raters, 'rater')}`,
      description: `Scores against ${reference} with ${wholePercent(level)} intervals, best first: ${methods.map(({ method, score }) => `${method} ${signed(score.value)}${method === reference ? ' (the reference)' : bounds(score)}`).join(', ')}.`,
      spec: intervals(rows, { title: `log-odds against ${reference} →`, reference: 0, domain }),
      rows: methods.map(({ method, score, jod, wins, comparisons: seen, p, pHolm }) => ({
        question,
        method,
        reference,
        score: score.value,
        low: taken(score.low),
        high: taken(score.high),
        jod: jod.value,
        'jod low': taken(jod.low),
        'jod high': taken(jod.high),
        'share won': wins,
        comparisons: seen,
        p: p ?? '',
        'p (Holm)': pHolm ?? '',
      })),
    };
  });
  return {
    name: `${prefix}-scales`,
    title: 'Whom people chose',
    note: `Log-odds of being chosen over ${reference}, which is at zero (Bradley–Terry with terms for the side and for “can’t tell”): +0.41 is 60 %, +1.1 is 75 %. The bars hold for other raters and other pictures. All questions share one axis.`,
    panels: unique(panels),
    legend: [],
  };
}

/** How often each method was chosen, question by question. */
function preferenceChart(analysis: Analysis, prefix: string): Chart | undefined {
  const scales = measuredScales(analysis);
  if (scales.length === 0) return undefined;
  const questions = scales.map(({ question }) => asked(analysis, question));
  const names = scales[0]!.methods.map(({ method }) => method);
  const rows = names.flatMap((method) =>
    scales.map(({ question, methods }): Row => {
      const { wins, comparisons } = methods.find((one) => one.method === method)!;
      return { method, question: asked(analysis, question), share: wins, comparisons };
    }),
  );
  const spec = {
    height: names.length * (12 * questions.length + 10),
    layer: [
      {
        data: { values: [{ half: 0.5 }] },
        mark: { type: 'rule', strokeWidth: 1.5, color: faint },
        encoding: { x: { field: 'half', type: 'quantitative' } },
      },
      {
        data: { values: rows as Row[] },
        mark: { type: 'point', filled: true, size: 60, opacity: 1 },
        encoding: {
          y: {
            field: 'method',
            type: 'nominal',
            title: null,
            sort: names,
            axis: { grid: false, ticks: false, labelPadding: 8, labelColor: ink, labelLimit: 240 },
            scale: { paddingInner: 0.25, paddingOuter: 0.1 },
          },
          yOffset: { field: 'question', type: 'nominal', scale: { domain: questions } },
          x: {
            field: 'share',
            type: 'quantitative',
            title: 'share of its comparisons won →',
            scale: { domain: [0, 1], nice: false },
            axis: { grid: true, domain: false, format: '.0%' },
          },
          color: {
            field: 'question',
            type: 'nominal',
            title: null,
            sort: questions,
            scale: colorScale(questions),
          },
        },
      },
    ],
  } as TopLevelSpec;
  return {
    name: `${prefix}-preferences`,
    title: 'How often each was chosen',
    note: 'Of all comparisons with any other method; “can’t tell” counts half for either. One half is neither better nor worse than the rest.',
    panels: [
      {
        name: `${prefix}-preferences`,
        title: 'Share of comparisons won',
        description: `${names
          .map(
            (method) =>
              `${method}: ${rows
                .filter((row) => row.method === method)
                .map(({ question, share }) => `${String(question)} ${wholePercent(Number(share))}`)
                .join(', ')}`,
          )
          .join('; ')}.`,
        spec,
        rows,
      },
    ],
    legend: questions.map((label, index) => ({ kind: 'color', label, index })),
  };
}

/** Mean opinion scores. */
function opinionChart({ screened, reference }: Analysis, prefix: string): Chart | undefined {
  const { opinions } = screened;
  if (opinions.length === 0) return undefined;
  const rows = opinions.map(({ method, mean, low, high }) => ({
    name: contentName(method),
    ...finite({ value: mean, low, high }),
  }));
  return {
    name: `${prefix}-opinions`,
    title: 'How good people find each picture',
    note: `Mean of 5 (excellent) to 1 (bad), given to one picture at a time, ${reference} hidden among them; the bars are 95 % intervals over raters.`,
    panels: [
      {
        name: `${prefix}-opinions`,
        title: 'Mean opinion',
        description: `Mean opinion with 95 % intervals: ${opinions.map(({ method, mean, low, high }) => `${contentName(method)} ${withBounds({ value: mean, low, high }, twoDecimals)}`).join(', ')}.`,
        spec: intervals(rows, { title: '1 bad to 5 excellent →', domain: [1, 5] }),
        rows: opinions.map(({ method, mean, low, high, raters, ratings, difference }) => ({
          method: contentName(method),
          mean,
          low: taken(low),
          high: taken(high),
          raters,
          ratings,
          'against the reference': difference?.mean ?? '',
          'its low': taken(difference?.low),
          'its high': taken(difference?.high),
        })),
      },
    ],
    legend: [],
  };
}

/** Every metric against the choices: pairwise agreement for each question, rank correlation for the declared one. */
function predictorChart(analysis: Analysis, prefix: string): Chart | undefined {
  const { predictors, primary } = analysis;
  if (predictors.length === 0) return undefined;
  const questions = [...new Set([primary, ...predictors.map(({ question }) => question)])].filter(
    (question) => predictors.some((one) => one.question === question),
  );
  const rowsOf = (question: string) => predictors.filter((one) => one.question === question);
  const csv = (question: string): Row[] =>
    rowsOf(question).map(({ metric, label, agreement, choices, tau }) => ({
      question,
      metric,
      label,
      'choices predicted': agreement.value,
      low: taken(agreement.low),
      high: taken(agreement.high),
      choices,
      'Kendall τ': taken(tau),
    }));
  const domain = within(predictors.map(({ agreement }) => agreement));
  const agreements = questions.map((question): Panel => {
    const rows = rowsOf(question).map(({ label, agreement }) => ({ name: label, ...finite(agreement) }));
    return {
      name: fileName(prefix, 'metrics', question),
      title: asked(analysis, question),
      subtitle: `pairwise agreement${question === primary ? ' · the declared question' : ''}`,
      description: `Share of people’s choices that fell on the picture a metric finds better: ${rowsOf(
        question,
      )
        .map(({ label, agreement }) => `${label} ${wholePercent(agreement.value)}`)
        .join(', ')}.`,
      spec: intervals(rows, { title: 'choices predicted →', reference: 0.5, domain, format: '.0%' }),
      rows: csv(question),
    };
  });
  const ranked = rowsOf(primary).filter(({ tau }) => Number.isFinite(tau));
  const taus: Panel[] =
    ranked.length === 0
      ? []
      : [
          {
            name: fileName(prefix, 'metrics', 'rank', primary),
            title: asked(analysis, primary),
            subtitle: 'rank correlation · the declared question',
            description: `Kendall’s rank correlation within pairs between each metric and the shares of wins: ${ranked.map(({ label, tau }) => `${label} ${signed(tau)}`).join(', ')}.`,
            spec: intervals(
              ranked.map(({ label, tau }) => ({ name: label, value: tau })),
              { title: 'Kendall’s τ →', reference: 0, domain: [-1, 1] },
            ),
            rows: csv(primary),
          },
        ];
  return {
    name: `${prefix}-metrics`,
    title: 'Which number predicts people?',
    note: 'Every metric that all compared pictures have, turned so that more is better. Pairwise agreement: the share of choices that fell on the picture the metric finds better; one half is chance, and less says that people want the opposite. Rank correlation: Kendall’s τ between the metric and how often a picture won, within each content/style pair, averaged.',
    panels: unique([...agreements.slice(0, 1), ...taus, ...agreements.slice(1)]),
    legend: [],
  };
}

/** An estimate as Vega takes it: a bound that does not exist is left out. */
function finite({ value, low, high }: Estimate): Row {
  return Number.isFinite(low) && Number.isFinite(high) ? { value, low, high } : { value };
}

/** The same to the left and the right of zero, a little beyond the farthest bound, or value where there are none. */
function reach(estimates: readonly Estimate[]): [number, number] {
  const ends = estimates.flatMap(({ value, low, high }) => [value, low, high].map(Math.abs));
  const most = 1.06 * Math.max(0.5, ...ends.filter(Number.isFinite));
  return [-most, most];
}

/** Shares, at least from a quarter to three quarters. */
function within(estimates: readonly Estimate[]): [number, number] {
  const bounds = estimates.flatMap(({ value, low, high }) => [value, low, high]).filter(Number.isFinite);
  return [
    Math.max(0, Math.min(0.25, ...bounds.map((bound) => bound - 0.02))),
    Math.min(1, Math.max(0.75, ...bounds.map((bound) => bound + 0.02))),
  ];
}
