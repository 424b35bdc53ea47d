import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sessionOf } from '../../../src/study/design/active-session.ts';
import type { Answer } from '../../../src/study/storage/answer.ts';
import { answered } from '../../../src/study/storage/answered.ts';
import { withdrawalCode } from '../../../src/study/storage/codes.ts';
import type { Rater } from '../../../src/study/storage/rows.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { background, bareStudy, conditions, temporaryFolder } from '../_study.ts';

const token = (n: number) => n.toString(16).padStart(32, '0');

async function opened(t: ExecutionContext, options: ConstructorParameters<typeof StudyStore>[2] = {}) {
  const folder = await temporaryFolder(t);
  await mkdir(folder, { recursive: true });
  const study = bareStudy();
  const store = new StudyStore(folder, study, options);
  t.teardown(() => store.close());
  const begin = (n: number): Rater =>
    store.begin({ token: token(n), language: 'en', background, conditions }, (slot) =>
      sessionOf(study, slot, () => []),
    );
  return { folder, study, store, begin };
}

const answer = (n: number, changes: Partial<Answer> = {}): Answer => ({
  id: token(1000 + n),
  trial: 1,
  question: 'content',
  revision: 0,
  choice: 'left',
  milliseconds: 1500,
  zooms: 0,
  ...changes,
});

/** A main comparison of a session. */
const mainAt = (rater: Rater) => rater.session.findIndex(({ role }) => role === 'main');

test('the same answer twice is one answer, whatever came between', async (t) => {
  const { store, begin } = await opened(t);
  const rater = begin(1);
  const trial = mainAt(rater);
  const one = answer(1, { trial });
  t.deepEqual(await store.save(rater, [one, one]), [
    { id: one.id, saved: true },
    { id: one.id, saved: true },
  ]);
  t.deepEqual(await store.save(rater, [one]), [{ id: one.id, saved: true }]);
  t.is(store.answers(rater.id).length, 1);
});

test('the highest revision counts, in whatever order they arrive', async (t) => {
  const { store, begin } = await opened(t);
  const rater = begin(1);
  const trial = mainAt(rater);
  await store.save(rater, [answer(3, { trial, revision: 2, choice: 'tie' })]);
  await store.save(rater, [
    answer(1, { trial, revision: 0 }),
    answer(2, { trial, revision: 1, choice: 'right' }),
  ]);
  t.deepEqual(
    store.answers(rater.id).map(({ choice, revision }) => [choice, revision]),
    [['tie', 2]],
  );
});

test('contradictions and misfits are refused one by one, what is right beside them is kept', async (t) => {
  const { store, begin } = await opened(t);
  const rater = begin(1);
  const other = begin(2);
  const trial = mainAt(rater);
  await store.save(rater, [answer(1, { trial })]);
  const outcome = await store.save(rater, [
    answer(1, { trial, choice: 'right' }),
    answer(2, { trial, choice: 'right' }),
    answer(3, { trial: 999 }),
    answer(4, { trial, question: 'quality' }),
    answer(5, { trial, choice: '3', question: 'style' }),
    answer(6, { trial, question: 'style' }),
  ]);
  t.deepEqual(
    outcome.map((one) => (one.saved ? 'saved' : one.why)),
    [
      'another answer to that question is there already',
      'another answer to that question is there already',
      'there is no such trial in this session',
      'that question is not asked in this trial',
      'that is not one of the answers offered',
      'saved',
    ],
  );
  // The id of another rater's answer does not make it theirs.
  const theirs = await store.save(other, [answer(1, { trial: mainAt(other) })]);
  t.false(theirs[0]!.saved);
  t.is(store.answers().length, 2);
});

test('beginning twice with one token is beginning once; slots are shared out evenly', async (t) => {
  const { store, begin, study } = await opened(t);
  t.is(begin(1).id, begin(1).id);
  for (let n = 2; n <= study.raters + 2; n++) begin(n);
  const slots = store.raters().map(({ slot }) => slot);
  t.is(new Set(slots).size, study.raters);
  t.is(slots.filter((slot) => slot === 0).length, 2);
});

test('an expired session that was not finished gives its slot back, and its late answers are marked', async (t) => {
  let now = 1_000_000;
  const { store, begin, study } = await opened(t, { now: () => now });
  const rater = begin(1);
  now += study.resumeHours * 3_600_000 + 1;
  t.is(begin(2).slot, rater.slot);
  await store.save(rater, [answer(1, { trial: mainAt(rater) })]);
  t.deepEqual(
    store.answers().map(({ late }) => late),
    [true],
  );
});

test('withdrawal deletes everything of one rater, once and for all', async (t) => {
  const { store, begin, folder } = await opened(t);
  const rater = begin(1);
  const other = begin(2);
  for (const one of [rater, other]) await store.save(one, [answer(one.slot, { trial: mainAt(one) })]);
  t.is(answered(folder).raters, 2);
  const code = withdrawalCode(token(1));
  t.regex(code, /^[0-9a-z]{20}$/);
  t.true(store.withdraw(`${code.slice(0, 5).toUpperCase()}-${code.slice(5, 12)} ${code.slice(12)}`));
  t.deepEqual(
    store.answers().map((one) => one.rater),
    [other.id],
  );
  t.is(store.rater(token(1)), undefined);
  t.is(store.withdrawals(), 1);
  // Not even in what SQLite leaves behind: the file's free pages, or its log.
  const left = await Promise.all(
    (await readdir(folder))
      .filter((name) => name.startsWith('answers.db'))
      .map((name) => readFile(join(folder, name), 'latin1')),
  );
  t.true(left.join('').includes(other.id));
  t.false(left.join('').includes(rater.id));
  t.true(store.withdraw(code), 'again is no error');
  t.false(store.withdraw('nonsense'));
  const late = await store.save(rater, [answer(9, { trial: mainAt(rater) })]);
  t.deepEqual(late, [{ id: answer(9).id, saved: false, why: 'this session was withdrawn', code: 'gone' }]);
});

test('a full disk refuses the whole batch with a sentence, and keeps what was there', async (t) => {
  const { store, begin } = await opened(t, { maximumPages: 28 });
  const rater = begin(1);
  let saved = 0;
  const error = await t.throwsAsync(async () => {
    for (let n = 0; n < 2000; n++) {
      await store.save(rater, [answer(n, { trial: mainAt(rater), revision: n })]);
      saved++;
    }
  });
  t.is(error!.name, 'StudyStorageError');
  t.regex(error!.message, /the disk is full\. Make room/);
  t.true(saved > 0);
  t.is(store.answers().length, 1);
  t.is(store.answers()[0]!.revision, saved - 1);
});

test('answers to another version of the study are not mixed', async (t) => {
  const { folder, store } = await opened(t);
  store.close();
  t.throws(() => new StudyStore(folder, bareStudy({ version: 2 })), {
    message: /holds answers to another version of this study/,
  });
  t.true(join(folder, 'answers.db').length > 0);
});
