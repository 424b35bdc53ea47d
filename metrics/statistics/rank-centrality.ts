/**
 * Rank Centrality. S. Negahban, S. Oh & D. Shah, "Rank Centrality: ranking from pairwise comparisons", Operations Research
 * 65(1), 2017: whoever is compared is a state, and a walk goes from each to those that were preferred to it.
 */
import { createRandom } from '../../src/random.ts';

/** One answer: items by their index. */
export interface Preference {
  readonly winner: number;
  readonly loser: number;
  /** What is drawn anew together: answers of one stratum replace each other only. */
  readonly stratum?: string | number;
}

export interface RankCentrality {
  /** The stationary distribution, of sum 1; undefined where the comparisons leave the items in several parts. */
  readonly scores?: Float64Array;
  readonly graph: ComparisonGraph;
  /** 1 − the modulus of the second eigenvalue of the walk: how fast it forgets where it began. 0 of several parts. */
  readonly spectralGap: number;
}

/** What was compared with what, whoever won. */
export interface ComparisonGraph {
  /** Items that comparisons connect, each part ascending, in the order of their first items. */
  readonly components: readonly (readonly number[])[];
  /** Different items that an item was compared with: the mean and the greatest over items. */
  readonly meanDegree: number;
  readonly maxDegree: number;
}

/** Steps of the walk at most. */
const mostSteps = 20_000;

/**
 * Scores of items from preferences: P_ij = w_ji / (n_ij·d_max) for items i ≠ j that were compared, with w_ji the answers in
 * which j was preferred to i, n_ij all answers on the two, d_max the largest degree, and the rest on the diagonal; the score
 * is π = πP. Where the probabilities are those of Bradley and Terry, π is in proportion to their strengths.
 *
 * An item that never won has the score 0 but for the prior.
 *
 * @param items - how many there are
 * @param prior - answers that are added to each side of every pair that was compared. Default 0
 * @throws RangeError for a preference of an item that is none, or of one over itself
 */
export function rankCentrality(
  items: number,
  preferences: readonly Preference[],
  { prior = 0, start }: { readonly prior?: number; readonly start?: Float64Array } = {},
): RankCentrality {
  const answers = indexed(items, preferences);
  const counts = countsOf(answers);
  const graph = graphOf(items, answers, counts);
  if (graph.components.length > 1) return { graph, spectralGap: 0 };
  const walk = walkOf(answers, counts, graph.maxDegree, prior);
  const scores = stationary(items, walk, start);
  return { scores, graph, spectralGap: items === 1 ? 1 : gapOf(walk, scores) };
}

export interface BootstrappedRanking extends RankCentrality {
  /** Percentile intervals of the scores, by item; undefined where no draw left the items connected. */
  readonly intervals?: readonly (readonly [low: number, high: number])[];
  /** Percentile intervals of the ranks, 1 for the highest score. */
  readonly ranks?: readonly (readonly [low: number, high: number])[];
  /** Draws, and those among them that left all items connected; the others give no scores. */
  readonly draws: number;
  readonly connected: number;
}

/**
 * The same with the uncertainty of its scores: answers are drawn anew with replacement within each stratum.
 *
 * @param draws - default 100
 * @param level - of the intervals. Default .95
 */
export function bootstrapRankCentrality(
  items: number,
  preferences: readonly Preference[],
  {
    draws = 100,
    level = 0.95,
    seed = 0,
    prior = 0,
  }: {
    readonly draws?: number;
    readonly level?: number;
    readonly seed?: number;
    readonly prior?: number;
  } = {},
): BootstrappedRanking {
  const whole = rankCentrality(items, preferences, { prior });
  const answers = indexed(items, preferences);
  const strata = new Map<string | number, number[]>();
  for (const [i, { stratum = '' }] of preferences.entries()) {
    const own = strata.get(stratum);
    if (own === undefined) strata.set(stratum, [i]);
    else own.push(i);
  }
  const { integer } = createRandom(seed, 'rank centrality');
  const drawn = new Int32Array(preferences.length);
  const scores: Float64Array[] = [];
  for (let draw = 0; draw < draws; draw++) {
    let place = 0;
    for (const own of strata.values()) {
      for (let count = 0; count < own.length; count++) drawn[place++] = own[integer(own.length)]!;
    }
    const counts = countsOf(answers, drawn);
    const graph = graphOf(items, answers, counts);
    if (graph.components.length > 1) continue;
    scores.push(stationary(items, walkOf(answers, counts, graph.maxDegree, prior), whole.scores, 1e-9));
  }
  const within = (values: readonly Float64Array[]) =>
    Array.from({ length: items }, (_, item) =>
      percentiles(
        values.map((one) => one[item]!),
        level,
      ),
    );
  return {
    ...whole,
    draws,
    connected: scores.length,
    ...(scores.length > 0 && { intervals: within(scores), ranks: within(scores.map(ranksOf)) }),
  };
}

/** Pairs that were compared, and of which pair each answer is. */
interface IndexedAnswers {
  /** Items of each pair, the smaller first. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** For each answer its pair, and whether it prefers `a`. */
  readonly pair: Int32Array;
  readonly forA: Uint8Array;
}

function indexed(items: number, preferences: readonly Preference[]): IndexedAnswers {
  const numbers = new Map<number, number>();
  const [a, b]: [number[], number[]] = [[], []];
  const pair = new Int32Array(preferences.length);
  const forA = new Uint8Array(preferences.length);
  for (const [i, { winner, loser }] of preferences.entries()) {
    const known = [winner, loser].every((item) => Number.isInteger(item) && item >= 0 && item < items);
    if (!known || winner === loser) {
      throw new RangeError(`a preference of ${winner} over ${loser}, but there are ${items} items`);
    }
    const [first, second] = winner < loser ? [winner, loser] : [loser, winner];
    let number = numbers.get(first * items + second);
    if (number === undefined) {
      number = a.length;
      numbers.set(first * items + second, number);
      a.push(first);
      b.push(second);
    }
    pair[i] = number;
    forA[i] = winner === first ? 1 : 0;
  }
  return { a, b, pair, forA };
}

/** Answers for the one and the other item of each pair. */
interface Counts {
  readonly forA: Int32Array;
  readonly forB: Int32Array;
}

/** @param which - the answers that count, repetitions included; default: each once */
function countsOf({ a, pair, forA }: IndexedAnswers, which?: Int32Array): Counts {
  const counts = { forA: new Int32Array(a.length), forB: new Int32Array(a.length) };
  for (let i = 0; i < pair.length; i++) {
    const answer = which === undefined ? i : which[i]!;
    counts[forA[answer] === 1 ? 'forA' : 'forB'][pair[answer]!]!++;
  }
  return counts;
}

function graphOf(items: number, { a, b }: IndexedAnswers, { forA, forB }: Counts): ComparisonGraph {
  const parent = Int32Array.from({ length: items }, (_, i) => i);
  const rootOf = (item: number): number => {
    let root = item;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]!]!;
      root = parent[root]!;
    }
    return root;
  };
  const degrees = new Int32Array(items);
  for (let pair = 0; pair < a.length; pair++) {
    if (forA[pair]! + forB[pair]! === 0) continue;
    degrees[a[pair]!]!++;
    degrees[b[pair]!]!++;
    parent[rootOf(b[pair]!)] = rootOf(a[pair]!);
  }
  const parts = new Map<number, number[]>();
  for (let item = 0; item < items; item++) {
    const root = rootOf(item);
    const own = parts.get(root);
    if (own === undefined) parts.set(root, [item]);
    else own.push(item);
  }
  return {
    components: [...parts.values()].sort((x, y) => x[0]! - y[0]!),
    meanDegree: degrees.reduce((sum, degree) => sum + degree, 0) / items,
    maxDegree: degrees.reduce((most, degree) => Math.max(most, degree), 0),
  };
}

/** Steps from one item to another with their probabilities, each pair's two ways one after the other. */
interface Walk {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly probability: Float64Array;
}

function walkOf({ a, b }: IndexedAnswers, counts: Counts, maxDegree: number, prior: number): Walk {
  const walk: Walk = {
    from: new Int32Array(2 * a.length),
    to: new Int32Array(2 * a.length),
    probability: new Float64Array(2 * a.length),
  };
  for (let pair = 0; pair < a.length; pair++) {
    const [forA, forB] = [counts.forA[pair]!, counts.forB[pair]!];
    const all = (forA + forB + 2 * prior) * maxDegree;
    const [first, second] = [2 * pair, 2 * pair + 1];
    walk.from[first] = walk.to[second] = a[pair]!;
    walk.to[first] = walk.from[second] = b[pair]!;
    if (forA + forB === 0) continue;
    walk.probability[first] = (forB + prior) / all;
    walk.probability[second] = (forA + prior) / all;
  }
  return walk;
}

/** x ← xP. */
function step({ from, to, probability }: Walk, x: Float64Array, next: Float64Array): void {
  next.set(x);
  for (let i = 0; i < from.length; i++) {
    const moved = x[from[i]!]! * probability[i]!;
    next[from[i]!]! -= moved;
    next[to[i]!]! += moved;
  }
}

/** How many steps before are looked back on. */
const memory = 8;

/**
 * Where x = xP, by Anderson's acceleration of the walk (Walker & Ni, SIAM J. Numerical Analysis 49, 2011): of the last steps
 * the combination is taken whose changes cancel best. A slow walk (gap .02) is there after some 60 steps instead of 1 000.
 */
function stationary(items: number, walk: Walk, start?: Float64Array, accuracy = 1e-12): Float64Array {
  let x: Float64Array = Float64Array.from(start ?? new Float64Array(items).fill(1 / items));
  const moved = new Float64Array(items);
  const history: { readonly x: Float64Array; readonly change: Float64Array }[] = [];
  for (let count = 0; count < mostSteps; count++) {
    step(walk, x, moved);
    const change = moved.map((value, i) => value - x[i]!);
    if (change.reduce((sum, value) => sum + Math.abs(value), 0) < accuracy) break;
    history.push({ x, change });
    if (history.length > memory + 1) history.shift();
    x = combined(history);
    const sum = x.reduce((total, value) => total + Math.max(0, value), 0);
    // A combination may leave the simplex, where no distribution is.
    x = x.map((value) => Math.max(0, value) / sum);
  }
  return x;
}

function combined(
  history: readonly { readonly x: Float64Array; readonly change: Float64Array }[],
): Float64Array {
  const last = history.at(-1)!;
  const differences = history.slice(1).map(({ x, change }, i) => ({
    x: x.map((value, k) => value - history[i]!.x[k]!),
    change: change.map((value, k) => value - history[i]!.change[k]!),
  }));
  const products = differences.map((one) => differences.map((other) => dot(one.change, other.change)));
  for (const [i, row] of products.entries()) row[i]! *= 1 + 1e-10;
  const shares = solved(
    products,
    differences.map((one) => dot(one.change, last.change)),
  );
  return last.x.map((value, k) => {
    let next = value + last.change[k]!;
    for (const [i, { x, change }] of differences.entries()) next -= shares[i]! * (x[k]! + change[k]!);
    return next;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** x of Ax = b by elimination with pivots; what A does not decide is 0. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i;
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    if (rows[k]![k] === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    let rest = rows[k]![n]!;
    for (let j = k + 1; j < n; j++) rest -= rows[k]![j]! * x[j]!;
    x[k] = rows[k]![k] === 0 ? 0 : rest / rows[k]![k]!;
  }
  return x;
}

/** 1 − |λ₂|, from how fast what is not the stationary distribution dies away. */
function gapOf(walk: Walk, scores: Float64Array): number {
  const items = scores.length;
  const { normal } = createRandom(0, 'spectral gap');
  const x = Float64Array.from({ length: items }, () => normal());
  const next = new Float64Array(items);
  /** Takes out what stays for ever, which rounding would bring back. */
  const project = (values: Float64Array): number => {
    const sum = values.reduce((total, value) => total + value, 0);
    for (let i = 0; i < items; i++) values[i]! -= sum * scores[i]!;
    return Math.sqrt(dot(values, values));
  };
  const begin = project(x);
  for (let i = 0; i < items; i++) x[i]! /= begin;
  const window = 200;
  let rate = 0;
  for (let round = 0; round < 100; round++) {
    let logs = 0;
    for (let count = 0; count < window; count++) {
      step(walk, x, next);
      const length = project(next);
      if (length < 1e-10) return 1;
      logs += Math.log(length);
      for (let i = 0; i < items; i++) x[i] = next[i]! / length;
    }
    const found = Math.exp(logs / window);
    // A pair of complex eigenvalues makes single steps waver, not the mean of many.
    if (Math.abs(found - rate) < 1e-7) return Math.max(0, 1 - found);
    rate = found;
  }
  return Math.max(0, 1 - rate);
}

function ranksOf(scores: Float64Array): Float64Array {
  const order = [...scores.keys()].sort((i, j) => scores[j]! - scores[i]!);
  const ranks = new Float64Array(scores.length);
  for (const [rank, item] of order.entries()) ranks[item] = rank + 1;
  return ranks;
}

/** The values between which the middle part of a sample lies, by linear interpolation. */
function percentiles(values: readonly number[], level: number): readonly [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = sorted[Math.min(below + 1, sorted.length - 1)]!;
    return sorted[below]! + (place - below) * (above - sorted[below]!);
  };
  return [at((1 - level) / 2), at((1 + level) / 2)];
}
