/** Forms that are handed out as files, and the answers that come back. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NeckarError } from '../../errors.ts';
import { countsSoFar } from '../analysis/progress.ts';
import { sessionOf } from '../design/active-session.ts';
import { stimulusFile } from '../design/manifest.ts';
import { publicStudy, publicTrials, stimuliOf } from '../server/public.ts';
import { backgroundOf, languageOf } from '../storage/answer.ts';
import { withdrawalCode } from '../storage/codes.ts';
import type { StudyStore } from '../storage/store.ts';
import { formDocument } from './assets.ts';
import { brokenSeals, parseAnswerFile } from './seal.ts';
import { formOf } from './shipped.ts';

/**
 * A form for one rater, as one HTML document that works from disk. It takes a slot of the design; of an active design,
 * its pairs are chosen now, and stay.
 * @param folder - of the study
 */
export async function handOutForm(folder: string, store: StudyStore): Promise<{ id: string; html: string }> {
  const { study } = store;
  const { id, seal, session } = store.handOut((slot) => sessionOf(study, slot, () => countsSoFar(store)));
  const trials = publicTrials(study, session);
  const stimuli = stimuliOf(study);
  const hashes = new Set(trials.flatMap(({ pictures }) => Object.values(pictures).map(({ hash }) => hash)));
  const pictures: Record<string, string> = {};
  for (const hash of hashes) {
    const path = join(folder, 'stimuli', stimulusFile(stimuli.get(hash)!));
    pictures[hash] = (await readFile(path)).toString('base64');
  }
  const html = await formDocument(formOf(study), {
    form: id,
    seal,
    study: publicStudy(study, false),
    session: { study: study.hash, finished: false, trials, answers: [] },
    pictures,
  });
  return { id, html };
}

export interface Imported {
  /** Answers that were new. */
  readonly answers: number;
  /** Answers that were refused, in words. */
  readonly refused: readonly string[];
}

/**
 * Takes an answer file in. Taking it in again changes nothing.
 *
 * @param path - what messages call the file
 * @throws NeckarError when it is no answer file, belongs to another version of the study or to a form that this study
 *   did not hand out, was edited, or its rater has withdrawn
 */
export async function importAnswers(
  text: Uint8Array | string,
  path: string,
  store: StudyStore,
): Promise<Imported> {
  const file = parseAnswerFile(text, path);
  const { study } = store;
  if (file.study !== study.hash) {
    throw new NeckarError(
      `"${path}" comes from another version of the study (${file.study.slice(0, 12)}…, this one is ${study.hash.slice(0, 12)}…). Import it into the study that handed the form out.`,
    );
  }
  const form = store.form(file.form);
  if (form === undefined) {
    throw new NeckarError(`"${path}" comes from a form that this study did not hand out.`);
  }
  const broken = brokenSeals(file, form.seal);
  if (broken.length > 0) {
    const some = broken.slice(0, 3).join('; ');
    const more = broken.length > 3 ? `; and ${broken.length - 3} more` : '';
    throw new NeckarError(
      `"${path}" was edited after the form had saved it: ${some}${more}. Nothing of it was imported; ask for the original.`,
    );
  }
  if (store.wasWithdrawn(withdrawalCode(file.token))) {
    throw new NeckarError(`"${path}" is from a rater who has withdrawn; it stays out. Delete the file.`);
  }
  const { token, language, background, conditions } = file;
  const asked = formOf(study);
  if (!backgroundOf(asked).safeParse(background).success || !languageOf(asked).safeParse(language).success) {
    throw new NeckarError(
      `"${path}" tells other facts about its rater than this study's form asks for. Nothing of it was imported; ask for the original.`,
    );
  }
  const before = store.rater(token);
  const known = before === undefined ? 0 : store.answers(before.id).length;
  const rater = store.begin(
    { token, language, background, conditions, origin: 'file', slot: form.slot, session: form.session },
    () => form.session,
  );
  const outcomes = file.answers.length === 0 ? [] : await store.save(rater, file.answers.map(withoutSeal));
  const refused = outcomes.flatMap((one, i) => (one.saved ? [] : [`answer ${i + 1}: ${one.why}`]));
  store.finish(token);
  return { answers: store.answers(rater.id).length - known, refused };
}

function withoutSeal<T extends { seal: string }>({ seal: _, ...answer }: T): Omit<T, 'seal'> {
  return answer;
}
