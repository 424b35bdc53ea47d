/** Quality as the budget is spent: what a trial had to show at each evaluation and second. */
import type { TraceRecord } from '../../../src/experiment/trial.ts';
import { nonNegative, type Range, unbounded } from '../../range.ts';
import { type Estimate, estimate, mean } from './compare.ts';
import { type AnalyzedTrial, cellsOf, type Design, isFinished, keyOfPair } from './design.ts';
import { type Quantity, timingProblem } from './quantities.ts';

/** A trial's values in the order of their evaluations, the last one its end. */
export type Course = readonly {
  readonly evaluation: number;
  readonly seconds: number;
  readonly value: number;
}[];

export type Over = 'evaluations' | 'seconds';

export interface CurvePoint extends Estimate {
  readonly x: number;
}

export interface QualityCurve {
  readonly treatment: string;
  readonly points: readonly CurvePoint[];
}

/** Points of a curve over seconds. */
const points = 24;

/**
 * Mean quality over pairs, with intervals, at equal budgets. At each budget a trial counts with the last picture it had
 * by then; one that ended before keeps its final picture. Curves begin where every trial has a picture.
 *
 * @param courses - trial id -> course; trials without one make the design incomplete
 * @param options - `level` of the intervals (default 0.95); `range` of the values, which they keep inside
 * @returns a sentence when trials have no course in common, or when their seconds may not be compared
 */
export function qualityCurves(
  design: Design,
  courses: ReadonlyMap<string, Course>,
  over: Over,
  options: { readonly level?: number; readonly range?: Range | undefined } = {},
): readonly QualityCurve[] | { readonly refused: string } {
  const { level = 0.95, range = unbounded } = options;
  const finished = design.placed.map(({ trial }) => trial).filter(isFinished);
  if (over === 'seconds') {
    const problem = timingProblem(finished);
    if (problem !== undefined) return { refused: problem };
  }
  const known = finished.flatMap(({ id }) => courses.get(id) ?? []);
  const lines = finished.map(({ id }) => courses.get(id) ?? []);
  if (known.length === 0 || lines.some((line) => line.length < 2)) {
    return {
      refused: 'Not every trial kept pictures on the way: declare snapshots to see quality over its cost.',
    };
  }
  const at = (step: Course[number]) => (over === 'seconds' ? step.seconds : step.evaluation);
  const from = Math.max(...lines.map((line) => at(line[0]!)));
  const to = Math.max(...lines.map((line) => at(line.at(-1)!)));
  const budgets =
    over === 'evaluations'
      ? [...new Set(known.map(at))].filter((x) => x >= from).sort((a, b) => a - b)
      : Array.from({ length: points }, (_, i) => from * (to / from) ** (i / (points - 1)));
  return design.treatments.map((treatment, t) => ({
    treatment,
    points: budgets.flatMap((x): CurvePoint[] => {
      const cells = cellsOf(design, (trial) => {
        if (!isFinished(trial)) return undefined;
        // The end of the axis is the slowest trial's own end: rounding must not take it away.
        return courses.get(trial.id)!.findLast((step) => at(step) <= x * (1 + 1e-12))?.value;
      });
      const values = cells.map((contexts) => mean(contexts.map((row) => mean(row[t]!))));
      if (values.some(Number.isNaN)) return [];
      return [{ x, ...estimate(values, { level, range }) }];
    }),
  }));
}

/** A trace's total as a course: the lowest so far on the last level, whose function alone is that of the result. */
export function lossCourse(trace: readonly TraceRecord[]): Course {
  const last = trace.at(-1);
  const begins =
    1 + trace.findLastIndex((record) => record.level !== last?.level || !sameWeights(record, last));
  let lowest = Number.POSITIVE_INFINITY;
  return trace.slice(begins).map(({ evaluation, seconds, total }) => {
    lowest = Math.min(lowest, total);
    return { evaluation, seconds, value: lowest };
  });
}

/** Whether the weights of two records agree, as far as values above 0 tell them. */
function sameWeights(one: TraceRecord, other: TraceRecord): boolean {
  return Object.entries(one.terms).every(([name, { value, weighted }]) => {
    const term = other.terms[name];
    if (term === undefined || value === 0 || term.value === 0) return true;
    return Math.abs(weighted / value - term.weighted / term.value) <= 1e-9 * Math.abs(weighted / value);
  });
}

/** The first step of a course at which it is at least as good as a level, or undefined when it never is. */
export function reached(
  course: Course,
  level: number,
  better: 'higher' | 'lower',
): Course[number] | undefined {
  return course.find(({ value }) => (better === 'higher' ? value >= level : value <= level));
}

export interface LevelOptions {
  /** What the course is of, for labels: `the total loss`, `SSIM to the content`. */
  readonly of: string;
  /** Part of the quantities' ids. */
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** Trials share a level when they share this, besides their pair. */
  readonly group: (trial: AnalyzedTrial) => string;
  /** Why treatments of different groups may not be compared. */
  readonly unlike: string;
  /** Parts of the way from the start to the level that all reach; default all of it. */
  readonly parts?: readonly number[];
}

/**
 * Evaluations and seconds that a trial needed to come to a level that every trial of its pair reached: the worst of
 * their ends, and parts of the way there.
 */
function levelQuantities(
  trials: readonly AnalyzedTrial[],
  courses: ReadonlyMap<string, Course>,
  options: LevelOptions,
): Quantity[] {
  const { of, name, better, group, unlike, parts = [1] } = options;
  const worse = (values: readonly number[]) =>
    better === 'higher' ? Math.min(...values) : Math.max(...values);
  const keyOf = (trial: AnalyzedTrial) =>
    JSON.stringify([trial.pair ?? keyOfPair(trial.config), group(trial)]);
  const ways = new Map<string, { starts: number[]; ends: number[] }>();
  for (const trial of trials) {
    const course = isFinished(trial) ? courses.get(trial.id) : undefined;
    if (course === undefined || course.length === 0) continue;
    const way = ways.get(keyOf(trial)) ?? { starts: [], ends: [] };
    way.starts.push(course[0]!.value);
    way.ends.push(course.at(-1)!.value);
    ways.set(keyOf(trial), way);
  }
  const quantity = (over: Over, part: number): Quantity => ({
    id: `cost;${over}-to;of=${name};part=${part}`,
    label: `${over === 'seconds' ? 'Seconds' : 'Evaluations'} to ${part === 1 ? '' : `${Math.round(100 * part)} % of the way to `}what all reach in ${of}`,
    better: 'lower',
    purpose: 'cost',
    unit: over === 'seconds' ? 's' : 'evaluations',
    range: nonNegative,
    value(trial) {
      const way = ways.get(keyOf(trial));
      const course = courses.get(trial.id);
      if (way === undefined || course === undefined) return { refused: 'Its course was not kept.' };
      const [start, end] = [worse(way.starts), worse(way.ends)];
      const step = reached(course, start + part * (end - start), better);
      if (step === undefined) return { refused: 'It never came to the level.' };
      return over === 'seconds' ? step.seconds : step.evaluation;
    },
    problem(placed) {
      const blocks = new Map<string, string>();
      for (const { trial, pair, context } of placed) {
        const block = `${pair} ${context}`;
        const own = group(trial);
        if ((blocks.get(block) ?? own) !== own) return unlike;
        blocks.set(block, own);
      }
      return over === 'seconds' ? timingProblem(placed.map(({ trial }) => trial)) : undefined;
    },
  });
  return parts.flatMap((part) => [quantity('evaluations', part), quantity('seconds', part)]);
}

/** The cost of getting the loss down, for whatever is compared under one and the same objective: optimisers. */
export function lossLevelQuantities(
  trials: readonly AnalyzedTrial[],
  traces: ReadonlyMap<string, readonly TraceRecord[]>,
): Quantity[] {
  const courses = new Map([...traces].map(([id, trace]) => [id, lossCourse(trace)]));
  return levelQuantities(trials, courses, {
    of: 'the total loss',
    name: 'total',
    better: 'lower',
    group: ({ config }) =>
      JSON.stringify([
        config.losses,
        config.weighting,
        config.encoder,
        config.sizes,
        config.styleScale,
        config.color,
        config.levels,
      ]),
    unlike: 'The losses differ between what is compared: their values have no common scale.',
    parts: [0.9, 0.99, 1],
  });
}

/** The cost of coming to a quality, from pictures kept on the way. */
export function scoreLevelQuantities(
  trials: readonly AnalyzedTrial[],
  courses: ReadonlyMap<string, Course>,
  metric: { readonly id: string; readonly label: string; readonly better: 'higher' | 'lower' },
): Quantity[] {
  return levelQuantities(trials, courses, {
    of: metric.label,
    name: metric.id.replaceAll(';', '|'),
    better: metric.better,
    group: () => '',
    unlike: '',
  });
}
