/** How often the intervals of a study hold the scale its answers were made from. */
import { setImmediate } from 'node:timers/promises';
import { normalQuantile } from '../../metrics/statistics/distributions.ts';
import { bradleyTerry } from '../../metrics/statistics/pair-scale.ts';
import { wilsonInterval } from '../../metrics/statistics/proportions.ts';
import { scaleOf } from '../study/analysis/analyse.ts';
import { plannedStudy } from '../study/analysis/power.ts';
import { plainModel, type SimulationModel, simulateRaters } from '../study/analysis/simulate.ts';
import { pairQuestions } from '../study/design/manifest.ts';

/** Log-odds of a rater without a taste of their own, on a picture that suits all methods alike. */
const typical = [0, 0.9, 0.4, -0.5];

export interface Coverage {
  /** Share of intervals that hold the truth, and Wilson's interval of that share (as if all were independent). */
  readonly covered: number;
  readonly low: number;
  readonly high: number;
  readonly intervals: number;
  /** Mean half-width of an interval over 1.96 times the deviation of the estimates: 1 is exactly as wide as due. */
  readonly width: number;
}

/** Raters and pictures that all agree: the only noise is that of single answers. */
export const agreeing: Omit<SimulationModel, 'scores'> = { ...plainModel, tie: 0.3, side: 0.2 };

/** Raters with tastes of their own and methods that suit some pictures better: what the intervals are made for. */
export const differing: Omit<SimulationModel, 'scores'> = {
  tie: 0.3,
  side: 0.2,
  sideDeviation: 0.2,
  sharpness: 0,
  taste: 0.4,
  pairEffect: 0.3,
  randomClickers: 0,
  oneSided: 0,
};

/**
 * Simulated studies of 40 raters through the analysis, on four methods and `pairs` pairs.
 * @param repetitions - studies
 */
export async function coverageOf(
  model: Omit<SimulationModel, 'scores'>,
  options: { repetitions: number; pairs?: number; resamples?: number; signal?: AbortSignal | undefined },
): Promise<Coverage> {
  const { repetitions, pairs = 12, resamples = 400, signal } = options;
  const study = plannedStudy(
    {
      methods: typical.length,
      pairs,
      preference: 0.6,
      minutes: 25,
      questions: pairQuestions,
      alpha: 0.05,
      repetitions,
      seed: 'coverage',
    },
    40,
  );
  const truth = scaleOfAll(model);
  let covered = 0;
  const halves: number[] = [];
  const errors: number[] = [];
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    // Ctrl-C is heard between two studies.
    await setImmediate();
    signal?.throwIfAborted();
    const { raters, answers } = simulateRaters(
      study,
      study.sessions,
      { ...model, scores: { content: typical, style: typical, artefacts: typical, preference: typical } },
      `coverage ${repetition}`,
    );
    const scale = scaleOf(study, raters, answers, 'preference', { resamples, jod: false });
    if ('refused' in scale) throw new Error(scale.refused);
    for (const { method, score } of scale.methods) {
      const index = study.methods.findIndex(({ name }) => name === method);
      if (index === study.reference) continue;
      if (score.low <= truth[index]! && truth[index]! <= score.high) covered++;
      halves.push((score.high - score.low) / 2);
      errors.push(score.value - truth[index]!);
    }
  }
  const intervals = errors.length;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(mean(errors.map((error) => error ** 2)));
  return {
    covered: covered / intervals,
    ...wilsonInterval(covered, intervals),
    intervals,
    width: mean(halves) / (1.96 * deviation),
  };
}

/**
 * The scale of the whole population, which is what answers can show: raters who differ make each other's answers less
 * decided, so it is narrower than that of the typical rater. Bradley and Terry's scale of the expected answers, each
 * averaged over the normal distribution of the difference that a rater sees on a picture.
 */
function scaleOfAll({
  tie = 0,
  side = 0,
  sideDeviation = 0,
  taste = 0,
  pairEffect = 0,
}: Omit<SimulationModel, 'scores'>): number[] {
  const deviation = Math.sqrt(2 * (taste ** 2 + pairEffect ** 2) + sideDeviation ** 2);
  const steps = 400;
  const counts = typical.flatMap((left, first) =>
    typical.flatMap((right, second) => {
      if (first === second) return [];
      let [firstWins, secondWins, ties] = [0, 0, 0];
      for (let step = 0; step < steps; step++) {
        const x = left - right + side + deviation * normalQuantile((step + 0.5) / steps);
        const sum = Math.exp(x) + 1 + tie * Math.exp(x / 2);
        firstWins += Math.exp(x) / sum;
        secondWins += 1 / sum;
        ties += (tie * Math.exp(x / 2)) / sum;
      }
      return [{ first, second, firstWins, secondWins, ties }];
    }),
  );
  const { scores } = bradleyTerry(typical.length, counts, { side: true });
  return scores.map((score) => score - scores[0]!);
}
