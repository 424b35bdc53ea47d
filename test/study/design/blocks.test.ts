import test from 'ava';
import { balancedBlocks, describe } from '../../../src/study/design/blocks.ts';

test('the Fano plane: seven methods in blocks of three', (t) => {
  const { v, b, r, k, lambda } = balancedBlocks(7, 3)!;
  t.deepEqual([v, b, r, k, lambda], [7, 7, 3, 3, 1]);
});

test('known parameters of small designs', (t) => {
  // Difference sets and families (Colbourn & Dinitz, Handbook of Combinatorial Designs, 2007).
  for (const [v, b, r, k, lambda] of [
    [13, 13, 4, 4, 1],
    [11, 11, 5, 5, 2],
    [13, 26, 6, 3, 1],
    [4, 1, 1, 4, 1],
    [4, 4, 3, 3, 2],
    [6, 15, 5, 2, 1],
  ] as const) {
    const design = balancedBlocks(v, k)!;
    t.deepEqual([design.v, design.b, design.r, design.k, design.lambda], [v, b, r, k, lambda]);
  }
});

test('every design is balanced: counted pair by pair, bk = vr and λ(v−1) = r(k−1)', (t) => {
  for (let v = 2; v <= 13; v++) {
    for (let k = 2; k <= Math.min(v, 6); k++) {
      const design = balancedBlocks(v, k);
      if (design === undefined) continue;
      const { b, r, lambda, blocks } = design;
      t.is(b * k, v * r, `${v} ${k}`);
      t.is(lambda * (v - 1), r * (k - 1), `${v} ${k}`);
      for (let i = 0; i < v; i++) {
        t.is(blocks.filter((block) => block.includes(i)).length, r);
        for (let j = 0; j < i; j++) {
          t.is(blocks.filter((block) => block.includes(i) && block.includes(j)).length, lambda);
        }
      }
    }
  }
});

test('too many blocks are no design', (t) => {
  t.is(balancedBlocks(30, 8), undefined);
});

test('an unbalanced list is refused', (t) => {
  t.throws(
    () =>
      describe(3, [
        [0, 1],
        [1, 2],
      ]),
    { message: /different numbers of blocks/ },
  );
  t.throws(
    () =>
      describe(3, [
        [0, 1],
        [1, 1],
      ]),
    { message: /different sizes/ },
  );
});
