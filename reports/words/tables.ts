/** All numbers as CSV: every trial's scores and costs, and every comparison. */
import { repeatedScores } from '../../metrics/registry.ts';
import type { Analysis } from '../../metrics/statistics/analysis/analyse.ts';
import { toCsv } from '../../src/csv.ts';
import { knownCost, type TrialResult } from '../../src/runs/result.ts';
import type { Row } from '../charts/chart.ts';
import type { ReportInput } from '../input.ts';
import { comparedOf } from './sentences.ts';

/**
 * One line for each trial, finished or not; a metric's column is named by its spec id, refusals left empty. What is one
 * number in all trials is one column.
 */
export function scoresCsv({ trials }: ReportInput): string {
  const repeated = repeatedScores(
    trials.flatMap(({ result }) => (result === undefined ? [] : [result.scores])),
  );
  const rows = trials.map((trial): Row => {
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
                'value' in score && !repeated.has(id) ? [[id, score.value]] : [],
              ),
            ),
          }),
    };
  });
  return toCsv(rows);
}

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
