/**
 * A figure for a paper: which pictures, in which rows and columns, and where each stands. The page's script and the command
 * line lay it out by this same code.
 */

/** Which of a trial's own pictures. */
export type Source = 'content' | 'style';

/** An axis, as the report's model has it. */
export interface FigureAxis {
  readonly key: string;
  readonly label: string;
  readonly values: readonly string[];
  readonly absent?: number;
}

export interface FigureTrial {
  readonly id: string;
  /** Axis key -> index of its value. */
  readonly at: Readonly<Record<string, number>>;
  /** What tells its content picture from others, and its style. */
  readonly content: string | number;
  readonly style: string | number;
}

/** An axis, and which of its values are shown, by index and in order. */
export interface FigureLine {
  readonly key: string;
  readonly values: readonly number[];
}

export interface FigureChoice {
  readonly rows: FigureLine;
  readonly columns: FigureLine;
  /** The value of every other axis, by index. */
  readonly at: Readonly<Record<string, number>>;
  /** Which of a trial's own pictures stand beside its result, or above, where they go with the columns. */
  readonly sources: readonly Source[];
}

/** A result, or the content or style of the trial `id`. */
export interface FigurePicture {
  readonly kind: 'trial' | Source;
  readonly id: string;
  readonly source?: string | number;
}

export interface PaperFigure {
  readonly columns: readonly string[];
  /** How many of the columns are content and style, which come first. */
  readonly before: number;
  readonly rows: readonly {
    readonly label: string;
    readonly cells: readonly (FigurePicture | undefined)[];
  }[];
  readonly rowLabels: boolean;
}

export interface FigureLayout {
  readonly width: number;
  readonly height: number;
  /** Width of a picture. */
  readonly cell: number;
  readonly pictures: readonly {
    readonly row: number;
    readonly column: number;
    readonly picture: FigurePicture;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
  /** `x`, `y`: the label's middle; `room`: how long it may be; `turned`: reads upward. */
  readonly labels: readonly {
    readonly text: string;
    readonly x: number;
    readonly y: number;
    readonly turned: boolean;
    readonly room: number;
  }[];
}

/** A label as a drawing. */
export interface Outline {
  /** An SVG path in thousandths of the letters' size, from x = 0 on the base line y = 0, y downward. */
  readonly d: string;
  /** In sizes. */
  readonly width: number;
  /** As TeX writes it. */
  readonly tex: string;
}

/** Space between pictures and around labels, as parts of a label's height. */
const spacing = { gap: 0.45, label: 1.9 };

/**
 * What a figure shows of the axes, trials and choices. Rows without any picture, and columns, are left out; a source that
 * is one for all of a row stands before it.
 */
export function paperFigure(
  { axes, trials }: { readonly axes: readonly FigureAxis[]; readonly trials: readonly FigureTrial[] },
  { rows, columns, at, sources }: FigureChoice,
): PaperFigure {
  const axis = (key: string) => axes.find((one) => one.key === key);
  const fits = (trial: FigureTrial) =>
    Object.entries(at).every(([key, wanted]) => {
      const place = trial.at[key];
      return place === wanted || place === axis(key)?.absent;
    });
  const shown = trials.filter(fits);
  const lines = (line: FigureLine) =>
    line.values.map((value) => ({ value, label: axis(line.key)!.values[value]! }));
  const across = lines(columns);
  const body = lines(rows).flatMap(({ value, label }) => {
    const cells = across.map((column) => {
      const found = shown.find((one) => one.at[rows.key] === value && one.at[columns.key] === column.value);
      return found && { kind: 'trial' as const, id: found.id, trial: found };
    });
    return cells.every((cell) => cell === undefined) ? [] : [{ label, cells }];
  });
  const used = across.map((_, c) => body.some(({ cells }) => cells[c] !== undefined));
  const kept = <Item>(list: readonly Item[]) => list.filter((_, c) => used[c]);
  const heads = kept(across).map(({ label }) => label);
  const before = sources.filter((which) =>
    body.every(({ cells }) => one(cells.flatMap((cell) => cell?.trial[which] ?? []))),
  );
  // Sources that follow the columns stand above them.
  const above = sources.filter(
    (which) =>
      !before.includes(which) &&
      kept(across).every((_, c) => one(body.flatMap(({ cells }) => kept(cells)[c]?.trial[which] ?? []))),
  );
  type Cell = (typeof body)[number]['cells'][number];
  const plain = (cell: Cell) => cell && { kind: cell.kind, id: cell.id };
  const source = (which: Source, cells: readonly Cell[]) => {
    const trial = cells.find((cell) => cell !== undefined)?.trial;
    return trial && { kind: which, id: trial.id, source: trial[which] };
  };
  const top = above.map((which) => ({
    label: which,
    cells: [
      ...before.map(() => undefined),
      ...heads.map((_, c) =>
        source(
          which,
          body.map(({ cells }) => kept(cells)[c]),
        ),
      ),
    ],
  }));
  const rest = body.map(({ label, cells }) => ({
    label,
    cells: [...before.map((which) => source(which, cells)), ...kept(cells).map(plain)],
  }));
  const named = before.length === sources.length && sources.length > 0 && rows.key === 'pair';
  return {
    columns: [...before, ...heads],
    rows: [...top, ...rest],
    before: before.length,
    // A pair whose content and style are seen needs no name.
    rowLabels: !named,
  };
}

/** Whether all of them are one and the same. */
function one(values: readonly unknown[]) {
  return new Set(values).size === 1;
}

/**
 * Where everything stands, from the top left, in the units of `width`.
 * @param figure - as `paperFigure` gives it
 * @param width - of the whole
 * @param label - height of the labels' letters
 * @param aspects - height over width of each row's pictures
 */
export function figureLayout(
  figure: PaperFigure,
  width: number,
  label: number,
  aspects: readonly number[],
): FigureLayout {
  const gap = spacing.gap * label;
  const head = spacing.label * label;
  const side = figure.rowLabels ? head : 0;
  const count = figure.columns.length;
  const cell = (width - side - gap * (count - 1)) / count;
  const labels: FigureLayout['labels'][number][] = figure.columns.map((text, c) => ({
    text,
    x: side + c * (cell + gap) + cell / 2,
    y: head / 2,
    turned: false,
    room: cell,
  }));
  const pictures: FigureLayout['pictures'][number][] = [];
  let y = head;
  for (const [r, row] of figure.rows.entries()) {
    const height = cell * aspects[r]!;
    if (figure.rowLabels)
      labels.push({ text: row.label, x: side / 2, y: y + height / 2, turned: true, room: height });
    for (const [c, picture] of row.cells.entries()) {
      if (picture !== undefined)
        pictures.push({ row: r, column: c, picture, x: side + c * (cell + gap), y, width: cell, height });
    }
    y += height + gap;
  }
  return { width, height: y - gap, cell, pictures, labels };
}

/** The part of a picture, in its pixels, that has the shape of a cell: as much of its middle as there is. */
export function cutOf(
  width: number,
  height: number,
  aspect: number,
): { left: number; top: number; width: number; height: number } {
  // Of a result the shape is the cell's, but for the rounding of its pixels.
  if (Math.abs(height - width * aspect) <= 1) return { left: 0, top: 0, width, height };
  const wide = Math.min(width, Math.max(1, Math.round(height / aspect)));
  const high = Math.min(height, Math.max(1, Math.round(width * aspect)));
  return {
    left: Math.floor((width - wide) / 2),
    top: Math.floor((height - high) / 2),
    width: wide,
    height: high,
  };
}

/** The size of a label's letters that fits into its room: smaller than the others where a name is long. */
export function labelSize(outline: Outline | undefined, label: number, room: number): number {
  return outline === undefined || outline.width === 0 ? label : Math.min(label, room / outline.width);
}
