/** One quantity in one comparison, with whatever takes no part in it and why. */
import { type Compared, type CompareOptions, compareCells, type Role } from './compare.ts';
import { type AnalyzedTrial, cellName, cellsOf, type Design, isFinished, restrict } from './design.ts';
import type { Quantity } from './quantities.ts';
import type { TrendDirection } from './trend.ts';

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

/** Treatments beyond which only the primary metric's differences are listed: there are k(k−1)/2 of them. */
const mostTreatments = 12;

export interface FindingOptions {
  readonly role: Role;
  /** The primary metric's id. */
  readonly metric: string | undefined;
  /** Index of the treatment that others are compared with. */
  readonly reference: number | undefined;
  /** The order that the primary metric is foretold to follow. */
  readonly trend?: TrendDirection | undefined;
  readonly level: number;
}

/**
 * Compares the treatments of a design in a quantity.
 * @returns numbers, or a sentence that says why there are none
 */
export function findingOf(design: Design, quantity: Quantity, options: FindingOptions): Finding {
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

  const value = (trial: AnalyzedTrial) => {
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
      pairs.length === 0
        ? 'No finished trial was measured by it.'
        : `It was measured on one pair only (${design.pairs[pairs[0]!]}), which says nothing about others.`,
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
    range: quantity.range,
    role,
    level: options.level,
    ...(reference >= 0 && { reference }),
    ...(options.trend !== undefined && { trend: options.trend }),
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
