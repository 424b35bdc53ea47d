/** Weights under which a sample has the margins of a population. */

/** One attribute of the population: the share of each of its answers. */
export interface Margin {
  readonly attribute: string;
  /** Each at least 0; their sum is 1. */
  readonly shares: Readonly<Record<string, number>>;
}

export interface RakedSample {
  /** One for each person, at least 0, their mean 1. */
  readonly weights: readonly number[];
  /** n Σw²/(Σw)²: by how much uneven weights enlarge the variance of a mean, at least 1 (Kish 1965, sec. 11.2 and 11.7). */
  readonly designEffect: number;
  /** n over the design effect: how many people weighed alike would tell as much. */
  readonly effective: number;
}

/** A margin that cannot be met, in data: nobody, or nobody with a weight, gave the answer. */
export interface UnmetMargin {
  readonly attribute: string;
  readonly answer: string;
}

const mostRounds = 10_000;
const near = 1e-10;

/**
 * Iterative proportional fitting of weights to margins (Deming & Stephan, On a least squares adjustment of a sampled
 * frequency table when the expected marginal totals are known, 1940): one attribute after the other is scaled to its
 * shares until none moves any more. Who did not answer about an attribute keeps their weight in its turn, and the shares
 * are those of the people who did.
 *
 * @param people - what each person answered, by attribute; an answer that the margin does not have has no place in the
 *   population, and a weight of 0
 * @returns the weights, or the first margin that no weights can meet: a share of an answer that nobody gave, or margins
 *   that contradict one another in who gave which answers together
 * @throws RangeError when there are no people, a share is below 0, or shares do not sum to 1
 */
export function rake(
  people: readonly Readonly<Record<string, string | undefined>>[],
  margins: readonly Margin[],
): RakedSample | { readonly unmet: UnmetMargin } {
  const n = people.length;
  if (n === 0) throw new RangeError('there is nobody to be weighed');
  const weights = new Float64Array(n).fill(1);
  const tables = margins.map(({ attribute, shares }) => {
    const sum = Object.values(shares).reduce((total, share) => total + share, 0);
    if (Object.values(shares).some((share) => !(share >= 0)) || Math.abs(sum - 1) > 1e-6) {
      throw new RangeError(`the shares of ${attribute} must be at least 0 and sum to 1, not ${sum}`);
    }
    const known = people.flatMap((person, i) => (person[attribute] === undefined ? [] : [i]));
    const answers = new Map(Object.keys(shares).map((answer) => [answer, [] as number[]]));
    for (const i of known) {
      const members = answers.get(people[i]![attribute]!);
      if (members === undefined) weights[i] = 0;
      else members.push(i);
    }
    return { attribute, shares, known, answers };
  });
  const sumOf = (members: readonly number[]) => members.reduce((sum, i) => sum + weights[i]!, 0);
  for (let round = 0, moved = Number.POSITIVE_INFINITY; moved > near; round++) {
    moved = 0;
    for (const { attribute, shares, known, answers } of tables) {
      const total = sumOf(known);
      if (total === 0) continue;
      for (const [answer, members] of answers) {
        const [sought, reached] = [shares[answer]! * total, sumOf(members)];
        // A weight that dwindles round by round would reach 0 only in the limit: the margins contradict one another.
        const hopeless = reached <= 1e-9 * n || round === mostRounds;
        if (sought > 0 && hopeless) return { unmet: { attribute, answer } };
        const factor = reached === 0 ? 1 : sought / reached;
        moved = Math.max(moved, Math.abs(factor - 1));
        for (const i of members) weights[i]! *= factor;
      }
    }
    if (tables.length === 0) break;
  }
  const everyone = people.map((_, i) => i);
  const mean = sumOf(everyone) / n;
  const scaled = Array.from(weights, (weight) => weight / mean);
  const designEffect = scaled.reduce((sum, weight) => sum + weight ** 2, 0) / n;
  return { weights: scaled, designEffect, effective: n / designEffect };
}
