/** Coarse to fine with settings for each level: how people write it, and what it comes to. */
import { z } from 'zod';
import { type LossSpec, termNamesOf } from '../losses/registry.ts';
import { optimizerSchema } from '../optimizers/registry.ts';
import type { Budget, LevelSettings } from './trial.ts';

/** Longest side of a picture in pixels. */
const sizeSchema = z.int().min(16).max(8192);

/** Factor between the style's encoded size and the content's. */
export const styleScaleSchema = z.number().positive().max(8);

const coarseToFine = 'sizes go from coarse to fine: each must be larger than the one before';

/** The sizes alone, where levels differ in nothing else. */
export const sizesSchema = z
  .array(sizeSchema)
  .min(1)
  .refine((sizes) => sizes.every((size, i) => i === 0 || size > sizes[i - 1]!), { error: coarseToFine });

const levelSchema = z.strictObject({
  size: sizeSchema.describe('longest side of the picture in pixels at this level'),
  evaluations: z
    .int()
    .positive()
    .optional()
    .describe('evaluations of this level; default: its share of the budget'),
  styleScale: styleScaleSchema.optional().describe("default: the trial's"),
  optimizer: optimizerSchema.optional().describe("default: the trial's"),
  weights: z
    .record(z.string(), z.number().nonnegative())
    .optional()
    .describe('factors on weights by name of a loss or term; 0 leaves it out of this level'),
});

/** Levels with settings of their own, instead of sizes. */
export const levelsSchema = z
  .array(levelSchema)
  .refine((levels) => levels.every(({ size }, i) => i === 0 || size > levels[i - 1]!.size), {
    error: coarseToFine,
  });

export type WrittenLevels = z.output<typeof levelsSchema>;

/** The sum of the levels' evaluations; undefined unless every level says how many it takes. */
export function evaluationsOf(levels: WrittenLevels): number | undefined {
  const given = levels.map(({ evaluations }) => evaluations);
  if (levels.length === 0 || given.some((one) => one === undefined)) return undefined;
  return given.reduce<number>((sum, one) => sum + one!, 0);
}

/**
 * The budget with the levels' own evaluations in it; levels that give none share what the others leave.
 * @returns a sentence where they do not fit into it
 */
export function leveledBudget<Given extends Budget>(levels: WrittenLevels, budget: Given): Given | string {
  if (levels.every(({ evaluations }) => evaluations === undefined)) return budget;
  if (budget.perLevel !== undefined) {
    return 'budget.perLevel: the levels have evaluations of their own; give them in one place';
  }
  const given = levels.reduce((sum, { evaluations }) => sum + (evaluations ?? 0), 0);
  const open = levels.filter(({ evaluations }) => evaluations === undefined).length;
  const rest = budget.evaluations - given;
  if (open === 0 && rest !== 0) {
    return `budget.evaluations: ${budget.evaluations}, but the evaluations of the levels add up to ${given}; leave one of them out, or make them agree`;
  }
  if (rest < open) {
    return `levels: ${given} of the budget's ${budget.evaluations} evaluations are given away, which leaves fewer than one for each other level; raise budget.evaluations or lower a level's`;
  }
  const share = open === 0 ? 0 : Math.floor(rest / open);
  const last = levels.findLastIndex(({ evaluations }) => evaluations === undefined);
  const perLevel = levels.map(
    ({ evaluations }, i) => evaluations ?? (i === last ? rest - share * (open - 1) : share),
  );
  return { ...budget, perLevel };
}

/**
 * What levels set otherwise than the trial: nothing where none does.
 *
 * @param losses - weights of losses that these do not have are left out
 * @param alone - whether such a loss makes a picture without any other, as the style's colours do not
 * @returns a sentence where a level is left without any loss
 */
export function levelSettings(
  levels: WrittenLevels,
  losses: readonly LossSpec[],
  alone: (loss: LossSpec) => boolean = () => true,
): readonly LevelSettings[] | undefined | string {
  const settings: LevelSettings[] = [];
  for (const [index, { styleScale, optimizer, weights }] of levels.entries()) {
    const known = Object.entries(weights ?? {}).filter(([name]) => losses.some((loss) => isOf(loss, name)));
    const own = Object.fromEntries(known);
    const remaining = losses.some(
      (loss) => alone(loss) && own[loss.name] !== 0 && termNamesOf(loss).some((term) => own[term] !== 0),
    );
    if (losses.length > 0 && !remaining) {
      return `levels[${index}].weights: all losses have the factor 0; leave at least one in`;
    }
    settings.push({
      ...(styleScale !== undefined && { styleScale }),
      ...(optimizer !== undefined && { optimizer }),
      ...(known.length > 0 && { weights: own }),
    });
  }
  return settings.every((one) => Object.keys(one).length === 0) ? undefined : settings;
}

/** All names that weights of levels may have for these losses. */
export function weightNames(losses: readonly LossSpec[]): string[] {
  return [...new Set(losses.flatMap((loss) => [loss.name, ...termNamesOf(loss)]))];
}

function isOf(loss: LossSpec, name: string): boolean {
  return loss.name === name || termNamesOf(loss).includes(name);
}
