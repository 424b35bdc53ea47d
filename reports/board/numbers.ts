/** What a board says of submissions: means, ranks, decisions, shares of variance, and costs. */
import type { Range } from '../../metrics/range.ts';
import { aboutScore } from '../../metrics/registry.ts';
import type { Purpose } from '../../metrics/score.ts';
import {
  type Crossed,
  type CrossedInterval,
  crossedDifference,
  crossedInterval,
  crossedRanks,
  type RankInterval,
  type VarianceComponents,
  varianceComponents,
} from '../../metrics/statistics/crossed.ts';
import { holm } from '../../metrics/statistics/multiplicity.ts';
import type { Submission } from '../../src/benchmark/submission-schema.ts';

/** Coverage of intervals, and one less the family-wise error of decisions within a measure. */
export const level = 0.95;

/** A method on one measure. */
export interface Standing {
  readonly method: string;
  readonly mean: CrossedInterval;
  readonly rank: RankInterval;
  /** Content by style. */
  readonly table: Crossed;
  /** Mean of each style over contents, and of each content over styles. */
  readonly styles: readonly number[];
  readonly contents: readonly number[];
}

/** Two methods on one measure. */
export interface Decision {
  readonly a: string;
  readonly b: string;
  /** Mean of a − b. */
  readonly difference: number;
  /** Adjusted after Holm over all pairs of methods of the measure. */
  readonly p: number;
  /** The better one where it is decided. */
  readonly better?: string;
}

/** A measure over all methods that have it at every pair. */
export interface Measure {
  readonly id: string;
  readonly label: string;
  readonly better: 'higher' | 'lower';
  readonly purpose: Purpose;
  readonly unit: string;
  readonly range: Range;
  /** Best first. */
  readonly standings: readonly Standing[];
  readonly decisions: readonly Decision[];
  /** Of two methods or more. */
  readonly components?: VarianceComponents;
  /** Method -> why it has no place here. */
  readonly without: Readonly<Record<string, string>>;
}

/** What a method costs. */
export interface Cost {
  readonly method: string;
  /** Mean seconds of a picture; absent where nobody measured them at every pair. */
  readonly seconds?: number;
  /** Other work ran beside some of them. */
  readonly shared: boolean;
  /** Bytes at most. */
  readonly memory?: number;
  readonly training?: Submission['training'];
}

export interface BoardNumbers {
  readonly contents: readonly string[];
  readonly styles: readonly string[];
  readonly measures: readonly Measure[];
  readonly costs: readonly Cost[];
}

const purposes: readonly Purpose[] = ['content', 'style', 'colour', 'artefact'];

/** @param submissions - of one protocol, tier and part, each of a method of its own */
export function boardNumbers(
  submissions: readonly Submission[],
  contents: readonly string[],
  styles: readonly string[],
  metrics: readonly string[],
): BoardNumbers {
  const measures = metrics
    .flatMap((id) => measureOf(id, submissions, contents, styles) ?? [])
    .sort((a, b) => purposes.indexOf(a.purpose) - purposes.indexOf(b.purpose));
  return { contents, styles, measures, costs: submissions.map(costOf) };
}

function measureOf(
  id: string,
  submissions: readonly Submission[],
  contents: readonly string[],
  styles: readonly string[],
): Measure | undefined {
  const without: Record<string, string> = {};
  const tables: { method: string; table: Crossed }[] = [];
  let known: { label: string; better: 'higher' | 'lower' } | undefined;
  for (const { method, results } of submissions) {
    const at = new Map(results.map((one) => [`${one.content}\n${one.style}`, one]));
    let why: string | undefined;
    const table = contents.map((content) =>
      styles.map((style) => {
        const score = at.get(`${content}\n${style}`)?.scores[id];
        if (score !== undefined && 'value' in score) {
          known ??= score;
          return score.value;
        }
        why ??= score === undefined ? 'it is not in the submission' : score.refused;
        return Number.NaN;
      }),
    );
    if (why === undefined) tables.push({ method: method.name, table });
    else without[method.name] = why;
  }
  if (known === undefined) return undefined;
  const { label, better } = known;
  const about = aboutScore(id) ?? {
    purpose: 'artefact' as const,
    unit: '',
    range: [-Infinity, Infinity] as Range,
  };
  const ranks = crossedRanks(
    tables.map(({ table }) => table),
    better,
    { level },
  );
  const standings = tables
    .map(
      ({ method, table }, i): Standing => ({
        method,
        table,
        mean: crossedInterval(table, { level, range: about.range }),
        rank: ranks[i]!,
        styles: styles.map((_, j) => mean(table.map((row) => row[j]!))),
        contents: table.map(mean),
      }),
    )
    .sort((a, b) => a.rank.rank - b.rank.rank);
  return {
    id,
    label,
    better,
    ...about,
    standings,
    decisions: decisionsOf(standings, better),
    ...(standings.length > 1 && { components: varianceComponents(standings.map(({ table }) => table)) }),
    without,
  };
}

function decisionsOf(standings: readonly Standing[], better: Measure['better']): Decision[] {
  const pairs = standings.flatMap((a, i) =>
    standings.slice(i + 1).map((b) => ({ a, b, ...crossedDifference(a.table, b.table) })),
  );
  const adjusted = holm(pairs.map(({ p }) => p));
  return pairs.map(({ a, b, estimate }, i) => {
    const decided = adjusted[i]! <= 1 - level;
    const first = better === 'higher' ? estimate > 0 : estimate < 0;
    return {
      a: a.method,
      b: b.method,
      difference: estimate,
      p: adjusted[i]!,
      ...(decided && { better: first ? a.method : b.method }),
    };
  });
}

function costOf({ method, results, training }: Submission): Cost {
  const seconds = results.flatMap((one) => one.seconds ?? []);
  const memory = results.flatMap((one) => one.peakMemory ?? []);
  return {
    method: method.name,
    ...(seconds.length === results.length && { seconds: mean(seconds) }),
    shared: results.some((one) => one.shared === true),
    ...(memory.length > 0 && { memory: Math.max(...memory) }),
    ...(training && { training }),
  };
}

/** How many methods one is decided to be better than, and worse than. */
export function wins(
  { decisions }: Measure,
  method: string,
): { readonly over: number; readonly under: number } {
  const own = decisions.filter(({ a, b, better }) => better !== undefined && (a === method || b === method));
  const over = own.filter(({ better }) => better === method).length;
  return { over, under: own.length - over };
}

/** The methods that no other has a better mean than at both measures. */
export function frontOf(first: Measure, second: Measure): string[] {
  const goodness = ({ standings, better }: Measure, method: string) => {
    const found = standings.find((one) => one.method === method);
    return found && (better === 'higher' ? 1 : -1) * found.mean.estimate;
  };
  const points = first.standings.flatMap(({ method }) => {
    const [x, y] = [goodness(first, method), goodness(second, method)];
    return x === undefined || y === undefined ? [] : [{ method, x, y }];
  });
  return points
    .filter(
      ({ x, y }) => !points.some((other) => other.x >= x && other.y >= y && (other.x > x || other.y > y)),
    )
    .sort((a, b) => a.x - b.x)
    .map(({ method }) => method);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
