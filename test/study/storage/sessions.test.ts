import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { statusLines, watchStatus } from '../../../src/cli/study/status.ts';
import { palette } from '../../../src/cli/terminal.ts';
import { studyProgress } from '../../../src/study/storage/sessions.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { background, conditions, studyFolder, temporaryFolder } from '../_study.ts';

const id = (n: number) => n.toString(16).padStart(32, '0');

test('sessions and answers as they come', async (t) => {
  const { folder, study } = await studyFolder(await temporaryFolder(t), { minutes: 12, raters: 4 });
  let now = 1_000_000_000;
  t.is(studyProgress(folder, study, now).begun, 0);
  t.false(existsSync(join(folder, 'answers.db')), 'looking makes no file');
  const store = new StudyStore(folder, study, { now: () => now });
  t.teardown(() => store.close());
  const begin = (n: number) =>
    store.begin({ token: id(n), language: 'en', background, conditions }, (slot) => study.sessions[slot]!);
  const answer = async (rater: ReturnType<typeof begin>, trial: number, n: number) =>
    await store.save(rater, [
      {
        id: id(n),
        trial,
        question: rater.session[trial]!.questions[0]!,
        revision: 0,
        choice: 'left',
        milliseconds: 900,
        zooms: 0,
      },
    ]);
  const states = () =>
    studyProgress(folder, study, now).sessions.map(({ state, answered }) => [state, answered]);

  const one = begin(1);
  t.deepEqual(states(), [['answering', 0]]);
  await answer(one, 0, 100);
  t.deepEqual(states(), [['answering', 0]], 'practice does not count');
  await answer(one, 1, 101);
  await answer(one, 2, 102);
  t.deepEqual(states(), [['answering', 2]]);
  now += 10 * 60_000;
  t.deepEqual(states(), [['paused', 2]]);
  begin(2);
  store.finish(id(1));
  t.deepEqual(states(), [
    ['finished', 2],
    ['answering', 0],
  ]);
  now += 49 * 3_600_000;
  const found = studyProgress(folder, study, now);
  t.deepEqual(
    { ...found, sessions: found.sessions.length },
    {
      study: 'small',
      version: 1,
      planned: 4,
      begun: 2,
      finished: 1,
      answering: 0,
      paused: 0,
      expired: 1,
      answers: 2,
      formsOut: 0,
      withdrawals: 0,
      sessions: 2,
    },
  );
  const lines = statusLines(found, palette(false), now);
  t.is(
    lines[0],
    'small (version 1): 1 of 4 planned raters finished, 0 answering, 0 paused, 1 expired; 2 answers',
  );
  t.regex(lines[3]!, /^[0-9a-f]{8} +finished +2 of \d+ +\d+ % +2 d 1 h ago +2 d 1 h ago$/);
  t.false(lines.join().includes(one.id), 'not the whole id');
});

test('watching: one line for every change where there is no terminal, in place where there is', async (t) => {
  const { folder, study } = await studyFolder(await temporaryFolder(t), { minutes: 12 });
  const empty = studyProgress(folder, study);
  const states = [empty, empty, { ...empty, begun: 1, answering: 1 }, { ...empty, begun: 1, finished: 1 }];
  const watch = async (options: { json: boolean; isTTY: boolean }) => {
    const written: string[] = [];
    const stop = new AbortController();
    let at = 0;
    await watchStatus(
      () => states[at]!,
      { isTTY: options.isTTY, write: (text) => written.push(text) },
      {
        json: options.json,
        signal: stop.signal,
        wait: async () => {
          if (++at === states.length) stop.abort();
        },
      },
    );
    return written;
  };
  const plain = await watch({ json: false, isTTY: false });
  t.is(plain.length, 3, 'what has not changed is not said again');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  for (const line of plain) t.notRegex(line, /\u001b/);
  t.regex(plain[2]!, /^small \(version 1\): 1 of \d+ planned raters finished, .*\n$/);
  const json = await watch({ json: true, isTTY: true });
  t.deepEqual(
    json.map((line) => (JSON.parse(line) as { finished: number }).finished),
    [0, 0, 1],
  );
  const terminal = await watch({ json: false, isTTY: true });
  t.is(terminal.length, 4);
  t.true(terminal[0]!.startsWith('\u001b[2J\u001b[H') && terminal[1]!.startsWith('\u001b[H'));
});
