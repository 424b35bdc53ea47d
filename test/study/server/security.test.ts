import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withdrawalCode } from '../../../src/study/storage/codes.ts';
import { methodNames } from '../_study.ts';
import { answerTo, ask, id, served } from './_client.ts';

test('no method name in anything a rater is sent: pages, headers, sessions, pictures', async (t) => {
  const { url, start, study } = await served(t);
  const session = await start(id(1));
  const all = [session];
  for (const target of ['/', '/form.js', '/form.css', '/api/study', '/api/session']) {
    all.push(await ask(url, 'GET', target, { token: id(1) }));
  }
  const hashes = new Set<string>(
    session.json.trials.flatMap((trial: { pictures: Record<string, { hash: string }> }) =>
      Object.values(trial.pictures).map(({ hash }) => hash),
    ),
  );
  for (const hash of hashes) all.push(await ask(url, 'GET', `/stimuli/${hash}`, { token: id(1) }));
  const forbidden = [...methodNames, 'trial-0', 'repeat', 'anchor', study.seed, 'expected'].map(String);
  for (const { status, headers, text } of all) {
    t.is(status, 200);
    const said = JSON.stringify(headers) + text.replace(/Some pictures came twice|aria-[a-z]+/g, '');
    for (const name of methodNames) t.false(said.includes(name), name);
  }
  for (const word of forbidden) t.false(JSON.stringify(session.json).includes(`"${word}"`), word);
  t.true(String(all[1]!.headers['content-security-policy']).includes("default-src 'none'"));
  t.is(all[1]!.headers['x-powered-by'], undefined);
  t.is(all[1]!.headers.server, undefined);
});

test('paths that lead elsewhere lead nowhere', async (t) => {
  const { url, start } = await served(t);
  await start(id(1));
  for (const target of [
    '/stimuli/../manifest.json',
    '/stimuli/..%2fmanifest.json',
    '/stimuli/%2e%2e/answers.db',
    '/../../../etc/passwd',
    '/stimuli//etc/passwd',
    `/stimuli/${'0'.repeat(64)}`,
    '/manifest.json',
    '/answers.db',
    '/__proto__',
    '/constructor',
    '/stimuli/',
    'http://elsewhere/manifest.json',
  ]) {
    const { status, text } = await ask(url, 'GET', target, { token: id(1) });
    t.is(status, 404, target);
    t.false(text.includes('manifestVersion'));
  }
});

test('a wrong access code begins nothing, and guessing is slowed down', async (t) => {
  const { start, store } = await served(t, { accessCode: 'tulip' });
  t.is((await start(id(1), { accessCode: 'rose' })).json.error, 'wrong-code');
  t.is((await start(id(1))).status, 403);
  t.is((await start(id(1), { accessCode: ' tulip ' })).status, 200);
  let refused = 0;
  for (let n = 0; n < 40; n++) {
    if ((await start(id(2), { accessCode: `guess${n}` })).status === 429) refused++;
  }
  t.true(refused >= 15, `${refused}`);
  t.is(store.raters().length, 1);
});

test('another rater’s session, or none, is of no use', async (t) => {
  const { url, start, send, store } = await served(t);
  const one = (await start(id(1))).json;
  await start(id(2));
  const own = answerTo(one.trials, 1, 500);
  t.true((await send(id(1), [own])).json.outcomes[0].saved);
  // The same answer under another's token is neither theirs nor changes the first.
  const theirs = await send(id(2), [own]);
  t.false(theirs.json.outcomes[0].saved);
  for (const token of [id(3), 'x', `${id(1)}0`, id(1).toUpperCase().replace('1', 'A')]) {
    t.is((await ask(url, 'GET', '/api/session', { token })).status, 401, token);
    t.is((await send(token, [own])).status, 401);
  }
  const hash = one.trials[0].pictures.content.hash;
  t.is((await ask(url, 'GET', `/stimuli/${hash}`)).status, 401);
  t.is(store.answers().length, 1);
});

test('duplicate, reordered and forged answers', async (t) => {
  const { start, send, store } = await served(t);
  const { trials } = (await start(id(1))).json;
  const first = answerTo(trials, 1, 10);
  const second = answerTo(trials, 1, 11, { revision: 1, choice: 'right' });
  await send(id(1), [second]);
  await send(id(1), [first]);
  await send(id(1), [first, second, first]);
  t.deepEqual(
    store.answers().map(({ choice, revision }) => [choice, revision]),
    [['right', 1]],
  );
  for (const forged of [
    { ...first, id: id(12), trial: 4000 },
    { ...first, id: '1; DROP TABLE answers' },
    { ...first, id: id(13), choice: '<script>alert(1)</script>' },
    { ...first, id: id(14), question: 'preference', rater: 'someone' },
    { ...first, id: id(15), milliseconds: -1 },
    { ...first, id: id(16), trial: 1.5 },
    null,
  ]) {
    t.is((await send(id(1), [forged])).status, 400);
  }
  const misfit = await send(id(1), [{ ...first, id: id(17), trial: 1000 }]);
  t.is(misfit.json.outcomes[0].why, 'there is no such trial in this session');
  t.is(store.answers().length, 1);
});

test('scripts and strangers in any field of the beginning are refused', async (t) => {
  const { start, store, study } = await served(t);
  const script = '<img src=x onerror=alert(1)>';
  for (const changes of [
    { language: script },
    { consent: false },
    { token: script },
    { background: { age: script } },
    { conditions: undefined },
    { name: 'Erika Mustermann' },
    { background: { ...{}, age: '30-44', email: 'a@b.c' } },
  ]) {
    t.is((await start(id(1), changes)).status, 400, JSON.stringify(changes));
  }
  t.is(
    (await start(id(1), { study: study.hash.replace(/^./, 'f').replace(/.$/, '0') })).json.error,
    'other-study',
  );
  t.is(store.raters().length, 0);
});

test('an old form posted to a newer study is told so, and loses nothing', async (t) => {
  const { start, send, store } = await served(t);
  const { trials } = (await start(id(1))).json;
  const { status, json } = await send(id(1), [answerTo(trials, 1, 1)], { study: 'a'.repeat(64) });
  t.is(status, 409);
  t.deepEqual(json, {
    error: 'other-study',
    message: 'This form belongs to another version of the study. Reload the page.',
  });
  t.is(store.answers().length, 0);
});

test('a session cannot be resumed for ever; what comes late is kept and marked', async (t) => {
  let now = Date.now();
  const { url, start, send, store, study } = await served(t, { store: { now: () => now } });
  const { trials } = (await start(id(1))).json;
  await send(id(1), [answerTo(trials, 1, 1)]);
  now += study.resumeHours * 3_600_000 - 1000;
  t.is((await ask(url, 'GET', '/api/session', { token: id(1) })).json.answers.length, 1);
  now += 2000;
  const { status, json } = await ask(url, 'GET', '/api/session', { token: id(1) });
  t.deepEqual([status, json.error], [410, 'expired']);
  t.true((await send(id(1), [answerTo(trials, 2, 2)])).json.outcomes[0].saved);
  t.deepEqual(
    store.answers().map(({ late }) => late),
    [false, true],
  );
});

test('oversized, mistyped and half-understood bodies', async (t) => {
  const { url, start } = await served(t);
  await start(id(1));
  const token = id(1);
  const big = JSON.stringify({ study: 'x'.repeat(200_000) });
  t.is((await ask(url, 'POST', '/api/answers', { token, raw: big })).status, 413);
  t.is((await ask(url, 'POST', '/api/answers', { token, raw: '{"answers":[' })).status, 400);
  t.is((await ask(url, 'POST', '/api/answers', { token, raw: '[]' })).status, 400);
  t.is(
    (await ask(url, 'POST', '/api/answers', { token, raw: '{}', headers: { 'Content-Type': 'text/plain' } }))
      .status,
    415,
  );
  t.is((await ask(url, 'DELETE', '/api/answers', { token })).status, 405);
  t.is((await ask(url, 'GET', '/api/answers', { token })).status, 405);
});

test('a body that claims to be small and goes on is cut off', async (t) => {
  const { url, start } = await served(t);
  await start(id(1));
  const raw = 'x'.repeat(400_000);
  const outcome = await ask(url, 'POST', '/api/answers', {
    token: id(1),
    raw,
    headers: { 'Transfer-Encoding': 'chunked' },
  }).catch((error: NodeJS.ErrnoException) => error.code);
  t.true(outcome === 'ECONNRESET' || outcome === 'EPIPE' || (outcome as { status: number }).status === 413);
});

test('a full disk: 507, the form keeps its answers, and what was acknowledged is there', async (t) => {
  const { start, send, store } = await served(t, { store: { maximumPages: 30 } });
  const { trials } = (await start(id(1))).json;
  let acknowledged = 0;
  let last = 200;
  for (let round = 0; round < 40 && last === 200; round++) {
    const batch = Array.from({ length: 25 }, (_, i) =>
      answerTo(trials, 1, 25 * round + i, { revision: 25 * round + i }),
    );
    last = (await send(id(1), batch)).status;
    if (last === 200) acknowledged += batch.length;
  }
  t.is(last, 507);
  t.is(store.answers()[0]!.revision, acknowledged - 1);
});

test('withdrawal by code, guesses slowed down', async (t) => {
  const { url, start, send, store } = await served(t);
  const { trials } = (await start(id(1))).json;
  await send(id(1), [answerTo(trials, 1, 1)]);
  t.is((await ask(url, 'POST', '/api/withdraw', { body: { code: 'wrong' } })).json.error, 'unknown-code');
  t.is((await ask(url, 'POST', '/api/withdraw', { body: { code: withdrawalCode(id(1)) } })).status, 200);
  t.is(store.raters().length + store.answers().length, 0);
  t.is((await send(id(1), [answerTo(trials, 1, 2)])).status, 401);
  const statuses = new Set<number>();
  for (let n = 0; n < 30; n++) {
    statuses.add((await ask(url, 'POST', '/api/withdraw', { body: { code: `guess${n}` } })).status);
  }
  t.true(statuses.has(429));
});

test('the study’s folder holds nothing that names a rater’s address', async (t) => {
  const { start, send, folder, store } = await served(t);
  const { trials } = (await start(id(1))).json;
  await send(id(1), [answerTo(trials, 1, 1)]);
  t.deepEqual((await readdir(folder)).filter((name) => !name.startsWith('answers.db')).sort(), [
    'manifest.json',
    'stimuli',
  ]);
  const { id: rater, ...facts } = store.raters()[0]!;
  t.regex(rater, /^[0-9a-f]{32}$/);
  t.notRegex(JSON.stringify(facts), /127\.0\.0\.1|::1/);
  t.true(join(folder).length > 0);
});

test('a port that is taken is one sentence', async (t) => {
  const { url, store, folder } = await served(t);
  const { serveStudy } = await import('../../../src/study/server/server.ts');
  await t.throwsAsync(
    serveStudy({
      folder,
      store,
      assets: { page: '', script: '', style: '' },
      port: Number(new URL(url).port),
    }),
    { name: 'NeckarError', message: /port \d+ is taken by another program\. Choose another with --port/ },
  );
});
