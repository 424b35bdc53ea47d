/** What a study's form asks and in which words: part of the manifest, and so of its hash. */
import { z } from 'zod';
import { answerListNames } from './lists.ts';

/** A language by its tag, such as `en`, `pt-BR` (BCP 47, without extensions). */
export const languageTag = z
  .string()
  .max(35)
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'expected a language tag such as "fr" or "pt-BR"');

/** What a question or an answer is called in data: a word that needs no quoting anywhere. */
export const dataName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9+_-]{0,39}$/, 'expected up to 40 letters, digits, "-", "_" and "+"');

/** The answer that every background question offers beside its own. */
export const undisclosed = 'undisclosed';

/** A text in every language of the form. */
const wording = z.record(languageTag, z.string());

const askedQuestion = z.strictObject({
  id: dataName,
  /** The question, and the line below it. */
  ask: wording,
  more: wording,
});
export type AskedQuestion = z.infer<typeof askedQuestion>;

const backgroundQuestion = z.strictObject({
  id: dataName,
  /** What tables call it. */
  title: z.string(),
  ask: wording,
  /** The answers but "I prefer not to say", which is always offered; or the name of a long list. */
  answers: z.union([z.enum(answerListNames), z.array(z.strictObject({ id: dataName, label: wording }))]),
});
export type BackgroundQuestion = z.infer<typeof backgroundQuestion>;

export const studyForm = z.strictObject({
  /** In the order in which they are offered; the first is the one of tables. */
  languages: z.array(languageTag).min(1),
  /** Every text of the languages that are not Neckar's own. */
  texts: z.record(languageTag, z.record(z.string(), z.string())),
  /** The researcher's own words before consent, by language; none where they gave none. */
  consent: wording,
  /** Of comparisons, in the file's order. */
  questions: z.array(askedQuestion).min(1),
  /** `balanced`: another order from rater to rater; `fixed`: the file's order for everyone. */
  questionOrder: z.enum(['balanced', 'fixed']),
  background: z.array(backgroundQuestion),
});
export type StudyForm = z.infer<typeof studyForm>;
