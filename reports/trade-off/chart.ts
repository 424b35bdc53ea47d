/** Quality over seconds a picture, each network with its share of its training. */
import type { TopLevelSpec } from 'vega-lite';
import { duration, list, number } from '../../src/platform/format.ts';
import { type Chart, fileName, type Panel, type Row, unique } from '../charts/chart.ts';
import { leadsToNearest, linkToMean } from '../charts/representatives.ts';
import { colorScale, faint, logTicks, scoreScale, shapeScale } from '../charts/theme.ts';
import { groupBy } from '../group.ts';
import type { ReportInput } from '../input.ts';
import { scoreColumns } from '../metrics.ts';
import type { Model } from '../model.ts';
import { type TradeOff, trainedHere, type Way, type WayClass } from './numbers.ts';
import { firstSpread, type Moving, spreadText } from './pay-off.ts';
import { classNames, spreadSeconds } from './words.ts';

/** A panel, and what its marks move by: one entry for each way that it shows, in the order of its marks. */
export interface MovingChart {
  readonly chart: Chart;
  readonly panels: readonly (readonly Moving[])[];
}

/** Names of the layers whose marks follow the training's share; the page's script finds them by these. */
const layers = { across: 'across', upright: 'upright', points: 'ways' } as const;

interface Measure {
  readonly name: string;
  readonly title: string;
  readonly better: 'higher' | 'lower';
  of(way: Way): { readonly value: number; readonly low: number; readonly high: number } | undefined;
  /** Where a way's mark leads. */
  href(way: Way): string | undefined;
}

/** The chart, or undefined where fewer than two ways have both seconds and a quality. */
export function tradeOffChart(tradeOff: TradeOff, input: ReportInput, model: Model): MovingChart | undefined {
  const { ways } = tradeOff;
  const names = seriesNames(ways, model);
  const classes = [...new Set(ways.map((way) => way.class))];
  const places = groupBy(
    ways.filter(({ seconds }) => seconds !== undefined),
    ({ timedOn }) => timedOn.join('; '),
  );
  const made = measures(tradeOff, input).flatMap((measure) =>
    [...places].flatMap(([place, there]) => {
      const shown = there.filter((way) => measure.of(way) !== undefined);
      if (shown.length < 2) return [];
      return [panelOf(shown, measure, { names, classes, place, places: places.size, level: tradeOff.level })];
    }),
  );
  if (made.length === 0) return undefined;
  const shown = ways.filter(({ seconds }) => seconds !== undefined);
  const unmeasured = ways.filter((way) => !shown.includes(way)).map(({ name }) => name);
  const shared = shown.some((way) => way.shared > 0);
  return {
    panels: made.map(({ moving }) => moving),
    chart: {
      name: 'trade-off',
      title: 'Quality over seconds a picture',
      note: [
        'Seconds to the right, on a logarithmic scale; quality turned so that better is up: the best of all would be at the top on the left. Bars are intervals over pairs.',
        `The dotted line is the way that a network’s mark goes as its training is spread over more pictures, from one at its right end to so many that it does not count at its left; files show ${spreadText(firstSpread)} a network.`,
        leadsToNearest,
        shared ? 'Some were timed while other trials ran beside: their seconds are too long.' : '',
        places.size > 1 ? 'Devices and picture sizes have panels of their own.' : '',
        unmeasured.length > 0 ? `Without ${list(unmeasured)}, whose seconds nobody measured.` : '',
      ]
        .filter(Boolean)
        .join(' '),
      panels: unique(made.map(({ panel }) => panel)),
      legend: [
        ...names.flatMap((label, index) =>
          shown.some((way) => keyOf(way, names) === label) ? [{ kind: 'color' as const, label, index }] : [],
        ),
        ...(classes.length > 1
          ? classes.flatMap((one, index) =>
              shown.some((way) => way.class === one)
                ? [{ kind: 'shape' as const, label: classNames[one], index }]
                : [],
            )
          : []),
      ],
    },
  };
}

/** Variants keep the colours of the other charts, unless several ways are of one variant. */
function seriesNames(ways: readonly Way[], model: Model): readonly string[] {
  const all = model.axes.find(({ key }) => key === 'variant')?.values ?? [];
  const own = ways.map(({ variant }) => variant);
  return new Set(own).size === own.length && own.every((name) => all.includes(name))
    ? all
    : ways.map(({ name }) => name);
}

function keyOf({ name, variant }: Way, names: readonly string[]): string {
  return names.includes(name) ? name : variant;
}

function measures({ metrics, people }: TradeOff, input: ReportInput): Measure[] {
  const columns = scoreColumns(input);
  const firstLink = (way: Way, id?: string) => {
    const column = columns.find((one) => one.id === id);
    const scored = way.trials.filter((trial) => column?.values.has(trial.id));
    return column === undefined || scored.length === 0 ? undefined : linkToMean(scored, column);
  };
  return [
    ...metrics.map(
      ({ id, label, better }): Measure => ({
        name: label,
        title: label,
        better,
        of: ({ quality }) => {
          const found = quality.get(id);
          return found && { value: found.estimate, low: found.low, high: found.high };
        },
        href: (way) => firstLink(way, id),
      }),
    ),
    ...(people === undefined
      ? []
      : [
          {
            name: 'people',
            title: `People: ${people.question}, log-odds against ${people.reference}`,
            better: 'higher' as const,
            of: (way: Way) => way.people,
            href: (way: Way) => firstLink(way, metrics[0]?.id),
          },
        ]),
  ];
}

interface Setting {
  readonly names: readonly string[];
  readonly classes: readonly WayClass[];
  readonly place: string;
  readonly places: number;
  readonly level: number;
}

function panelOf(
  ways: readonly Way[],
  measure: Measure,
  setting: Setting,
): { panel: Panel; moving: Moving[] } {
  const { names, classes, place, places, level } = setting;
  const moving = ways.map((way): Moving => {
    const { estimate: seconds, low, high } = way.seconds!;
    return { seconds, low, high, training: trainedHere(way)?.seconds ?? 0 };
  });
  const rows = ways.map((way, i): Row => {
    const { at, low, high } = spreadSeconds(way, firstSpread)!;
    const quality = measure.of(way)!;
    const href = measure.href(way);
    const bounded = Number.isFinite(quality.low) && Number.isFinite(quality.high);
    return {
      way: keyOf(way, names),
      class: classNames[way.class],
      at,
      from: low,
      to: high,
      least: moving[i]!.seconds,
      most: moving[i]!.seconds + moving[i]!.training,
      value: quality.value,
      low: bounded ? quality.low : quality.value,
      high: bounded ? quality.high : quality.value,
      ...(href !== undefined && { href }),
    };
  });
  const ends = moving
    .flatMap(({ seconds, low = seconds, high = seconds, training }) => [low, high + training])
    .filter((one) => one > 0);
  const domain = [Math.min(...ends) / 1.3, Math.max(...ends) * 1.3];
  const x = {
    type: 'quantitative',
    title: 'seconds a picture, training’s share with it',
    scale: { type: 'log', domain, nice: false },
    axis: { values: logTicks(domain), format: '~g', labelOverlap: 'greedy' },
  };
  const y = { type: 'quantitative', title: null, ...yOf(rows, measure.better) };
  const color = { field: 'way', type: 'nominal', title: null, scale: colorScale(names) };
  const shape = {
    field: 'class',
    type: 'nominal',
    title: null,
    scale: shapeScale(classes.map((one) => classNames[one])),
  };
  const spec = {
    data: { values: rows as Row[] },
    height: 220,
    layer: [
      {
        mark: { type: 'rule', color: faint, strokeWidth: 1, strokeDash: [1.5, 2.5] },
        encoding: { x: { ...x, field: 'least' }, x2: { field: 'most' }, y: { ...y, field: 'value' } },
      },
      {
        name: layers.across,
        mark: { type: 'rule', strokeWidth: 1.6, opacity: 0.7 },
        encoding: { x: { ...x, field: 'from' }, x2: { field: 'to' }, y: { ...y, field: 'value' }, color },
      },
      {
        name: layers.upright,
        mark: { type: 'rule', strokeWidth: 1.6, opacity: 0.7, clip: true },
        encoding: { x: { ...x, field: 'at' }, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
      },
      {
        name: layers.points,
        mark: { type: 'point', filled: true, size: 90, opacity: 1 },
        encoding: {
          x: { ...x, field: 'at' },
          y: { ...y, field: 'value' },
          color,
          ...(classes.length > 1 && { shape }),
          ...(rows.every((row) => row.href !== undefined) && { href: { field: 'href', type: 'nominal' } }),
        },
      },
    ],
  } as unknown as TopLevelSpec;
  const where = ways.map((way, i) => {
    const row = rows[i]!;
    return `${way.name} ${number(Number(row.value))} at ${duration(Number(row.at))}`;
  });
  return {
    moving,
    panel: {
      name: fileName('trade-off', measure.name, places > 1 ? place : ''),
      title: measure.title,
      subtitle: [`${measure.better} is better, and up`, places > 1 ? place : ''].filter(Boolean).join(' · '),
      description: `Scatter plot of ${measure.title} over seconds a picture, trainings spread over ${spreadText(firstSpread)} a network: ${where.join(', ')}.`,
      spec,
      rows: ways.map((way, i) => {
        const { value, low, high, at } = rows[i]!;
        const { seconds, low: least = seconds, high: most = seconds, training } = moving[i]!;
        return {
          way: way.name,
          class: classNames[way.class],
          quality: value!,
          ...(low === high ? {} : { 'quality low': low!, 'quality high': high! }),
          measure: measure.title,
          better: measure.better,
          'seconds a picture': seconds,
          ...(least === most ? {} : { 'seconds low': least, 'seconds high': most }),
          'seconds of training': training,
          [`seconds with training over ${firstSpread}`]: at!,
          level,
          where: place,
          shared: way.shared > 0,
        };
      }),
    },
  };
}

/** Better is up. The axis follows the means: an interval of few pairs may reach far beyond all of them. */
function yOf(rows: readonly Row[], better: 'higher' | 'lower') {
  const values = rows.map(({ value }) => Number(value));
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const { type, ticks } = scoreScale(values);
  const room = 0.3 * (highest - lowest || Math.abs(highest) || 1);
  const bounds = rows.flatMap(({ low, high }) => [Number(low), Number(high)]);
  const domain =
    type === 'log'
      ? [lowest / 1.6, highest * 1.6]
      : [
          Math.min(lowest - 0.1 * room, Math.max(lowest - room, Math.min(...bounds))),
          Math.max(highest + 0.1 * room, Math.min(highest + room, Math.max(...bounds))),
        ];
  return {
    scale: {
      type,
      domain,
      nice: false,
      clamp: true,
      reverse: better === 'lower',
      ...(type === 'linear' && { zero: false }),
    },
    axis: { grid: true, domain: false, ...(ticks !== undefined && { values: ticks, format: '~g' }) },
  };
}
