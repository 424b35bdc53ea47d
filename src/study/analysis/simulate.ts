/** Raters made up: with a known scale, biased and inconsistent as people are, and some who only click. */
import { createRandom, type Random } from '../../random.ts';
import type { Question, StudyManifest, StudyTrial } from '../design/manifest.ts';
import type { AnalyzedAnswer, AnalyzedRater } from './tables.ts';

export interface SimulationModel {
  /** By question, each method's score in log-odds; differences are what counts. */
  readonly scores: Readonly<Partial<Record<Question, readonly number[]>>>;
  /** Davidson's ν; 0 for no ties. Default 0.3. */
  readonly tie?: number;
  /** Mean preference for the left side, in log-odds, and its deviation between raters. Default 0.1 and 0.2. */
  readonly side?: number;
  readonly sideDeviation?: number;
  /** Deviation between raters of how sharply they see, as a factor's logarithm. Default 0.3. */
  readonly sharpness?: number;
  /** Deviation of a rater's own taste for a method. Default 0.4. */
  readonly taste?: number;
  /** Deviation of how well a method does on a pair. Default 0.3. */
  readonly pairEffect?: number;
  /** Shares of raters who answer at random, and who always choose one side. Default 0.05 and 0.02. */
  readonly randomClickers?: number;
  readonly oneSided?: number;
}

/** Everyone in agreement, no noise but the choice itself: the model that the scales assume. */
export const plainModel = {
  tie: 0,
  side: 0,
  sideDeviation: 0,
  sharpness: 0,
  taste: 0,
  pairEffect: 0,
  randomClickers: 0,
  oneSided: 0,
} as const;

/** A session that is drawn when its rater comes, by what those before have answered. */
export type DrawSession = (
  raters: readonly AnalyzedRater[],
  answers: readonly AnalyzedAnswer[],
) => readonly StudyTrial[];

/**
 * Answers of raters who each go through a session, one rater after the other.
 * @param sessions - one per rater
 */
export function simulateRaters(
  study: StudyManifest,
  sessions: readonly (readonly StudyTrial[] | DrawSession)[],
  model: SimulationModel,
  seed: number | string,
): { raters: AnalyzedRater[]; answers: AnalyzedAnswer[] } {
  const random = createRandom(seed, 'simulated raters');
  const methods = study.methods.length;
  const { pairEffect = 0.3 } = model;
  const pairEffects = study.pairs.map(() =>
    Array.from({ length: methods }, () => pairEffect * random.normal()),
  );
  const answers: AnalyzedAnswer[] = [];
  const raters: AnalyzedRater[] = [];
  for (const [i, given] of sessions.entries()) {
    const session = typeof given === 'function' ? given(raters, answers) : given;
    const id = `simulated ${i}`;
    const person = createPerson(methods, model, random);
    for (const [trial, shown] of session.entries()) {
      for (const question of shown.questions) {
        answers.push({
          rater: id,
          trial,
          question,
          choice: person(shown, question, pairEffects[shown.pair]!),
          milliseconds: 1500 + Math.round(3000 * random.uniform()),
          late: false,
        });
      }
    }
    raters.push({ id, session });
  }
  return { raters, answers };
}

type Person = (
  trial: StudyTrial,
  question: Question,
  pairEffect: readonly number[],
) => AnalyzedAnswer['choice'];

function createPerson(methods: number, model: SimulationModel, random: Random): Person {
  const { tie = 0.3, side = 0.1, sideDeviation = 0.2, sharpness = 0.3, taste = 0.4 } = model;
  const { randomClickers = 0.05, oneSided = 0.02 } = model;
  const kind = random.uniform();
  const lean = side + sideDeviation * random.normal();
  const sharp = Math.exp(sharpness * random.normal());
  const own = Array.from({ length: methods }, () => taste * random.normal());
  const harshness = 0.4 * random.normal();
  const always = random.integer(2) === 0 ? 'left' : 'right';
  const scoreOf = (
    shown: number | 'content' | 'style',
    question: Question,
    pairEffect: readonly number[],
  ) => {
    const scores = model.scores[question] ?? [];
    // An anchor is beyond everything that is compared with it where it should be, and far below elsewhere.
    if (typeof shown === 'string') return Math.max(0, ...scores) + (shown === question ? 4 : -2);
    return (scores[shown] ?? 0) + own[shown]! + pairEffect[shown]!;
  };
  return (trial, question, pairEffect) => {
    if (trial.kind === 'rating') {
      if (kind < randomClickers + oneSided) return String(1 + random.integer(5)) as AnalyzedAnswer['choice'];
      const ownScores = model.scores.quality ?? model.scores.preference ?? [];
      const base =
        typeof trial.shown === 'number'
          ? (ownScores[trial.shown] ?? 0) + own[trial.shown]! + pairEffect[trial.shown]!
          : -1;
      const opinion = Math.round(3 + base - harshness + 0.5 * random.normal());
      return String(Math.min(5, Math.max(1, opinion))) as AnalyzedAnswer['choice'];
    }
    if (kind < randomClickers) return random.integer(2) === 0 ? 'left' : 'right';
    if (kind < randomClickers + oneSided) return always;
    const a = sharp * scoreOf(trial.left, question, pairEffect) + lean;
    const b = sharp * scoreOf(trial.right, question, pairEffect);
    const highest = Math.max(a, b);
    const weights = [Math.exp(a - highest), Math.exp(b - highest), tie * Math.exp((a + b) / 2 - highest)];
    let draw = random.uniform() * (weights[0]! + weights[1]! + weights[2]!);
    draw -= weights[0]!;
    if (draw < 0) return 'left';
    return draw < weights[1]! ? 'right' : 'tie';
  };
}
