/** One side of a comparison from stored runs. */
import type { Side } from '../../metrics/statistics/analysis/against.ts';
import type { AnalyzedTrial } from '../../metrics/statistics/analysis/design.ts';
import { didYouMean, NeckarError } from '../../src/errors.ts';
import { pairOf, pictureNames } from '../../src/runs/picture-names.ts';
import { status } from '../../src/runs/status.ts';

/**
 * The trials of an experiment's folder, or of one of its variants. Pairs are told by the bytes of their pictures, so
 * that those of two experiments are found to be the same wherever they lie.
 *
 * @throws NeckarError when there is no experiment in the folder, or no such variant in it
 */
export async function storedSide(folder: string, variant?: string): Promise<Side> {
  const { name, trials } = await status(folder);
  const current = trials.flatMap((status) =>
    status.state === 'stale' || status.trial === undefined ? [] : [{ ...status, trial: status.trial }],
  );
  const names = pictureNames(current.map(({ trial }) => trial));
  const planned = current.map(({ trial, state, result, damage }, i): AnalyzedTrial => {
    const { id, label, config } = trial;
    const isLost = damage?.lost === 'result' && state === 'waiting';
    return {
      id: `${folder} ${id}`,
      label,
      names: names[i]!,
      config,
      state: isLost ? `damaged: ${damage.problem}` : state,
      ...(result !== undefined && { result }),
      pair: pairOf(trial),
    };
  });
  if (variant === undefined) return { name, trials: planned };
  const own = planned.filter(({ config }) => config.variant === variant);
  if (own.length > 0) return { name: `${name}:${variant}`, trials: own, oneVariant: true };
  const variants = [...new Set(planned.map(({ config }) => config.variant))];
  throw new NeckarError(
    `"${name}" has no variant "${variant}". ${didYouMean(variant, variants)}It has: ${variants.join(', ')}.`,
  );
}

/** The sides with names that tell them apart, as short as may be: variants of one experiment go by their own. */
export function named(first: Side, second: Side): [Side, Side] {
  const [a, b] = [first, second].map(({ name }) => name.split(':', 2)) as [string[], string[]];
  if (a[0] === b[0] && a[1] !== undefined && b[1] !== undefined && a[1] !== b[1]) {
    return [
      { ...first, name: a[1] },
      { ...second, name: b[1] },
    ];
  }
  if (first.name !== second.name) return [first, second];
  return [
    { ...first, name: `${first.name} (first)` },
    { ...second, name: `${second.name} (second)` },
  ];
}
