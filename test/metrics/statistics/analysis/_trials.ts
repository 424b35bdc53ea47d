/** Made-up trials whose scores are given by a function. */

import type { Score } from '../../../../metrics/score.ts';
import type { AnalyzedTrial } from '../../../../metrics/statistics/analysis/design.ts';
import type { TrialResult } from '../../../../src/experiment/result.ts';

export interface At {
  readonly content: string;
  readonly style: string;
  readonly variant: string;
  readonly optimizer: string;
  readonly seed: number;
  readonly swept: Readonly<Record<string, unknown>>;
}

export interface Plan {
  readonly pairs: number;
  readonly variants?: readonly string[];
  readonly optimizers?: readonly string[];
  readonly seeds?: number;
  /** Further swept values by variant: path -> values. */
  readonly swept?: (variant: string) => Readonly<Record<string, readonly unknown[]>>;
  readonly score: (at: At) => number | Readonly<Record<string, number | string>>;
  readonly change?: (trial: AnalyzedTrial, at: At) => AnalyzedTrial;
}

export const metric = 'gram-relative;encoder=wavelet@0123456789ab;layers=held1';

/** One trial for every combination; a score that is text is a refusal. */
export function trialsOf(plan: Plan): AnalyzedTrial[] {
  const { variants = ['a', 'b'], optimizers = ['lbfgs'], seeds = 1 } = plan;
  const trials: AnalyzedTrial[] = [];
  for (let pair = 0; pair < plan.pairs; pair++)
    for (const variant of variants)
      for (const optimizer of optimizers)
        for (const swept of combinations(plan.swept?.(variant) ?? {}))
          for (let seed = 0; seed < seeds; seed++) {
            const at: At = { content: `c${pair}`, style: `s${pair}`, variant, optimizer, seed, swept };
            const made = trialAt(at, plan.score(at), seeds);
            trials.push(plan.change?.(made, at) ?? made);
          }
  return trials;
}

function trialAt(
  at: At,
  score: number | Readonly<Record<string, number | string>>,
  seeds: number,
): AnalyzedTrial {
  const { content, style, variant, optimizer, seed, swept } = at;
  const label = [content, style, variant, optimizer, ...Object.values(swept), seed].join(' ');
  const scores = Object.fromEntries(
    Object.entries(typeof score === 'number' ? { [metric]: score } : score).map(
      ([id, value]): [string, Score] => [
        id,
        typeof value === 'number'
          ? { value, better: id.startsWith('ssim') ? 'higher' : 'lower', label: id.split(';', 1)[0]! }
          : { refused: value, label: id.split(';', 1)[0]! },
      ],
    ),
  );
  const config = {
    variant,
    content: `/${content}.png`,
    style: `/${style}.png`,
    losses: [],
    optimizer: { name: optimizer },
    encoder: { name: 'wavelet' },
    sizes: [256],
    styleScale: 1,
    weighting: 'fixed',
    seed,
    swept: { content, style, variant, optimizer, ...swept, ...(seeds > 1 ? { seed } : {}) },
  };
  return {
    id: label,
    label,
    names: { content, style },
    config: config as unknown as AnalyzedTrial['config'],
    state: 'complete',
    result: {
      id: label,
      state: 'complete',
      config,
      identity: { engine: 'onnx', provider: 'cpu', host: 'h', device: 'CPU, 2 threads', threads: 2 },
      inputs: { encoder: 'f'.repeat(64) },
      scores,
      timing: { total: 10, perEvaluation: 0.1, peakMemory: 1e9, shared: false },
      cost: { evaluations: 100, steps: 90 },
      images: { width: 256, height: 256, final: 'final.png', snapshots: [] },
    } as unknown as TrialResult,
  };
}

function combinations(swept: Readonly<Record<string, readonly unknown[]>>): Record<string, unknown>[] {
  return Object.entries(swept).reduce<Record<string, unknown>[]>(
    (all, [path, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [path]: value }))),
    [{}],
  );
}
