/** Which number predicts people? Every metric of the pictures against the choices. */
import { kendallTauB } from '../../../metrics/statistics/correlation.ts';
import type { PairQuestion, StudyManifest } from '../design/manifest.ts';
import type { Comparison } from './tables.ts';
import { type Estimate, twoWayShare } from './two-way.ts';

export interface Predictor {
  /** The metric's spec id. */
  readonly metric: string;
  readonly label: string;
  readonly question: PairQuestion;
  /**
   * Share of the choices (ties left out) that fell on the picture the metric finds better; a draw of the metric is
   * half. One half is chance; below, the metric is better reversed.
   */
  readonly agreement: Estimate;
  readonly choices: number;
  /** Kendall's τ_b between the metric and the shares of wins, within each pair of pictures; the mean over pairs. */
  readonly tau: number;
}

/** Every metric that all compared pictures have, best first. */
export function predictors(
  study: StudyManifest,
  comparisons: readonly Comparison[],
  question: PairQuestion,
  level = 0.95,
): Predictor[] {
  const results = study.pairs.flatMap((pair) => pair.results);
  const ids = Object.keys(results[0]?.scores ?? {}).filter((id) =>
    results.every(({ scores }) => id in scores),
  );
  const choices = comparisons.filter(({ choice }) => choice !== 'tie');
  if (choices.length === 0) return [];
  const rows = ids.map((id): Predictor => {
    const { label, better } = results[0]!.scores[id]!;
    const sign = better === 'higher' ? 1 : -1;
    const merit = (pair: number, method: number) =>
      sign * study.pairs[pair]!.results[method]!.scores[id]!.value;
    const hits = choices.map(({ pair, left, right, choice }) => {
      const difference = merit(pair, left) - merit(pair, right);
      if (difference === 0) return 0.5;
      return difference > 0 === (choice === 'left') ? 1 : 0;
    });
    return {
      metric: id,
      label,
      question,
      agreement: twoWayShare(
        choices.map(({ rater, pair }, i) => ({ rater, pair, value: hits[i]! })),
        level,
      ),
      choices: choices.length,
      tau: meanTau(study, comparisons, merit),
    };
  });
  return rows.sort((a, b) => b.agreement.value - a.agreement.value);
}

function meanTau(
  study: StudyManifest,
  comparisons: readonly Comparison[],
  merit: (pair: number, method: number) => number,
): number {
  const taus: number[] = [];
  for (const pair of study.pairs.keys()) {
    const won = new Map<number, [number, number]>();
    const add = (method: number, win: number) => {
      const [sum, count] = won.get(method) ?? [0, 0];
      won.set(method, [sum + win, count + 1]);
    };
    for (const { pair: at, left, right, choice } of comparisons) {
      if (at !== pair) continue;
      add(left, choice === 'left' ? 1 : choice === 'tie' ? 0.5 : 0);
      add(right, choice === 'right' ? 1 : choice === 'tie' ? 0.5 : 0);
    }
    const methods = [...won.keys()];
    if (methods.length < 2) continue;
    const tau = kendallTauB(
      methods.map((method) => merit(pair, method)),
      methods.map((method) => won.get(method)![0] / won.get(method)![1]),
    );
    if (!Number.isNaN(tau)) taus.push(tau);
  }
  return taus.reduce((sum, tau) => sum + tau, 0) / taus.length;
}
