/** Whom a study speaks for: the shares of their groups in the population, declared before anyone is asked. */
import { z } from 'zod';
import { didYouMean, NeckarError } from '../../errors.ts';
import { parseJson } from '../../runs/store.ts';
import { type BackgroundQuestion, dataName, undisclosed } from '../form/schema.ts';
import { offeredAnswers } from '../storage/answer.ts';

/** How far shares, which are published rounded, may be from a sum of 1. */
const rounding = 0.005;

export const population = z.strictObject({
  /** Where the shares were published. */
  source: z.string().trim().min(1).max(500),
  /** By background question, the share of each answer that somebody in the population gives. */
  margins: z.record(dataName, z.record(dataName, z.number().min(0).max(1))),
});
export type Population = z.infer<typeof population>;

/**
 * The population of a file, its shares scaled to sum to 1 to the last digit.
 *
 * @param path - what messages call it
 * @param background - what the study asks about raters
 * @throws NeckarError naming the attribute or answer: one that is not asked or offered, shares that do not sum to 1
 *   within .005, no source
 */
export function parsePopulation(
  text: string,
  path: string,
  background: readonly Pick<BackgroundQuestion, 'id' | 'answers'>[],
): Population {
  const parsed = population.safeParse(parseJson(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new NeckarError(
      `"${path}" describes no population (${issue?.path.join('.') || 'the file'}: ${issue?.message}). Print an example with: neckar study template population`,
    );
  }
  const { source, margins } = parsed.data;
  const asked = background.map(({ id }) => id);
  if (Object.keys(margins).length === 0) {
    throw new NeckarError(`"${path}": "margins" is empty; expected at least one of ${asked.join(', ')}.`);
  }
  const scaled = Object.entries(margins).map(([attribute, shares]) => {
    const question = background.find(({ id }) => id === attribute);
    if (question === undefined) {
      throw new NeckarError(
        `"${path}": raters are not asked about "${attribute}". ${didYouMean(attribute, asked)}Choose from ${asked.join(', ')}, or ask about it (--form).`,
      );
    }
    const offered = offeredAnswers(question).filter((answer) => answer !== undisclosed);
    const unknown = Object.keys(shares).find((answer) => !offered.includes(answer));
    if (unknown !== undefined) {
      const few = offered.length <= 20 ? ` Choose from ${offered.join(', ')}.` : '';
      throw new NeckarError(
        `"${path}": "${attribute}" has no answer "${unknown}". ${didYouMean(unknown, offered)}${few}`.trim(),
      );
    }
    const sum = Object.values(shares).reduce((total, share) => total + share, 0);
    if (Math.abs(sum - 1) > rounding) {
      throw new NeckarError(
        `"${path}": the shares of "${attribute}" sum to ${sum.toFixed(3)}; expected 1. Give every group of the population its share, as a fraction.`,
      );
    }
    return [
      attribute,
      Object.fromEntries(Object.entries(shares).map(([answer, share]) => [answer, share / sum])),
    ];
  });
  return { source, margins: Object.fromEntries(scaled) as Population['margins'] };
}

/** A file to begin with; its shares are made up, and its source says so. */
export function populationTemplate(): string {
  const example = {
    source: 'Made up: put the census or survey here that your shares are from',
    margins: {
      age: { '18-29': 0.2, '30-44': 0.25, '45-59': 0.27, '60+': 0.28 },
      artTraining: { none: 0.68, hobby: 0.2, courses: 0.08, degree: 0.03, profession: 0.01 },
    },
  };
  return `${JSON.stringify(example, undefined, 2)}\n`;
}
