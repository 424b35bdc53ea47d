import test from 'ava';
import { type Margin, rake } from '../../../metrics/statistics/raking.ts';

/** People by a table of counts: rows of one attribute, columns of the other. */
function crossed(counts: readonly (readonly number[])[]): Record<string, string>[] {
  return counts.flatMap((row, i) =>
    row.flatMap((count, j) => Array.from({ length: count }, () => ({ age: `a${i}`, art: `b${j}` }))),
  );
}

function weightsOf(
  people: readonly Record<string, string | undefined>[],
  margins: readonly Margin[],
): readonly number[] {
  const raked = rake(people, margins);
  if ('unmet' in raked) throw new Error(`${raked.unmet.attribute} ${raked.unmet.answer}`);
  return raked.weights;
}

test('two margins are met, and what the attributes have to do with one another stays', (t) => {
  const counts = [
    [30, 10, 4],
    [5, 12, 9],
  ];
  const people = crossed(counts);
  const margins: Margin[] = [
    { attribute: 'age', shares: { a0: 0.35, a1: 0.65 } },
    { attribute: 'art', shares: { b0: 0.2, b1: 0.3, b2: 0.5 } },
  ];
  const weights = weightsOf(people, margins);
  const cell = (i: number, j: number) =>
    people.reduce(
      (sum, { age, art }, at) => (age === `a${i}` && art === `b${j}` ? sum + weights[at]! : sum),
      0,
    );
  const n = people.length;
  for (const i of [0, 1]) {
    t.true(Math.abs((cell(i, 0) + cell(i, 1) + cell(i, 2)) / n - [0.35, 0.65][i]!) < 1e-9);
  }
  for (const j of [0, 1, 2]) t.true(Math.abs((cell(0, j) + cell(1, j)) / n - [0.2, 0.3, 0.5][j]!) < 1e-9);
  // The fitted table has the odds ratios of the sample (Deming & Stephan 1940): with the margins these determine it.
  for (const [a, b] of [
    [0, 1],
    [1, 2],
  ] as const) {
    const before = (counts[0]![a]! * counts[1]![b]!) / (counts[0]![b]! * counts[1]![a]!);
    const after = (cell(0, a) * cell(1, b)) / (cell(0, b) * cell(1, a));
    t.true(Math.abs(after / before - 1) < 1e-8);
  }
});

test('one margin is post-stratification: share sought over share reached', (t) => {
  const people = crossed([[8], [2]]);
  const raked = rake(people, [{ attribute: 'age', shares: { a0: 0.5, a1: 0.5 } }]);
  if ('unmet' in raked) return t.fail();
  t.true(raked.weights.every((weight, i) => Math.abs(weight - (i < 8 ? 0.5 / 0.8 : 0.5 / 0.2)) < 1e-12));
  // Kish: 1 + the squared coefficient of variation.
  const variance = raked.weights.reduce((sum, weight) => sum + (weight - 1) ** 2, 0) / 10;
  t.true(Math.abs(raked.designEffect - (1 + variance)) < 1e-12);
  t.true(Math.abs(raked.effective - 10 / (1 + variance)) < 1e-9);
});

test('a sample that has the margins already, or none to meet, keeps its weights', (t) => {
  const people = crossed([
    [2, 3],
    [4, 1],
  ]);
  t.deepEqual(weightsOf(people, []), new Array(10).fill(1));
  const weights = weightsOf(people, [
    { attribute: 'age', shares: { a0: 0.5, a1: 0.5 } },
    { attribute: 'art', shares: { b0: 0.6, b1: 0.4 } },
  ]);
  t.true(weights.every((weight) => Math.abs(weight - 1) < 1e-12));
});

test('who did not answer is weighed by the other attributes alone; who is of no sought group counts for nothing', (t) => {
  const people = [{ age: 'a0' }, { age: 'a0' }, { age: 'a1' }, {}];
  const weights = weightsOf(people, [{ attribute: 'age', shares: { a0: 0.5, a1: 0.5 } }]);
  t.true(weights.every((weight, i) => Math.abs(weight - [0.75, 0.75, 1.5, 1][i]!) < 1e-12));
  const strangers = weightsOf([{ age: 'a0' }, { age: 'x' }], [{ attribute: 'age', shares: { a0: 1 } }]);
  t.deepEqual(strangers, [2, 0]);
});

test('what no weights can meet is named', (t) => {
  t.deepEqual(rake([{ age: 'a0' }], [{ attribute: 'age', shares: { a0: 0.5, a1: 0.5 } }]), {
    unmet: { attribute: 'age', answer: 'a1' },
  });
  // All who are a0 are b0, and the other way round: a0 cannot be a half and b0 a third.
  const bound = crossed([
    [5, 0],
    [0, 5],
  ]);
  const raked = rake(bound, [
    { attribute: 'age', shares: { a0: 0.5, a1: 0.5 } },
    { attribute: 'art', shares: { b0: 1 / 3, b1: 2 / 3 } },
  ]);
  t.true('unmet' in raked);
});

test('margins that are none are refused', (t) => {
  t.throws(() => rake([], []), { instanceOf: RangeError });
  t.throws(() => rake([{ age: 'a0' }], [{ attribute: 'age', shares: { a0: 0.7, a1: 0.2 } }]), {
    message: /sum to 1/,
  });
  t.throws(() => rake([{ age: 'a0' }], [{ attribute: 'age', shares: { a0: 1.2, a1: -0.2 } }]), {
    message: /at least 0/,
  });
});
