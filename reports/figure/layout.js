/**
 * A figure for a paper: which pictures, in which rows and columns, and where each stands. The page's script and the command
 * line lay it out by this same code.
 */

/** Space between pictures and around labels, as parts of a label's height. */
const spacing = { gap: 0.45, label: 1.9 };

/** What a figure shows of the axes, trials and choices; see layout.d.ts. */
export function paperFigure({ axes, trials }, { rows, columns, at, sources }) {
  const axis = (key) => axes.find((one) => one.key === key);
  const fits = (trial) =>
    Object.entries(at).every(([key, wanted]) => {
      const place = trial.at[key];
      return place === wanted || place === axis(key)?.absent;
    });
  const shown = trials.filter(fits);
  const lines = (line) => line.values.map((value) => ({ value, label: axis(line.key).values[value] }));
  const across = lines(columns);
  const body = lines(rows).flatMap(({ value, label }) => {
    const cells = across.map((column) => {
      const found = shown.find((one) => one.at[rows.key] === value && one.at[columns.key] === column.value);
      return found && { kind: 'trial', id: found.id, trial: found };
    });
    return cells.every((cell) => cell === undefined) ? [] : [{ label, cells }];
  });
  const used = across.map((_, c) => body.some(({ cells }) => cells[c] !== undefined));
  const kept = (list) => list.filter((_, c) => used[c]);
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
  const plain = (cell) => cell && { kind: cell.kind, id: cell.id };
  const source = (which, cells) => {
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
function one(values) {
  return new Set(values).size === 1;
}

/**
 * Where everything stands, from the top left, in the units of `width`.
 * @param figure - as `paperFigure` gives it
 * @param width - of the whole
 * @param label - height of the labels' letters
 * @param aspects - height over width of each row's pictures
 */
export function figureLayout(figure, width, label, aspects) {
  const gap = spacing.gap * label;
  const head = spacing.label * label;
  const side = figure.rowLabels ? head : 0;
  const count = figure.columns.length;
  const cell = (width - side - gap * (count - 1)) / count;
  const labels = figure.columns.map((text, c) => ({
    text,
    x: side + c * (cell + gap) + cell / 2,
    y: head / 2,
    turned: false,
    room: cell,
  }));
  const pictures = [];
  let y = head;
  for (const [r, row] of figure.rows.entries()) {
    const height = cell * aspects[r];
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
export function cutOf(width, height, aspect) {
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
export function labelSize(outline, label, room) {
  return outline === undefined || outline.width === 0 ? label : Math.min(label, room / outline.width);
}
