/** A session whose comparisons are chosen when it begins. */
import { connection, type PairedCounts } from '../../../metrics/statistics/pair-scale.ts';
import { createRandom } from '../../random.ts';
import { informativePairs } from './active.ts';
import type { StudyManifest, StudyTrial } from './manifest.ts';
import { alternatingSides, fillSession, type Layout, requireBudget } from './schedule.ts';

/** What a schedule is made from, out of a manifest. */
export function layoutOf(study: StudyManifest): Layout {
  return {
    methods: study.methods.length,
    pairs: study.pairs.length,
    reference: study.reference,
    questions: study.questions,
    minutes: study.minutes,
    raters: study.raters,
    seed: study.seed,
    ...(study.form !== undefined && { questionOrder: study.form.questionOrder }),
  };
}

/**
 * The session of the slot-th rater (0-based). Fixed designs start over after the last planned rater; active ones
 * choose by the answers to the primary question so far, and cycle through the content/style pairs.
 */
export function sessionOf(
  study: StudyManifest,
  slot: number,
  answers: () => Parameters<typeof informativePairs>[1],
): readonly StudyTrial[] {
  if (study.design.kind === 'blocks') return study.sessions[slot % study.sessions.length]!;
  const layout = layoutOf(study);
  const budget = requireBudget(layout);
  const random = createRandom(study.seed, 'active', slot);
  const wanted = study.design.comparisons;
  const pairs = random.shuffle(study.pairs.map((_, pair) => pair));
  const sides = alternatingSides(`${study.seed} ${slot}`);
  const chosen = informativePairs(layout.methods, answers(), wanted, random);
  return fillSession(
    layout,
    budget,
    slot,
    chosen.map(([i, j], at) => sides(pairs[at % pairs.length]!, i, j)),
  );
}

/** Groups of methods that no session of a fixed design compares with one another; one group when all hang together. */
export function designGroups(
  methods: number,
  sessions: readonly (readonly StudyTrial[])[],
): readonly (readonly number[])[] {
  const counts: PairedCounts[] = [];
  for (const trial of sessions.flat()) {
    if (trial.kind !== 'pair' || trial.role !== 'main') continue;
    counts.push({ first: Number(trial.left), second: Number(trial.right), firstWins: 1, secondWins: 0 });
  }
  return connection(methods, counts).groups;
}
