/** The charts of a board: the content/style plane, ranks with their uncertainty, and whose the variance is. */
import type { TopLevelSpec } from 'vega-lite';
import { number, wholePercent } from '../../src/platform/format.ts';
import { type Chart, fileName, type Panel, type Row, unique } from '../charts/chart.ts';
import { intervals } from '../charts/intervals.ts';
import { colorScale, faint, ink } from '../charts/theme.ts';
import { type BoardNumbers, frontOf, type Measure } from './numbers.ts';

/** A first measure of content and one of style, by which methods are put on the plane. */
export function planeMeasures({ measures }: BoardNumbers): readonly [Measure, Measure] | undefined {
  const content = measures.find(({ purpose }) => purpose === 'content');
  const styles = measures.filter(({ purpose }) => purpose === 'style');
  // A network's view of style tells more than a metric of pixels.
  const style = styles.find(({ id }) => id.startsWith('held-out')) ?? styles[0];
  return content === undefined || style === undefined ? undefined : [content, style];
}

export function boardCharts(numbers: BoardNumbers): Chart[] {
  return [planeChart(numbers), ranksChart(numbers), componentsChart(numbers)].filter(
    (one) => one !== undefined,
  );
}

/** Content kept against style taken, methods by their means; all styles, then each by itself. */
function planeChart(numbers: BoardNumbers): Chart | undefined {
  const measures = planeMeasures(numbers);
  if (measures === undefined) return undefined;
  const [content, style] = measures;
  const methods = content.standings
    .map(({ method }) => method)
    .filter((method) => style.standings.some((one) => one.method === method));
  if (methods.length < 2) return undefined;
  const of = ({ standings }: Measure, method: string) => standings.find((one) => one.method === method)!;
  const front = frontOf(content, style);
  const whole = methods.map((method): Row => {
    const [x, y] = [of(content, method).mean, of(style, method).mean];
    return {
      method,
      x: x.estimate,
      y: y.estimate,
      xLow: x.low,
      xHigh: x.high,
      yLow: y.low,
      yHigh: y.high,
      front: front.includes(method),
    };
  });
  const panels = [
    planePanel('all pairs', whole, content, style, true),
    ...numbers.styles.map((name, j) =>
      planePanel(
        name,
        methods.map((method) => ({
          method,
          x: of(content, method).styles[j]!,
          y: of(style, method).styles[j]!,
          front: false,
        })),
        content,
        style,
        false,
      ),
    ),
  ];
  return {
    name: 'plane',
    title: 'Content against style',
    note: `${content.label} to the right, ${style.label} upward, both turned so that better is up and to the right: means of methods, with their intervals over contents and styles where all pairs are shown. The dotted line joins the methods that no other one beats at both.`,
    panels: unique(panels),
    legend: [],
  };
}

function planePanel(
  title: string,
  rows: readonly Row[],
  content: Measure,
  style: Measure,
  bounded: boolean,
): Panel {
  const axis = (field: 'x' | 'y', { better }: Measure) => {
    const values = rows.map((row) => Number(row[field]));
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const room = 0.18 * (most - least || Math.abs(most) || 1);
    return {
      field,
      type: 'quantitative',
      title: null,
      scale: {
        zero: false,
        nice: false,
        domain: [least - room, most + room],
        reverse: better === 'lower',
        clamp: true,
      },
      axis: { grid: true, domain: false },
    };
  };
  const [across, upright] = [axis('x', content), axis('y', style)];
  const position = { x: across, y: upright };
  const spec = {
    data: { values: withLabels(rows, across.scale, upright.scale) },
    width: PLANE.width,
    height: PLANE.height,
    layer: [
      {
        transform: [{ filter: 'datum.front' }],
        mark: { type: 'line', color: faint, strokeWidth: 1, strokeDash: [2, 2] },
        encoding: { ...position, order: { field: 'x', type: 'quantitative' } },
      },
      ...(bounded
        ? [
            {
              mark: { type: 'rule', color: faint, opacity: 0.45, clip: true },
              encoding: { ...position, x: { ...position.x, field: 'xLow' }, x2: { field: 'xHigh' } },
            },
            {
              mark: { type: 'rule', color: faint, opacity: 0.45, clip: true },
              encoding: { ...position, y: { ...position.y, field: 'yLow' }, y2: { field: 'yHigh' } },
            },
          ]
        : []),
      { mark: { type: 'point', filled: true, size: 70, opacity: 1, color: '#0072b2' }, encoding: position },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: 10, color: ink },
        encoding: {
          x: { ...across, field: 'labelX' },
          y: { ...upright, field: 'labelY' },
          text: { field: 'method' },
        },
      },
    ],
  } as unknown as TopLevelSpec;
  return {
    name: fileName('plane', title),
    title,
    subtitle: `→ ${content.label} · ↑ ${style.label}`,
    description: `Scatter plot of methods by ${content.label} and ${style.label}, ${title}: ${rows
      .map(({ method, x, y }) => `${method} ${number(Number(x))}, ${number(Number(y))}`)
      .join('; ')}.`,
    spec,
    rows: rows.map(({ method, x, y }) => ({ method: method!, [content.label]: x!, [style.label]: y! })),
  };
}

/** The plane in pixels of its drawing. */
const PLANE = { width: 420, height: 300 } as const;
/** What a label takes of it. */
const LABEL = { letter: 5.4, height: 11, gap: 7 } as const;

interface PlaneScale {
  readonly domain: readonly number[];
  readonly reverse: boolean;
}

/** The rows with a place for each name beside its mark, none over another: it goes down, or up, until it is free. */
function withLabels(rows: readonly Row[], x: PlaneScale, y: PlaneScale): Row[] {
  const pixels = ({ domain, reverse }: PlaneScale, size: number, flipped: boolean) => {
    const [from, to] = domain as [number, number];
    const turned = reverse !== flipped;
    const share = (value: number) => (value - from) / (to - from);
    return {
      of: (value: number) => size * (turned ? 1 - share(value) : share(value)),
      at: (pixel: number) => from + (to - from) * (turned ? 1 - pixel / size : pixel / size),
    };
  };
  // Upward a larger number is a smaller pixel.
  const [across, upright] = [pixels(x, PLANE.width, false), pixels(y, PLANE.height, true)];
  const taken: { readonly left: number; readonly right: number; readonly middle: number }[] = [];
  return rows
    .toSorted((a, b) => upright.of(Number(a.y)) - upright.of(Number(b.y)))
    .map((row) => {
      const long = LABEL.letter * String(row.method).length;
      const mark = across.of(Number(row.x));
      // To the left of its mark where there is no room to the right.
      const left = mark + LABEL.gap + long > PLANE.width ? mark - LABEL.gap - long : mark + LABEL.gap;
      const begin = upright.of(Number(row.y));
      const free = (middle: number) =>
        taken.every(
          (one) =>
            one.right < left || one.left > left + long || Math.abs(one.middle - middle) >= LABEL.height,
        );
      let middle = begin;
      for (let step = 1; step < 60 && !free(middle); step++)
        middle = begin + (step % 2 === 0 ? -1 : 1) * 4 * Math.ceil(step / 2);
      taken.push({ left, right: left + long, middle });
      return { ...row, labelX: across.at(left), labelY: upright.at(middle) };
    });
}

/** Ranks of all methods on each measure. */
function ranksChart({ measures }: BoardNumbers): Chart | undefined {
  const several = measures.filter(({ standings }) => standings.length > 1);
  if (several.length === 0) return undefined;
  return {
    name: 'board-ranks',
    title: 'Ranks',
    note: 'Rank of each method’s mean, 1 the best, with its 95 % interval over contents and styles drawn anew, each by itself with replacement (Owen 2007).',
    panels: unique(
      several.map(({ label, standings, better }): Panel => {
        const rows = standings.map(
          ({ method, rank }): Row => ({
            name: method,
            value: rank.rank,
            low: rank.low,
            high: rank.high,
          }),
        );
        return {
          name: fileName('ranks', label),
          title: label,
          subtitle: `${better} is better`,
          description: `Ranks on ${label}: ${standings.map(({ method, rank }) => `${method} ${rank.rank} (${rank.low} to ${rank.high})`).join(', ')}.`,
          spec: intervals(rows, { title: 'rank', domain: [0.5, standings.length + 0.5] }),
          rows,
        };
      }),
    ),
    legend: [],
  };
}

export const componentNames = [
  'method',
  'content',
  'style',
  'method × content',
  'method × style',
  'content × style',
  'rest',
] as const;

/** How a measure's variance divides. */
function componentsChart({ measures }: BoardNumbers): Chart | undefined {
  const rows = measures.flatMap(({ label, components }): Row[] => {
    if (components === undefined) return [];
    const total = componentNames.reduce((sum, name) => sum + components[name], 0);
    if (total === 0) return [];
    return componentNames.map((part, order) => ({
      measure: label,
      part,
      share: components[part] / total,
      order,
    }));
  });
  if (rows.length === 0) return undefined;
  const labels = [...new Set(rows.map(({ measure }) => String(measure)))];
  const spec = {
    data: { values: rows as Row[] },
    height: 26 * labels.length,
    mark: { type: 'bar', height: 15 },
    encoding: {
      y: {
        field: 'measure',
        type: 'nominal',
        title: null,
        scale: { domain: labels },
        axis: { grid: false, ticks: false, labelPadding: 8, labelColor: ink, labelLimit: 260 },
      },
      x: {
        field: 'share',
        type: 'quantitative',
        title: 'share of variance',
        axis: { format: '.0%' },
        scale: { domain: [0, 1] },
      },
      color: {
        field: 'part',
        type: 'nominal',
        title: null,
        scale: colorScale(componentNames),
        sort: [...componentNames],
      },
      order: { field: 'order', type: 'quantitative' },
    },
  } as unknown as TopLevelSpec;
  return {
    name: 'board-variance',
    title: 'Whose the variance is',
    note: 'Variance components of methods × contents × styles, all taken for samples; negative estimates are 0. The rest is the interaction of all three with whatever chance there is, which one picture a cell cannot tell apart.',
    panels: [
      {
        name: 'variance',
        title: 'Shares of each measure’s variance',
        description: `Shares of variance: ${rows.map(({ measure, part, share }) => `${measure}, ${part} ${wholePercent(Number(share))}`).join('; ')}.`,
        spec,
        rows,
      },
    ],
    legend: componentNames.map((label, index) => ({ kind: 'color' as const, label, index })),
  };
}
