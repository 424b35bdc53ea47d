/** Several machines at one run store. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { createRandom } from '../../src/random.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { identifyWork } from '../../src/runs/identity.ts';
import { writePlan } from '../../src/runs/plan-files.ts';
import { runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { takePart } from '../../src/runs/take-part.ts';
import { type Child, child } from './_child.ts';
import { fakeModule, fakePlan, outcomeOf, plannedFolder, temporaryFolder } from './support.ts';

const otherMachine = new URL('./other-machine.mjs', import.meta.url).href;

test.serial(
  'three machines whose clocks differ by minutes, killed at random: each trial is done once, with the same bytes',
  async (t) => {
    const base = await temporaryFolder(t);
    const trials = Array.from({ length: 18 }, () => ({ variant: 'slow-15', evaluations: 16 }));
    const { folder, trials: planned } = await plannedFolder(base, trials);
    const journal = join(base, 'journal.txt');
    const seed = Date.now() % 1e6;
    t.log(`seed ${seed}`);
    const random = createRandom(seed);
    const machine = (host: string, minutes: number): Child =>
      child(
        t,
        {
          task: 'work',
          name: 'fake',
          options: {
            runs: join(base, 'runs'),
            performModule: fakeModule,
            neighbors: join(base, `neighbours-${host}`),
            leaseSeconds: 4,
          },
        },
        {
          NODE_OPTIONS: `--import=${otherMachine}`,
          NECKAR_TEST_HOST: host,
          NECKAR_TEST_CLOCK: String(minutes * 60_000),
          NECKAR_TEST_JOURNAL: journal,
        },
      );
    const machines = [machine('fast', 11), machine('right', 0), machine('slow', -7)];
    // One is gone for good, with its lease: the others know that only by its silence. One comes back, one goes on.
    const [gone, back] = machines as [Child, Child, Child];
    await Promise.all(
      [gone, back].map(async (one) => {
        await one.heard('progress', 1 + Math.floor(8 * random.uniform()));
        process.kill(-one.process.pid!, 'SIGKILL');
        await one.ended;
      }),
    );
    machines.push(machine('right', 0));
    const left = machines.slice(2);
    for (const { ended, lines } of left) {
      t.is((await ended).code, 0, JSON.stringify(lines.at(-1)));
      t.like(lines.at(-1), { total: 18, open: 0, failures: [] });
    }
    const { counts, trials: found } = await status(folder, { verify: 'hashes' });
    t.is(counts.complete, 18);
    const told = machines.flatMap(({ lines }) =>
      lines.flatMap((line) =>
        line.type === 'finished' && line.seconds !== undefined ? [(line.work as { id: string }).id] : [],
      ),
    );
    t.is(new Set(told).size, told.length, 'none was finished by two');
    const begun = (await readFile(journal, 'utf8')).trim().split('\n').length;
    t.true(begun <= 18 + 2, `${begun} beginnings of 18 trials, two of which were killed at`);
    const hosts = new Set(found.map(({ result }) => result!.identity.host));
    t.true(hosts.size > 1 && [...hosts].every((host) => ['fast', 'right', 'slow'].includes(host)));

    const alone = join(base, 'alone');
    await runExperiment(await fakePlan(base, trials), {
      runs: alone,
      performModule: fakeModule,
      neighbors: join(base, 'neighbours'),
      jobs: 2,
    });
    for (const { id } of planned) {
      const [own, reference] = [await outcomeOf(folder, id), await outcomeOf(join(alone, 'fake'), id)];
      // Who did it, and the order of its settings' keys, may differ.
      for (const outcome of [own, reference]) delete outcome['result.json'];
      t.deepEqual(own, reference);
    }
  },
);

test('what failed stays failed and is told; what others add to the plan is done as well', async (t) => {
  const base = await temporaryFolder(t);
  const trials = [{}, { variant: 'throws' }];
  const { folder } = await plannedFolder(base, trials);
  const options = {
    runs: join(base, 'runs'),
    performModule: fakeModule,
    neighbors: join(base, 'neighbours'),
  };
  const first = await takePart('fake', options);
  t.like(first, { exitCode: 1, total: 2, before: 0, finished: 1, open: 0 });
  t.regex(first.sentence, /1 failed.*"neckar retry fake" tries those that failed once more\.$/);
  let begun = 0;
  const second = await takePart('fake', {
    ...options,
    onEvent: ({ type }) => {
      if (type === 'started') begun++;
    },
  });
  t.like(second, { exitCode: 1, total: 2, before: 1, finished: 0 });
  t.is(begun, 0);

  // While a third trial is done a fourth is planned by somebody else.
  const plan = async (count: number) => {
    const more = await fakePlan(base, [...trials, ...Array.from({ length: count }, () => ({}))]);
    await writePlan(diskFiles(), folder, { name: 'fake', ...(await identifyWork(more.trials)) });
  };
  await plan(1);
  let planning: Promise<void> | undefined;
  const third = await takePart('fake', {
    ...options,
    files: {
      ...diskFiles(),
      // The plan is read when a round begins.
      read: async (path) => {
        if (begun > 0) await planning;
        return diskFiles().read(path);
      },
    },
    onEvent: ({ type }) => {
      if (type !== 'started') return;
      begun++;
      planning ??= plan(2);
    },
  });
  t.is(begun, 2);
  t.like(third, { exitCode: 1, total: 4, before: 1, finished: 2, open: 0 });
});

test('a picture that is another here, or missing, is refused before anything is begun', async (t) => {
  const base = await temporaryFolder(t);
  const { folder } = await plannedFolder(base, [{}]);
  const options = { runs: join(base, 'runs'), performModule: fakeModule };
  const picture = join(base, 'content.png');
  await writeFile(picture, 'another');
  await t.throwsAsync(takePart('fake', options), {
    message: /^"trial 1" \([0-9a-f]{16}\) is not what was planned on this machine \(.+\): .*content/,
  });
  await rm(picture);
  await t.throwsAsync(takePart('fake', options), {
    message:
      /^On this machine \(.+\): The content image ".*" does not exist\. .*Every machine must find .* under the same paths\.$/,
  });
  t.is((await status(folder)).trials[0]!.attempt, 0);
  await t.throwsAsync(takePart('elsewhere', options), { message: /^There are no runs in/ });
});
