import test from 'ava';
import { exportTables } from '../../../src/study/storage/export.ts';
import type { Rater, StoredAnswer } from '../../../src/study/storage/rows.ts';
import { tidyColumns } from '../../../src/study/storage/tidy.ts';
import { background, bareStudy, conditions } from '../_study.ts';

const study = bareStudy({ methods: 3, pairs: 2, raters: 6, minutes: 14 });

/** Six raters who chose the left picture throughout, but tie on the second question of every comparison. */
function answered(): { raters: Rater[]; answers: StoredAnswer[] } {
  const raters = study.sessions.slice(0, 6).map(
    (session, n): Rater => ({
      id: `rater${n}`,
      slot: n,
      origin: 'web',
      language: 'en',
      background,
      conditions,
      session,
      startedAt: 0,
      expiresAt: 1,
      finishedAt: 1,
    }),
  );
  const answers = raters.flatMap(({ id, session }) =>
    session.flatMap((trial, at) =>
      trial.questions.map(
        (question, q): StoredAnswer => ({
          id: `${id} ${at} ${q}`,
          rater: id,
          trial: at,
          question,
          revision: 0,
          choice: trial.kind === 'rating' ? '4' : q === 1 ? 'tie' : 'left',
          milliseconds: 1000 + at,
          zooms: 0,
          receivedAt: 0,
          late: false,
        }),
      ),
    ),
  );
  return { raters, answers };
}

test('a row for every answer but practice, numbered in the order they were asked', (t) => {
  const { raters, answers } = answered();
  const { tidy } = exportTables(study, raters, answers);
  const practice = answers.filter(
    ({ rater, trial }) => raters.find(({ id }) => id === rater)!.session[trial]!.role === 'training',
  );
  t.is(tidy.length, answers.length - practice.length);
  for (let rater = 1; rater <= 6; rater++) {
    const own = tidy.filter((row) => row.rater === rater);
    t.deepEqual(
      own.map(({ order }) => order),
      own.map((_, i) => i + 1),
    );
  }
});

test('what was chosen is said alike in every column', (t) => {
  const { raters, answers } = answered();
  const { tidy, raters: people } = exportTables(study, raters, answers);
  const names = study.methods.map(({ name }) => name);
  for (const row of tidy) {
    t.is(row.pair, `${row.content}×${row.style}`);
    const [left, right] = [names.indexOf(String(row.left)), names.indexOf(String(row.right))];
    if (row.kind === 'rating') {
      t.is(row.rating, 4);
      t.deepEqual([row.choice, row.chosen, row.left_chosen, row.left_order, row.right], ['', '', '', '', '']);
      t.deepEqual([row.method_2, row.method_3], [0, 0]);
      continue;
    }
    t.is(row.rating, '');
    t.deepEqual(
      [row.chosen, row.left_chosen, row.left_order],
      row.choice === 'tie' ? ['', '', 2] : [row.left!, 1, 3],
    );
    // The first method is the reference; the columns of the others are the contrast of left and right.
    for (const method of [1, 2]) {
      t.is(row[`method_${method + 1}`], Number(left === method) - Number(right === method));
    }
    if (row.role === 'repeat') {
      const first = tidy.find((one) => one.rater === row.rater && one.trial === row.repeats)!;
      t.deepEqual([first.left, first.right], [row.right!, row.left!]);
    }
    t.is(row.expected === '', row.role !== 'anchor');
  }
  t.is(tidy[0]!.age, '30-44', 'a group of six keeps its detail');
  const attributes = Object.keys(people[0]!).filter((name) => !['rater', 'finished'].includes(name));
  t.deepEqual(
    tidyColumns(study, attributes).map(({ column }) => column),
    Object.keys(tidy[0]!),
    'every column is explained, in order',
  );
});

test('fewer raters than the smallest group: nothing about them is told', (t) => {
  const { raters, answers } = answered();
  const few = raters
    .slice(0, 4)
    .map((rater, i) => ({ ...rater, background: { ...background, age: i < 2 ? '60+' : '18-29' } }));
  const { tidy, composition } = exportTables(
    study,
    few,
    answers.filter(({ rater }) => few.some(({ id }) => id === rater)),
  );
  t.true(
    tidy.every(({ age, artTraining, device }) =>
      [age, artTraining, device].every((value) => value === 'merged'),
    ),
  );
  t.deepEqual(composition.parts, []);
});
