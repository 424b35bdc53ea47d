/** What the scores of all trials are: names, directions, purposes, and who refused to be measured. */
import { aboutScore, isHeldBack, repeatedScores } from '../metrics/registry.ts';
import type { MetricInfo, ReportedTrial, ReportInput } from './input.ts';

export interface ScoreColumn extends MetricInfo {
  /** The metric's spec id. */
  readonly id: string;
  readonly label: string;
  readonly better: 'higher' | 'lower';
  /** Trial id -> value. */
  readonly values: ReadonlyMap<string, number>;
}

export interface RefusalGroup {
  readonly label: string;
  readonly sentence: string;
  readonly trials: number;
}

const purposes = ['content', 'style', 'colour', 'artefact'] as const;

/**
 * One column for each metric that has a value anywhere, in the order content, style, colour, artefact; within style, those
 * on held-back layers of the encoder that made the pictures last. What is one number in all trials is one column.
 */
export function scoreColumns(input: Pick<ReportInput, 'trials' | 'metrics'>): ScoreColumn[] {
  const columns = new Map<string, ScoreColumn & { values: Map<string, number> }>();
  const repeated = repeatedIn(input.trials);
  for (const [trial, id, score] of scoresOf(input.trials)) {
    if (!('value' in score) || repeated.has(id)) continue;
    const known = input.metrics?.[id] ?? aboutScore(id, score);
    const column = columns.get(id) ?? {
      id,
      label: score.label,
      better: score.better,
      purpose: known?.purpose ?? 'artefact',
      unit: known?.unit ?? '',
      values: new Map<string, number>(),
    };
    column.values.set(trial.id, score.value);
    columns.set(id, column);
  }
  const place = ({ id, purpose }: ScoreColumn) => 2 * purposes.indexOf(purpose) + Number(isHeldBack(id));
  return [...columns.values()].sort((a, b) => place(a) - place(b));
}

/** The sentences with which metrics refused, each with the number of trials it was said of. */
export function refusals(trials: readonly ReportedTrial[]): RefusalGroup[] {
  const groups = new Map<string, RefusalGroup>();
  const repeated = repeatedIn(trials);
  for (const [, id, score] of scoresOf(trials)) {
    if ('value' in score || repeated.has(id)) continue;
    const key = `${score.label}\n${score.refused}`;
    const trials = (groups.get(key)?.trials ?? 0) + 1;
    groups.set(key, { label: score.label, sentence: score.refused, trials });
  }
  return [...groups.values()];
}

function repeatedIn(trials: readonly ReportedTrial[]): ReadonlyMap<string, string> {
  return repeatedScores(trials.flatMap(({ result }) => (result === undefined ? [] : [result.scores])));
}

function* scoresOf(trials: readonly ReportedTrial[]) {
  for (const trial of trials) {
    for (const [id, score] of Object.entries(trial.result?.scores ?? {})) yield [trial, id, score] as const;
  }
}
