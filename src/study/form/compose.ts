/** A study's form from what the researcher gave: languages, consent, questions; the rest is Neckar's own. */
import { didYouMean, NeckarError } from '../../errors.ts';
import { pairQuestions } from '../design/pair-questions.ts';
import { checkConsent } from './consent.ts';
import { parseLanguage } from './language.ts';
import { parseQuestions } from './question-file.ts';
import type { StudyForm } from './schema.ts';
import {
  askedByName,
  backgroundByName,
  shippedBackground,
  shippedLanguages,
  type Texts,
  textsByLanguage,
} from './shipped.ts';

/** A file that was given, by the name messages call it. */
export interface GivenFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface FormParts {
  /** Languages of one's own; one with a shipped language's tag takes its place. */
  readonly languageFiles?: readonly GivenFile[];
  /** Those that are offered, in this order; default: the shipped ones, then one's own. */
  readonly languages?: readonly string[];
  /** Texts before consent: one for every language, or one for each. */
  readonly consent?: readonly (GivenFile & { readonly language?: string })[];
  /** Questions of one's own. */
  readonly questionFile?: GivenFile;
  /** Of the questions about two pictures, only these. */
  readonly questions?: readonly string[];
}

/**
 * The form of a new study.
 * @throws NeckarError naming the file, the language or the question that does not fit
 */
export function composeForm(parts: FormParts = {}): StudyForm {
  const own = new Map<string, Texts>();
  for (const { path, bytes } of parts.languageFiles ?? []) {
    const { tag, texts } = parseLanguage(new TextDecoder().decode(bytes), path);
    if (own.has(tag)) {
      throw new NeckarError(
        `"${path}" has the code "${tag}" of another language file; give one of them another.`,
      );
    }
    own.set(tag, texts);
  }
  const languages = chooseLanguages(parts.languages, [...new Set([...shippedLanguages, ...own.keys()])]);
  const texts = Object.fromEntries([...own].filter(([tag]) => languages.includes(tag)));
  const said = textsByLanguage({ languages, texts });
  const { questionFile } = parts;
  const asked =
    questionFile === undefined
      ? {
          questions: pairQuestions.map((id) => askedByName(id, said)),
          questionOrder: 'balanced' as const,
          background: Object.keys(shippedBackground).map((id) => backgroundByName(id, said)),
        }
      : parseQuestions(new TextDecoder().decode(questionFile.bytes), questionFile.path, said);
  return {
    languages,
    texts,
    consent: consentOf(parts.consent ?? [], languages),
    ...asked,
    questions: chooseQuestions(parts.questions, asked.questions),
  };
}

function chooseLanguages(asked: readonly string[] | undefined, known: readonly string[]): string[] {
  if (asked === undefined || asked.length === 0) return [...known];
  for (const tag of asked) {
    if (known.includes(tag)) continue;
    throw new NeckarError(
      `--languages: there is no language "${tag}". ${didYouMean(tag, known)}Choose from ${known.join(', ')}, or give its texts with --language.`,
    );
  }
  return [...new Set(asked)];
}

function chooseQuestions(
  asked: readonly string[] | undefined,
  questions: StudyForm['questions'],
): StudyForm['questions'] {
  if (asked === undefined || asked.length === 0) return questions;
  const known = questions.map(({ id }) => id);
  for (const question of asked) {
    if (known.includes(question)) continue;
    throw new NeckarError(
      `There is no question "${question}". ${didYouMean(question, known)}Choose from ${known.join(', ')}.`,
    );
  }
  return questions.filter(({ id }) => asked.includes(id));
}

function consentOf(
  files: NonNullable<FormParts['consent']>,
  languages: readonly string[],
): Record<string, string> {
  if (files.length === 0) return {};
  const found: Record<string, string> = {};
  for (const { path, bytes, language } of files) {
    const text = checkConsent(bytes, path);
    if (language !== undefined && !languages.includes(language)) {
      throw new NeckarError(
        `--consent ${language}=${path}: the form is not offered in "${language}". Its languages are ${languages.join(', ')}; choose them with --languages, or add one with --language.`,
      );
    }
    for (const tag of language === undefined ? languages : [language]) {
      if (tag in found) {
        throw new NeckarError(
          `--consent "${path}": there is a text in "${tag}" already. Give one file for all languages, or one for each: --consent ${tag}=<file>`,
        );
      }
      found[tag] = text;
    }
  }
  const missing = languages.find((tag) => !(tag in found));
  if (missing !== undefined) {
    throw new NeckarError(
      `--consent: raters can choose "${missing}", and there is no text in it. Give one with --consent ${missing}=<file>, or offer ${Object.keys(found).join(', ')} alone: --languages ${Object.keys(found).join(',')}`,
    );
  }
  return found;
}
