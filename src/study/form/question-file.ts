/** The questions of a study from a file: what is asked about two pictures and about raters, in which order and words. */
import { didYouMean, NeckarError } from '../../errors.ts';
import { parseJson } from '../../runs/store.ts';
import { pairQuestions } from '../design/pair-questions.ts';
import { conditionBands } from '../storage/answer.ts';
import { type AnswerList, answerListNames } from './lists.ts';
import {
  type AskedQuestion,
  type BackgroundQuestion,
  dataName,
  type StudyForm,
  undisclosed,
} from './schema.ts';
import {
  askedByName,
  backgroundByName,
  isShippedQuestion,
  shippedBackground,
  shippedTexts,
  type Texts,
} from './shipped.ts';

type Questions = Pick<StudyForm, 'questions' | 'questionOrder' | 'background'>;

/** The longest question, the longest line below it, and the longest answer: more does not fit beside pictures. */
const longest = { ask: 140, more: 220, about: 400, label: 120 } as const;

/** Columns and facts of every export: a background question of that name would be taken for them. */
const taken = [
  ...Object.keys(conditionBands),
  'rater',
  'finished',
  'kept',
  'language',
  'origin',
  'heading',
  'why',
  'other',
];

const help = 'Print an example with: neckar study template questions';

/**
 * The questions of a file.
 *
 * @param path - what messages call it
 * @param texts - of every language of the form: the file's own questions need words in each of them
 * @throws NeckarError naming the place: an unknown key or question, a doubled name, no answers, a language without words
 */
export function parseQuestions(
  text: string,
  path: string,
  texts: Readonly<Record<string, Texts>>,
): Questions {
  const file = new Place(path, '', texts);
  const whole = file.object(
    parseJson(text),
    ['questions', 'questionOrder', 'background'],
    ['one JSON object', help],
  );
  const { questionOrder = 'balanced' } = whole;
  if (questionOrder !== 'balanced' && questionOrder !== 'fixed') {
    throw file.error(
      `"questionOrder" is ${JSON.stringify(questionOrder)}; expected "balanced" (another order from rater to rater) or "fixed".`,
    );
  }
  return {
    questions:
      entries(file, whole.questions, 'questions', (place, entry) => askedOf(place, entry)) ??
      pairQuestions.map((id) => askedByName(id, texts)),
    questionOrder,
    background:
      entries(file, whole.background, 'background', (place, entry) => backgroundOf(place, entry)) ??
      Object.keys(shippedBackground).map((id) => backgroundByName(id, texts)),
  };
}

/** An example with one question of every kind, in the shipped languages. */
export function questionTemplate(): string {
  const [quality, about] = [shippedTexts.en['ask.preference.more']!, shippedTexts.de['ask.preference.more']!];
  const example = {
    questionOrder: 'balanced',
    questions: [
      'content',
      'style',
      {
        id: 'wall',
        ask: { en: 'Which would you hang on a wall?', de: 'Welches würden Sie aufhängen?' },
        more: { en: quality, de: about },
      },
      'preference',
    ],
    background: [
      ...Object.keys(shippedBackground),
      {
        id: 'museums',
        title: 'Visits to museums',
        ask: { en: 'How often do you visit museums?', de: 'Wie oft gehen Sie ins Museum?' },
        answers: [
          { id: 'never', label: { en: 'Never', de: 'Nie' } },
          { id: 'yearly', label: { en: 'About once a year', de: 'Etwa einmal im Jahr' } },
          { id: 'often', label: { en: 'More often', de: 'Öfter' } },
        ],
      },
    ],
  };
  return `${JSON.stringify(example, undefined, 2)}\n`;
}

function askedOf(place: Place, entry: unknown): AskedQuestion {
  if (typeof entry === 'string') {
    if (isShippedQuestion(entry)) return askedByName(entry, place.texts);
    throw place.error(
      `there is no shipped question "${entry}". ${didYouMean(entry, pairQuestions)}Choose from ${pairQuestions.join(', ')}, or write it out: ${help}`,
    );
  }
  const { id, ask, more } = place.object(
    entry,
    ['id', 'ask', 'more'],
    ['the name of a shipped question, or an object', help],
  );
  const name = place.name(id);
  if (name === 'quality') {
    throw place.error('"quality" is what single pictures are rated by; give the question another name.');
  }
  return {
    id: name,
    ask: place.wording('ask', ask, longest.ask),
    more: more === undefined ? place.empty() : place.wording('more', more, longest.more),
  };
}

function backgroundOf(place: Place, entry: unknown): BackgroundQuestion {
  const names = Object.keys(shippedBackground);
  if (typeof entry === 'string') {
    if (Object.hasOwn(shippedBackground, entry)) return backgroundByName(entry, place.texts);
    throw place.error(
      `there is no shipped background question "${entry}". ${didYouMean(entry, names)}Choose from ${names.join(', ')}, or write it out: ${help}`,
    );
  }
  const given = place.object(
    entry,
    ['id', 'title', 'ask', 'answers'],
    ['the name of a shipped background question, or an object', help],
  );
  const id = place.name(given.id);
  if (taken.includes(id)) {
    throw place.error(`"${id}" is the name of something else in the tables; give the question another name.`);
  }
  const { title = id, answers } = given;
  if (typeof title !== 'string' || title.trim() === '' || title.length > 60) {
    throw place.error('"title" is what tables call the question: a text of up to 60 characters.');
  }
  return {
    id,
    title,
    ask: place.wording('ask', given.ask, longest.about),
    answers: answersOf(place, answers),
  };
}

function answersOf(place: Place, answers: unknown): BackgroundQuestion['answers'] {
  if (typeof answers === 'string') {
    if ((answerListNames as readonly string[]).includes(answers)) return answers as AnswerList;
    throw place.error(
      `"answers" is "${answers}"; expected a list of answers, or one of ${answerListNames.map((name) => `"${name}"`).join(' and ')}.`,
    );
  }
  if (!Array.isArray(answers) || answers.length === 0) {
    throw place.error(
      '"answers" must hold at least one answer ("I prefer not to say" is offered beside them, always).',
    );
  }
  const found = answers.map((answer: unknown, i) => {
    const at = place.within(`answer ${i + 1}`);
    const { id, label } = at.object(answer, ['id', 'label'], ['an object with "id" and "label"', help]);
    const name = at.name(id);
    if (name === undisclosed || name === 'merged') {
      throw at.error(
        name === undisclosed
          ? `"${undisclosed}" is offered by itself, always; take it out.`
          : '"merged" is what tables call small groups; give the answer another name.',
      );
    }
    return { id: name, label: at.wording('label', label, longest.label) };
  });
  requireDistinct(place, found, 'answer');
  return found;
}

/** The entries of a list, each read by `read`; undefined where the file has no such list. */
function entries<Entry extends { readonly id: string }>(
  file: Place,
  list: unknown,
  key: string,
  read: (place: Place, entry: unknown) => Entry,
): Entry[] | undefined {
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw file.error(`"${key}" is no list. ${help}`);
  if (list.length === 0 && key === 'questions') {
    throw file.error('"questions" is empty: a study asks at least one question about two pictures.');
  }
  if (list.length > 40) throw file.error(`"${key}" has ${list.length} entries; at most 40 are asked.`);
  const found = list.map((entry: unknown, i) => read(file.within(`${key}, entry ${i + 1}`), entry));
  requireDistinct(file, found, key === 'questions' ? 'question' : 'background question');
  return found;
}

function requireDistinct(place: Place, found: readonly { readonly id: string }[], noun: string): void {
  const doubled = found.find(({ id }, i) => found.findIndex((other) => other.id === id) !== i);
  if (doubled === undefined) return;
  throw place.error(`two ${noun}s are called "${doubled.id}"; give one of them another name.`);
}

/** A place in the file, with the checks that name it. */
class Place {
  readonly path: string;
  readonly where: string;
  readonly texts: Readonly<Record<string, Texts>>;

  constructor(path: string, where: string, texts: Readonly<Record<string, Texts>>) {
    this.path = path;
    this.where = where;
    this.texts = texts;
  }

  within(where: string): Place {
    return new Place(this.path, this.where === '' ? where : `${this.where}, ${where}`, this.texts);
  }

  error(message: string): NeckarError {
    return new NeckarError(`"${this.path}"${this.where === '' ? '' : `, ${this.where}`}: ${message}`);
  }

  /** An object without other keys than these. */
  object(
    value: unknown,
    keys: readonly string[],
    [expected, fix]: [string, string],
  ): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.error(`expected ${expected}. ${fix}`);
    }
    const unknown = Object.keys(value).find((key) => !keys.includes(key));
    if (unknown !== undefined) {
      throw this.error(
        `there is no key "${unknown}" here. ${didYouMean(unknown, keys)}Choose from ${keys.join(', ')}.`,
      );
    }
    return value as Record<string, unknown>;
  }

  name(id: unknown): string {
    const parsed = dataName.safeParse(id);
    if (parsed.success) return parsed.data;
    throw this.error(
      `"id" is ${id === undefined ? 'missing' : JSON.stringify(id)}; expected up to 40 letters, digits, "-", "_" and "+".`,
    );
  }

  /** Words in every language of the form: one text for all where there is one language, else one for each. */
  wording(key: string, value: unknown, most: number): Record<string, string> {
    const languages = Object.keys(this.texts);
    const given = typeof value === 'string' && languages.length === 1 ? { [languages[0]!]: value } : value;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw this.error(
        `"${key}" is ${given === undefined ? 'missing' : 'no text by language'}; expected {${languages.map((tag) => `"${tag}": "…"`).join(', ')}}.`,
      );
    }
    const missing = languages.find((tag) => !Object.hasOwn(given, tag));
    if (missing !== undefined) {
      const has = Object.keys(given).join(',');
      throw this.error(
        `"${key}" has no words in "${missing}", a language of the form. Write them${has === '' ? '' : `, or offer other languages: --languages ${has}`}.`,
      );
    }
    return Object.fromEntries(
      languages.map((tag) => {
        const said = (given as Record<string, unknown>)[tag];
        if (typeof said !== 'string' || said.trim() === '') {
          throw this.error(`"${key}" in "${tag}" is ${typeof said === 'string' ? 'empty' : 'no text'}.`);
        }
        if (said.length > most) {
          throw this.error(
            `"${key}" in "${tag}" has ${said.length} characters; at most ${most} fit. Shorten it.`,
          );
        }
        return [tag, said.trim()];
      }),
    );
  }

  empty(): Record<string, string> {
    return Object.fromEntries(Object.keys(this.texts).map((tag) => [tag, '']));
  }
}
