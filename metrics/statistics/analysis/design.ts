/**
 * How trials compare: what is compared (treatments), over what (content/style pairs, the units), within what (all
 * other factors), and what is repeated (seeds).
 */
import { shortNames } from '../../../src/experiment/labels.ts';
import type { TrialResult } from '../../../src/experiment/result.ts';
import type { TrialConfig } from '../../../src/experiment/trial.ts';

/** A planned trial, finished or not. */
export interface AnalyzedTrial {
  readonly id: string;
  readonly label: string;
  readonly names: { readonly content: string; readonly style: string };
  readonly config: TrialConfig;
  /** `complete` counts; whatever else leaves a gap, with this word as its reason. */
  readonly state: string;
  readonly result?: TrialResult;
  /** Factors beside those of the configuration, such as the experiment a trial comes from. */
  readonly factors?: Readonly<Record<string, string>>;
  /** What makes two pairs the same pair; default: the files' paths. */
  readonly pair?: string;
}

/** A trial and where it stands in a design. */
export interface Placed {
  readonly trial: AnalyzedTrial;
  /** Indices into the design's lists. */
  readonly pair: number;
  readonly context: number;
  readonly treatment: number;
}

export interface Design {
  /** What is compared. */
  readonly factor: string;
  /** Labels of its levels, in the plan's order. */
  readonly treatments: readonly string[];
  /** Names of the content/style pairs. */
  readonly pairs: readonly string[];
  /** Labels of the combinations of all other factors; one empty label when there are none. */
  readonly contexts: readonly string[];
  /** Factors that vary within the levels of `factor` or along with them: they make no contexts. */
  readonly nested: readonly string[];
  /** Those of them that a treatment is averaged over, as a weight that was swept within one variant. */
  readonly averaged: readonly string[];
  readonly placed: readonly Placed[];
}

type Level = string | undefined;
type Factors = ReadonlyMap<string, readonly Level[]>;

/** Paths whose values speak for themselves in a label. */
const selfExplaining = new Set(['variant', 'optimizer', 'encoder', 'case', 'compared']);
const notFactors = new Set(['content', 'style', 'variant', 'optimizer', 'seed']);

/** Everything but pairs and seeds in which the trials differ: path -> its level in each trial. */
export function factorsOf(trials: readonly AnalyzedTrial[]): Factors {
  const factors = new Map<string, readonly Level[]>();
  const add = (path: string, level: (trial: AnalyzedTrial) => unknown) => {
    const levels = trials.map((trial) => {
      const value = level(trial);
      return value === undefined || value === null ? undefined : String(value);
    });
    if (new Set(levels).size > 1) factors.set(path, levels);
  };
  for (const path of new Set(trials.flatMap(({ factors: given }) => Object.keys(given ?? {})))) {
    add(path, (trial) => trial.factors?.[path]);
  }
  // A given variant goes over the configuration's.
  if (!factors.has('variant')) add('variant', (trial) => trial.factors?.variant ?? trial.config.variant);
  add('optimizer', ({ config }) => config.swept.optimizer ?? config.optimizer.name);
  for (const path of new Set(trials.flatMap(({ config }) => Object.keys(config.swept)))) {
    if (!notFactors.has(path)) add(path, ({ config }) => config.swept[path]);
  }
  return factors;
}

const settingsApart = ' with settings';

/** The factor whose levels are those of `factor`, each combination of settings within one apart from the others. */
export function withSettings(factor: string): string {
  return `${factor}${settingsApart}`;
}

/** What trials of one content/style pair share, and those of no other. */
export function pairKey({ pair, config }: AnalyzedTrial): string {
  return pair ?? keyOfPair(config);
}

/** What trials of one pair of pictures share, where no hashes say so. */
export function keyOfPair({ content, style, styles }: TrialConfig): string {
  return JSON.stringify([content, style, ...(styles === undefined ? [] : [styles])]);
}

/**
 * The design in which a factor's levels are compared. A factor each of whose values occurs at one level only (a
 * weight swept within one variant, a setting that always moves along) belongs to the treatment: averaged over, or,
 * for `withSettings(factor)`, telling treatments of one level apart. All others make contexts. Trials in which the
 * factor has no value take no part.
 *
 * @returns undefined when the trials do not differ in the factor
 */
export function designOf(trials: readonly AnalyzedTrial[], wanted: string): Design | undefined {
  const all = factorsOf(trials);
  const apart = wanted.endsWith(settingsApart) && !all.has(wanted);
  const factor = apart ? wanted.slice(0, -settingsApart.length) : wanted;
  const main = all.get(factor);
  if (main === undefined) return undefined;
  const part = trials.filter((_, i) => main[i] !== undefined);
  const levels = main.filter((level) => level !== undefined);
  const others = new Map(
    [...all]
      .filter(([path]) => path !== factor)
      .map(([path, values]) => [path, values.filter((_, i) => main[i] !== undefined)] as const)
      .filter(([, values]) => new Set(values).size > 1),
  );
  const nested = [...others].filter(([, values]) => determines(values, levels));
  const crossed = [...others].filter(([path]) => !nested.some(([other]) => other === path));
  const names = shortNames([factor, ...others.keys()]);
  const shown = (path: string, level: Level) =>
    selfExplaining.has(path) ? String(level ?? '–') : `${names.get(path)}=${level ?? '–'}`;
  const labeled = (paths: readonly (readonly [string, readonly Level[]])[], i: number) =>
    paths.filter(([, values]) => values[i] !== undefined).map(([path, values]) => shown(path, values[i]));
  // A setting that only moves along with the level needs no mention.
  const telling = nested.filter(([, values]) => !determines(levels, values));
  const distinguishing = apart ? telling : [];
  const treatments = new Ordered();
  const pairs = new Ordered();
  const contexts = new Ordered();
  const pairNames: string[] = [];
  const placed = part.map((trial, i): Placed => {
    const pair = pairs.indexOf(pairKey(trial));
    pairNames[pair] ??= `${trial.names.content} × ${trial.names.style}`;
    return {
      trial,
      pair,
      context: contexts.indexOf(labeled(crossed, i).join(' ')),
      treatment: treatments.indexOf([levels[i]!, ...labeled(distinguishing, i)].join(' ')),
    };
  });
  return {
    factor: wanted,
    treatments: treatments.values,
    pairs: pairNames,
    contexts: contexts.values,
    nested: nested.map(([path]) => path),
    averaged: apart ? [] : telling.map(([path]) => path),
    placed,
  };
}

/** Whether every value of `finer` occurs with one of `coarser` only; where it has no value it says nothing. */
function determines(finer: readonly Level[], coarser: readonly Level[]): boolean {
  const partner = new Map<string, Level>();
  for (const [i, value] of finer.entries()) {
    if (value === undefined) continue;
    if (!partner.has(value)) partner.set(value, coarser[i]);
    else if (partner.get(value) !== coarser[i]) return false;
  }
  return partner.size > 0;
}

class Ordered {
  readonly values: string[] = [];
  readonly #at = new Map<string, number>();

  indexOf(value: string): number {
    let index = this.#at.get(value);
    if (index === undefined) {
      index = this.values.push(value) - 1;
      this.#at.set(value, index);
    }
    return index;
  }
}

/** [pair][context][treatment] -> one value for each seed. */
export type Cells = readonly (readonly (readonly (readonly number[])[])[])[];

/**
 * A design's trials as a table of numbers; trials without one leave their cell emptier. Where a treatment is averaged
 * over settings, a seed's number is the mean over them, and a cell in which one has none is empty.
 */
export function cellsOf(design: Design, value: (trial: AnalyzedTrial) => number | undefined): Cells {
  const cells = design.pairs.map(() => design.contexts.map(() => design.treatments.map((): Placed[] => [])));
  for (const placed of design.placed) cells[placed.pair]![placed.context]![placed.treatment]!.push(placed);
  return cells.map((rows) =>
    rows.map((row) =>
      row.map((cell) => {
        const numbers = cell.map(({ trial }) => value(trial));
        if (design.averaged.length === 0) return numbers.filter((number) => number !== undefined);
        return numbers.includes(undefined) ? [] : meansBySeed(cell, numbers as number[]);
      }),
    ),
  );
}

function meansBySeed(cell: readonly Placed[], numbers: readonly number[]): number[] {
  const bySeed = new Map<number, number[]>();
  for (const [i, { trial }] of cell.entries()) {
    const { seed } = trial.config;
    bySeed.set(seed, [...(bySeed.get(seed) ?? []), numbers[i]!]);
  }
  return [...bySeed.values()].map((those) => those.reduce((sum, one) => sum + one, 0) / those.length);
}

/** A cell in words: `town × swirl, adam: gram`. */
export function cellName(design: Design, pair: number, context: number, treatment: number): string {
  const where = [design.pairs[pair], design.contexts[context]].filter((part) => part !== '').join(', ');
  return `${where}: ${design.treatments[treatment]}`;
}

/**
 * The cells in which no trial finished, each with the reason. Where a treatment is averaged over settings, one that did
 * not finish is a gap already: the mean over the others would be that of another treatment.
 */
export function gaps(design: Design): readonly string[] {
  const finished = new Set<string>();
  const reasons = new Map<string, string>();
  for (const { trial, pair, context, treatment } of design.placed) {
    const key = `${pair} ${context} ${treatment}`;
    if (isFinished(trial)) finished.add(key);
    else reasons.set(key, trial.state);
  }
  if (design.averaged.length > 0) for (const key of reasons.keys()) finished.delete(key);
  const found: string[] = [];
  for (const pair of design.pairs.keys()) {
    for (const context of design.contexts.keys()) {
      for (const treatment of design.treatments.keys()) {
        const key = `${pair} ${context} ${treatment}`;
        if (finished.has(key)) continue;
        found.push(`${cellName(design, pair, context, treatment)} (${reasons.get(key) ?? 'not planned'})`);
      }
    }
  }
  return found;
}

/** Only what ended by itself is a sample of its variant; a diverged or pruned picture is another thing. */
export function isFinished(trial: AnalyzedTrial): boolean {
  return trial.state === 'complete' && trial.result !== undefined;
}

/**
 * The design without what has gaps: first the contexts in which a treatment has no trial at all, then the pairs that
 * still have a gap.
 *
 * @returns the rest, and what was left out in words
 */
export function withoutGaps(design: Design): {
  readonly design: Design;
  readonly leftOut: readonly string[];
} {
  const all = [...design.treatments.keys()];
  const those = (filter: (placed: Placed) => boolean) => design.placed.filter(filter);
  const some = (placed: readonly Placed[]) => placed.some(({ trial }) => isFinished(trial));
  const enough = (placed: readonly Placed[]) =>
    some(placed) && (design.averaged.length === 0 || placed.every(({ trial }) => isFinished(trial)));
  const contexts = [...design.contexts.keys()].filter((context) =>
    all.every((treatment) => some(those((one) => one.context === context && one.treatment === treatment))),
  );
  const pairs = [...design.pairs.keys()].filter((pair) =>
    contexts.every((context) =>
      all.every((treatment) =>
        enough(those((one) => one.pair === pair && one.context === context && one.treatment === treatment)),
      ),
    ),
  );
  const kept = restrict(design, pairs, contexts, all);
  return {
    design: kept,
    leftOut: [
      ...design.contexts.filter((_, i) => !contexts.includes(i)),
      ...design.pairs.filter((_, i) => !pairs.includes(i)),
    ],
  };
}

/** The design of some of its pairs, contexts and treatments, by index. */
export function restrict(
  design: Design,
  pairs: readonly number[],
  contexts: readonly number[],
  treatments: readonly number[],
): Design {
  return {
    ...design,
    pairs: pairs.map((i) => design.pairs[i]!),
    contexts: contexts.map((i) => design.contexts[i]!),
    treatments: treatments.map((i) => design.treatments[i]!),
    placed: design.placed.flatMap((placed) => {
      const moved = {
        trial: placed.trial,
        pair: pairs.indexOf(placed.pair),
        context: contexts.indexOf(placed.context),
        treatment: treatments.indexOf(placed.treatment),
      };
      return Math.min(moved.pair, moved.context, moved.treatment) < 0 ? [] : [moved];
    }),
  };
}

/** A design of trials that differ in nothing but pairs and seeds. */
export function oneTreatment(trials: readonly AnalyzedTrial[]): Design {
  const pairs: string[] = [];
  const names: string[] = [];
  const placed = trials.map((trial) => {
    const key = trial.pair ?? keyOfPair(trial.config);
    if (!pairs.includes(key)) {
      pairs.push(key);
      names.push(`${trial.names.content} × ${trial.names.style}`);
    }
    return { trial, pair: pairs.indexOf(key), context: 0, treatment: 0 };
  });
  const variant = trials[0]?.config.variant ?? '';
  return {
    factor: 'variant',
    treatments: [variant],
    pairs: names,
    contexts: [''],
    nested: [],
    averaged: [],
    placed,
  };
}
