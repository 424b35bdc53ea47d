/** The part of a study that a rater's browser may know: pictures by hash, questions, nothing about methods or roles. */
import { type Stimulus, type StudyManifest, type StudyTrial, stimulusOf } from '../design/manifest.ts';
import type { PublicPicture, PublicSession, PublicStudy, PublicTrial } from '../form/exchange.ts';
import { formOf } from '../form/shipped.ts';
import type { Rater, StoredAnswer } from '../storage/rows.ts';

/** What everyone may ask before a session begins. */
export function publicStudy(study: StudyManifest, needsCode: boolean): PublicStudy {
  const { hash, title, minutes, resumeHours, cannotTell } = study;
  const { languages } = formOf(study);
  return { study: hash, title, minutes, resumeHours, cannotTell, needsCode, languages };
}

/** A session as its rater's browser sees it. */
export function publicTrials(study: StudyManifest, session: readonly StudyTrial[]): PublicTrial[] {
  return session.map((trial) => {
    const { content, style } = study.pairs[trial.pair]!;
    const above = { content: picture(content), style: picture(style) };
    const at = (which: number | 'content' | 'style') => picture(stimulusOf(study, trial.pair, which));
    return {
      kind: trial.kind,
      training: trial.role === 'training',
      questions: trial.questions,
      pictures:
        trial.kind === 'pair'
          ? { ...above, left: at(trial.left), right: at(trial.right) }
          : { ...above, only: at(trial.shown) },
    };
  });
}

/** All that a browser needs to begin or to go on. */
export function publicSession(
  study: StudyManifest,
  rater: Rater,
  answers: readonly StoredAnswer[],
): PublicSession & { readonly expiresAt: number } {
  return {
    study: study.hash,
    expiresAt: rater.expiresAt,
    finished: rater.finishedAt !== undefined,
    trials: publicTrials(study, rater.session),
    answers: answers.map(({ trial, question, revision, choice }) => ({ trial, question, revision, choice })),
  };
}

/** Every stimulus of a study, by hash. */
export function stimuliOf(study: StudyManifest): Map<string, Stimulus> {
  const all = study.pairs.flatMap(({ content, style, styleCrop, results }) => [
    content,
    style,
    styleCrop,
    ...results.map(({ stimulus }) => stimulus),
  ]);
  return new Map(all.map((stimulus) => [stimulus.hash, stimulus]));
}

function picture({ hash, width, height }: Stimulus): PublicPicture {
  return { hash, width, height };
}
