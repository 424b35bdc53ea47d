/** From the trials of an experiment to what differs, by how much and with what certainty: plain data. */
import {
  type Compared,
  type CompareOptions,
  compareCells,
  leastForBootstrap,
  leastPairs,
  type Role,
} from './compare.ts';
import { type MetricCorrelations, metricCorrelations } from './correlations.ts';
import {
  type AnalysedTrial,
  cellName,
  cellsOf,
  type Design,
  designOf,
  factorsOf,
  gaps,
  isFinished,
  keyOfPair,
  restrict,
  withoutGaps,
  withSettings,
} from './design.ts';
import { costQuantities, type Quantity, scoreQuantities } from './quantities.ts';
import { type PrimaryComparison, resolveMetric } from './question.ts';

/** One quantity in one comparison: numbers, or a sentence instead. */
export interface Finding {
  readonly id: string;
  readonly label: string;
  readonly better: 'higher' | 'lower';
  readonly purpose: Quantity['purpose'];
  readonly unit: string;
  readonly role: Role;
  /** The pairs it was measured on, where those are not all. */
  readonly pairs?: readonly string[];
  /** Treatments that take no part, each with the reason. */
  readonly excluded: readonly { readonly treatment: string; readonly because: string }[];
  readonly outcome: Compared | { readonly refused: string };
}

export interface Comparison {
  readonly factor: string;
  readonly role: Role;
  readonly treatments: readonly string[];
  readonly pairs: readonly string[];
  /** Combinations of all other factors, within which differences are taken; one empty label for none. */
  readonly contexts: readonly string[];
  /** Factors whose values are part of the treatments. */
  readonly nested: readonly string[];
  /** Those of them that each treatment is averaged over. */
  readonly averaged: readonly string[];
  /** Pairs and contexts that gaps have cost. */
  readonly leftOut: readonly string[];
  /** Why nothing is compared; `findings` is then empty. */
  readonly refused?: string;
  readonly findings: readonly Finding[];
}

export interface Analysis {
  readonly question?: string;
  readonly primary?: PrimaryComparison;
  /** Coverage of every interval; 1 − level is the error of every family of tests. */
  readonly level: number;
  readonly trials: Readonly<Record<string, number>>;
  /** The declared factor first. */
  readonly comparisons: readonly Comparison[];
  readonly correlations: MetricCorrelations | { readonly refused: string };
  /** What a reader must know to read the numbers rightly. */
  readonly notes: readonly string[];
}

export interface AnalyseOptions {
  readonly question?: string;
  readonly primary?: PrimaryComparison;
  /** Default 0.95. */
  readonly level?: number;
  /** `refuse` (default): a design with gaps has no numbers. `common`: compare what all treatments have. */
  readonly gaps?: 'refuse' | 'common';
  /** Compare the declared factor alone. */
  readonly only?: 'primary';
  /** Quantities beside scores and costs, such as evaluations to a level. */
  readonly further?: readonly Quantity[];
}

/** Treatments beyond which only the primary metric's differences are listed: there are k(k−1)/2 of them. */
const mostTreatments = 12;

/**
 * Compares the trials of an experiment factor by factor.
 *
 * The unit is the content/style pair. Differences are taken within a pair and within every combination of the other
 * factors, seeds averaged first; intervals resample pairs, tests are over pairs. The declared metric on the declared
 * factor is primary; everything else is exploratory.
 *
 * @param trials - all that were planned, finished or not: gaps are found by them
 */
export function analyse(trials: readonly AnalysedTrial[], options: AnalyseOptions = {}): Analysis {
  const { question, primary, level = 0.95 } = options;
  const quantities = [...scoreQuantities(trials), ...costQuantities, ...(options.further ?? [])];
  const notes: string[] = [];
  const metric = primaryMetric(primary, quantities, notes);
  const factors = [...factorsOf(trials).keys()];
  const declared = declaredFactor(trials, factors, primary);
  const comparisons: Comparison[] = [];
  const covered = new Set<string>();
  const pending = [declared, ...factors.filter((one) => one !== declared)];
  for (const factor of pending) {
    if (options.only === 'primary' && factor !== declared) break;
    if (covered.has(factor)) continue;
    const isDeclared = factor === declared;
    const role = isDeclared && primary !== undefined ? 'primary' : 'exploratory';
    const comparison = compareFactor(trials, factor, quantities, {
      role,
      metric: isDeclared ? metric : undefined,
      reference: isDeclared ? primary?.reference : undefined,
      level,
      gaps: options.gaps ?? 'refuse',
    });
    comparisons.push(comparison);
    for (const nested of comparison.nested) covered.add(nested);
    // What a treatment was averaged over is told apart beside it.
    if (comparison.averaged.length > 0 && !pending.includes(withSettings(factor)))
      pending.splice(pending.indexOf(factor) + 1, 0, withSettings(factor));
  }
  const design = designOf(trials, declared) ?? oneTreatment(trials);
  return {
    ...(question !== undefined && { question }),
    ...(primary !== undefined && { primary }),
    level,
    trials: tally(trials),
    comparisons,
    correlations: metricCorrelations(design, scored(quantities, trials)),
    notes: [...notes, ...designNotes(comparisons[0]!, design, level)],
  };
}

/** What the question compares; with settings apart where its reference is one of them. */
function declaredFactor(
  trials: readonly AnalysedTrial[],
  factors: readonly string[],
  primary: PrimaryComparison | undefined,
): string {
  const named = primary?.factor ?? (factors.includes('variant') ? 'variant' : (factors[0] ?? 'variant'));
  const { reference } = primary ?? {};
  if (reference === undefined || designOf(trials, named)?.treatments.includes(reference)) return named;
  return designOf(trials, withSettings(named))?.treatments.includes(reference) ? withSettings(named) : named;
}

interface FactorOptions {
  readonly role: Role;
  /** The primary metric's id. */
  readonly metric: string | undefined;
  readonly reference: string | undefined;
  readonly level: number;
  readonly gaps: 'refuse' | 'common';
}

function compareFactor(
  trials: readonly AnalysedTrial[],
  factor: string,
  quantities: readonly Quantity[],
  options: FactorOptions,
): Comparison {
  const whole = designOf(trials, factor);
  const about = (design: Design | undefined, leftOut: readonly string[] = []) => ({
    factor,
    role: options.role,
    treatments: design?.treatments ?? [],
    pairs: design?.pairs ?? [],
    contexts: design?.contexts ?? [],
    nested: design?.nested ?? [],
    averaged: design?.averaged ?? [],
    leftOut,
  });
  if (whole === undefined) {
    const refused = `Nothing is compared: no two trials differ in "${factor}".`;
    return { ...about(undefined), refused, findings: [] };
  }
  const { design, leftOut } =
    options.gaps === 'common' ? withoutGaps(whole) : { design: whole, leftOut: [] as readonly string[] };
  const refused = tooSmall(design, leftOut) ?? incomplete(design);
  if (refused !== undefined) return { ...about(whole, leftOut), refused, findings: [] };
  const reference = referenceIn(design, options.reference);
  if (typeof reference === 'object') {
    return { ...about(design, leftOut), refused: reference.problem, findings: [] };
  }
  const findings = quantities.map((quantity) => finding(design, quantity, { ...options, reference }));
  return {
    ...about(design, leftOut),
    findings: [
      ...findings.filter(({ role }) => role === 'primary'),
      ...findings.filter(({ role }) => role !== 'primary'),
    ],
  };
}

function tooSmall(design: Design, leftOut: readonly string[]): string | undefined {
  const without = leftOut.length > 0 ? ` Left out for want of finished trials: ${leftOut.join('; ')}.` : '';
  if (design.pairs.length === 0) return `No content/style pair has all of what is compared.${without}`;
  if (design.pairs.length > 1) return undefined;
  return `All trials are of one content/style pair (${design.pairs[0]}): what differs on one pair says nothing about others. Add pairs; ${leastPairs(1)} at least for a test at the 5 % level.${without}`;
}

function incomplete(design: Design): string | undefined {
  const missing = gaps(design);
  if (missing.length === 0) return undefined;
  const some = missing.slice(0, 8).join('; ');
  const more = missing.length > 8 ? `; and ${missing.length - 8} more` : '';
  return `The design has ${missing.length === 1 ? 'a gap' : `${missing.length} gaps`}, and leaving out what failed would favour what fails on hard pictures: ${some}${more}.`;
}

function referenceIn(
  design: Design,
  reference: string | undefined,
): number | undefined | { readonly problem: string } {
  if (reference === undefined) return undefined;
  const index = design.treatments.indexOf(reference);
  if (index >= 0) return index;
  return {
    problem: `The question names "${reference}" as the reference, but "${design.factor}" has only ${design.treatments.join(', ')}.`,
  };
}

function finding(
  design: Design,
  quantity: Quantity,
  options: Omit<FactorOptions, 'reference'> & { readonly reference: number | undefined },
): Finding {
  const { id, label, better, purpose, unit } = quantity;
  const role = id === options.metric ? 'primary' : 'exploratory';
  const about = { id, label, better, purpose, unit, role } as const;
  const refuse = (refused: string, excluded: Finding['excluded'] = []): Finding => ({
    ...about,
    excluded,
    outcome: { refused },
  });
  const finished = design.placed.filter(({ trial }) => isFinished(trial));
  const answers = finished.map(({ trial }) => quantity.value(trial));
  const silent = answers.find((answer) => typeof answer === 'object');
  if (silent !== undefined && answers.every((answer) => typeof answer === 'object'))
    return refuse(silent.refused);
  const problem = quantity.problem?.(finished);
  if (problem !== undefined) return refuse(problem);

  const value = (trial: AnalysedTrial) => {
    const number = isFinished(trial) ? quantity.value(trial) : undefined;
    return typeof number === 'number' ? number : undefined;
  };
  // What no treatment has a value of (a pair without region maps, an encoder that is not the metric's) is left out:
  // that favours none of them.
  const cells = cellsOf(design, value);
  const contexts = [...design.contexts.keys()].filter((c) =>
    cells.some((rows) => rows[c]!.some((seeds) => seeds.length > 0)),
  );
  const pairs = [...design.pairs.keys()].filter((p) =>
    cells[p]!.some((row) => row.some((seeds) => seeds.length > 0)),
  );
  const onPairs = pairs.length < design.pairs.length ? { pairs: pairs.map((p) => design.pairs[p]!) } : {};
  if (pairs.length < 2) {
    return refuse(
      `It was measured on one pair only (${onPairs.pairs?.[0]}), which says nothing about others.`,
    );
  }
  const excluded = [...design.treatments.keys()].flatMap((t) => {
    const gap = firstGap(cells, pairs, contexts, t);
    if (gap === undefined) return [];
    return [{ index: t, treatment: design.treatments[t]!, because: reasonFor(design, quantity, t, gap) }];
  });
  const left = [...design.treatments.keys()].filter((t) => !excluded.some(({ index }) => index === t));
  const listed = excluded.map(({ treatment, because }) => ({ treatment, because }));
  if (left.length < 2) {
    const reason = `${listed[0]!.treatment}: ${listed[0]!.because}`;
    return refuse(
      left.length === 0
        ? `Nothing has it on all pairs. ${reason}`
        : `Only ${design.treatments[left[0]!]} has it on all pairs. ${reason}`,
      listed,
    );
  }
  const part = restrict(design, pairs, contexts, left);
  const reference = options.reference === undefined ? -1 : left.indexOf(options.reference);
  if (role === 'primary' && options.reference !== undefined && reference < 0) {
    return refuse('It was not measured on the reference that the question names.', listed);
  }
  const compared: CompareOptions = {
    better,
    role,
    level: options.level,
    ...(reference >= 0 && { reference }),
    meansOnly: left.length > mostTreatments && role !== 'primary',
  };
  const outcome = compareCells(cellsOf(part, value), part.treatments, compared);
  return { ...about, ...onPairs, excluded: listed, outcome };
}

function firstGap(
  cells: ReturnType<typeof cellsOf>,
  pairs: readonly number[],
  contexts: readonly number[],
  treatment: number,
): { pair: number; context: number } | undefined {
  for (const pair of pairs) {
    for (const context of contexts) {
      if (cells[pair]![context]![treatment]!.length === 0) return { pair, context };
    }
  }
  return undefined;
}

function reasonFor(
  design: Design,
  quantity: Quantity,
  treatment: number,
  gap: { pair: number; context: number },
): string {
  const own = design.placed.filter((one) => one.treatment === treatment && isFinished(one.trial));
  const there = own.find((one) => one.pair === gap.pair && one.context === gap.context);
  const answer = there === undefined ? undefined : quantity.value(there.trial);
  const because = typeof answer === 'object' ? answer.refused : 'It was not measured.';
  const everywhere = own.every(({ trial }) => typeof quantity.value(trial) === 'object');
  return everywhere ? because : `${cellName(design, gap.pair, gap.context, treatment)}: ${because}`;
}

function primaryMetric(
  primary: PrimaryComparison | undefined,
  quantities: readonly Quantity[],
  notes: string[],
): string | undefined {
  if (primary?.metric === undefined) {
    notes.push('No primary metric is declared: every comparison is exploratory.');
    return undefined;
  }
  const resolved = resolveMetric(
    primary.metric,
    quantities.map(({ id }) => id),
  );
  if ('id' in resolved) return resolved.id;
  notes.push(`${resolved.problem} So every comparison is exploratory.`);
  return undefined;
}

function designNotes(comparison: Comparison, design: Design, level: number): string[] {
  const notes: string[] = [];
  const pairs = comparison.pairs.length;
  const { findings } = comparison;
  if (findings.length === 0) return notes;
  const family = (() => {
    const outcome = findings[0]!.outcome;
    return 'differences' in outcome ? (outcome.differences[0]?.family ?? 1) : 1;
  })();
  const needed = leastPairs(family, 1 - level);
  if (pairs < needed) {
    notes.push(
      `With ${pairs} pairs no test can reach the ${Math.round(100 * (1 - level))} % level over ${family === 1 ? 'one comparison' : `${family} comparisons`}, however large the differences: at least ${needed} pairs are needed.`,
    );
  }
  if (pairs < leastForBootstrap) {
    notes.push(
      `${pairs} pairs are too few to resample: intervals are Student’s, which take the differences to be normal.`,
    );
  }
  const sharing = new Set(
    design.placed.flatMap(({ trial }) => [`content ${trial.config.content}`, `style ${trial.config.style}`]),
  ).size;
  if (design.placed.some(({ trial }) => trial.config.styles !== undefined)) {
    notes.push(
      'A picture in several blended styles is scored against each of them; the score is the mean, weighted as the blend is.',
    );
  }
  if (sharing < 2 * design.pairs.length) {
    notes.push(
      'Pairs that share a content or a style are counted as independent; they are not wholly, so that intervals are somewhat too narrow.',
    );
  }
  return notes;
}

function scored(quantities: readonly Quantity[], trials: readonly AnalysedTrial[]): Quantity[] {
  return quantities.filter(
    (quantity) =>
      quantity.purpose !== 'cost' && trials.some((trial) => typeof quantity.value(trial) === 'number'),
  );
}

function tally(trials: readonly AnalysedTrial[]): Record<string, number> {
  const counts: Record<string, number> = { planned: trials.length };
  for (const { state } of trials) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** A design of trials that differ in nothing but pairs and seeds. */
function oneTreatment(trials: readonly AnalysedTrial[]): Design {
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
