/** What a metric leaves of a picture: its value, or the sentence that says why there is none. */
import type { Range } from './range.ts';

/** What a metric tells about. */
export type Purpose = 'content' | 'style' | 'colour' | 'artefact';

export type Score =
  | {
      readonly value: number;
      readonly better: 'higher' | 'lower';
      readonly label: string;
      readonly about?: ScoreAbout;
    }
  | { readonly refused: string; readonly label: string; readonly about?: ScoreAbout };

/** How to read a score of a metric that does not come with Neckar; plain JSON. */
export interface ScoreAbout {
  readonly purpose: Purpose;
  readonly unit: string;
  /** The ends of its range; null where there is none. */
  readonly range: readonly [least: number | null, most: number | null];
}

/** How a score is to be read. */
export interface ReadableAbout {
  readonly purpose: Purpose;
  readonly unit: string;
  readonly range: Range;
}

export function writtenAbout({ purpose, unit, range }: ReadableAbout): ScoreAbout {
  const [least, most] = range.map((end) => (Number.isFinite(end) ? end : null));
  return { purpose, unit, range: [least!, most!] };
}

export function readAbout({ purpose, unit, range: [least, most] }: ScoreAbout): ReadableAbout {
  return {
    purpose,
    unit,
    range: [least ?? Number.NEGATIVE_INFINITY, most ?? Number.POSITIVE_INFINITY],
  };
}
