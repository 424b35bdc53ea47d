import test from 'ava';
import { indistinctGroups } from '../../../metrics/statistics/groups.ts';

const graph = (pairs: readonly (readonly [number, number])[]) => (a: number, b: number) =>
  pairs.some(([p, q]) => (p === a && q === b) || (p === b && q === a));

test('treatments that are told apart share no bar, all others do', (t) => {
  t.deepEqual(indistinctGroups(3, graph([])), [[0, 1, 2]]);
  t.deepEqual(
    indistinctGroups(
      3,
      graph([
        [0, 1],
        [0, 2],
        [1, 2],
      ]),
    ),
    [],
  );
  // Only the ends of a chain differ.
  t.deepEqual(indistinctGroups(4, graph([[0, 3]]), [3, 1, 2, 0]), [
    [3, 1, 2],
    [1, 2, 0],
  ]);
  // A treatment in the middle differs from both of its neighbours, which are alike.
  t.deepEqual(
    indistinctGroups(
      3,
      graph([
        [0, 1],
        [1, 2],
      ]),
    ),
    [[0, 2]],
  );
});

test('every pair that is not told apart is on a bar, and no other, for any decisions', (t) => {
  for (let seed = 0; seed < 200; seed++) {
    const apart = (a: number, b: number) => ((a * 7 + b * 7 + a * b * 3) * (seed + 1)) % 5 < 2;
    const groups = indistinctGroups(7, apart)!;
    for (let a = 0; a < 7; a++) {
      for (let b = 0; b < a; b++) {
        t.is(
          groups.some((group) => group.includes(a) && group.includes(b)),
          !apart(a, b),
        );
      }
    }
    for (const [i, one] of groups.entries()) {
      for (const [j, other] of groups.entries()) {
        if (i !== j)
          t.false(
            one.every((treatment) => other.includes(treatment)),
            'none is part of another',
          );
      }
    }
  }
});

test('very many treatments are not grouped', (t) => {
  t.is(
    indistinctGroups(31, () => false),
    undefined,
  );
});
