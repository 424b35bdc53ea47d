/** Which finished pictures can be compared: by method and by content/style pair. */
import { join } from 'node:path';
import { didYouMean, NeckarError } from '../../errors.ts';
import { shortNames } from '../../experiment/labels.ts';
import type { TrialResult } from '../../experiment/result.ts';
import type { TrialConfig } from '../../experiment/trial.ts';
import { pictureNames } from '../../runs/picture-names.ts';
import type { ExperimentStatus, TrialStatus } from '../../runs/status.ts';
import { attemptFolder } from '../../runs/store.ts';

export interface Candidate {
  readonly id: string;
  readonly config: TrialConfig;
  readonly result: TrialResult;
  /** The final picture's file. */
  readonly picture: string;
}

interface Placed {
  readonly method: string;
  readonly variant: string;
  readonly pair: string;
  readonly trial: TrialStatus;
}

/**
 * Every trial of the plan by what it is compared as: its variant and whatever else was swept but the pair and the seed
 * (of several seeds, the smallest comes first and is the one that is shown).
 */
export function candidatesOf(experiment: ExperimentStatus): Placed[] {
  const planned = experiment.trials.filter(({ state, trial }) => state !== 'stale' && trial !== undefined);
  const swept = (trial: TrialStatus) =>
    Object.entries(trial.trial!.config.swept).filter(
      ([key]) => !['content', 'style', 'variant', 'seed'].includes(key),
    );
  const names = shortNames(new Set(planned.flatMap((trial) => swept(trial).map(([key]) => key))));
  const inOrder = [...planned].sort((a, b) => a.trial!.config.seed - b.trial!.config.seed);
  const images = pictureNames(inOrder.map(({ trial }) => trial!));
  return inOrder.map((trial, i) => {
    const { config } = trial.trial!;
    const { content, style } = images[i]!;
    const others = swept(trial).map(([key, value]) =>
      key === 'optimizer' || key === 'encoder' || key === 'case'
        ? String(value)
        : `${names.get(key)}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    );
    return {
      method: [config.variant, ...others].join(' '),
      variant: config.variant,
      pair: `${content}×${style}`,
      trial,
    };
  });
}

/**
 * The methods and pairs that were asked for, with a finished picture for each combination.
 *
 * @throws NeckarError when a name is unknown, a trial is not finished or missing, or only one method is left
 */
export function gather(
  placed: readonly Placed[],
  { variants, pairs }: { variants?: readonly string[]; pairs?: readonly string[] },
): { methods: string[]; pairs: string[]; cells: Map<string, Map<string, Candidate>> } {
  const methods = choose('variant', [...new Set(placed.map(({ method }) => method))], variants, (method) => [
    method,
    placed.find((one) => one.method === method)!.variant,
  ]);
  const chosenPairs = choose('pair', [...new Set(placed.map(({ pair }) => pair))], pairs, (pair) => [
    pair,
    pair.replace('×', ':'),
    pair.replace('×', 'x'),
  ]);
  if (methods.length < 2) {
    throw new NeckarError(
      `A study compares at least two methods; there is only "${methods[0] ?? 'none'}". Choose more with --variants, or run more variants.`,
    );
  }
  const cells = new Map<string, Map<string, Candidate>>(chosenPairs.map((pair) => [pair, new Map()]));
  const unfinished: string[] = [];
  for (const pair of chosenPairs) {
    for (const method of methods) {
      const found = placed.find((one) => one.pair === pair && one.method === method);
      const result = found?.trial.result;
      if (found === undefined) unfinished.push(`${pair} ${method} (not planned)`);
      else if (found.trial.state !== 'complete' || result === undefined) {
        unfinished.push(`${found.trial.label} (${found.trial.state})`);
      } else {
        cells.get(pair)!.set(method, {
          id: found.trial.id,
          config: found.trial.trial!.config,
          result,
          picture: join(attemptFolder(found.trial.folder, result.attempt), result.images.final),
        });
      }
    }
  }
  if (unfinished.length > 0) {
    const some = unfinished.slice(0, 4).join(', ');
    const more = unfinished.length > 4 ? ` and ${unfinished.length - 4} more` : '';
    throw new NeckarError(
      `A study needs a finished picture of every method for every pair; missing: ${some}${more}. Run them with neckar run, or leave them out with --variants and --pairs.`,
    );
  }
  return { methods, pairs: chosenPairs, cells };
}

function choose(
  what: string,
  all: readonly string[],
  asked: readonly string[] | undefined,
  names: (item: string) => readonly string[],
): string[] {
  if (asked === undefined || asked.length === 0) return [...all];
  const chosen = new Set<string>();
  for (const word of asked) {
    const found = all.filter((item) => names(item).includes(word));
    if (found.length === 0) {
      throw new NeckarError(
        `There is no ${what} "${word}" in the runs. ${didYouMean(word, all)}There are: ${all.join(', ')}.`,
      );
    }
    for (const item of found) chosen.add(item);
  }
  return all.filter((item) => chosen.has(item));
}
