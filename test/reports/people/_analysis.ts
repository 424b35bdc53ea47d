/** A study of forty made-up raters, analysed. */
import { type Analysis, analyze } from '../../../src/study/analysis/analyze.ts';
import { plainModel, simulateRaters } from '../../../src/study/analysis/simulate.ts';
import { background, bareStudy } from '../../study/_study.ts';

/** What they were made from: log-odds against the first method. */
export const truth = [0, 0.9, 0.4, -0.5];

const known = new Map<boolean, Analysis>();

/** @param careless - whether one of them always chose the left side */
export function analysisOf({ careless = false, hash }: { careless?: boolean; hash?: string } = {}): Analysis {
  const analysis = known.get(careless) ?? made(careless);
  known.set(careless, analysis);
  return { ...analysis, ...(hash !== undefined && { hash }) };
}

function made(careless: boolean): Analysis {
  const study = bareStudy({ pairs: 6, raters: 40 });
  const scores = { content: truth, style: truth.map((one) => 2 * one), artefacts: truth, preference: truth };
  const { raters, answers } = simulateRaters(study, study.sessions, { ...plainModel, tie: 0.3, scores }, 7);
  const given = answers.map((answer) =>
    careless && answer.rater === raters[0]!.id && !/^[1-5]$/.test(answer.choice)
      ? { ...answer, choice: 'left' as const }
      : answer,
  );
  const people = raters.map((rater, i) => ({
    ...rater,
    background: { ...background, artTraining: i < 12 ? 'none' : 'degree' },
  }));
  return analyze(study, people, given);
}
