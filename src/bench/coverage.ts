/** How often the intervals of a study hold the scale its answers were made from. */
import { setImmediate } from 'node:timers/promises';
import { normalQuantile } from '../../metrics/statistics/distributions.ts';
import { bradleyTerry } from '../../metrics/statistics/pair-scale.ts';
import { scaleOf } from '../study/analysis/analyze.ts';
import { plannedStudy } from '../study/analysis/power.ts';
import { plainModel, type SimulationModel, simulateRaters } from '../study/analysis/simulate.ts';

/** Log-odds of a rater without a taste of their own, on a picture that suits all methods alike. */
const effects = {
  /** No method differs from the reference. */
  null: [0, 0, 0, 0],
  /** One is chosen 60 % of the time. */
  small: [0, 0.4, 0, 0],
  /** One is chosen 99.3 % of the time: in small studies always. */
  separation: [0, 5, 0, 0],
} as const;
export type Effect = keyof typeof effects;

export interface CoverageOptions {
  readonly effect: Effect;
  readonly raters: number;
  readonly pairs: number;
  /** Simulated studies. */
  readonly repetitions: number;
  /** Other studies; default 1. */
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Coverage {
  readonly raters: number;
  readonly pairs: number;
  readonly effect: Effect;
  readonly studies: number;
  /** Of those, the ones in which a method that equals the reference was found to differ (p ≤ .05 after Holm). */
  readonly falseAlarms: number;
  /** … and the ones in which the method that differs was found. */
  readonly found: number;
  /** 95 % intervals there were, and those that held the truth. None below two raters or pairs. */
  readonly intervals: number;
  readonly covered: number;
  /** Their mean width, in log-odds; NaN without intervals. */
  readonly width: number;
  /** Studies of which only Jeffreys' prior keeps the scale finite. */
  readonly separated: number;
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

/** Simulated studies of four methods through the analysis: everybody compares all methods on every pair. */
export async function coverageOf(
  model: Omit<SimulationModel, 'scores'>,
  { effect, raters, pairs, repetitions, seed = 1, signal }: CoverageOptions,
): Promise<Coverage> {
  const typical = effects[effect];
  const study = plannedStudy(
    {
      methods: typical.length,
      pairs,
      preference: 0.6,
      minutes: 25,
      questions: ['preference'],
      alpha: 0.05,
      repetitions,
      seed: 'coverage',
    },
    raters,
  );
  const truth = scaleOfAll(typical, model);
  let [falseAlarms, found, covered, intervals, width, separated] = [0, 0, 0, 0, 0, 0];
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    // Ctrl-C is heard between two studies.
    await setImmediate();
    signal?.throwIfAborted();
    const made = simulateRaters(
      study,
      study.sessions,
      { ...model, scores: { preference: typical } },
      `coverage ${seed} ${effect} ${raters} ${pairs} ${repetition}`,
    );
    const scale = scaleOf(study, made.raters, made.answers, 'preference', { jod: false });
    if ('refused' in scale) throw new Error(scale.refused);
    let alarm = false;
    for (const { method, score, pHolm = 1 } of scale.methods) {
      const index = study.methods.findIndex(({ name }) => name === method);
      if (index === study.reference) continue;
      const differs = pHolm <= 0.05;
      if (typical[index] === typical[study.reference]) alarm ||= differs;
      else if (differs) found++;
      if (Number.isNaN(score.low)) continue;
      intervals++;
      width += score.high - score.low;
      if (score.low <= truth[index]! && truth[index]! <= score.high) covered++;
    }
    if (alarm) falseAlarms++;
    if (!scale.finite) separated++;
  }
  return {
    raters,
    pairs,
    effect,
    studies: repetitions,
    falseAlarms,
    found,
    intervals,
    covered,
    width: width / intervals,
    separated,
  };
}

/** What is asked of every cell. */
export const wanted = { alarms: 0.06, covered: 0.93 } as const;

/**
 * The same, and where the rates are so near to what is asked that a few studies cannot tell on which side they are, of
 * other studies, ten times as many.
 */
export async function decidedCoverageOf(
  model: Omit<SimulationModel, 'scores'>,
  options: CoverageOptions,
): Promise<Coverage> {
  const first = await coverageOf(model, options);
  const near =
    first.falseAlarms > 0.05 * first.studies ||
    (first.intervals > 0 && first.covered < 0.94 * first.intervals);
  if (!near) return first;
  return await coverageOf(model, { ...options, repetitions: 10 * options.repetitions, seed: 2 });
}

/**
 * The scale of the whole population, which is what answers can show: raters who differ make each other's answers less
 * decided, so it is narrower than that of the typical rater. Bradley and Terry's scale of the expected answers, each
 * averaged over the normal distribution of the difference that a rater sees on a picture.
 */
function scaleOfAll(
  typical: readonly number[],
  { tie = 0, side = 0, sideDeviation = 0, taste = 0, pairEffect = 0 }: Omit<SimulationModel, 'scores'>,
): number[] {
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
