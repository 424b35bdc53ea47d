/** The axes along which a report's trials differ, and where each trial stands on them. */
import type { ReportedTrial, ReportInput } from './input.ts';

export interface Axis {
  /** `pair`, `content`, `style`, `variant`, `optimizer`, or a swept path. */
  readonly key: string;
  /** Its name for people. */
  readonly label: string;
  /** Values as shown, in order. */
  readonly values: readonly string[];
  /** Index of the value that says that the axis is none of a trial's: a weight that another variant sweeps. */
  readonly absent?: number;
}

export interface Model {
  /** All axes on which trials differ, and always `pair`, `content`, `style` and `variant`. */
  readonly axes: readonly Axis[];
  /** Trial id -> axis key -> index of its value. */
  readonly positions: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly rows: string;
  readonly columns: string;
  /** Axes that vary and are neither shown by rows nor columns: one choice of each gives one grid. */
  readonly others: readonly string[];
}

const labels: Readonly<Record<string, string>> = {
  pair: 'content × style',
  content: 'content',
  style: 'style',
  variant: 'variant',
  optimizer: 'optimiser',
};

type Shown = string | number | boolean | null | undefined;

/** How many values an axis has, a place for trials without one not counted. */
export function valueCount({ values, absent }: Axis): number {
  return values.length - (absent === undefined ? 0 : 1);
}

/** Where all trials stand, finished or not, and how the first grid is laid out. */
export function modelOf(input: Pick<ReportInput, 'trials' | 'rows' | 'columns'>): Model {
  const { trials } = input;
  const fixed: [string, (trial: ReportedTrial) => Shown][] = [
    ['pair', (trial) => `${trial.names.content} × ${trial.names.style}`],
    ['content', (trial) => trial.names.content],
    ['style', (trial) => trial.names.style],
    ['variant', (trial) => trial.config.variant],
    ['optimizer', (trial) => shown(trial.config.swept.optimizer) ?? trial.config.optimizer.name],
  ];
  const known = new Set(fixed.map(([key]) => key));
  const paths = [...new Set(trials.flatMap((trial) => Object.keys(trial.config.swept)))].filter(
    (path) => !known.has(path),
  );
  const fixedAxes = fixed.map(([key, of]) => draft(key, trials, of));
  const swept = merge(
    paths.map((path) => draft(path, trials, (trial) => shown(trial.config.swept[path]))),
  ).filter((axis) => axis.values.length > 1);

  const always = ['pair', 'content', 'style', 'variant'];
  const axes = [
    ...fixedAxes.filter((axis) => always.includes(axis.key) || axis.values.length > 1),
    ...swept.map((axis) => ({ ...axis, label: shortLabel(axis.key, paths) })),
  ];
  const positions = new Map(
    trials.map((trial, i) => [
      trial.id,
      Object.fromEntries(axes.map((axis) => [axis.key, axis.indices[i]!])),
    ]),
  );
  const layout = layOut(axes, input);
  return {
    axes: axes.map(({ key, label, values, absent }) => ({
      key,
      label,
      values,
      ...(absent !== undefined && { absent }),
    })),
    positions,
    ...layout,
  };
}

/** The axes a choice of rows and columns leaves to selectors: those that vary, a pair standing for both its parts. */
export function remainingAxes(axes: readonly Axis[], rows: string, columns: string): string[] {
  const shownKeys = new Set([rows, columns]);
  const hidden = new Set(
    shownKeys.has('pair')
      ? ['content', 'style']
      : // Content and style are chosen one by one; the pair would say the same again.
        ['pair'],
  );
  return axes
    .filter(({ key, values }) => values.length > 1 && !shownKeys.has(key) && !hidden.has(key))
    .map(({ key }) => key);
}

interface Draft extends Axis {
  /** Trial by trial. */
  readonly indices: readonly number[];
}

function draft(key: string, trials: readonly ReportedTrial[], of: (trial: ReportedTrial) => Shown): Draft {
  const raw = trials.map(of);
  const distinct = [...new Set(raw)];
  const known = distinct.filter((value) => value !== undefined);
  if (known.every((value) => typeof value === 'number')) known.sort((a, b) => Number(a) - Number(b));
  const inOrder: Shown[] = known.length < distinct.length ? [...known, undefined] : known;
  return {
    key,
    label: labels[key] ?? key,
    values: inOrder.map((value) => (value === null || value === undefined ? '–' : String(value))),
    indices: raw.map((value) => inOrder.indexOf(value)),
    ...(known.length > 0 && known.length < distinct.length && { absent: known.length }),
  };
}

/** Axes that always move together (zipped sweeps, named cases) become one, under the first one's key. */
function merge(axes: readonly Draft[]): Draft[] {
  const merged: Draft[] = [];
  for (const axis of axes) {
    const at = merged.findIndex((other) => samePartition(other.indices, axis.indices));
    const other = merged[at];
    if (other === undefined) merged.push(axis);
    else if (other.key !== 'case') {
      const values = other.values.map((value, i) => {
        const trial = other.indices.indexOf(i);
        return `${value} · ${axis.values[axis.indices[trial]!]}`;
      });
      merged[at] = { ...other, values };
    }
  }
  return merged;
}

function samePartition(a: readonly number[], b: readonly number[]): boolean {
  const forth = new Map<number, number>();
  const back = new Map<number, number>();
  return a.every((value, i) => {
    const partner = b[i]!;
    if (!forth.has(value)) forth.set(value, partner);
    if (!back.has(partner)) back.set(partner, value);
    return forth.get(value) === partner && back.get(partner) === value;
  });
}

function layOut(
  axes: readonly Axis[],
  { rows, columns }: { rows?: string; columns?: string },
): Pick<Model, 'rows' | 'columns' | 'others'> {
  const exists = (key: string | undefined): key is string => axes.some((axis) => axis.key === key);
  const varies = (key: string) => (axes.find((axis) => axis.key === key)?.values.length ?? 0) > 1;
  const candidates = ['variant', 'optimizer', ...axes.map(({ key }) => key)].filter(varies);
  const across = exists(columns) ? columns : (candidates.find((key) => key !== rows) ?? 'variant');
  const down =
    exists(rows) && rows !== across
      ? rows
      : (['pair', ...candidates].find((key) => key !== across && varies(key) && !implied(key, across)) ??
        (across === 'pair' ? 'variant' : 'pair'));
  return { rows: down, columns: across, others: remainingAxes(axes, down, across) };
}

/** Whether one of the two is a part of the other. */
function implied(a: string, b: string): boolean {
  const parts = ['content', 'style'];
  return (a === 'pair' && parts.includes(b)) || (b === 'pair' && parts.includes(a));
}

function shown(value: unknown): Shown {
  if (value === undefined || value === null) return value;
  return typeof value === 'object' ? JSON.stringify(value) : (value as Shown);
}

/** The shortest ending of a dotted path that no other path shares. */
function shortLabel(path: string, paths: readonly string[]): string {
  const parts = path.split('.');
  for (let length = 1; length < parts.length; length++) {
    const ending = parts.slice(-length).join('.');
    if (!paths.some((other) => other !== path && `.${other}`.endsWith(`.${ending}`))) return ending;
  }
  return path;
}
