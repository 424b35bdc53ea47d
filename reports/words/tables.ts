/** All numbers as CSV: every trial's scores and costs, and every comparison. */

import { knownCost } from '../../metrics/cost.ts';
import { repeatedScores } from '../../metrics/registry.ts';
import type { Analysis } from '../../metrics/statistics/analysis/analyze.ts';
import type { TrialResult } from '../../src/experiment/result.ts';
import { toCsv } from '../../src/platform/csv.ts';
import type { Row } from '../charts/chart.ts';
import type { ReportInput } from '../input.ts';
import { scoreColumns } from '../metrics.ts';
import { comparedOf } from './sentences.ts';

/** One line for each trial, finished or not, refusals left empty; `scoresColumnsCsv` says what the columns hold. */
export function scoresCsv({ trials }: ReportInput): string {
  return toCsv(scoreRows(trials));
}

/** The rows of `scores.csv`: one for each trial, what is not known left out. */
export function scoreRows(trials: ReportInput['trials']): Row[] {
  const names = metricColumns(trials);
  return trials.map((trial): Row => {
    const { config, result } = trial;
    const swept = Object.entries(config.swept).filter(
      ([path]) => !['content', 'style', 'variant', 'optimizer', 'seed'].includes(path),
    );
    return {
      trial: trial.id,
      label: trial.label,
      state: trial.state,
      content: trial.names.content,
      style: trial.names.style,
      variant: config.variant,
      optimizer: config.method === undefined ? String(config.swept.optimizer ?? config.optimizer.name) : '',
      seed: config.seed,
      ...Object.fromEntries(swept.map(([path, value]) => [path, plain(value)])),
      ...(result === undefined
        ? {}
        : {
            ...costs(result),
            shared: result.timing.shared,
            ...(result.timing.energy !== undefined && 'joules' in result.timing.energy
              ? { joules: result.timing.energy.joules }
              : {}),
            engine: result.identity.engine,
            provider: result.identity.provider,
            host: result.identity.host,
            device: result.identity.device,
            threads: result.identity.threads,
            ...Object.fromEntries(
              Object.entries(result.scores).flatMap(([id, score]) =>
                'value' in score && names.has(id) ? [[names.get(id)!, score.value]] : [],
              ),
            ),
          }),
    };
  });
}

/**
 * Spec id -> the name of its column in `scores.csv`: the metric's own, such as `ssim`, and behind it what tells it from
 * others of that name, such as `ssim scale=native`. What is one number in all trials is one column.
 */
export function metricColumns(trials: ReportInput['trials']): Map<string, string> {
  const measured = trials.flatMap(({ result }) => Object.entries(result?.scores ?? {}));
  const repeated = repeatedScores(
    trials.flatMap(({ result }) => (result === undefined ? [] : [result.scores])),
  );
  const ids = [
    ...new Set(measured.flatMap(([id, score]) => ('value' in score && !repeated.has(id) ? [id] : []))),
  ];
  const names = new Map<string, string>();
  const columnsBeside = [
    ...Object.keys(plainColumns),
    ...trials.flatMap(({ config }) => Object.keys(config.swept)),
  ];
  for (const id of ids) {
    const [own, ...parts] = id.split(';') as [string, ...string[]];
    const alike = ids.filter((other) => other !== id && other.split(';')[0] === own);
    const telling = parts.filter((part) => !alike.every((other) => other.split(';').includes(part)));
    const short =
      alike.length === 0 ? own : [own, ...telling.map((part) => part.replace(/@[0-9a-f]{6,}/, ''))].join(' ');
    const taken = new Set([...columnsBeside, ...names.values()]);
    let name = short;
    for (let k = 2; taken.has(name); k++) name = `${short} ${k}`;
    names.set(id, name);
  }
  return names;
}

/** What each column of `scores.csv` holds; of a metric its whole specification. */
export function scoresColumnsCsv(input: ReportInput): string {
  const names = metricColumns(input.trials);
  const metrics = scoreColumns(input);
  const columns = new Set(scoreRows(input.trials).flatMap((row) => Object.keys(row)));
  const described = new Map(
    metrics.map(({ id, label, unit, better, purpose }) => [
      names.get(id)!,
      { what: label, unit, better, purpose, specification: id },
    ]),
  );
  const rows = [...columns].map((column): Row => {
    const {
      what,
      unit,
      better = '',
      purpose = '',
      specification = '',
    } = {
      ...(described.get(column) ?? plainColumn(column)),
    } as Partial<Record<string, string>>;
    return { column, what: what ?? '', unit: unit ?? '', better, purpose, specification };
  });
  return toCsv(rows);
}

function plainColumn(column: string): { what: string; unit: string } {
  const [what, unit = ''] = plainColumns[column] ?? [];
  if (what !== undefined) return { what, unit };
  if (column.startsWith('share of ')) return { what: `${column} in the seconds of an evaluation`, unit: '1' };
  return { what: 'swept setting', unit: '' };
}

const plainColumns: Readonly<Record<string, readonly [what: string, unit?: string]>> = {
  trial: ['id of the trial'],
  label: ['its name'],
  state: ['complete, or why there is no finished picture'],
  content: ['content picture'],
  style: ['style picture'],
  variant: ['variant'],
  optimizer: ['optimiser; empty where another method made the picture'],
  seed: ['seed of all that is random'],
  evaluations: ['evaluations of value and gradient', '1'],
  seconds: ['wall time', 's'],
  'seconds per evaluation': ['median wall time of an evaluation', 's'],
  'peak memory': ['of the process', 'bytes'],
  shared: ['other trials ran beside it: its seconds are too long'],
  joules: ['energy of the processors from begin to end', 'J'],
  engine: ['what evaluated'],
  provider: ['execution provider of the engine'],
  host: ['machine'],
  device: ['processor or graphics card'],
  threads: ['threads of the engine', '1'],
};

/** What of an evaluation is the encoder's, and each loss's. */
function shares(parts: TrialResult['timing']['parts']): Row {
  if (parts === undefined || 'refused' in parts) return {};
  const losses = Object.entries(parts.losses).map(([name, share]) => [`share of ${name}`, share] as const);
  return { 'share of the encoder': parts.encoder, ...Object.fromEntries(losses) };
}

/** What is known of a trial's cost. */
function costs(result: TrialResult): Row {
  const { evaluations, seconds, perEvaluation, peakMemory } = knownCost(result);
  const all = {
    evaluations,
    seconds,
    'seconds per evaluation': perEvaluation,
    'peak memory': peakMemory,
    ...shares(result.timing.parts),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Row;
}

/** One line for each difference between two treatments in one quantity. */
export function comparisonsCsv(analysis: Analysis): string {
  const rows = analysis.comparisons.flatMap(({ factor, pairs, findings }) =>
    findings.flatMap((finding): Row[] => {
      const compared = comparedOf(finding);
      return (compared?.differences ?? []).map((difference): Row => {
        const { a, b, favours } = difference;
        const name = (index: number) => compared!.treatments[index]!.name;
        return {
          factor,
          metric: finding.id,
          label: finding.label,
          better: finding.better,
          role: difference.role,
          a: name(a),
          b: name(b),
          'mean of a': compared!.treatments[a]!.estimate,
          'mean of b': compared!.treatments[b]!.estimate,
          difference: difference.estimate,
          ...(difference.method === 'alike' ? {} : { low: difference.low, high: difference.high }),
          level: analysis.level,
          interval: difference.method,
          pairs: pairs.length,
          p: difference.p,
          'p adjusted': difference.adjusted,
          tests: difference.family,
          ...(difference.gz === null ? {} : { g_z: difference.gz }),
          'rank-biserial': difference.rankBiserial,
          ...(difference.detectable === null ? {} : { detectable: difference.detectable }),
          favours: favours === undefined ? '' : name(favours === 'a' ? a : b),
        };
      });
    }),
  );
  return rows.length === 0 ? '' : toCsv(rows);
}

function plain(value: unknown): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}
