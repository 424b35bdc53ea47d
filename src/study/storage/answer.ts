/** What a rater's browser sends, checked to the letter: only known words, nothing that could hold a name. */
import { z } from 'zod';
import { pairQuestions, ratingQuestion, type StudyTrial } from '../design/manifest.ts';

/** 128 random bits in hexadecimal. */
export const randomId = z.string().regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits');

export const choices = ['left', 'right', 'tie', '1', '2', '3', '4', '5'] as const;
export type Choice = (typeof choices)[number];

export const answer = z.strictObject({
  /** Made by the browser; sending the same answer again changes nothing. */
  id: randomId,
  /** Position in the session. */
  trial: z.int().min(0).max(2000),
  question: z.enum([...pairQuestions, ratingQuestion]),
  /** 0, and one more for every time the rater went back and changed it: the highest counts. */
  revision: z.int().min(0).max(1000),
  choice: z.enum(choices),
  /** From the pictures being shown to the answer. */
  milliseconds: z.int().min(0).max(86_400_000),
  /** How often the rater zoomed meanwhile. */
  zooms: z.int().min(0).max(100_000),
});
export type Answer = z.infer<typeof answer>;

/** Every question of the background has these answers and no others; all can be declined. */
export const backgroundBands = {
  age: ['18-29', '30-44', '45-59', '60+', 'undisclosed'],
  occupation: [
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
    'undisclosed',
  ],
  education: ['school', 'vocational', 'bachelor', 'master', 'doctorate', 'undisclosed'],
  artTraining: ['none', 'hobby', 'courses', 'degree', 'profession', 'undisclosed'],
  vision: ['normal', 'corrected', 'impaired', 'undisclosed'],
  colourVision: ['normal', 'deficient', 'unsure', 'undisclosed'],
} as const;

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

export const background = banded(backgroundBands);
export const conditions = banded(conditionBands);
export type Background = z.infer<typeof background>;
export type Conditions = z.infer<typeof conditions>;

export const languages = ['en', 'de'] as const;

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
