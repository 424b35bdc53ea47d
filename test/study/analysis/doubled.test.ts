import test from 'ava';
import { followed, repeatAgreement } from '../../../src/study/analysis/doubled.ts';
import type { AnalyzedAnswer } from '../../../src/study/analysis/tables.ts';
import type { PairTrial } from '../../../src/study/design/manifest.ts';

const questions = ['content', 'style', 'preference'];
const main = (pair: number): PairTrial => ({
  kind: 'pair',
  pair,
  left: 0,
  right: 1,
  questions,
  role: 'main',
});
const again = (pair: number, repeats: number): PairTrial => ({
  kind: 'pair',
  pair,
  left: 1,
  right: 0,
  questions,
  role: 'repeat',
  repeats,
});

function answers(rater: string, given: Readonly<Record<number, readonly string[]>>): AnalyzedAnswer[] {
  return Object.entries(given).flatMap(([trial, choices]) =>
    choices.map((choice, i) => ({
      rater,
      trial: Number(trial),
      question: questions[i]!,
      choice: choice as AnalyzedAnswer['choice'],
      milliseconds: 2000,
      late: false,
    })),
  );
}

test('κ of comparisons that came back: sides are swapped before they are compared', (t) => {
  const session = [main(0), main(1), again(0, 0), again(1, 1)];
  const raters = ['a', 'b'].map((id) => ({ id, session }));
  const given = [
    // The same picture both times, on the other side; then another one.
    ...answers('a', { 0: ['left'], 1: ['right'], 2: ['right'], 3: ['left'] }),
    ...answers('b', { 0: ['left'], 1: ['right'], 2: ['right'], 3: ['right'] }),
  ];
  const [only, ...rest] = repeatAgreement(raters, given, questions);
  t.deepEqual(rest, []);
  t.is(only!.question, 'content');
  t.is(only!.repeats, 4);
  // Firsts l r l r, seconds l r l l: observed 3/4, chance 1/2·3/4 + 1/2·1/4 = 1/2.
  t.true(Math.abs(only!.kappa.value - 0.5) < 1e-12);
  t.true(only!.kappa.low < 0.5 && only!.kappa.high <= 1);
  t.deepEqual(repeatAgreement(raters, answers('a', { 0: ['left'] }), questions), []);
});

test('where content and style disagree, the whole goes with one of them', (t) => {
  const session = [main(0), main(1), main(2), main(3)];
  const raters = ['a', 'b'].map((id) => ({ id, session }));
  const given = [
    ...answers('a', {
      0: ['left', 'right', 'right'],
      1: ['left', 'left', 'left'],
      2: ['right', 'left', 'right'],
    }),
    // A tie in any of the three tells nothing.
    ...answers('b', {
      0: ['left', 'right', 'right'],
      1: ['left', 'right', 'tie'],
      3: ['tie', 'right', 'right'],
    }),
  ];
  const found = followed(raters, given, 'preference')!;
  t.is(found.disagreements, 3);
  t.true(Math.abs(found.style.value - 2 / 3) < 1e-12);
  t.is(followed(raters, given, 'style'), undefined);
  t.is(followed(raters, answers('a', { 1: ['left', 'left', 'left'] }), 'preference'), undefined);
});
