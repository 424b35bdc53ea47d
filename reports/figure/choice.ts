/** What a figure shows, from what people type: axes and values by their names. */
import { didYouMean, NeckarError } from '../../src/errors.ts';
import type { ReportInput } from '../input.ts';
import { type Axis, type Model, modelOf, remainingAxes } from '../model.ts';
import { sourceKey } from '../pictures.ts';
import type { FigureAxis, FigureChoice, FigureLine, FigureTrial } from './layout.ts';

export interface FigureRequest {
  /** Such as `pair`, or `variant=gram,fused`; default: the report's. */
  readonly rows?: string;
  readonly columns?: string;
  /** One value of other axes, such as `optimizer=adam`; default: the first of each. */
  readonly at?: readonly string[];
  /** Content and style beside the results; default true. */
  readonly sources?: boolean;
}

/** The axes and trials of a report, as figures are laid out from them; only trials with a result have a picture. */
export function figureModel(
  input: ReportInput,
  model: Model,
): { axes: readonly FigureAxis[]; trials: FigureTrial[] } {
  const trials = input.trials.filter(({ result }) => result !== undefined);
  return {
    axes: model.axes,
    trials: trials.map((trial) => ({
      id: trial.id,
      at: model.positions.get(trial.id)!,
      content: sourceKey(trial, 'content'),
      style: sourceKey(trial, 'style'),
    })),
  };
}

/**
 * The choice that a request means.
 * @throws NeckarError for an axis or a value that there is not, with those there are
 */
export function figureChoice(input: ReportInput, request: FigureRequest): FigureChoice {
  const wish = { rows: parsed(request.rows), columns: parsed(request.columns) };
  // The report's own layout, around what was asked for.
  const plain = modelOf(input);
  const named = (side: 'rows' | 'columns') => {
    const key = wish[side]?.key;
    return key === undefined ? undefined : axisNamed(plain, key).key;
  };
  // What the report has in its rows gives way to what is asked for in the columns, and the other way round.
  const kept = (side: 'rows' | 'columns', other: 'rows' | 'columns') =>
    named(side) ?? (clash(input[side], named(other)) ? undefined : input[side]);
  const model = modelOf({ ...input, rows: kept('rows', 'columns'), columns: kept('columns', 'rows') });
  const wanted = { rows: named('rows') ?? model.rows, columns: named('columns') ?? model.columns };
  refuseSame(wanted.rows, wanted.columns);
  const fixed = new Map(
    (request.at ?? []).map((text) => {
      const { key, values } = parsed(text)!;
      const axis = axisNamed(model, key);
      if (values === undefined)
        throw new NeckarError(`"${text}" names no value: write ${key}=${axis.values[0]}`);
      const [value, ...more] = valuesNamed(axis, values);
      if (more.length > 0)
        throw new NeckarError(`"${text}" names several values; one of them makes a figure`);
      return [axis.key, value!] as const;
    }),
  );
  const line = (side: 'rows' | 'columns'): FigureLine => {
    const axis = axisNamed(model, wanted[side]);
    const values = wish[side]?.values;
    const all = [...axis.values.keys()].filter((value) => value !== axis.absent);
    return { key: axis.key, values: values === undefined ? all : valuesNamed(axis, values) };
  };
  const others = remainingAxes(model.axes, wanted.rows, wanted.columns);
  return {
    rows: line('rows'),
    columns: line('columns'),
    at: { ...Object.fromEntries(others.map((key) => [key, 0])), ...Object.fromEntries(fixed) },
    sources: request.sources === false ? [] : ['content', 'style'],
  };
}

/** What of a figure is the same in all of it, such as `optimiser lbfgs`. */
export function fixedText({ axes }: Pick<Model, 'axes'>, { at }: FigureChoice): string {
  return axes
    .filter(({ key }) => at[key] !== undefined)
    .map(({ key, label, values }) => `${label} ${values[at[key]!]}`)
    .join(', ');
}

function parsed(text: string | undefined): { key: string; values?: string } | undefined {
  if (text === undefined) return undefined;
  const at = text.indexOf('=');
  return at < 0 ? { key: text } : { key: text.slice(0, at), values: text.slice(at + 1) };
}

function axisNamed({ axes }: Model, name: string): Axis {
  const same = (one: string) => plainOf(one) === plainOf(name);
  const axis = axes.find(({ key, label }) => same(key) || same(label));
  if (axis !== undefined) return axis;
  const known = axes.map(({ key }) => key);
  throw new NeckarError(
    `The trials have no axis "${name}". ${didYouMean(name, known)}There are: ${known.join(', ')}.`,
  );
}

/** Values separated by commas; a value may hold commas itself, so the longest name that fits is taken. */
function valuesNamed({ key, values }: Axis, text: string): number[] {
  const parts = text.split(',');
  const found: number[] = [];
  for (let from = 0; from < parts.length; ) {
    let to = parts.length;
    const indexOf = () =>
      values.findIndex((value) => plainOf(value) === plainOf(parts.slice(from, to).join(',')));
    while (to > from && indexOf() < 0) to--;
    if (to === from) {
      throw new NeckarError(
        `The axis "${key}" has no value "${parts[from]!.trim()}". ${didYouMean(parts[from]!.trim(), [...values])}There are: ${values.join(', ')}.`,
      );
    }
    found.push(indexOf());
    from = to;
  }
  return [...new Set(found)];
}

/** `Town × Swirl`, `town×swirl` and `town x swirl` are one name. */
function plainOf(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/\s+x\s+/g, '×')
    .replaceAll(/\s+/g, '');
}

function refuseSame(rows: string, columns: string): void {
  if (!clash(rows, columns)) return;
  throw new NeckarError(
    `Rows by ${rows} and columns by ${columns} say the same twice: choose another axis for one of them.`,
  );
}

function clash(a: string | undefined, b: string | undefined): boolean {
  const partOf = (one: string | undefined) => one === 'content' || one === 'style';
  return a !== undefined && (a === b || (a === 'pair' && partOf(b)) || (b === 'pair' && partOf(a)));
}
