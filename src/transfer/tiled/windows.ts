/** Strips of a map: which rows each of them reads, and which rows of what it computes are its own. */
import type { ReceptiveField } from '../../encoders/links.ts';

/** Something computed from a map: which of the map's rows each of its rows needs, and how many rows it has. */
export interface Output extends ReceptiveField {
  readonly key: string;
  readonly rows: number;
}

/** Rows [begin, end). */
export interface Rows {
  readonly begin: number;
  readonly end: number;
}

/** One strip; all strips of a map are equally high, so that one program serves them all. */
export interface Window {
  /** Rows of the map that are read. */
  readonly map: Rows;
  /** The rows of each output that are counted here, by key, in the output's own numbering; possibly none. */
  readonly own: Readonly<Record<string, Rows>>;
}

/**
 * Strips of at most `height` rows that between them give every row of every output once, as it is in the whole map.
 *
 * A strip is padded at its ends like a picture. Where an end is the picture's, that is right; where it is not, the rows
 * that see it are left to the neighbouring strip. Strips begin at multiples of `stride` rows and are as high as the
 * map, modulo `stride`, so that poolings meet the same rows. They are no higher than their number needs.
 *
 * @param rows - of the map
 * @param stride - common multiple of the outputs' strides
 * @returns undefined when strips so low leave nothing between their ends
 */
export function windowsOf(
  rows: number,
  stride: number,
  height: number,
  outputs: readonly Output[],
): Window[] | undefined {
  if (height >= rows) return placed(rows, stride, rows, outputs);
  const fitting = height - ((((height - rows) % stride) + stride) % stride);
  const most = fitting > 0 ? placed(rows, stride, fitting, outputs) : undefined;
  if (most === undefined) return undefined;
  let best = most;
  for (let lower = fitting - stride; lower > 0; lower -= stride) {
    const windows = placed(rows, stride, lower, outputs);
    if (windows === undefined || windows.length > most.length) break;
    best = windows;
  }
  return best;
}

function placed(
  rows: number,
  stride: number,
  height: number,
  outputs: readonly Output[],
): Window[] | undefined {
  const windows: Window[] = [];
  const done = new Map(outputs.map(({ key }) => [key, 0]));
  let begin = 0;
  for (;;) {
    const end = begin + height;
    const own: Record<string, Rows> = {};
    for (const output of outputs) {
      const first = done.get(output.key)!;
      // The last row whose lowest row lies within the strip, or below the picture.
      const last = end === rows ? output.rows - 1 : Math.floor((end - 1 - output.below) / output.stride);
      own[output.key] = { begin: first, end: Math.max(first, Math.min(output.rows, last + 1)) };
      done.set(output.key, own[output.key]!.end);
    }
    windows.push({ map: { begin, end }, own });
    if (end === rows) return windows;
    const needed = Math.min(
      ...outputs
        .filter(({ key, rows }) => done.get(key)! < rows)
        .map(({ key, stride, above }) => done.get(key)! * stride - above),
    );
    const next = Math.min(rows - height, Math.floor(needed / stride) * stride);
    if (!(next > begin)) return undefined;
    begin = next;
  }
}
