/**
 * The seal of an answer file. Each answer carries a keyed hash (HMAC-SHA-256) of itself and the seal before it, the end
 * a hash over all: an answer that was changed, moved, added or taken out is found, and the first such place is named.
 *
 * The key lies in the form, because the form must seal without a network. So the seal shows that a file was damaged or
 * edited; against someone who takes the key out of the form and seals again it proves nothing.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { NeckarError } from '../../errors.ts';
import { parseJson } from '../../runs/store.ts';
import { answer, conditions, randomId } from '../storage/answer.ts';
import { languageTag } from './schema.ts';

const seal = z.string().regex(/^[0-9a-f]{64}$/);

const answerFile = z.strictObject({
  kind: z.literal('neckar answers'),
  version: z.literal(1),
  study: z.string(),
  form: randomId,
  token: randomId,
  language: languageTag,
  background: z.record(z.string().max(40), z.string().max(40)),
  conditions,
  answers: z.array(answer.extend({ seal })).max(5000),
  end: seal,
});
export type AnswerFile = z.infer<typeof answerFile>;

/**
 * An answer file from its text.
 * @param path - what the message calls it
 * @throws NeckarError when it is none
 */
export function parseAnswerFile(text: Uint8Array | string, path: string): AnswerFile {
  const value = parseJson(text);
  if ((value as { kind?: unknown } | undefined)?.kind !== 'neckar answers') {
    throw new NeckarError(
      `"${path}" is not a file of answers: expected the file that the form saved at its end.`,
    );
  }
  const parsed = answerFile.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new NeckarError(
    `"${path}" was edited or damaged: ${issue?.path.join('.')}: ${issue?.message}. Ask for the file again.`,
  );
}

/** Where a file does not match its seals, in words; empty when it is as the form wrote it. */
export function brokenSeals(file: AnswerFile, key: string): string[] {
  const broken: string[] = [];
  let before = chainStart(file);
  for (const [i, given] of file.answers.entries()) {
    if (hmac(key, before + answerText(given)) !== given.seal) {
      broken.push(`answer ${i + 1} (trial ${given.trial}, ${given.question}: "${given.choice}")`);
    }
    // Going on from the stated seal: one edited answer is named alone, not with all that follow.
    before = given.seal;
  }
  if (hmac(key, before + endText(file)) !== file.end) {
    broken.push('the end: answers are missing, or what the rater told about themselves was changed');
  }
  return broken;
}

/** What the first answer's seal continues. */
export function chainStart({ study, form, token }: Pick<AnswerFile, 'study' | 'form' | 'token'>): string {
  return `${study} ${form} ${token}`;
}

/** The text of an answer that is sealed. */
export function answerText(given: z.infer<typeof answer>): string {
  const { id, trial, question, revision, choice, milliseconds, zooms } = given;
  return `\n${[id, trial, question, revision, choice, milliseconds, zooms].join(' ')}`;
}

/** The text of the end that is sealed: how many answers there are, and the facts about the rater in order of name. */
export function endText(
  file: Pick<AnswerFile, 'answers' | 'language' | 'background' | 'conditions'>,
): string {
  const facts = Object.entries({ ...file.background, ...file.conditions })
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  return `\nend ${[file.answers.length, file.language, ...facts].join(' ')}`;
}

/** Keyed hash in hexadecimal; the key's digits are taken as text. */
export function hmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}
