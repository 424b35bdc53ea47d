/** The page of a running sweep as a server: what it tells, and what it does not. */
import { appendFile, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { serveLive } from '../../../reports/live/server.ts';
import type { LiveState } from '../../../reports/live/state.ts';
import { TraceTail } from '../../../reports/live/trace-tail.ts';
import { storedReport } from '../../../reports/stored.ts';
import type { RunningServer } from '../../../src/platform/web.ts';
import { diskFiles } from '../../../src/runs/files.ts';
import { identifyWork } from '../../../src/runs/identity.ts';
import { writePlan } from '../../../src/runs/plan-files.ts';
import { runExperiment } from '../../../src/runs/run.ts';
import {
  execute,
  fakeModule,
  fakePlan,
  filesBelow,
  plannedFolder,
  temporaryFolder,
} from '../../runs/support.ts';
import { ask } from '../../study/server/_client.ts';

async function served(t: ExecutionContext, folder: string): Promise<RunningServer> {
  const server = await serveLive({ folder, port: 0, onDefect: (error) => t.fail(String(error)) });
  t.teardown(() => server.close());
  return server;
}

/** What the page is told once it holds. */
async function told(url: string, holds: (state: LiveState) => boolean = () => true): Promise<LiveState> {
  for (;;) {
    const { json } = await ask(url, 'GET', '/state');
    const { state } = json as { state: LiveState };
    if (holds(state)) return state;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('it waits for an experiment, follows it, and names what failed with the command that does it again', async (t) => {
  const base = await temporaryFolder(t);
  const folder = join(base, 'runs', 'fake');
  const { url } = await served(t, folder);
  const nothing = await told(url);
  t.regex(nothing.problem!, /^There is no experiment in ".*fake" yet\. This page begins when/);
  const plan = await fakePlan(base, [{}, { variant: 'throws' }, { variant: 'diverges' }, {}]);
  const { trials } = await identifyWork(plan.trials);
  const declaration = { question: { text: 'Which is best?' } };
  await writePlan(diskFiles(), folder, { name: 'fake', trainings: [], trials, declaration });
  const planned = await told(url, ({ map }) => map !== '');
  t.is(planned.map, 'wwww');
  t.is(planned.question, 'Which is best?');
  t.is(planned.problem, undefined);
  for (const trial of trials.slice(0, 3)) await execute(folder, trial);
  const state = await told(url, ({ map }) => map === 'cxdw');
  t.deepEqual(state.trials, { waiting: 1, running: 0, complete: 1, diverged: 1, pruned: 0, failed: 1 });
  t.like(state.failures[0], {
    label: 'trial 2',
    message: 'the layer "conv9_9" is not there.',
    command: `neckar retry fake ${trials[1]!.id}`,
  });
  t.regex(state.failures[0]!.log, /failed at evaluation 5/);
  t.deepEqual(
    state.finished.map(({ label, state: ended }) => [label, ended]),
    [
      ['trial 3', 'diverged'],
      ['trial 1', 'complete'],
    ],
  );
  t.like(state.machines, { 0: { trials: 2 }, length: 1 });
  const picture = await ask(url, 'GET', `/${state.finished[0]!.picture!.url}`);
  t.is(picture.status, 200);
  t.is(picture.headers['content-type'], 'image/png');
  t.true(picture.text.startsWith('\x89PNG'));
  const log = await ask(url, 'GET', `/${state.failures[0]!.url}`);
  t.is(log.headers['content-type'], 'text/plain; charset=utf-8');
  t.regex(log.text, /conv9_9/);
  // Done once more, it is among the finished; removed, it waits.
  await rm(join(folder, 'trials', trials[0]!.id), { recursive: true });
  await told(url, ({ map }) => map === 'wxdw');
});

test('what runs is told with its losses, its pictures and its memory; a process elsewhere that went silent is not forgotten', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{ variant: 'slow-40', evaluations: 60 }, {}]);
  const { url } = await served(t, folder);
  const running = runExperiment(await fakePlan(base, [{ variant: 'slow-40', evaluations: 60 }, {}]), {
    runs: join(base, 'runs'),
    performModule: fakeModule,
    neighbors: join(base, 'n'),
  });
  const seen = await told(url, ({ running: [one] }) => (one?.curves[0]?.points.length ?? 0) > 5);
  const [one] = seen.running;
  t.like(one, { kind: 'trial', label: 'trial 1', of: 60, id: trials[0]!.id });
  t.true(one!.memory! > 1e7);
  t.true(one!.pace! > 1 && one!.pace! <= 70, 'the fake says that an evaluation takes 1/64 s');
  t.true(
    seen.etaSeconds! > 60 / one!.pace!,
    'the one to come, of which nothing is known, is taken to be as long',
  );
  t.is(seen.map, 'rw');
  t.true(one!.pictures.some(({ at }) => at === 5));
  t.deepEqual(
    one!.curves.map(({ name }) => name),
    ['total'],
  );
  // A report of a sweep that still runs says so.
  const { notes = [] } = await storedReport(folder);
  t.regex(notes[0]!, /^Written while the sweep was running: 0 of 2 trials were finished and one ran\./);
  await running;
  await told(url, ({ map }) => map === 'cc');
  t.is((await storedReport(folder)).notes, undefined);
});

test('only what the store holds is given, and only to be looked at', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}]);
  await execute(folder, trials[0]!);
  await writeFile(join(base, 'secret.png'), 'secret');
  const attempt = join(folder, 'trials', trials[0]!.id, 'attempts', '1');
  await symlink(join(base, 'secret.png'), join(attempt, 'images', 'link.png'));
  await symlink(base, join(folder, 'trials', '0123456789abcdef'));
  await mkdir(join(base, 'attempts', '1', 'images'), { recursive: true });
  await writeFile(join(base, 'attempts', '1', 'images', 'final.png'), 'secret');
  const before = await filesBelow(base);
  const { url } = await served(t, folder);
  const id = trials[0]!.id;
  const refused = [
    '/../../../etc/passwd',
    '/picture/../../../../etc/passwd',
    `/picture/trials/${id}/1/../../../../experiment.json`,
    `/picture/trials/${id}/1/%2e%2e%2flog.txt`,
    `/picture/trials/${id}/1/link.png`,
    '/picture/trials/0123456789abcdef/1/final.png',
    `/picture/trials/${id}/1/`,
    `/picture/trials/${id}/99999999999/final.png`,
    `/picture/rungs/${id}/1/final.png`,
    `/log/trials/${id}/1/final.png`,
    `/log/trials/${id}/../1`,
    '/experiment.json',
    '/__proto__',
    '/state/',
    `/${'a'.repeat(8000)}`,
  ];
  for (const target of refused) {
    const { status, text } = await ask(url, 'GET', target);
    t.is(status, 404, target);
    t.false(text.includes('secret') || text.includes('root:'), target);
  }
  t.is((await ask(url, 'GET', `/picture/trials/${id}/1/final.png`)).status, 200);
  t.is((await ask(url, 'GET', `/${'a'.repeat(40_000)}`)).status, 431);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    t.is((await ask(url, method, '/state')).status, 405, method);
  }
  const head = await ask(url, 'HEAD', '/');
  t.is(head.text, '');
  // A name elsewhere that leads to this machine reads nothing.
  for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '192.168.1.7']) {
    t.is((await ask(url, 'GET', '/state', { headers: { Host: host } })).status, 403, host);
  }
  for (const host of ['localhost', 'localhost:8090', '127.0.0.1', '[::1]:8090']) {
    t.is((await ask(url, 'GET', '/state', { headers: { Host: host } })).status, 200, host);
  }
  const page = await ask(url, 'GET', '/');
  t.regex(String(page.headers['content-security-policy']), /default-src 'none'; script-src 'self'/);
  t.is(page.headers['x-content-type-options'], 'nosniff');
  t.true(url.startsWith('http://127.0.0.1:'), 'nothing but this machine is listened to unless asked');
  t.deepEqual([...(await filesBelow(base))].sort(), [...before].sort(), 'nothing was written');
});

test('a damaged plan, a newer store and a torn trace are said or passed over', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}, {}]);
  const { url } = await served(t, folder);
  await told(url, ({ map }) => map === 'ww');
  await writeFile(join(folder, 'plan.jsonl'), '{"id":');
  const damaged = await told(url, ({ problem }) => problem !== undefined);
  t.regex(damaged.problem!, /plan\.jsonl" is damaged/);
  t.is(damaged.map, 'ww', 'what was known is still shown');
  const experiment = JSON.stringify({ storeVersion: 999, name: 'fake' });
  await writeFile(join(folder, 'experiment.json'), experiment);
  const newer = await told(url, ({ problem }) => /newer Neckar/.test(problem ?? ''));
  t.regex(newer.problem!, /Update Neckar/);

  const trace = join(base, 'trace.jsonl');
  const record = (evaluation: number) =>
    JSON.stringify({ evaluation, seconds: evaluation / 4, total: 1 / evaluation, terms: {} });
  await writeFile(trace, `${record(1)}\nnot json\n[]\n${record(2)}\n${record(3).slice(0, 20)}`);
  const tail = new TraceTail(trace);
  await tail.read();
  t.is(tail.at, 2);
  await appendFile(trace, `${record(3).slice(20)}\n`);
  await tail.read();
  t.is(tail.at, 3);
  t.is(tail.pace, 4);
  await writeFile(trace, `${record(1)}\n`);
  await tail.read();
  t.is(tail.at, 1, 'begun anew');
  for (let evaluation = 2; evaluation <= 5000; evaluation++) await tailed(trace, record(evaluation));
  await tail.read();
  const { points } = tail.curves[0]!;
  t.true(points.length >= 60 && points.length <= 121, `${points.length} points`);
  t.deepEqual(points[0], [1, 1]);
  t.is(points.at(-1)![0], 5000);
  t.deepEqual(
    points.map(([at, value]) => value === Number((1 / at).toPrecision(5))),
    points.map(() => true),
  );
  t.is((await readdir(join(folder, 'trials'))).length, 0);
  t.is(trials.length, 2);
});

let buffered = '';
async function tailed(trace: string, line: string): Promise<void> {
  buffered += `${line}\n`;
  if (buffered.length < 50_000 && !line.includes('"evaluation":5000,')) return;
  await appendFile(trace, buffered);
  buffered = '';
}

test('two hundred watchers at once are told the same, with one look for all', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(
    base,
    Array.from({ length: 30 }, () => ({})),
  );
  for (const trial of trials.slice(0, 10)) await execute(folder, trial);
  const { url } = await served(t, folder);
  const watch = () =>
    new Promise<string>((resolve, reject) => {
      get(`${url}state`, { agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(text));
        response.on('error', reject);
      }).on('error', reject);
    });
  const answers = await Promise.all(Array.from({ length: 200 }, watch));
  t.is(answers.length, 200);
  t.true(answers.every((text) => JSON.parse(text).state.trials.complete === 10));
  t.is(new Set(answers).size, 1);
  const { version } = JSON.parse(answers[0]!);
  t.is((await ask(url, 'GET', `/state?after=${version}`)).status, 204, 'nothing new');
  t.is((await ask(url, 'GET', '/state?after=0000000000000000')).status, 200);
});
