/** What a chart is: panels of one specification each, with the data they show. */
import type { TopLevelSpec } from 'vega-lite';

/** One line of a chart's data: what the CSV holds. */
export type Row = Readonly<Record<string, string | number | boolean>>;

export interface Panel {
  /** The file name without its ending. */
  readonly name: string;
  readonly title: string;
  readonly subtitle?: string;
  /** What is seen, in words, for those who do not see it. */
  readonly description: string;
  readonly spec: TopLevelSpec;
  readonly rows: readonly Row[];
  /** The name of its rows' file, where panels share one and the same rows; default: its own. */
  readonly data?: string;
}

export interface Chart {
  readonly name: string;
  readonly title: string;
  /** How to read it and what it leaves out. */
  readonly note: string;
  readonly panels: readonly Panel[];
  /** What tells the marks apart. */
  readonly legend: readonly LegendEntry[];
  /** The numbers themselves, where they are few and worth reading. */
  readonly table?: Table;
}

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first cell of each names its row. */
  readonly rows: readonly (readonly string[])[];
}

export type LegendEntry =
  | { readonly kind: 'color'; readonly label: string; readonly index: number }
  | { readonly kind: 'dash' | 'shape'; readonly label: string; readonly index: number };

/** The name of a panel's CSV, without its ending. */
export function dataName({ name, data }: Panel): string {
  return data ?? name;
}

/** A file name of some text: letters, digits and hyphens, at most 60. */
export function fileName(...parts: readonly string[]): string {
  const slug = parts
    .join('-')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return slug.slice(0, 60) || 'chart';
}

/** The names made different by a number behind those that occur again. */
export function unique(panels: readonly Panel[]): Panel[] {
  const seen = new Map<string, number>();
  return panels.map((panel) => {
    const times = (seen.get(panel.name) ?? 0) + 1;
    seen.set(panel.name, times);
    return times === 1 ? panel : { ...panel, name: `${panel.name}-${times}` };
  });
}
