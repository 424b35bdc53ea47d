/** The trade-off in words and cells, which the page, the Markdown and the LaTeX share. */
import type { Estimate } from '../../metrics/statistics/analysis/compare.ts';
import { count, duration, list, number, signed, type Writer } from '../../src/platform/format.ts';
import { groupBy } from '../group.ts';
import { inEveryPair, intervalText, writerOf } from '../words/sentences.ts';
import { type Against, type TradeOff, trainedHere, type Way, type WayClass } from './numbers.ts';
import { firstSpread, type PayOff, spreadText, whole, withShare } from './pay-off.ts';

/** A cell: what is read first, and what stands smaller below it. */
export interface Cell {
  readonly main: string;
  readonly beside?: string;
}

export interface LabeledRow {
  /** What the page's script knows it by. */
  readonly key: string;
  readonly label: string;
  readonly better?: 'higher' | 'lower';
  readonly cells: readonly Cell[];
}

const none: Cell = { main: '–' };

export const classNames: Readonly<Record<WayClass, string>> = {
  optimisation: 'image optimisation',
  'per-style': 'one style (PSPM)',
  'many-styles': 'many styles (MSPM)',
  'any-style': 'any style (ASPM)',
  program: 'another program',
  pictures: 'pictures made elsewhere',
};

export const sectionTitle = 'What is fast, and what is good?';

/** What the rows of seconds mean. */
export const secondsNote =
  'Time a picture is that of one picture more: of a network its pass once it is loaded; of an optimised picture everything from reading its images to its last evaluation; of another program from its start to its end. Measuring, and keeping pictures on the way, are in none.';

/** One row for each quantity, a cell for each way. */
export function tableRows({ ways, metrics, people }: TradeOff, spread: number = firstSpread): LabeledRow[] {
  const every = (of: (way: Way) => Cell) => ways.map(of);
  const trained = ways.some((way) => trainedHere(way) !== undefined);
  const networks = ways.some(({ network }) => network !== undefined);
  const rows: (LabeledRow | false)[] = [
    { key: 'class', label: 'Class', cells: every((way) => ({ main: classNames[way.class] })) },
    {
      key: 'seconds',
      label: 'Time a picture',
      better: 'lower',
      cells: every((way) => secondsCell(way, 0)),
    },
    trained && {
      key: 'spread',
      label: `… with its training spread over ${spreadText(spread)} a network`,
      better: 'lower',
      cells: every((way) => secondsCell(way, (trainedHere(way)?.seconds ?? 0) / spread)),
    },
    networks && {
      key: 'training',
      label: 'Training of a network',
      better: 'lower',
      cells: every(trainingCell),
    },
    trained && {
      key: 'shown',
      label: 'Pictures it was trained on',
      cells: every((way) => {
        const training = trainedHere(way);
        if (training === undefined) return none;
        const { files, steps, pictures } = training;
        return {
          main: whole(files),
          beside: `${whole(pictures)} crops in ${whole(steps)} steps`,
        };
      }),
    },
    {
      key: 'styles',
      label: 'Styles a network',
      better: 'higher',
      cells: every(({ styles }) =>
        styles === undefined ? none : { main: styles === 'any' ? 'any' : whole(styles) },
      ),
    },
    networks && {
      key: 'parameters',
      label: 'Parameters',
      better: 'lower',
      cells: every(({ network }) => (network ? { main: extent(network.parameters, thousands) } : none)),
    },
    networks && {
      key: 'bytes',
      label: 'File',
      better: 'lower',
      cells: every(({ network }) => (network ? { main: extent(network.bytes, fileSize) } : none)),
    },
    {
      key: 'memory',
      label: 'Peak memory',
      better: 'lower',
      cells: every(({ memory }) => (memory ? { main: fileSize(memory) } : none)),
    },
    ...metrics.map(({ id, label, better }): LabeledRow => {
      const write = writerOf(ways.flatMap(({ quality }) => quality.get(id) ?? []));
      return {
        key: id,
        label,
        better,
        cells: every(({ quality }) => estimateCell(quality.get(id), write)),
      };
    }),
    people !== undefined && {
      key: 'people',
      label: `People: ${people.question}, log-odds against ${people.reference}`,
      better: 'higher',
      cells: every(({ people: score, variant }) =>
        score === undefined
          ? none
          : variant === people.reference
            ? { main: '0', beside: 'the reference' }
            : { main: signed(score.value), beside: `[${signed(score.low)}, ${signed(score.high)}]` },
      ),
    },
  ];
  return rows.filter((row) => row !== false);
}

/** The second table: a row for each network trained here, a cell for each way it is weighed against. */
export function payOffRows({ ways, payOffs }: TradeOff): {
  readonly against: readonly string[];
  readonly rows: readonly LabeledRow[];
} {
  const columns = ways.filter((_, k) => payOffs.some(({ slow }) => slow === k));
  const rows = [...groupBy(payOffs, ({ fast }) => fast)].map(([fast, own]): LabeledRow => {
    const way = ways[fast]!;
    return {
      key: way.name,
      label: way.name,
      cells: columns.map((column) => {
        const found = own.find(({ slow }) => ways[slow] === column);
        return found === undefined ? none : payOffCell(way, found);
      }),
    };
  });
  return { against: columns.map(({ name }) => name), rows };
}

export const payOffNote =
  'The number N of pictures at which training and N passes take as long as N pictures the slower way: (training − the other’s training) ÷ (its time a picture − ours). The interval is that of the seconds gained, over pairs; the trainings are taken as they were. Seconds alone are counted: whether the pictures are as good is in the table above.';

function payOffCell(way: Way, { outcome }: Against): Cell {
  if ('refused' in outcome) return { main: 'not comparable', beside: outcome.refused };
  if (outcome.kind === 'never') return { main: 'never', beside: 'it is not faster' };
  if (outcome.kind === 'at-once') return { main: 'at once', beside: 'its training took no longer' };
  const { pictures, low, high } = outcome;
  const bounds = low === high ? '' : `[${pictureCount(low)}, ${pictureCount(high)}]`;
  const style = perStyle(way, outcome);
  return {
    main: pictureCount(pictures),
    ...((bounds !== '' || style !== '') && { beside: [bounds, style].filter(Boolean).join(' ') }),
  };
}

/** A network's pictures are of all its styles. */
function perStyle({ class: own, styles }: Way, { pictures }: Extract<PayOff, { kind: 'after' }>): string {
  if (own === 'per-style') return 'of each style';
  if (typeof styles === 'number' && styles > 1) return `${pictureCount(pictures / styles)} of each style`;
  return '';
}

/** What is found, network by network, and everything to be known that no cell says. */
export function sentences(tradeOff: TradeOff): string[] {
  const { ways, leftOut } = tradeOff;
  return [
    ...ways.flatMap((_, i) => paidSentence(tradeOff, i)),
    ...ways.flatMap((_, i) => neverSentence(tradeOff, i)),
    ...remarks(tradeOff),
    ...leftOutSentence(leftOut),
  ];
}

/** Of networks among themselves the table says more than enough, unless there is nothing else. */
function worthSaying({ ways }: TradeOff, fast: Way, slow: Way): boolean {
  if (ways.every(({ network }) => network !== undefined)) return true;
  return slow.network === undefined && fast !== slow;
}

/** `The training of johnson (3 min 20 s a style) has paid off after 10 [9, 11] pictures of each style against gram`. */
function paidSentence(tradeOff: TradeOff, index: number): string[] {
  const { ways, payOffs } = tradeOff;
  const fast = ways[index]!;
  const paid = payOffs.flatMap(({ fast: of, slow, outcome }) => {
    if (of !== index || 'refused' in outcome || outcome.kind !== 'after') return [];
    const other = ways[slow]!;
    if (!worthSaying(tradeOff, fast, other)) return [];
    const { pictures, low, high } = outcome;
    const bounds = low === high ? '' : ` [${pictureCount(low)}, ${pictureCount(high)}]`;
    const style = perStyle(fast, outcome);
    return [
      `after ${pictureCount(pictures)}${bounds} pictures${style === '' ? '' : style.startsWith('of') ? ` ${style}` : ` (${style})`} against ${other.name}`,
    ];
  });
  if (paid.length === 0) return [];
  return [`The training of ${fast.name} (${trainingText(fast)}) has paid off ${list(paid)}.`];
}

function neverSentence(tradeOff: TradeOff, index: number): string[] {
  const { ways, payOffs } = tradeOff;
  const fast = ways[index]!;
  const never = payOffs.flatMap(({ fast: of, slow, outcome }) =>
    of === index &&
    !('refused' in outcome) &&
    outcome.kind === 'never' &&
    worthSaying(tradeOff, fast, ways[slow]!)
      ? [ways[slow]!.name]
      : [],
  );
  if (never.length === 0) return [];
  return [`${fast.name} is no faster than ${list(never)}: there its training never pays off.`];
}

function leftOutSentence(leftOut: number): string[] {
  if (leftOut === 0) return [];
  return [
    `${count(leftOut, 'pair')} that not all of them have a picture of ${leftOut === 1 ? 'is' : 'are'} left out.`,
  ];
}

/** What limits the numbers. */
function remarks({ ways, payOffs }: TradeOff): string[] {
  const refused = groupBy(
    payOffs.flatMap(({ outcome, fast }) => ('refused' in outcome ? [{ why: outcome.refused, fast }] : [])),
    ({ why }) => why,
  );
  const shared = ways.filter((way) => way.shared > 0);
  const elsewhere = ways.filter(({ network }) => network?.training.kind === 'elsewhere');
  const unknown = ways.filter(({ seconds }) => seconds === undefined);
  const places = new Set(ways.flatMap(({ timedOn }) => timedOn));
  return [
    ...[...refused].map(([why, all]) => {
      const names = [...new Set(all.map(({ fast }) => ways[fast]!.name))];
      return `Whether ${list(names)} ${names.length === 1 ? 'pays' : 'pay'} off is not said where ${why}: those seconds do not compare.`;
    }),
    ...(shared.length > 0
      ? [
          `Times marked * were measured while other trials ran beside and are too long (${list(shared.map(({ name }) => name))}). Run with --timing exclusive to compare speeds.`,
        ]
      : []),
    ...(places.size > 1
      ? [
          `Pictures were made on, and at, ${list([...places].sort())}: seconds compare only within one of these.`,
        ]
      : []),
    ...(elsewhere.length > 0
      ? [
          `${list(elsewhere.map(({ name }) => name))} ${elsewhere.length === 1 ? 'was' : 'were'} trained elsewhere: how long that took is unknown, and counts nothing here.`,
        ]
      : []),
    ...(unknown.length > 0
      ? [`Nobody measured the seconds of ${list(unknown.map(({ name }) => name))}.`]
      : []),
  ];
}

function trainingText(way: Way): string {
  const { styles } = way;
  const seconds = trainedHere(way)?.seconds ?? 0;
  if (way.class === 'per-style') return `${duration(seconds)} a style`;
  if (typeof styles === 'number' && styles > 1)
    return `${duration(seconds)} for ${styles} styles, ${duration(seconds / styles)} each`;
  return duration(seconds);
}

function trainingCell(way: Way): Cell {
  const training = trainedHere(way);
  if (training === undefined)
    return { main: way.network?.training.kind === 'elsewhere' ? 'elsewhere' : 'none' };
  const { seconds, networks, shared } = training;
  const { styles } = way;
  const beside = [
    way.class === 'per-style'
      ? `a style${networks > 1 ? `, mean of ${networks}` : ''}`
      : typeof styles === 'number' && styles > 1
        ? `${duration(seconds / styles)} a style`
        : '',
  ].filter(Boolean);
  return {
    main: `${duration(seconds)}${shared ? '*' : ''}`,
    ...(beside.length > 0 && { beside: beside.join(', ') }),
  };
}

/** Seconds of a picture and what is added to them. */
function secondsCell({ seconds, shared }: Way, added: number): Cell {
  if (seconds === undefined) return { main: 'unknown' };
  const star = shared > 0 ? '*' : '';
  const { estimate, low, high, method } = seconds;
  return {
    main: `${duration(estimate + added)}${star}`,
    ...(method !== 'alike' && { beside: `[${duration(low + added)}, ${duration(high + added)}]` }),
  };
}

function estimateCell(found: Estimate | undefined, write: Writer): Cell {
  if (found === undefined) return none;
  return {
    main: write(found.estimate),
    beside: found.method === 'alike' ? inEveryPair : intervalText(found, write),
  };
}

/** A way's seconds with its share of training, as a chart shows them; undefined where nobody measured them. */
export function spreadSeconds(
  way: Way,
  spread: number,
): { at: number; low: number; high: number } | undefined {
  if (way.seconds === undefined) return undefined;
  const training = trainedHere(way)?.seconds ?? 0;
  const moved = (seconds: number) => withShare(seconds, training, spread);
  const { estimate, low, high } = way.seconds;
  return { at: moved(estimate), low: moved(low), high: moved(high) };
}

/** A number of pictures, the next whole one; of large ones three digits. */
function pictureCount(pictures: number): string {
  if (!Number.isFinite(pictures)) return '∞';
  const up = Math.ceil(pictures - 1e-9);
  return whole(Number(up.toPrecision(3)));
}

/** Three digits, and a letter from a thousand on: `1.68 M`. */
function thousands(value: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const)
    if (value >= 0.9995 * size) return `${number(value / size)} ${unit}`;
  return number(value);
}

/** `3.2 kB`, `6.7 MB`. */
function fileSize(bytes: number): string {
  return `${thousands(bytes)}B`.replace(/(\d)B$/, '$1 B');
}

function extent([least, most]: readonly [number, number], write: (value: number) => string): string {
  return least === most ? write(least) : `${write(least)} to ${write(most)}`;
}
