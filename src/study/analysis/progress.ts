/** What is known, and what is being asked, when an active design chooses the next session. */
import type { PairedCounts } from '../../../metrics/statistics/pair-scale.ts';
import type { PairTrial, StudyTrial } from '../design/manifest.ts';
import type { StudyStore } from '../storage/store.ts';
import { pairCounts } from './tables.ts';

/** Comparisons that were asked and not answered yet: their outcome is open, their information on its way. */
export interface AskedCounts extends PairedCounts {
  readonly pending?: number;
}

/**
 * The answers to the declared question, and the comparisons that others are being asked at this moment: raters whose
 * session runs, and forms that were handed out and have not come back.
 */
export function countsSoFar(store: StudyStore): AskedCounts[] {
  const { study } = store;
  const raters = store.raters();
  const answers = store.answers();
  const answered = new Set(
    answers.flatMap(({ rater, trial, question }) =>
      question === study.primary ? [`${rater} ${trial}`] : [],
    ),
  );
  const asked = (session: readonly StudyTrial[], isOpen: (at: number) => boolean): AskedCounts[] =>
    session.flatMap((trial, at) =>
      isMain(trial) && isOpen(at)
        ? [
            {
              first: Number(trial.left),
              second: Number(trial.right),
              firstWins: 0,
              secondWins: 0,
              pending: 1,
            },
          ]
        : [],
    );
  return [
    ...pairCounts(study, raters, answers, study.primary),
    ...raters
      .filter((rater) => rater.finishedAt === undefined && !store.hasExpired(rater))
      .flatMap(({ id, session }) => asked(session, (at) => !answered.has(`${id} ${at}`))),
    ...store.formsOut().flatMap(({ session }) => asked(session, () => true)),
  ];
}

function isMain(trial: StudyTrial): trial is PairTrial {
  return trial.kind === 'pair' && trial.role === 'main';
}
