/** What a rater's browser sends, checked to the letter: only known words, nothing that could hold a name. */
import { z } from 'zod';
import type { StudyTrial } from '../design/manifest.ts';
import { answerLists, elsewhere } from '../form/lists.ts';
import { type BackgroundQuestion, dataName, type StudyForm, undisclosed } from '../form/schema.ts';

/** 128 random bits in hexadecimal. */
export const randomId = z.string().regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits');

const choices = ['left', 'right', 'tie', '1', '2', '3', '4', '5'] as const;

export const answer = z.strictObject({
  /** Made by the browser; sending the same answer again changes nothing. */
  id: randomId,
  /** Position in the session. */
  trial: z.int().min(0).max(2000),
  question: dataName,
  /** 0, and one more for every time the rater went back and changed it: the highest counts. */
  revision: z.int().min(0).max(1000),
  choice: z.enum(choices),
  /** From the pictures being shown to the answer. */
  milliseconds: z.int().min(0).max(86_400_000),
  /** How often the rater zoomed meanwhile. */
  zooms: z.int().min(0).max(100_000),
});
export type Answer = z.infer<typeof answer>;

/** All answers that a background question offers; each can be declined. */
export function offeredAnswers({ answers }: Pick<BackgroundQuestion, 'answers'>): string[] {
  const own =
    typeof answers === 'string' ? [...answerLists[answers], elsewhere] : answers.map(({ id }) => id);
  return [...own, undisclosed];
}

/** How the pictures are looked at. */
export const conditionBands = {
  device: ['phone', 'tablet', 'laptop', 'desktop', 'undisclosed'],
  screen: ['small', 'medium', 'large', 'undisclosed'],
  distance: ['under40', '40to70', 'over70', 'undisclosed'],
  light: ['dark', 'dim', 'bright', 'sunlight', 'undisclosed'],
  brightness: ['full', 'middle', 'low', 'automatic', 'undisclosed'],
  /** Of five dark and five light squares, how many could be told from the ground. */
  darkSquares: ['0', '1', '2', '3', '4', '5', 'undisclosed'],
  lightSquares: ['0', '1', '2', '3', '4', '5', 'undisclosed'],
  /** Whether the square of another colour was found. */
  colourRedGreen: ['found', 'missed', 'undisclosed'],
  colourBlueYellow: ['found', 'missed', 'undisclosed'],
} as const;

function banded<Bands extends Readonly<Record<string, readonly string[]>>>(bands: Bands) {
  const shape = Object.fromEntries(Object.entries(bands).map(([name, words]) => [name, z.enum(words)]));
  return z.strictObject(shape) as unknown as z.ZodType<{ [Name in keyof Bands]: Bands[Name][number] }>;
}

export const conditions = banded(conditionBands);
export type Conditions = z.infer<typeof conditions>;

/** What a rater told about themselves: to every background question of the study one of its answers. */
export type Background = Readonly<Record<string, string>>;

/** The background that a form asks for: every one of its questions, answered by one of its answers. */
export function backgroundOf({ background }: Pick<StudyForm, 'background'>): z.ZodType<Background> {
  return z.strictObject(
    Object.fromEntries(background.map((question) => [question.id, z.enum(offeredAnswers(question))])),
  );
}

/** One of the languages a form is offered in. */
export function languageOf({ languages }: Pick<StudyForm, 'languages'>): z.ZodType<string> {
  return z.enum(languages);
}

/**
 * Why an answer does not belong to a session, or undefined when it does.
 * @param session - of the rater who gave it
 * @param cannotTell - whether the study offers "can't tell"
 */
export function misfit(
  given: Answer,
  session: readonly StudyTrial[],
  cannotTell: boolean,
): string | undefined {
  const trial = session[given.trial];
  if (trial === undefined) return 'there is no such trial in this session';
  if (!(trial.questions as readonly string[]).includes(given.question)) {
    return 'that question is not asked in this trial';
  }
  const fits =
    trial.kind === 'rating'
      ? /^[1-5]$/.test(given.choice)
      : given.choice === 'left' || given.choice === 'right' || (given.choice === 'tie' && cannotTell);
  return fits ? undefined : 'that is not one of the answers offered';
}
