/** How each loss fell: a panel for every term that is one and the same measure, over evaluations or over seconds. */
import type { TopLevelSpec } from 'vega-lite';
import type { TraceRecord, TrialConfig } from '../../src/experiment/trial.ts';
import { measuredBy } from '../../src/losses/registry.ts';
import type { ReportedTrial } from '../input.ts';
import { timingGroup } from '../machines.ts';
import type { Model } from '../model.ts';
import { type Chart, fileName, type Panel, type Row, unique } from './chart.ts';
import { linkTo, type Series, seriesOf } from './series.ts';
import { colorScale, dashScale, logTicks } from './theme.ts';

/** Points of a line; more cannot be told apart. Of very many lines each has fewer, so that a page can be opened. */
const pointsPerLine = 60;
const fewestPoints = 20;
const pointsInAll = 24_000;

export type Traces = ReadonlyMap<string, readonly TraceRecord[]>;

/**
 * The chart over evaluations or over seconds, or undefined when no trace has a positive value.
 * @param traces - trial id -> its trace
 */
export function trajectories(
  trials: readonly ReportedTrial[],
  model: Model,
  traces: Traces,
  over: 'evaluations' | 'seconds',
): Chart | undefined {
  const series = seriesOf(trials, model);
  const groups = new Map<string, { term: string; config: TrialConfig; machine: string; rows: Row[] }>();
  const most = Math.max(fewestPoints, Math.min(pointsPerLine, Math.floor(pointsInAll / trials.length)));
  const machines = new Set(trials.map(ranOn));
  const table: Row[] = [];
  for (const trial of trials) {
    const machine = over === 'seconds' ? ranOn(trial) : '';
    const points = thin(completedSteps(traces.get(trial.id) ?? []), most);
    table.push(...points.map((record) => tableRow(trial, series, record)));
    for (const term of ['total', ...termNames(points)]) {
      const key = JSON.stringify([term === 'total', measureOf(trial.config, term), machine]);
      const group = groups.get(key) ?? { term, config: trial.config, machine, rows: [] };
      group.rows.push(...rowsOf(trial, series, points, term));
      groups.set(key, group);
    }
  }

  const panels = [...groups.values()]
    .filter(({ rows }) => rows.length > 1)
    .sort((a, b) => Number(b.term === 'total') - Number(a.term === 'total'))
    .map((group) => ({ ...panelOf(group, series, over, machines.size > 1), rows: table, data: 'losses' }));
  if (panels.length === 0) return undefined;
  const shared = trials.some((trial) => trial.result?.timing.shared);
  return {
    name: `losses-over-${over}`,
    title: `Losses over ${over}`,
    note: [
      'Each point is a completed step of the optimiser; values are unweighted, both axes logarithmic. Where targets are recomputed on the way (patch matches, histograms), a line may rise.',
      'A panel holds only trials whose term is the same measure (layers, convention, encoder, sizes), so its lines may be compared; those of different panels may not.',
      'The CSV holds the points of all panels over both, a column for each term; what the trials are is in scores.csv.',
      over === 'seconds' && machines.size > 1 ? 'Machines, engines and sizes have panels of their own.' : '',
      over === 'seconds' && shared
        ? 'Some trials shared the machine with others while they ran: their seconds are too long.'
        : '',
    ]
      .filter(Boolean)
      .join(' '),
    panels: unique(panels),
    legend: series.legend(['color', 'dash']),
  };
}

/**
 * What must agree for two trials' values of a term to be the same measure: what the loss says it measures, whatever its
 * weight and name, the encoder and the sizes; for the total all losses with their weights.
 */
export function measureOf(config: TrialConfig, term: string): unknown {
  const { encoder, sizes, styleScale, color, levels } = config;
  const surroundings = [encoder, sizes, styleScale, color];
  if (term === 'total') return [config.losses, config.weighting, surroundings, levels];
  return [
    measuredIn(config, term) ?? [term, config.losses],
    surroundings,
    levels?.map((level) => level.styleScale ?? null),
  ];
}

function measuredIn({ losses }: TrialConfig, term: string): Readonly<Record<string, unknown>> | undefined {
  const [loss] = losses
    .filter(({ name }) => name === term || term.startsWith(`${name}.`))
    .sort((a, b) => b.name.length - a.name.length);
  return loss && measuredBy(loss, term);
}

/**
 * Each level's first record and those at which the optimiser completed a step: what a line search merely tried is left
 * out. Not the lowest totals so far, because recomputed targets change what a total means on the way.
 */
export function completedSteps(trace: readonly TraceRecord[]): TraceRecord[] {
  return trace.filter((record, i) => {
    const previous = trace[i - 1];
    return previous === undefined || previous.level !== record.level || record.step > previous.step;
  });
}

/** At most about `most` records, evenly over the logarithm of the evaluation; first and last are kept. */
function thin(records: readonly TraceRecord[], most: number): TraceRecord[] {
  if (records.length <= most) return [...records];
  const last = records.at(-1)!;
  const step = Math.log(last.evaluation) / most;
  let next = 0;
  return records.filter((record, i) => {
    const levelEnds = records[i + 1]?.level !== record.level || records[i - 1]?.level !== record.level;
    if (!levelEnds && Math.log(record.evaluation) < next) return false;
    next = Math.log(record.evaluation) + step;
    return true;
  });
}

function termNames(records: readonly TraceRecord[]): string[] {
  return Object.keys(records[0]?.terms ?? {});
}

/** A point as the table has it: the machine its seconds were taken on, and every term, also where it is 0. */
function tableRow(trial: ReportedTrial, series: Series, record: TraceRecord): Row {
  const terms = Object.entries(record.terms).map(
    ([name, { value }]) => [`term ${name}`, written(value)] as const,
  );
  return {
    ...series.columns(trial),
    machine: ranOn(trial),
    level: record.level,
    evaluation: record.evaluation,
    seconds: Number(record.seconds.toFixed(6)),
    total: written(record.total),
    ...Object.fromEntries(terms),
  };
}

/**
 * A number of single precision in as few digits as name it, since the others of tens of thousands are megabytes that say
 * nothing; one that is none is left empty.
 */
function written(value: number): number | '' {
  if (!Number.isFinite(value)) return '';
  if (Math.fround(value) !== value) return value;
  const digits = [6, 7, 8].find((some) => Math.fround(Number(value.toPrecision(some))) === value) ?? 9;
  return Number(value.toPrecision(digits));
}

function ranOn({ result }: ReportedTrial): string {
  return result === undefined ? '' : timingGroup(result);
}

function rowsOf(trial: ReportedTrial, series: Series, points: readonly TraceRecord[], term: string): Row[] {
  return points.flatMap((record) => {
    const value = term === 'total' ? record.total : record.terms[term]?.value;
    // A logarithmic axis has no zero: the content term of a picture that begins as the content starts there.
    if (value === undefined || !(value > 0) || !Number.isFinite(value) || !(record.seconds > 0)) return [];
    return [
      {
        ...series.columns(trial),
        term,
        line: `${trial.id} ${record.level} ${term}`,
        href: linkTo(trial),
        level: record.level,
        evaluation: record.evaluation,
        seconds: record.seconds,
        value,
      },
    ];
  });
}

function panelOf(
  group: { term: string; machine: string; rows: readonly Row[]; config: TrialConfig },
  series: Series,
  over: 'evaluations' | 'seconds',
  separate: boolean,
): Omit<Panel, 'rows'> {
  const { rows } = group;
  const measured = group.term === 'total' ? undefined : measuredIn(group.config, group.term);
  const term = titleOf(group.config, group.term, measured);
  const variants = [...new Set(rows.map((row) => String(row.variant)))];
  const convention = group.term === 'total' ? 'weighted sum' : String(measured?.convention ?? '');
  const where = over === 'seconds' && separate ? group.machine : '';
  const subtitle = [convention, variants.join(', '), where].filter(Boolean).join(' · ');
  const values = rows.map((row) => Number(row.value));
  const x = over === 'seconds' ? 'seconds' : 'evaluation';
  const spec: TopLevelSpec = {
    data: { values: rows as Row[] },
    // Not `opacity`, for which every line would be drawn on a sheet of its own.
    mark: { type: 'line', strokeWidth: 1.6, strokeCap: 'round', strokeJoin: 'round', strokeOpacity: 0.85 },
    encoding: {
      x: {
        field: x,
        type: 'quantitative',
        title: over,
        scale: { type: 'log', nice: false },
        axis: { values: logTicks(rows.map((row) => Number(row[x]))), format: '~g', labelOverlap: 'greedy' },
      },
      y: {
        field: 'value',
        type: 'quantitative',
        title: null,
        scale: { type: 'log', nice: false },
        axis: { values: logTicks(values), format: '~g', labelOverlap: 'greedy' },
      },
      color: {
        field: 'variant',
        type: 'nominal',
        title: null,
        scale: colorScale(series.variants),
        legend: { values: variants },
      },
      ...(series.optimizers.length > 1
        ? {
            strokeDash: {
              field: 'optimizer',
              type: 'nominal',
              title: null,
              scale: dashScale(series.optimizers),
            },
          }
        : {}),
      detail: { field: 'line', type: 'nominal' },
      href: { field: 'href', type: 'nominal' },
    },
  };
  return {
    name: fileName(term, ...(variants.length < series.variants.length ? variants : []), 'over', over),
    title: term,
    subtitle,
    description: `Line chart of ${term} over ${over} for ${variants.join(', ')}: from ${Math.max(...values).toPrecision(3)} at most to ${Math.min(...values).toPrecision(3)} at least.`,
    spec,
  };
}

/** The term's name; a part that is a loss in its own right stands with that, under its name. */
function titleOf(
  { losses }: TrialConfig,
  term: string,
  measured?: Readonly<Record<string, unknown>>,
): string {
  if (measured === undefined || 'part' in measured || losses.some(({ name }) => name === term)) return term;
  return String(measured.type);
}
