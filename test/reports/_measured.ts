/** Made-up experiments with scores on the way, for what is inferred. */

import type { Score } from '../../metrics/score.ts';
import type { SnapshotScores } from '../../metrics/snapshots.ts';
import type { ReportedTrial, ReportInput } from '../../reports/input.ts';
import type { TrialResult } from '../../src/experiment/result.ts';
import { createRandom } from '../../src/random.ts';
import { synthetic } from './_synthetic.ts';

export interface Measured {
  readonly input: ReportInput;
  readonly snapshots: ReadonlyMap<string, readonly SnapshotScores[]>;
}

export const styleMetric = 'gram-relative;encoder=squeezenet1_1';

/** Eight pairs, three variants, two optimisers: fused is best in style, patches worst; pictures kept on the way. */
export function measured(change: Partial<ReportInput> = {}): Measured {
  const made = synthetic({
    contents: ['hillside', 'harbour', 'orchard', 'mill'],
    styles: ['swirls', 'hatching'],
    variants: ['gram', 'patches', 'fused'],
    evaluations: 60,
    allFine: true,
  });
  const random = createRandom(17);
  const levels = new Map<string, number>();
  const effects: Readonly<Record<string, number>> = { gram: 0, patches: 0.02, fused: -0.008 };
  const snapshots = new Map<string, SnapshotScores[]>();
  const trials = made.trials.map((trial): ReportedTrial => {
    const pair = `${trial.names.content} ${trial.names.style}`;
    if (!levels.has(pair)) levels.set(pair, 0.03 + 0.05 * random.uniform());
    const slower = trial.config.optimizer.name === 'adam' ? 0.004 : 0;
    const end = levels.get(pair)! + effects[trial.config.variant]! + slower + 0.003 * random.normal();
    const score = (value: number): Score => ({
      value,
      better: 'lower',
      label: 'Style distance (Gram, held-back layers)',
    });
    const result: TrialResult = {
      ...trial.result!,
      scores: { ...trial.result!.scores, [styleMetric]: score(end) },
      timing: { ...trial.result!.timing, total: trial.result!.timing.total + 0.6, shared: false },
    };
    const each = result.timing.perEvaluation;
    snapshots.set(
      trial.id,
      [10, 20, 40, 60].map((evaluation) => ({
        evaluation,
        seconds: evaluation * each,
        scores: { [styleMetric]: score(end * (1 + 40 / evaluation ** 1.5) - (end * 40) / 60 ** 1.5) },
      })),
    );
    return { ...trial, result };
  });
  return {
    input: { ...made, trials, primary: { metric: 'gram-relative', factor: 'variant' }, ...change },
    snapshots,
  };
}

/** Two pairs, one variant, two weights swept against each other. */
export function sweep(): Measured {
  const made = synthetic({
    contents: ['hillside', 'harbour'],
    styles: ['swirls'],
    variants: ['gram'],
    optimizers: ['lbfgs'],
    seeds: Array.from({ length: 12 }, (_, i) => i),
    evaluations: 10,
    allFine: true,
  });
  const trials = made.trials.map((trial): ReportedTrial => {
    const { seed: _, ...others } = trial.config.swept;
    const content = [0.5, 1, 2, 4][trial.config.seed % 4]!;
    const style = [10, 30, 100][Math.floor(trial.config.seed / 4)]!;
    const swept = { ...others, 'losses.content.weight': content, 'losses.gram.weight': style };
    const value = 0.02 + 0.05 / (1 + style / (20 * content)) + (trial.names.content === 'harbour' ? 0.01 : 0);
    const score: Score = { value, better: 'lower', label: 'Style distance (Gram, held-back layers)' };
    return {
      ...trial,
      config: { ...trial.config, seed: 0, swept },
      result: {
        ...trial.result!,
        scores: { ...trial.result!.scores, [styleMetric]: score },
        timing: { ...trial.result!.timing, shared: false },
      },
    };
  });
  return { input: { ...made, trials }, snapshots: new Map() };
}
