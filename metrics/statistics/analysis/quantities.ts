/** What can be compared: measured scores and costs, each with the reasons why it may not be. */
import { layersRead } from '../../../src/losses/registry.ts';
import { knownCost, machineOf } from '../../cost.ts';
import { nonNegative, type Range, unbounded, withinRange } from '../../range.ts';
import { aboutScore, repeatedScores } from '../../registry.ts';
import type { Score } from '../../score.ts';
import type { AnalyzedTrial, Placed } from './design.ts';

export interface Quantity {
  /** A metric's spec id, or `cost;…`. */
  readonly id: string;
  readonly label: string;
  readonly better: 'higher' | 'lower';
  readonly purpose: 'content' | 'style' | 'colour' | 'artefact' | 'cost';
  readonly unit: string;
  /** The least and the greatest value there can be. */
  readonly range: Range;
  /** The id of another metric whose values are these in every trial, and which is therefore no quantity of its own. */
  readonly same?: string;
  /** A trial's value, or why it has none that counts. */
  value(trial: AnalyzedTrial): number | { readonly refused: string };
  /** Why these trials may not be compared in it at all. */
  problem?(placed: readonly Placed[]): string | undefined;
}

/**
 * One quantity for each metric that any trial has a score of, value or refusal; two that are one number in every trial
 * are one quantity.
 */
export function scoreQuantities(trials: readonly AnalyzedTrial[]): Quantity[] {
  const found = new Map<string, { score: Score; better?: 'higher' | 'lower' }>();
  for (const { result } of trials) {
    for (const [id, score] of Object.entries(result?.scores ?? {})) {
      if ('value' in score) found.set(id, { score, better: score.better });
      else if (!found.has(id)) found.set(id, { score });
    }
  }
  const repeated = repeatedScores(
    trials.flatMap(({ result }) => (result === undefined ? [] : [result.scores])),
  );
  for (const id of repeated.keys()) found.delete(id);
  return [...found].map(([id, { score: read, better = 'lower' }]): Quantity => {
    const same = [...repeated].find(([, shown]) => shown === id)?.[0];
    const { purpose = 'artefact', unit = '', range = unbounded } = aboutScore(id, read) ?? {};
    return {
      id,
      label: read.label,
      better,
      purpose,
      unit,
      range,
      ...(same !== undefined && { same }),
      value(trial) {
        const score = trial.result?.scores[id];
        if (score === undefined) return { refused: 'It was not measured.' };
        if (!('value' in score)) return { refused: score.refused };
        const circular = circularity(id, trial);
        if (circular !== undefined) return { refused: circular };
        const value = withinRange(score.value, range);
        return value ?? { refused: `Its stored value, ${score.value}, is outside of what it can be.` };
      },
    };
  });
}

/**
 * Why a score says nothing about a trial: the trial's losses read one of the layers it is measured on. Metrics refuse
 * this themselves; results of elsewhere and of before might not have.
 */
function circularity(id: string, { config, result }: AnalyzedTrial): string | undefined {
  const parts = new Map(id.split(';').map((part) => part.split('=', 2) as [string, string]));
  const [name, hash] = (parts.get('encoder') ?? '').split('@');
  if (hash === undefined || hash === '' || result?.inputs.encoder?.startsWith(hash) !== true)
    return undefined;
  const measured = (parts.get('layers') ?? '').split('+');
  const optimized = layersRead(config.losses);
  const shared = measured.filter((layer) => optimized.has(layer));
  if (shared.length === 0) return undefined;
  return `"${config.variant}" was optimised on ${shared.join(', ')} of "${name}": ranking it by them would be circular.`;
}

type Result = NonNullable<AnalyzedTrial['result']>;

function cost(
  name: string,
  label: string,
  unit: string,
  of: (result: Result) => number | undefined | { refused: string },
  problem?: Quantity['problem'],
): Quantity {
  return {
    id: `cost;${name}`,
    label,
    better: 'lower',
    purpose: 'cost',
    unit,
    range: nonNegative,
    value: ({ result }) =>
      result === undefined
        ? { refused: 'It has not finished.' }
        : (of(result) ?? { refused: 'It is unknown: another method made the picture.' }),
    ...(problem !== undefined && { problem }),
  };
}

function times(factor: number, value: number | undefined): number | undefined {
  return value === undefined ? undefined : factor * value;
}

function ofPlaced(problem: (trials: readonly AnalyzedTrial[]) => string | undefined) {
  return (placed: readonly Placed[]) => problem(placed.map(({ trial }) => trial));
}

const onlyFirstEvaluations =
  'All its evaluations were the first of a size, which are longer than others and take no part.';

/** What trials cost; seconds and joules only where they may be compared. */
export const costQuantities: readonly Quantity[] = [
  cost('evaluations', 'Evaluations', 'evaluations', (result) => knownCost(result).evaluations),
  cost(
    'per-evaluation',
    'Time per evaluation',
    'ms',
    (result) =>
      times(1000, knownCost(result).perEvaluation) ??
      (result.timing.known === undefined ? { refused: onlyFirstEvaluations } : undefined),
    ofPlaced(timingProblem),
  ),
  cost('seconds', 'Time in all', 's', (result) => knownCost(result).seconds, ofPlaced(timingProblem)),
  cost(
    'memory',
    'Peak memory',
    'MB',
    (result) => times(1e-6, knownCost(result).peakMemory),
    ofPlaced(machineProblem),
  ),
  cost(
    'energy',
    'Energy',
    'J',
    ({ timing: { energy } }) =>
      energy === undefined
        ? { refused: 'Energy was not measured.' }
        : 'joules' in energy
          ? energy.joules
          : energy,
    ofPlaced(timingProblem),
  ),
];

function machineProblem(trials: readonly AnalyzedTrial[]): string | undefined {
  const machines = new Set(trials.flatMap(({ result }) => (result === undefined ? [] : machineOf(result))));
  if (machines.size < 2) return undefined;
  return `The trials ran on ${machines.size} machines or engines (${[...machines].join('; ')}): what they cost there is not to be compared.`;
}

/** Why seconds of these trials may not be compared. */
export function timingProblem(trials: readonly AnalyzedTrial[]): string | undefined {
  const mixed = machineProblem(trials);
  if (mixed !== undefined) return mixed;
  const timed = trials.filter(({ result }) => result !== undefined);
  const shared = timed.filter(({ result }) => result!.timing.shared).length;
  if (shared === 0) return undefined;
  return `${shared} of ${timed.length} trials were timed while other trials ran beside them: their seconds are too long. Run them with --timing exclusive to compare speeds.`;
}
