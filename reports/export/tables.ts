/** An experiment as tables for other programs: long ones, a row for every number, beside the wide one of the report. */
import type { TraceRecord } from '../../src/experiment/trial.ts';
import type { ReportInput } from '../input.ts';
import { metricColumns, scoreRows } from '../words/tables.ts';
import type { TableRow } from './parquet.ts';

export interface ExportTable {
  /** The file's name without its ending. */
  readonly name: string;
  /** What a row is, for the README. */
  readonly what: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/**
 * Tables of trials, settings, scores and traces.
 *
 * @param traces - of finished trials, by id
 */
export function exportTables(
  input: ReportInput,
  traces: ReadonlyMap<string, readonly TraceRecord[]>,
): ExportTable[] {
  const names = metricColumns(input.trials);
  return [
    {
      name: 'trials',
      what: 'a trial: what it is called, its state, its cost and its scores (as scores.csv of a report)',
      columns: ['trial', 'label', 'state'],
      rows: scoreRows(input.trials),
    },
    {
      name: 'settings',
      what: 'one setting of one trial: its dotted path, and its value as JSON',
      columns: ['trial', 'setting', 'value'],
      rows: input.trials.flatMap(({ id: trial, config }) =>
        leaves(config).map(([setting, value]) => ({ trial, setting, value: JSON.stringify(value) })),
      ),
    },
    {
      name: 'scores',
      what: 'one score of one trial: its value, or the sentence that says why there is none',
      columns: ['trial', 'metric', 'value', 'better', 'refused', 'specification'],
      rows: input.trials.flatMap(({ id: trial, result }) =>
        Object.entries(result?.scores ?? {}).map(([specification, score]) => ({
          trial,
          metric: names.get(specification) ?? specification.split(';')[0]!,
          ...('value' in score
            ? { value: score.value, better: score.better, refused: undefined }
            : { value: undefined, better: undefined, refused: score.refused }),
          specification,
        })),
      ),
    },
    {
      name: 'traces',
      what: 'one term of the objective, or its total, at one evaluation of one trial',
      columns: ['trial', 'evaluation', 'step', 'level', 'seconds', 'term', 'value', 'weighted'],
      rows: [...traces].flatMap(([trial, trace]) =>
        trace.flatMap(({ evaluation, step, level, seconds, total, terms }) => {
          const at = { trial, evaluation, step, level, seconds };
          return [
            { ...at, term: 'total', value: total, weighted: total },
            ...Object.entries(terms).map(([term, { value, weighted }]) => ({ ...at, term, value, weighted })),
          ];
        }),
      ),
    },
  ];
}

/** Everything in nested plain data that holds nothing further, by dotted path; of lists each entry by its number. */
function leaves(value: unknown, path = ''): [path: string, value: unknown][] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [[path, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[path, value]];
  return entries.flatMap(([key, one]) => leaves(one, path === '' ? key : `${path}.${key}`));
}
