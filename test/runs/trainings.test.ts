/** Trainings, the second kind of work: planned, run, resumed, failed and removed as trials are, and before those that need them. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { trainingOf } from '../../src/experiment/training-identity.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { identifyWork } from '../../src/runs/identity.ts';
import type { RunEvent } from '../../src/runs/launcher.ts';
import { claim, release } from '../../src/runs/lease.ts';
import { thisProcess } from '../../src/runs/owner.ts';
import { previewRun } from '../../src/runs/preview.ts';
import { diff, findWork, removeWork, retry, show } from '../../src/runs/queries.ts';
import { type ExperimentPlan, type RunOptions, runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { createWork, readPlan } from '../../src/runs/store.ts';
import { workFolder } from '../../src/runs/work.ts';
import { fakeConfig } from './fake-trial.ts';
import {
  execute,
  fakeModule,
  fakePlan,
  mortal,
  outcomeOf,
  plannedFolder,
  temporaryFolder,
} from './support.ts';

type Trial = Parameters<typeof fakeConfig>[1];

async function setting(
  t: ExecutionContext,
  trials: readonly Trial[],
): Promise<{ plan: ExperimentPlan; options: RunOptions; events: RunEvent[]; folder: string; base: string }> {
  const base = await temporaryFolder(t);
  const events: RunEvent[] = [];
  return {
    plan: await fakePlan(base, trials),
    options: {
      runs: join(base, 'runs'),
      performModule: fakeModule,
      neighbors: join(base, 'neighbours'),
      onEvent: (event) => events.push(event),
    },
    events,
    folder: join(base, 'runs', 'fake'),
    base,
  };
}

const told = (events: readonly RunEvent[]) =>
  events.flatMap((event) =>
    event.type === 'started' || event.type === 'finished' || event.type === 'failed'
      ? [`${event.type} ${event.work.label}`]
      : [],
  );

test('a training is known by its settings and by the bytes of its files, not by their paths', async (t) => {
  const base = await temporaryFolder(t);
  await mkdir(join(base, 'copies'));
  const files = { a: 'one', b: 'two', 'copies/a': 'one', weights: 'w' };
  for (const [name, text] of Object.entries(files)) await writeFile(join(base, name), text);
  const [a, b, copy] = ['a', 'b', 'copies/a'].map((name) => join(base, name)) as [string, string, string];
  const idOf = async (training: NonNullable<Trial>['training']): Promise<string> => {
    const config = fakeConfig(a, { training: { pictures: [a, b], styles: [a], ...training } });
    const { trainings, trials } = await identifyWork([{ label: 'one', config }]);
    t.deepEqual(trials[0]!.needs, [trainings[0]!.id]);
    t.is(trials[0]!.inputs.training, trainings[0]!.id);
    return `${trainings[0]!.id} ${trials[0]!.id}`;
  };
  const known = await idOf({});
  t.is(await idOf({ pictures: [copy, b] }), known, 'a copy of a picture');
  t.is(await idOf({ engine: { name: 'onnx', threads: 7 } }), known, 'threads');
  const others = {
    order: await idOf({ pictures: [b, a] }),
    fewer: await idOf({ pictures: [a] }),
    style: await idOf({ styles: [b] }),
    steps: await idOf({ steps: 13 }),
    seed: await idOf({ seed: 2 }),
    from: await idOf({ from: join(base, 'weights') }),
    missing: await idOf({ pictures: [a, join(base, 'gone')] }),
  };
  const all = [known, ...Object.values(others)];
  // Each of them makes another training and another trial.
  t.is(new Set(all.map((ids) => ids.split(' ')[0])).size, all.length);
  t.is(new Set(all.map((ids) => ids.split(' ')[1])).size, all.length);
  await writeFile(join(base, 'weights'), 'v');
  t.not(await idOf({ from: join(base, 'weights') }), others.from, 'the bytes of the weights');
  await t.throwsAsync(idOf({ styles: [join(base, 'gone')] }), {
    message: /style image ".*gone" does not exist/,
  });
});

test.serial(
  'two trials that need one training have it once, before them, also where two runs go at once',
  async (t) => {
    const { plan, options, events, folder, base } = await setting(t, [
      {},
      { training: {} },
      { training: {} },
      { training: { seed: 5 } },
    ]);
    // Every worker that starts meanwhile writes into it: no other test may run.
    const journal = join(base, 'journal.txt');
    process.env.NECKAR_TEST_JOURNAL = journal;
    t.teardown(() => {
      delete process.env.NECKAR_TEST_JOURNAL;
    });
    const [first, second] = await Promise.all([
      runExperiment(plan, { ...options, jobs: 2 }),
      runExperiment(plan, { ...options, onEvent: () => {} }),
    ]);
    for (const summary of [first, second]) {
      t.like(summary, { total: 4, open: 0, exitCode: 0, trainings: { total: 2, open: 0 } });
      t.regex(summary!.sentence, /^4 of 4 trials are finished, 2 of 2 trainings done \(/);
    }
    const begun = (await readFile(journal, 'utf8')).trim().split('\n');
    t.is(begun.filter((line) => line.startsWith('training 1 ')).length, 1);
    t.is(begun.filter((line) => line.startsWith('training 5 ')).length, 1);
    t.is(begun.length, 6);
    const [planned] = events.filter((event) => event.type === 'planned');
    t.like(planned, { total: 4, open: 4, trainings: { total: 2, done: 0, open: 2 } });
    const last = events.findLast((event) => event.type === 'overall');
    t.like(last, { done: 4, trainings: { done: 2, failed: 0, total: 2 }, etaSeconds: 0 });

    const found = await status(folder);
    t.deepEqual(
      found.trainings.map(({ label, state, neededBy }) => [label, state, neededBy.length]),
      [
        ['training of plain', 'complete', 2],
        ['training of plain seed=4', 'complete', 1],
      ],
    );
    t.like(found.counts, { complete: 4 });
    const lines = (await readFile(join(folder, 'plan.jsonl'), 'utf8')).trim().split('\n');
    t.deepEqual(
      lines.map((line) => JSON.parse(line).kind),
      ['training', 'training', undefined, undefined, undefined, undefined],
    );
    const [training] = found.trainings;
    const { result } = training!;
    t.like(result, { state: 'complete', weights: { path: 'weights.safetensors', parameters: 64 } });
    t.deepEqual(Object.keys(result!.artefacts), [
      'trace.jsonl',
      'images/sample-6.png',
      'weights.safetensors',
    ]);
    t.deepEqual(await readdir(join(training!.folder, 'attempts', String(result!.attempt))), [
      'images',
      'log.txt',
      'trace.jsonl',
      'weights.safetensors',
    ]);
    t.deepEqual(
      found.trials.map((trial) => trial.result!.inputs.training),
      [undefined, ...[0, 0, 1].map((i) => found.trainings[i]!.id)],
    );

    events.length = 0;
    t.like(await runExperiment(plan, options), {
      before: 4,
      finished: 0,
      trainings: { before: 2, finished: 0 },
    });
    t.deepEqual(told(events), []);
    // A training whose trials are finished is not missed.
    await removeWork([training!]);
    t.like(await runExperiment(plan, options), { before: 4, exitCode: 0, trainings: { before: 1, open: 1 } });
    t.deepEqual(told(events), []);
    const { id } = training!;
    t.like(await runExperiment(plan, { ...options, only: new Set([id]) }), {
      total: 0,
      trainings: { total: 1, finished: 1 },
    });
    t.deepEqual(await diff(training!, found.trainings[1]!).config, { seed: [1, 5] });
    t.throws(() => diff(training!, found.trials[0]!), { message: /"training of plain" is a training/ });
  },
);

test('a training killed ten times ends with the same bytes', async (t) => {
  const base = await temporaryFolder(t);
  const [one, other] = [join(base, 'one'), join(base, 'other')];
  await mkdir(one);
  await mkdir(other);
  const reference = await plannedFolder(one, [{ training: { steps: 300 } }]);
  const { folder, trainings } = await plannedFolder(other, [{ training: { steps: 300 } }]);
  const [training] = trainings;
  await execute(reference.folder, training!);
  const expected = await outcomeOf(reference.folder, training!.id, 'trainings');
  const starts: (number | undefined)[] = [];
  for (let kill = 0; kill < 10; kill++) {
    const { files, owner, died } = mortal(60 + 3 * kill);
    const onStart = ({ resumedFrom }: { resumedFrom: number | undefined }) => starts.push(resumedFrom);
    const ending = await Promise.race([execute(folder, training!, { files, owner, onStart }), died]);
    t.is(ending, 'died', `kill ${kill + 1}`);
  }
  t.like(await execute(folder, training!), { kind: 'finished', state: 'complete' });
  t.deepEqual(await outcomeOf(folder, training!.id, 'trainings'), expected);
  t.true(new Set(starts).size > 3, `it went on from ${starts.join(', ')}`);
  // Nothing of the attempts that died is left but their logs.
  const attempts = await readdir(join(workFolder(folder, training!), 'attempts'));
  const left = await Promise.all(
    attempts.map((attempt) => readdir(join(workFolder(folder, training!), 'attempts', attempt))),
  );
  t.deepEqual(
    left.map((names) => names.length).sort(),
    [...attempts.slice(1).map(() => 1), 4],
    left.map((names) => names.join(' ')).join('; '),
  );
});

test('a trial does not begin before its training is complete, and says what became of that', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trainings, trials } = await plannedFolder(base, [
    { training: { network: { name: 'throws' } } },
  ]);
  const [training] = trainings;
  const [trial] = trials;
  t.deepEqual(await execute(folder, trial!), { kind: 'early', training: training!.id });
  t.like((await status(folder)).trials[0], {
    state: 'waiting',
    reason: `waits for the training of plain (${training!.id})`,
  });
  t.is((await execute(folder, training!)).kind, 'failed');
  const message = `the training of plain (${training!.id}), which it needs, failed: all pictures are gone.`;
  const ending = await execute(folder, trial!);
  t.like(ending, { kind: 'failed', failure: { message, attempt: 0 } });
  t.like((await status(folder)).trials[0], { state: 'failed', reason: message, attempt: 0 });
  // While another attempt is made, nothing is lost yet.
  const lease = await claim(diskFiles(), workFolder(folder, training!));
  if ('heldBy' in lease) return t.fail();
  t.like((await status(folder)).trainings[0], { state: 'running' });
  t.deepEqual(await execute(folder, trial!), { kind: 'early', training: training!.id });
  await release(diskFiles(), lease);
  // What computes may know no trainings.
  const { performTrial } = await import('./fake-trial.ts');
  t.like(await execute(folder, training!, { perform: { performTrial } }), {
    kind: 'failed',
    failure: {
      message: 'nothing here trains networks: the module that computes exports no performTraining.',
    },
  });
});

test('a training that fails or diverges fails its trials in one sentence; retry does it again, then them', async (t) => {
  const { plan, options, events, folder } = await setting(t, [
    { training: { network: { name: 'throws' } } },
    { training: { network: { name: 'throws' } } },
    { training: { network: { name: 'diverges' } } },
    { training: {} },
    {},
  ]);
  const summary = await runExperiment(plan, options);
  t.like(summary, {
    total: 5,
    finished: 2,
    open: 0,
    exitCode: 1,
    trainings: { finished: 2, diverged: 1, open: 0 },
  });
  const [failed, diverged] = (await status(folder)).trainings;
  t.deepEqual(
    summary.failures.map(({ trial, failure }) => [trial.label, failure.message]),
    [
      ['trial 1', `the ${failed!.label} (${failed!.id}), which it needs, failed: all pictures are gone.`],
      ['trial 2', `the ${failed!.label} (${failed!.id}), which it needs, failed: all pictures are gone.`],
      [
        'trial 3',
        `the ${diverged!.label} (${diverged!.id}), which it needs, diverged: fake is NaN at step 12`,
      ],
    ],
  );
  t.is(summary.trainings!.failures[0]!.training.id, failed!.id);
  t.is(summary.failures[0]!.failure.command, `neckar retry fake ${failed!.id}`);
  t.regex(await readFile(summary.failures[2]!.failure.log, 'utf8'), /diverged: fake is NaN at step 12/);
  t.deepEqual(
    await readdir(join(folder, 'trials')).then((ids) => ids.length),
    2,
    'lost trials have no folder',
  );
  t.like((await status(folder)).counts, { failed: 3, complete: 2, waiting: 0 });

  // The command again tries what failed; what diverged would diverge again.
  const preview = await previewRun(plan, options);
  t.like(preview.counts, { total: 5, done: 2, failed: 2, open: 2 });
  t.deepEqual(
    preview.trainings.map(({ open }) => open),
    [true, false, false],
  );
  events.length = 0;
  t.like(await runExperiment(plan, options), { finished: 0, exitCode: 1, open: 0 });
  t.deepEqual(told(events), [
    `started ${failed!.label}`,
    `failed ${failed!.label}`,
    'failed trial 1',
    'failed trial 2',
  ]);
  t.like(await runExperiment(plan, { ...options, failed: 'skip' }), { exitCode: 1, open: 0 });

  events.length = 0;
  t.like(await retry('fake', options), { exitCode: 1, finished: 0 });
  t.deepEqual(
    told(events).filter((line) => line.startsWith('started')),
    [`started ${failed!.label}`, `started ${diverged!.label}`],
  );
  t.true(
    events.some(
      (event) =>
        event.type === 'note' && /diverged \(fake is NaN.*it is done again from nothing/.test(event.sentence),
    ),
  );
  // Named, a training is done again with the trials that wait for it.
  events.length = 0;
  const named = findWork(await status(folder), failed!.id.slice(0, 8));
  t.like(await retry('fake', { ...options, work: [named] }), {
    total: 2,
    trainings: { total: 1 },
    exitCode: 1,
  });
  const details = await show(named);
  t.regex(details.attempts[0]!.failure!.message, /all pictures are gone/);

  // Mended, they are done: the module is what failed.
  const mended = await setting(t, []);
  const module = join(mended.base, 'mended.ts');
  await writeFile(
    module,
    `import { performTrial, performTraining as train } from ${JSON.stringify(fakeModule)};
     export { performTrial };
     export const performTraining = (config, io, signal) => train({ ...config, network: { name: 'plain' } }, io, signal);`,
  );
  t.like(await retry('fake', { ...options, performModule: `file://${module}` }), {
    finished: 3,
    exitCode: 0,
    trainings: { before: 1, finished: 2, diverged: 0 },
  });
});

test('an interrupted training keeps its checkpoint, and its trials are left open', async (t) => {
  const { plan, options, events, folder } = await setting(t, [
    { training: { network: { name: 'slow-20' }, steps: 60 } },
  ]);
  const stop = new AbortController();
  const onEvent = (event: RunEvent): void => {
    if (event.type === 'progress' && event.progress.evaluation > 0) stop.abort(new Error('Ctrl-C'));
  };
  const summary = await runExperiment(plan, { ...options, onEvent, stop: stop.signal });
  t.like(summary, { open: 1, exitCode: 130, trainings: { open: 1 } });
  const [training] = (await status(folder)).trainings;
  t.regex(training!.reason, /^interrupted; goes on after step \d+$/);
  t.like(await runExperiment(plan, options), { finished: 1, exitCode: 0 });
  const [started] = events.flatMap((event) => (event.type === 'started' ? [event] : []));
  t.true(started!.work.kind === 'training' && started!.resumedFrom! > 0);
});

test('a training that dies is told as a step, and one that another process does is waited for', async (t) => {
  const { plan, options, folder } = await setting(t, [
    { training: { network: { name: 'dies' } } },
    { training: {} },
  ]);
  const work = await identifyWork(plan.trials);
  const [, awaited] = work.trainings;
  await createWork(diskFiles(), folder, awaited!);
  // A process of another machine has begun it, and ends it while this run waits.
  const owner = { ...thisProcess(), host: 'node7', machine: 'another', token: 'feed' };
  const lease = await claim(diskFiles(), workFolder(folder, awaited!), { owner });
  if ('heldBy' in lease) return t.fail();
  let heard = (): void => {};
  const elsewhere = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const onEvent = (event: RunEvent): void => {
    if (event.type === 'elsewhere') heard();
  };
  const running = runExperiment(plan, { ...options, onEvent });
  await elsewhere;
  await release(diskFiles(), lease);
  const { kind } = await execute(folder, awaited!);
  const summary = await running;
  // The run that waits may have it before this process: whoever has it does it once.
  const trainings = kind === 'held' ? { elsewhere: 0, finished: 1 } : { elsewhere: 1, finished: 0 };
  t.true(kind === 'held' || kind === 'finished' || kind === 'done-before', kind);
  t.like(summary, { finished: 1, exitCode: 1, open: 0, ...(kind !== 'done-before' && { trainings }) });
  t.regex(
    summary.failures[0]!.failure.message,
    /^the training of plain seed=1 \(\w+\), which it needs, failed: the process that ran it died at step \d: it crashed \(SIGSEGV\)$/,
  );
  // Without waiting, nothing is begun that cannot be.
  await removeWork((await status(folder)).trials);
  await rm(workFolder(folder, awaited!), { recursive: true });
  await createWork(diskFiles(), folder, awaited!);
  const again = await claim(diskFiles(), workFolder(folder, awaited!), { owner });
  if ('heldBy' in again) return t.fail();
  t.like(await runExperiment(plan, { ...options, failed: 'skip', wait: false }), {
    open: 1,
    trainings: { open: 1 },
  });
});

test('a training that is not planned any more is stale, and says what differs', async (t) => {
  const { plan, options, folder, base } = await setting(t, [{ training: {} }]);
  await runExperiment(plan, options);
  const [before] = (await status(folder)).trainings;
  const content = join(base, 'content.png');
  await writeFile(join(base, 'new.png'), 'new');
  const planWith = (training: NonNullable<Trial>['training']) => ({
    ...plan,
    trials: [{ label: 'trial 1', config: fakeConfig(content, { training }) }],
  });
  const reasonWith = async (training: NonNullable<Trial>['training']) => {
    const notes: string[] = [];
    const onEvent = (event: RunEvent) => {
      if (event.type === 'note') notes.push(event.sentence);
    };
    const stop = new AbortController();
    stop.abort();
    await runExperiment(planWith(training), { ...options, onEvent, stop: stop.signal });
    const { trainings } = await status(folder);
    t.is(trainings.length, 2);
    return { reason: trainings.find(({ state }) => state === 'stale')!.reason, notes };
  };
  const more = await reasonWith({ steps: 20, seed: 3 });
  t.regex(
    more.reason,
    /^budget\.steps 12, now 20; seed 1, now 3 \(nearest in the plan: training of plain, \w+\)$/,
  );
  const pictures = await reasonWith({ pictures: [content, join(base, 'new.png')] });
  t.regex(pictures.reason, /^picture new\.png is new \(nearest/);
  t.regex(
    (await reasonWith({ network: { name: 'other' } })).reason,
    /^network\.name plain, now other \(nearest/,
  );
  // The trial that rested on it says the same of its own.
  const stale = (await status(folder)).trials.find(({ state }) => state === 'stale')!;
  t.regex(stale.reason, /^its training: network\.name plain, now other \(nearest/);
  // What is stale is removed like any other; a plan that holds it takes it up again.
  t.like(await runExperiment(plan, options), { before: 1, finished: 0, trainings: { before: 1 } });
  t.like((await status(folder)).trainings, [{ id: before!.id, state: 'complete' }]);
  await removeWork([before!]);
  t.deepEqual(await readdir(join(folder, 'trainings')), []);
});

test('what is stored without trainings reads as before', async (t) => {
  const { plan, options, folder } = await setting(t, [{}]);
  const summary = await runExperiment(plan, options);
  t.false('trainings' in summary);
  t.deepEqual(await readdir(folder), ['experiment.json', 'planning', 'plan.jsonl', 'trials'].sort());
  const { trainings, trials } = await readPlan(diskFiles(), folder);
  t.deepEqual(trainings, []);
  t.false('needs' in trials[0]!);
  t.is(trainingOf(trials[0]!.config), undefined);
});
