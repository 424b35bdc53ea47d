/** Scores over two swept numbers: what a weighting does, cell by cell. */
import type { TopLevelSpec } from 'vega-lite';
import { shortNames } from '../../src/experiment/labels.ts';
import { number } from '../../src/platform/format.ts';
import { groupBy } from '../group.ts';
import type { ReportedTrial } from '../input.ts';
import type { ScoreColumn } from '../metrics.ts';
import { type Chart, fileName, type Panel, type Row, unique } from './chart.ts';
import { leadsToNearest, linkToMean } from './representatives.ts';

/** More panels than this are no overview. */
const mostPanels = 24;

/**
 * A panel for each metric and each combination of what are no numbers (variants, optimisers), over the first two swept
 * numbers that vary there: each variant may sweep weights of its own. Undefined where nothing has two such.
 *
 * @param metrics - those that are shown, in order
 */
export function heatMaps(
  trials: readonly ReportedTrial[],
  metrics: readonly ScoreColumn[],
): Chart | undefined {
  const names = shortNames(numericPaths(trials).map(([path]) => path));
  const groups = [...groupBy(trials, otherFactors)].flatMap(([others, group]) => {
    const [x, y, ...further] = numericPaths(group);
    return x === undefined || y === undefined ? [] : [{ others, group, x, y, further }];
  });
  const panels: Panel[] = [];
  for (const column of metrics) {
    for (const { others, group, x, y } of groups) {
      const [xPath, xValues] = x;
      const [yPath, yValues] = y;
      const swept = (trial: ReportedTrial, path: string) => trial.config.swept[path] as number | undefined;
      const cells = groupBy(
        group.filter(
          (trial) =>
            column.values.has(trial.id) &&
            swept(trial, xPath) !== undefined &&
            swept(trial, yPath) !== undefined,
        ),
        (trial) => JSON.stringify([swept(trial, xPath), swept(trial, yPath)]),
      );
      if (cells.size < 2) continue;
      const means = [...cells.values()].map((cell) => {
        const values = cell.map(({ id }) => column.values.get(id)!);
        return {
          x: swept(cell[0]!, xPath)!,
          y: swept(cell[0]!, yPath)!,
          value: values.reduce((sum, value) => sum + value, 0) / values.length,
          trials: values.length,
          href: linkToMean(cell, column),
        };
      });
      const axes = { xName: names.get(xPath)!, yName: names.get(yPath)!, xValues, yValues };
      panels.push(panelOf(column, others, means, axes));
    }
  }
  if (panels.length === 0) return undefined;
  const titles = new Set(groups.map(({ x, y }) => `${names.get(y[0])} and ${names.get(x[0])}`));
  const further = [...new Set(groups.flatMap((group) => group.further.map(([path]) => names.get(path)!)))];
  return {
    name: 'heat-maps',
    title: titles.size === 1 ? [...titles][0]! : 'Scores over two swept numbers',
    note: [
      'Mean score over pairs and seeds, one cell for each combination; each metric has a scale of its own, on which yellow is better and blue is worse.',
      leadsToNearest,
      further.length > 0 ? `Averaged over ${further.join(', ')}.` : '',
      panels.length > mostPanels ? `Only ${mostPanels} of ${panels.length} panels are shown.` : '',
    ]
      .filter(Boolean)
      .join(' '),
    panels: unique(panels.slice(0, mostPanels)),
    legend: [],
  };
}

function panelOf(
  column: ScoreColumn,
  others: string,
  cells: readonly { x: number; y: number; value: number; trials: number; href: string }[],
  axes: { xName: string; yName: string; xValues: readonly number[]; yValues: readonly number[] },
): Panel {
  const values = cells.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const goodness = (value: number) => {
    const share = high === low ? 0.5 : (value - low) / (high - low);
    return column.better === 'higher' ? share : 1 - share;
  };
  const rows = cells.map(
    ({ x, y, value, trials, href }): Row => ({
      href,
      x,
      y,
      value,
      trials,
      shown: number(value),
      goodness: goodness(value),
    }),
  );
  const encoding = {
    x: {
      field: 'x',
      type: 'ordinal',
      title: axes.xName,
      sort: [...axes.xValues],
      axis: { labelAngle: 0, grid: false, ticks: false, format: '~g' },
    },
    y: {
      field: 'y',
      type: 'ordinal',
      title: axes.yName,
      sort: [...axes.yValues].reverse(),
      axis: { grid: false, ticks: false, format: '~g' },
    },
  };
  const spec = {
    data: { values: rows as Row[] },
    width: Math.max(120, 56 * axes.xValues.length),
    height: Math.max(60, 34 * axes.yValues.length),
    layer: [
      {
        mark: { type: 'rect' },
        encoding: {
          ...encoding,
          color: {
            field: 'goodness',
            type: 'quantitative',
            legend: null,
            scale: { scheme: 'cividis', domain: [0, 1] },
          },
          href: { field: 'href', type: 'nominal' },
        },
      },
      {
        mark: { type: 'text', fontSize: 11 },
        encoding: {
          ...encoding,
          text: { field: 'shown', type: 'nominal' },
          href: { field: 'href', type: 'nominal' },
          color: { condition: { test: 'datum.goodness < 0.55', value: '#fefefe' }, value: '#111111' },
        },
      },
    ],
  } as TopLevelSpec;
  const best = [...cells].sort((a, b) => goodness(b.value) - goodness(a.value))[0]!;
  return {
    name: fileName('heat-map', column.label, others),
    title: column.label,
    ...(others === '' ? {} : { subtitle: others }),
    description: `Heat map of ${column.label} over ${axes.xName} and ${axes.yName}${others === '' ? '' : ` for ${others}`}: from ${number(low)} to ${number(high)}, ${column.better} is better. Best at ${axes.xName} = ${best.x}, ${axes.yName} = ${best.y}.`,
    spec,
    rows: rows.map(({ x, y, value, trials }) => ({
      [axes.xName]: x!,
      [axes.yName]: y!,
      value: value!,
      trials: trials!,
      metric: column.id,
      ...(others === '' ? {} : { others }),
    })),
  };
}

/** Swept paths whose values are all numbers, two or more; seeds are repetitions. Losses' settings come first. */
function numericPaths(trials: readonly ReportedTrial[]): [string, number[]][] {
  const paths = new Set(trials.flatMap(({ config }) => Object.keys(config.swept)));
  return [...paths]
    .filter((path) => path !== 'seed')
    .flatMap((path): [string, number[]][] => {
      const values = new Set(trials.flatMap(({ config }) => config.swept[path] ?? []));
      const numbers = [...values].filter((value): value is number => typeof value === 'number');
      if (numbers.length < 2 || numbers.length < values.size) return [];
      return [[path, numbers.sort((a, b) => a - b)]];
    })
    .sort(([a], [b]) => Number(b.startsWith('losses.')) - Number(a.startsWith('losses.')));
}

/** What tells a trial apart but for its pair, its seed and numbers. */
function otherFactors({ config }: ReportedTrial): string {
  return Object.entries(config.swept)
    .filter(([path, value]) => !['content', 'style', 'seed'].includes(path) && typeof value !== 'number')
    .map(([, value]) => String(value))
    .join(' · ');
}
