/** What one evaluation consists of, machine by machine: the encoder, each loss, and what is nobody's. */
import type { TopLevelSpec } from 'vega-lite';
import type { EvaluationParts } from '../../src/experiment/result.ts';
import { duration, list, percent } from '../../src/platform/format.ts';
import { groupBy, nearest } from '../group.ts';
import type { ReportedTrial } from '../input.ts';
import { timingGroup } from '../machines.ts';
import type { Model } from '../model.ts';
import { type Chart, fileName, type Panel, type Row, unique } from './chart.ts';
import { linkTo, seriesOf } from './series.ts';
import { colorScale, ink } from './theme.ts';

/** Losses with a colour of their own; of more the smallest are drawn together. */
const mostLosses = 5;
const encoder = 'encoder';
const rest = 'between operations';
const others = 'other losses';

/** The chart, or undefined where no engine told its times. */
export function evaluationSplit(trials: readonly ReportedTrial[], model: Model): Chart | undefined {
  const finished = trials.filter(({ result }) => result !== undefined && result.timing.perEvaluation > 0);
  const told = finished.filter((trial) => partsOf(trial) !== undefined);
  if (told.length === 0) return undefined;
  const series = seriesOf(told, model);
  const losses = lossNames(told);
  const names = [encoder, ...losses, rest];
  const groups = groupBy(told, ({ result }) => timingGroup(result!));
  const panels = [...groups].map(([machine, group]): Panel => {
    const variants = groupBy(group, (trial) => String(series.columns(trial).variant));
    const rows = [...variants].flatMap(([variant, own]) => rowsOf(variant, own, names));
    const spec = {
      data: { values: rows as Row[] },
      height: Math.max(48, 24 * variants.size),
      mark: { type: 'bar', height: { band: 0.72 } },
      encoding: {
        y: {
          field: 'variant',
          type: 'nominal',
          title: null,
          sort: [...variants.keys()],
          axis: { grid: false, ticks: false, labelPadding: 8, labelColor: ink, labelLimit: 200 },
        },
        x: {
          field: 'milliseconds',
          type: 'quantitative',
          title: 'milliseconds of an evaluation',
          axis: { grid: true, domain: false },
        },
        color: { field: 'part', type: 'nominal', title: null, sort: names, scale: colorScale(names) },
        order: { field: 'order', type: 'quantitative' },
        href: { field: 'href', type: 'nominal' },
      },
    } as TopLevelSpec;
    const said = [...variants.keys()].map((variant) => {
      const own = rows.filter((row) => row.variant === variant && Number(row.share) >= 0.005);
      const whole = rows.find((row) => row.variant === variant)!;
      const shares = own.map(({ part, share }) => `${part} ${percent(Number(share))}`);
      return `${variant} ${duration(Number(whole.evaluation) / 1000)} (${shares.join(', ')})`;
    });
    return {
      name: fileName('evaluation-split', machine),
      title: 'What an evaluation consists of',
      subtitle: machine,
      description: `Stacked bars of mean milliseconds per evaluation: ${said.join('; ')}.`,
      spec,
      rows: rows.map(({ href: _, order: __, evaluation: ___, ...row }) => ({ ...row, machine }) as Row),
    };
  });
  const silent = [
    ...new Set(
      finished.flatMap(({ result }) => {
        const { parts } = result!.timing;
        return parts !== undefined && 'refused' in parts ? [parts.refused] : [];
      }),
    ),
  ];
  const how = [...new Set(told.map((trial) => partsOf(trial)!.how))];
  const shared = told.filter(({ result }) => result!.timing.shared).length;
  return {
    name: 'evaluation-split',
    title: 'What an evaluation consists of',
    note: [
      `Value and gradient together, by ${list(how)}. An operation and its gradient are whose it is; what losses share counts as the first one’s; “${rest}” are sums of gradients and the runtime itself. A bar is the mean of a variant’s trials and leads to the one nearest to it.`,
      losses.some((name) => name === others) ? `The smallest losses are drawn together as “${others}”.` : '',
      told.length < finished.length
        ? `For ${finished.length - told.length} of ${finished.length} trials it is not known. ${silent.join(' ')}`
        : '',
      shared > 0
        ? `${shared} of ${told.length} trials ran while others ran beside them: their seconds are too long.`
        : '',
    ]
      .filter(Boolean)
      .join(' '),
    panels: unique(panels),
    legend: names.map((label, index) => ({ kind: 'color', label, index })),
    table: {
      caption: 'Shares of an evaluation, value and gradient together.',
      head: ['Variant', ...names, 'an evaluation'],
      rows: panels.flatMap(({ rows, subtitle }) =>
        [...groupBy(rows, ({ variant }) => String(variant))].map(([variant, own]) => [
          groups.size > 1 ? `${variant}, ${differing(subtitle!, [...groups.keys()])}` : variant,
          ...names.map((name) => {
            const share = Number(own.find(({ part }) => part === name)!.share);
            return share === 0 ? '–' : percent(share);
          }),
          duration(own.reduce((sum, { milliseconds }) => sum + Number(milliseconds) / 1000, 0)),
        ]),
      ),
    },
  };
}

function rowsOf(variant: string, trials: readonly ReportedTrial[], names: readonly string[]): Row[] {
  const named = new Set(names);
  const each = (trial: ReportedTrial) => 1000 * trial.result!.timing.perEvaluation;
  const mean = (of: (trial: ReportedTrial) => number) =>
    trials.reduce((sum, trial) => sum + of(trial), 0) / trials.length;
  const evaluation = mean(each);
  const href = linkTo(nearest(trials, evaluation, each));
  return names.map((part, order): Row => {
    const milliseconds = mean((trial) => each(trial) * shareOf(partsOf(trial)!, part, named));
    const share = milliseconds / evaluation;
    return { variant, part, order, milliseconds, share, evaluation, trials: trials.length, href };
  });
}

function partsOf({ result }: ReportedTrial): EvaluationParts | undefined {
  const parts = result?.timing.parts;
  return parts === undefined || 'refused' in parts ? undefined : parts;
}

/** A part's share; a part of a fused loss stands with the loss it is, under that one's name. */
function shareOf(parts: EvaluationParts, name: string, named: ReadonlySet<string>): number {
  if (name === encoder) return parts.encoder;
  if (name === rest) return parts.rest;
  return Object.entries(parts.losses)
    .filter(([loss]) => (name === others ? !named.has(shortName(loss)) : shortName(loss) === name))
    .reduce((sum, [, share]) => sum + share, 0);
}

/** What of a machine's description is not the same for all: of several sizes on one machine the size. */
function differing(machine: string, all: readonly string[]): string {
  const lists = all.map((one) => new Set(one.split(', ')));
  const own = machine.split(', ').filter((part) => !lists.every((parts) => parts.has(part)));
  return own.length === 0 ? machine : own.join(', ');
}

/** The losses' names in order, the smallest under one when there are too many to tell apart by colour. */
function lossNames(trials: readonly ReportedTrial[]): string[] {
  const sums = new Map<string, number>();
  for (const trial of trials) {
    for (const [loss, share] of Object.entries(partsOf(trial)!.losses)) {
      sums.set(shortName(loss), (sums.get(shortName(loss)) ?? 0) + share);
    }
  }
  if (sums.size <= mostLosses) return [...sums.keys()];
  const largest = [...sums].sort((a, b) => b[1] - a[1]).slice(0, mostLosses - 1);
  const kept = new Set(largest.map(([name]) => name));
  return [...[...sums.keys()].filter((name) => kept.has(name)), others];
}

function shortName(loss: string): string {
  return loss.slice(loss.lastIndexOf('.') + 1);
}
