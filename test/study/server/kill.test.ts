import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { bin } from '../../_bin.ts';
import { background, conditions, studyFolder, temporaryFolder } from '../_study.ts';
import { answerTo, ask, id } from './_client.ts';

/** The command line's server in a process of its own. */
async function serving(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [bin, 'study', 'serve', folder, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout!.on('data', (chunk) => {
      said += chunk;
      const found = / at (http:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { child, url };
}

test('killed while raters answer: what was acknowledged is there, the rest is sent again', async (t) => {
  const { folder, study } = await studyFolder(await temporaryFolder(t), { minutes: 25 });
  let { child, url } = await serving(folder);
  t.teardown(() => child.kill('SIGKILL'));
  const raters = Array.from({ length: 12 }, (_, n) => id(n + 1));
  const acknowledged = new Set<string>();
  const given = new Map<string, { rater: string }>();
  let stopped = false;

  const rate = async (token: string, n: number) => {
    const post = async (target: string, body: object) => {
      // As the form does: again and again until there is an answer.
      for (;;) {
        try {
          const response = await ask(url, 'POST', target, { token, body: { study: study.hash, ...body } });
          if (response.status === 200) return response.json;
        } catch {
          // The server is gone for the moment.
        }
        await sleep(50);
      }
    };
    const { trials } = await post('/api/start', {
      token,
      consent: true,
      language: 'en',
      background,
      conditions,
    });
    for (let trial = 0; trial < trials.length; trial++) {
      const answer = answerTo(trials, trial, 10_000 * (n + 1) + trial);
      given.set(answer.id, { rater: token });
      const { outcomes } = await post('/api/answers', { answers: [answer] });
      if (outcomes[0].saved) acknowledged.add(answer.id);
      await sleep(15);
    }
  };
  const all = Promise.all(raters.map(rate)).then(() => {
    stopped = true;
  });
  for (let kills = 0; kills < 2 && !stopped; kills++) {
    while (acknowledged.size < 40 * (kills + 1)) await sleep(10);
    const before = new Set(acknowledged);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    // Nothing runs now: the file itself must hold what was acknowledged before.
    const store = new StudyStore(folder, study);
    const kept = new Set(store.answers().map((answer) => answer.id));
    store.close();
    for (const answer of before) t.true(kept.has(answer), answer);
    ({ child, url } = await serving(folder));
  }
  await all;
  child.kill('SIGKILL');
  const store = new StudyStore(folder, study);
  const kept = store.answers().map((answer) => answer.id);
  t.deepEqual(kept.sort(), [...given.keys()].sort());
  t.is(store.raters().length, raters.length);
  store.close();
});
