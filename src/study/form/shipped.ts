/** What the form says and asks unless a study brings its own: two languages, four questions, nine facts about raters. */
import { readFileSync } from 'node:fs';
import { pairQuestions } from '../design/pair-questions.ts';
import type { AnswerList } from './lists.ts';
import type { AskedQuestion, BackgroundQuestion, StudyForm } from './schema.ts';

/** The texts of one language by their keys. */
export type Texts = Readonly<Record<string, string>>;

/** The languages Neckar speaks itself. */
export const shippedLanguages = ['en', 'de'] as const;

/** All texts of these languages. */
export const shippedTexts: Readonly<Record<(typeof shippedLanguages)[number], Texts>> = {
  en: textsOf('en'),
  de: textsOf('de'),
};

interface ShippedBackground {
  readonly title: string;
  readonly answers: AnswerList | readonly string[];
}

/** Background questions by name, in their usual order; their words are in the texts. */
export const shippedBackground: Readonly<Record<string, ShippedBackground>> = {
  age: { title: 'Age', answers: ['18-29', '30-44', '45-59', '60+'] },
  gender: { title: 'Gender', answers: ['woman', 'man', 'nonbinary', 'other'] },
  country: { title: 'Country lived in longest', answers: 'countries' },
  nativeLanguage: { title: 'First language', answers: 'languages' },
  occupation: {
    title: 'Occupation',
    answers: [
      'arts',
      'technology',
      'science',
      'teaching',
      'health',
      'trade',
      'office',
      'student',
      'none',
      'other',
    ],
  },
  education: {
    title: 'Highest education',
    answers: ['school', 'vocational', 'bachelor', 'master', 'doctorate'],
  },
  artTraining: {
    title: 'Training in art',
    answers: ['none', 'hobby', 'courses', 'degree', 'profession'],
  },
  vision: { title: 'Vision', answers: ['normal', 'corrected', 'impaired'] },
  colourVision: { title: 'Colour vision', answers: ['normal', 'deficient', 'unsure'] },
};

/** What was asked about raters before a study's form was part of its manifest. */
const firstBackground = ['age', 'occupation', 'education', 'artTraining', 'vision', 'colourVision'];

/**
 * A shipped question about two pictures, in these languages.
 * @param texts - of each of the languages
 */
export function askedByName(id: string, texts: Readonly<Record<string, Texts>>): AskedQuestion {
  return { id, ask: worded(texts, `ask.${id}`), more: worded(texts, `ask.${id}.more`) };
}

/**
 * A shipped question about raters, in these languages.
 * @param texts - of each of the languages
 */
export function backgroundByName(id: string, texts: Readonly<Record<string, Texts>>): BackgroundQuestion {
  const { title, answers } = shippedBackground[id]!;
  return {
    id,
    title,
    ask: worded(texts, `about.${id}`),
    answers:
      typeof answers === 'string'
        ? answers
        : answers.map((answer) => ({ id: answer, label: worded(texts, `about.${id}.${answer}`) })),
  };
}

/** The form of a study: its own, or that of all studies made before forms were part of the manifest. */
export function formOf(study: {
  readonly form?: StudyForm | undefined;
  readonly questions: readonly string[];
}): StudyForm {
  return (
    study.form ?? {
      languages: [...shippedLanguages],
      texts: {},
      consent: {},
      questions: study.questions.map((id) => askedByName(id, shippedTexts)),
      questionOrder: 'balanced',
      background: firstBackground.map((id) => backgroundByName(id, shippedTexts)),
    }
  );
}

/** The texts of every language of a form. */
export function textsByLanguage({
  languages,
  texts,
}: Pick<StudyForm, 'languages' | 'texts'>): Record<string, Texts> {
  const shipped: Readonly<Record<string, Texts>> = shippedTexts;
  return Object.fromEntries(languages.map((tag) => [tag, texts[tag] ?? shipped[tag]!]));
}

/** Whether Neckar has this question about two pictures. */
export function isShippedQuestion(id: string): boolean {
  return (pairQuestions as readonly string[]).includes(id);
}

function worded(texts: Readonly<Record<string, Texts>>, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([tag, said]) => [tag, said[key]!]));
}

function textsOf(language: string): Texts {
  return JSON.parse(readFileSync(new URL(`texts/${language}.json`, import.meta.url), 'utf8')) as Texts;
}
