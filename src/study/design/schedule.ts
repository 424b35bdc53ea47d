/** Who sees what, in which order, on which side: every session of a study, from its seed. */
import { NeckarError } from '../../errors.ts';
import { createRandom, type Random } from '../../random.ts';
import { type BlockDesign, balancedBlocks } from './blocks.ts';
import { type Budget, budgetOf } from './budget.ts';
import type { PairQuestion, PairTrial, RatingTrial, StudyTrial } from './manifest.ts';
import { ratingQuestion } from './manifest.ts';
import { williamsRows } from './williams.ts';

export interface Layout {
  readonly methods: number;
  readonly pairs: number;
  readonly reference: number;
  readonly questions: readonly PairQuestion[];
  readonly minutes: number;
  readonly raters: number;
  readonly seed: number | string;
  /** Default `balanced`. */
  readonly questionOrder?: 'balanced' | 'fixed';
}

/** A comparison before it is known who sees it when. */
export interface Comparison {
  readonly pair: number;
  /** Methods by index, in the order in which they are shown: left, right. */
  readonly left: number;
  readonly right: number;
}

/**
 * The block design for a layout: of the largest blocks with which every session can visit every content/style pair,
 * else blocks of two.
 */
function chooseBlocks({ methods, pairs }: Pick<Layout, 'methods' | 'pairs'>, budget: Budget): BlockDesign {
  for (let k = methods; k > 2; k--) {
    if ((pairs * k * (k - 1)) / 2 > budget.comparisons) continue;
    const design = balancedBlocks(methods, k);
    if (design !== undefined) return design;
  }
  return balancedBlocks(methods, 2)!;
}

/**
 * Every planned session. Over the sessions each content/style pair's blocks are used in turn, so that any two methods
 * are compared equally often to within one round; each comparison alternates its sides from one rater to the next.
 *
 * @throws NeckarError when a session is too short for the least that must be asked
 */
export function blockSessions(layout: Layout): { design: BlockDesign; sessions: StudyTrial[][] } {
  const budget = requireBudget(layout);
  const design = chooseBlocks(layout, budget);
  const perBlock = (design.k * (design.k - 1)) / 2;
  // A pair is visited again, with its next block, while there is time.
  const visits = Math.min(layout.pairs * design.b, Math.max(1, Math.floor(budget.comparisons / perBlock)));
  const random = createRandom(layout.seed, 'blocks');
  const orders = Array.from({ length: layout.pairs }, () => random.shuffle(design.blocks));
  const visited = new Array<number>(layout.pairs).fill(0);
  const pairOrder = random.shuffle(Array.from({ length: layout.pairs }, (_, pair) => pair));
  const sides = alternatingSides(layout.seed);
  let next = 0;
  const sessions = Array.from({ length: layout.raters }, (_, slot) => {
    const comparisons: Comparison[] = [];
    const asked = new Set<string>();
    for (let visit = 0; visit < visits; visit++) {
      const pair = pairOrder[next++ % layout.pairs]!;
      const block = orders[pair]![visited[pair]!++ % design.b]!;
      for (const [at, i] of block.entries()) {
        for (const j of block.slice(at + 1)) {
          // Two blocks of one pair may share a comparison; nobody is asked the same by accident.
          if (asked.has(`${pair} ${i} ${j}`)) continue;
          asked.add(`${pair} ${i} ${j}`);
          comparisons.push(sides(pair, i, j));
        }
      }
    }
    return fillSession(layout, budget, slot, comparisons);
  });
  return { design, sessions };
}

/** A function that puts a comparison's methods on sides, the other way round every time it is asked. */
export function alternatingSides(seed: number | string): (pair: number, i: number, j: number) => Comparison {
  const times = new Map<string, number>();
  return (pair, i, j) => {
    const [low, high] = i < j ? [i, j] : [j, i];
    const key = `${pair} ${low} ${high}`;
    const before = times.get(key) ?? createRandom(seed, 'side', pair, low, high).integer(2);
    times.set(key, before + 1);
    return before % 2 === 0 ? { pair, left: low, right: high } : { pair, left: high, right: low };
  };
}

/**
 * A whole session around its comparisons: training first; comparisons in random order with the checks among them and
 * some of the first half repeated near the end with sides swapped; the ratings last, each pair's results in a
 * Williams order. The order of questions is the same within a session and, unless it is fixed, another from rater to
 * rater.
 */
export function fillSession(
  layout: Layout,
  budget: Budget,
  slot: number,
  comparisons: readonly Comparison[],
): StudyTrial[] {
  const random = createRandom(layout.seed, 'session', slot);
  const questions = questionsInOrder(layout, slot);
  const main = spread(
    random.shuffle(comparisons).map((one): PairTrial => ({ kind: 'pair', ...one, questions, role: 'main' })),
  );
  const checks = checksOf(layout, slot, questions, random);
  const trials: PairTrial[] = [...main];
  for (const check of checks) trials.splice(1 + random.integer(Math.max(1, trials.length)), 0, check);
  const early = trials
    .map((trial, at) => ({ trial, at }))
    .filter(({ trial, at }) => trial.role === 'main' && at < Math.ceil(trials.length / 2));
  const repeated = random.shuffle(early).slice(0, budget.repeats);
  const start = Math.ceil((trials.length * 2) / 3);
  const late = trials.splice(start);
  // Positions before `start` do not move any more; training goes in front of them all.
  const again = repeated.map(
    ({ trial, at }): PairTrial => ({
      ...trial,
      left: trial.right,
      right: trial.left,
      role: 'repeat',
      repeats: at + 1,
    }),
  );
  const tail = spread(random.shuffle([...late, ...again]), trials.at(-1)?.pair);
  return [
    training(layout, slot, questions, [...trials, ...tail]),
    ...trials,
    ...tail,
    ...ratingsOf(layout, budget, slot),
  ];
}

function questionsInOrder({ questions, questionOrder }: Layout, slot: number): PairQuestion[] {
  if (questionOrder === 'fixed') return [...questions];
  const rows = williamsRows(questions.length);
  return rows[slot % rows.length]!.map((index) => questions[index]!);
}

/** The time a session has, in trials. */
export function requireBudget(layout: Layout): Budget {
  const budget = budgetOf(layout.minutes, layout.questions.length, layout.methods, layout.pairs);
  if (budget.comparisons < 1) {
    throw new NeckarError(
      `${layout.minutes} minutes are too short for ${layout.questions.length} questions about ${layout.methods} methods. Allow more with --minutes (at most 30), or ask fewer questions.`,
    );
  }
  return budget;
}

/** Neighbours show different content/style pairs wherever that can be had. */
function spread<Item extends { pair: number }>(items: readonly Item[], before?: number): Item[] {
  const left = [...items];
  const result: Item[] = [];
  let last = before;
  while (left.length > 0) {
    // Of the pairs that may come next, the most frequent one, lest only it remains.
    const counts = new Map<number, number>();
    for (const { pair } of left) counts.set(pair, (counts.get(pair) ?? 0) + 1);
    let best = -1;
    for (const [at, { pair }] of left.entries()) {
      if (pair === last && counts.size > 1) continue;
      if (best < 0 || counts.get(pair)! > counts.get(left[best]!.pair)! + 1) best = at;
    }
    const [item] = left.splice(best, 1);
    result.push(item!);
    last = item!.pair;
  }
  return result;
}

function checksOf(
  { pairs, reference, questions: asked }: Layout,
  slot: number,
  questions: PairQuestion[],
  random: Random,
): PairTrial[] {
  const pairAt = (shift: number) => (slot + shift) % pairs;
  const anchor = (which: 'content' | 'style', pair: number): PairTrial => {
    const left = random.integer(2) === 0;
    return {
      kind: 'pair',
      pair,
      left: left ? which : reference,
      right: left ? reference : which,
      questions: [which],
      role: 'anchor',
      expected: left ? 'left' : 'right',
    };
  };
  return [
    { kind: 'pair', pair: pairAt(0), left: reference, right: reference, questions, role: 'self' },
    ...(['content', 'style'] as const).flatMap((which, i) =>
      asked.includes(which) ? [anchor(which, pairAt(i + 1))] : [],
    ),
  ];
}

/**
 * Pure practice: two real results, as in all that follows, and no answer is right. Nothing that has a right answer is
 * shown here, because it would teach what the checks look like. Over the raters every comparison takes its turn, on
 * both sides, so that no method profits from being seen before; one that this rater is not asked later goes first.
 */
function training(
  { methods, pairs }: Layout,
  slot: number,
  questions: PairQuestion[],
  trials: readonly PairTrial[],
): PairTrial {
  const combinations = Array.from({ length: methods }, (_, i) =>
    Array.from({ length: methods - 1 - i }, (__, j) => [i, i + 1 + j] as const),
  ).flat();
  const every = Array.from({ length: pairs * combinations.length }, (_, n) => {
    const turn = (slot + n) % combinations.length;
    const round = Math.floor((slot + n) / combinations.length);
    const [i, j] = combinations[turn]!;
    const pair = (turn + round) % pairs;
    return (round + Math.floor(round / pairs)) % 2 === 0
      ? { pair, left: i, right: j }
      : { pair, left: j, right: i };
  });
  const key = ({ pair, left, right }: Pick<PairTrial, 'pair' | 'left' | 'right'>) =>
    [pair, ...[left, right].map(Number).sort((a, b) => a - b)].join(' ');
  const asked = new Set(trials.map(key));
  const chosen = every.find((one) => !asked.has(key(one))) ?? every[0]!;
  return { kind: 'pair', ...chosen, questions, role: 'training' };
}

/** All results of a few content/style pairs, the reference hidden among them, and the unmodified content once. */
function ratingsOf({ methods, pairs, seed }: Layout, { ratedPairs }: Budget, slot: number): RatingTrial[] {
  const rows = createRandom(seed, 'ratings').shuffle(williamsRows(methods + 1));
  const rating = (pair: number, item: number): RatingTrial => ({
    kind: 'rating',
    pair,
    shown: item === methods ? 'content' : item,
    questions: [ratingQuestion],
    role: item === methods ? 'anchor' : 'main',
  });
  return Array.from({ length: ratedPairs }, (_, visit) => {
    const turn = slot * ratedPairs + visit;
    const round = Math.floor(turn / pairs);
    return rows[(turn + round) % rows.length]!.map((item) => rating(turn % pairs, item));
  }).flat();
}
