/** What a plan's pairs can decide, told before it runs, against the tests themselves. */
import test from 'ava';
import { compareCells } from '../../../../metrics/statistics/analysis/compare.ts';
import { foretell, foretoldSentences } from '../../../../metrics/statistics/analysis/foretold.ts';
import type { PrimaryComparison } from '../../../../metrics/statistics/analysis/question.ts';
import { holm } from '../../../../metrics/statistics/multiplicity.ts';
import { pageTrend } from '../../../../metrics/statistics/page-trend.ts';
import { wilcoxonSignedRank } from '../../../../metrics/statistics/wilcoxon.ts';
import { planTrials } from '../../../../src/experiment/plan.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

function planned(pairs: number, variants: number, primary?: PrimaryComparison) {
  const losses = names
    .slice(0, variants)
    .map((name, i) => [name, [{ type: 'gram', weight: i + 1 }]] as const);
  const { trials } = planTrials({
    name: 'p',
    pairs: Array.from({ length: pairs }, (_, i) => [`content-${i}.png`, `style-${i}.png`] as const),
    variants: Object.fromEntries(losses),
    optimizer: { $sweep: 'values', values: ['lbfgs', 'adam'] },
  } as never);
  return foretell(trials, primary);
}

const primary = { metric: 'held-out-gram' };

for (const variants of [2, 3, 4, 5]) {
  test(`${variants} variants: as many pairs as Wilcoxon's test with Holm's adjustment needs where all agree`, (t) => {
    for (const reference of [undefined, 'b']) {
      const { comparisons, needed } = planned(3, variants, { ...primary, ...(reference && { reference }) })!;
      t.is(comparisons, reference ? variants - 1 : (variants * (variants - 1)) / 2);
      const least = (pairs: number) => {
        const ones = Array.from({ length: pairs }, (_, i) => i + 1);
        const { p } = wilcoxonSignedRank(
          ones,
          ones.map(() => 0),
        );
        return Math.max(...holm(Array.from({ length: comparisons }, () => p)));
      };
      t.true(least(needed) <= 0.05);
      t.true(least(needed - 1) > 0.05);
    }
  });
}

test('an order: as many pairs as Page’s test needs where all follow it, and never one alone', (t) => {
  for (const variants of [2, 3, 4, 5]) {
    const { needed, test: kind, comparisons } = planned(2, variants, { ...primary, trend: 'rising' })!;
    t.is(kind, 'trend');
    t.is(comparisons, 1);
    const least = (pairs: number) =>
      pageTrend(Array.from({ length: pairs }, () => names.slice(0, variants).map((_, i) => i))).p;
    t.true(least(needed) <= 0.05);
    t.true(needed === 2 || least(needed - 1) > 0.05);
  }
});

test('what is found four times out of five is what the analysis says of such differences', (t) => {
  const { detectable } = planned(10, 2, primary)!;
  // Ten differences of mean 0 and standard deviation 1.
  const cells = Array.from({ length: 10 }, (_, i) => [[[(i % 2 === 0 ? 1 : -1) * Math.sqrt(0.9)], [0]]]);
  const { differences } = compareCells(cells, ['a', 'b'], { better: 'lower', role: 'primary' });
  t.true(Math.abs(detectable! - differences[0]!.detectable!) < 1e-9);
});

test('sentences say what a plan can and cannot show', (t) => {
  const sentences = (...args: Parameters<typeof planned>) => foretoldSentences(planned(...args)!).join('\n');
  t.regex(
    sentences(3, 4, primary),
    /^3 pairs cannot decide at the 5 % level.*6 comparisons of 4 variants.*need 8$/,
  );
  t.regex(sentences(10, 4, primary), /^10 pairs can decide.*need 8; a mean difference of 1\.\d standard/);
  t.regex(
    sentences(2, 5, { ...primary, trend: 'falling' }),
    /^2 pairs can decide.*the order of 5 variants \(Page/,
  );
  t.regex(sentences(1, 2), /^1 pair cannot decide.*the comparison of 2 variants.*\n.*exploratory$/);
  t.is(planned(3, 1, { ...primary, factor: 'variant' }), undefined);
});
