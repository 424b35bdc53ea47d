/** How many raters a difference needs: simulated raters through the analysis itself. */

import { wilsonInterval } from '../../../metrics/statistics/proportions.ts';
import { sessionOf } from '../design/active-session.ts';
import {
  defaultRules,
  hashRules,
  manifestVersion,
  type PairQuestion,
  type StudyManifest,
  seal,
} from '../design/manifest.ts';
import { mostForBlocks, withDesign } from '../design/new-study.ts';
import { scaleOf } from './analyze.ts';
import { judgeRaters } from './raters.ts';
import { type DrawSession, type SimulationModel, simulateRaters } from './simulate.ts';
import { pairCounts } from './tables.ts';

export interface PowerQuestion {
  readonly methods: number;
  readonly pairs: number;
  /** How often one method is preferred to the reference, all others being its equals; above ½ and below 1. */
  readonly preference: number;
  readonly minutes: number;
  readonly questions: readonly PairQuestion[];
  readonly alpha: number;
  readonly repetitions: number;
  readonly seed: number | string;
  readonly model?: Omit<SimulationModel, 'scores'>;
}

export interface PowerRow {
  readonly raters: number;
  /** Share of repetitions in which the better method was found, after Holm's correction, with Wilson's interval. */
  readonly power: number;
  readonly low: number;
  readonly high: number;
  /** Share in which a method that is the reference's equal was found different. */
  readonly falseFindings: number;
  /** Mean share of raters the exclusion rules left out. */
  readonly excluded: number;
}

/** A manifest for planning: the same design a study would get, pictures left out. */
export function plannedStudy(question: PowerQuestion, raters: number): StudyManifest {
  const stimulus = { hash: '0'.repeat(64), width: 1, height: 1, bytes: 1 };
  const primary = question.questions.includes('preference') ? 'preference' : question.questions[0]!;
  const results = Array.from({ length: question.methods }, () => ({ stimulus, trial: '', scores: {} }));
  return seal(
    withDesign(
      {
        manifestVersion,
        name: 'plan',
        version: 1,
        title: '',
        experiment: 'plan',
        createdAt: '',
        seed: question.seed,
        methods: Array.from({ length: question.methods }, (_, i) => ({
          name: i === 0 ? 'reference' : `method ${i}`,
        })),
        reference: 0,
        pairs: Array.from({ length: question.pairs }, (_, i) => ({
          name: `pair ${i + 1}`,
          content: stimulus,
          style: stimulus,
          styleCrop: stimulus,
          results,
        })),
        questions: [...question.questions],
        primary,
        cannotTell: true,
        raters,
        minutes: question.minutes,
        resumeHours: 48,
        rules: defaultRules,
        rulesHash: hashRules(defaultRules),
      },
      question.methods > mostForBlocks ? 'active' : 'blocks',
    ),
  );
}

/**
 * The power with this many raters. A repetition's pictures and first raters are the same for every number of raters: two
 * numbers then differ by what raters add, not by the luck of the draw (common random numbers). Where pairs are chosen as answers come in, so they are here: each rater comes when
 * all before have answered.
 */
export function powerWith(question: PowerQuestion, raters: number): PowerRow {
  const study = plannedStudy(question, raters);
  const sessions = Array.from({ length: raters }, (_, slot) =>
    study.design.kind === 'blocks' ? sessionOf(study, slot, () => []) : drawnLater(study, slot),
  );
  const better = Math.log(question.preference / (1 - question.preference));
  const scores = study.methods.map((_, i) => (i === 1 ? better : 0));
  let [found, wrong, tests, excluded] = [0, 0, 0, 0];
  for (let repetition = 0; repetition < question.repetitions; repetition++) {
    const { raters: people, answers } = simulateRaters(
      study,
      sessions,
      {
        ...question.model,
        scores: { content: scores, style: scores, artefacts: scores, preference: scores },
      },
      `${question.seed} ${repetition}`,
    );
    const judged = judgeRaters(people, answers, study.rules);
    const kept = people.filter((_, i) => judged[i]!.reasons.length === 0);
    excluded += 1 - kept.length / people.length;
    const scale = scaleOf(study, kept, answers, study.primary, {
      jod: false,
      intervals: false,
    });
    if ('refused' in scale) continue;
    for (const { method, score, pHolm } of scale.methods) {
      if (pHolm === undefined) continue;
      const significant = pHolm <= question.alpha;
      if (method === 'method 1') {
        if (significant && score.value > 0) found++;
      } else {
        tests++;
        if (significant) wrong++;
      }
    }
  }
  const { low, high } = wilsonInterval(found, question.repetitions);
  return {
    raters,
    power: found / question.repetitions,
    low,
    high,
    falseFindings: tests === 0 ? 0 : wrong / tests,
    excluded: excluded / question.repetitions,
  };
}

function drawnLater(study: StudyManifest, slot: number): DrawSession {
  return (raters, answers) => sessionOf(study, slot, () => pairCounts(study, raters, answers, study.primary));
}

/** Numbers of raters to try, each about a third more than the one before. */
export const raterSteps = [6, 8, 12, 16, 20, 26, 34, 44, 58, 76, 100, 130, 170, 220, 300] as const;
