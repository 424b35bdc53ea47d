import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { canonicalJson } from '../../src/platform/canonical-json.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { sha256 } from '../../src/runs/hash.ts';
import type { RunEvent } from '../../src/runs/launcher.ts';
import { diff, findWork, removeWork, retry, show } from '../../src/runs/queries.ts';
import { type ExperimentPlan, type RunOptions, runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import type { fakeConfig } from './fake-trial.ts';
import { execute, fakeModule, fakePlan, outcomeOf, plannedFolder, temporaryFolder } from './support.ts';

async function setting(
  t: ExecutionContext,
  trials: readonly Parameters<typeof fakeConfig>[1][],
): Promise<{ plan: ExperimentPlan; options: RunOptions; events: RunEvent[]; folder: string }> {
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
  };
}

test('an experiment runs in order, and running it again does nothing', async (t) => {
  const { plan, options, events, folder } = await setting(t, [{}, {}, { variant: 'diverges' }]);
  const first = await runExperiment(plan, options);
  t.like(first, { total: 3, before: 0, finished: 3, diverged: 1, open: 0, exitCode: 0 });
  const order = events.flatMap((event) => (event.type === 'started' ? [event.work.label] : []));
  t.deepEqual(order, ['trial 1', 'trial 2', 'trial 3']);
  const last = events.findLast((event) => event.type === 'overall');
  t.like(last, { done: 3, total: 3, running: 0, etaSeconds: 0 });
  const state = await status(folder);
  t.deepEqual(
    state.trials.map(({ state }) => state),
    ['complete', 'complete', 'diverged'],
  );
  const path = join(state.trials[0]!.folder, 'result.json');
  const before = await readFile(path, 'utf8');
  t.like(JSON.parse(before), { inputs: { content: sha256('not looked at') }, timing: { shared: false } });
  const again = await runExperiment(plan, options);
  t.like(again, { total: 3, before: 3, finished: 0, exitCode: 0 });
  t.is(await readFile(path, 'utf8'), before);
});

test('failures are told when they happen, the rest goes on, and retry runs the failed ones only', async (t) => {
  const { plan, options, events, folder } = await setting(t, [
    { variant: 'throws' },
    { variant: 'dies' },
    { variant: 'breaks' },
    {},
  ]);
  const summary = await runExperiment(plan, options);
  t.like(summary, { total: 4, finished: 1, open: 0, exitCode: 1 });
  t.deepEqual(
    events.flatMap((event) =>
      event.type === 'failed' || event.type === 'finished' ? [`${event.type} ${event.work.label}`] : [],
    ),
    ['failed trial 1', 'failed trial 2', 'failed trial 3', 'finished trial 4'],
  );
  const [thrown, died, broken] = summary.failures.map(({ failure }) => failure);
  t.is(thrown!.message, 'the layer "conv9_9" is not there.');
  t.regex(died!.message, /^the process that ran it died at evaluation \d: it crashed \(SIGSEGV\)$/);
  t.is(broken!.message, 'undefined is not a function');
  t.regex(await readFile(broken!.log, 'utf8'), /TypeError: undefined is not a function\n {4}at /);
  t.is(thrown!.command, `neckar retry fake ${summary.failures[0]!.trial.id}`);
  t.like((await status(folder)).counts, { failed: 3, complete: 1 });

  events.length = 0;
  t.like(await retry('fake', options), { total: 4, before: 1, exitCode: 1 });
  const started = events.flatMap((event) => (event.type === 'started' ? [event] : []));
  t.deepEqual(
    started.map(({ work, resumedFrom }) => [work.label, resumedFrom]),
    [
      ['trial 1', 4],
      ['trial 2', 4],
      ['trial 3', 4],
    ],
  );
  t.like(await runExperiment(plan, { ...options, failed: 'skip' }), { exitCode: 1, finished: 0, open: 0 });
  events.length = 0;
  await runExperiment(plan, { ...options, fresh: true, failFast: true });
  const [fresh] = events.flatMap((event) => (event.type === 'started' ? [event] : []));
  t.like(fresh, { attempt: 3, resumedFrom: undefined });
});

test('of two runs at once, both tell of a failure that either met, and neither repeats it', async (t) => {
  const { plan, options, folder } = await setting(t, [{ variant: 'throws' }, { variant: 'slow-5' }, {}, {}]);
  const both = await Promise.all([runExperiment(plan, options), runExperiment(plan, options)]);
  for (const summary of both) {
    t.like(summary, { exitCode: 1, open: 0 });
    t.deepEqual(
      summary.failures.map(({ trial }) => trial.label),
      ['trial 1'],
    );
  }
  const { trials } = await status(folder);
  t.deepEqual(
    trials.map(({ attempt }) => attempt),
    [1, 1, 1, 1],
  );
});

test('--fail-fast starts nothing after the first failure', async (t) => {
  const { plan, options } = await setting(t, [{}, { variant: 'throws' }, {}, {}]);
  t.like(await runExperiment(plan, { ...options, failFast: true }), { finished: 1, open: 2, exitCode: 1 });
});

test('timings taken beside other trials are marked; exclusive ones are taken alone', async (t) => {
  const trials = Array.from({ length: 4 }, () => ({ variant: 'slow-15' }));
  const { plan, options, folder } = await setting(t, trials);
  await runExperiment(plan, { ...options, jobs: 2, threads: 4 });
  const shared = (await status(folder)).trials.map(({ result }) => result!.timing.shared);
  t.true(shared.filter(Boolean).length >= 2);
  t.is((await status(folder)).trials[0]!.result!.identity.threads, 2, 'threads are divided');
  await rm(folder, { recursive: true });
  await runExperiment(plan, { ...options, jobs: 2, threads: 4, timing: 'exclusive' });
  const alone = (await status(folder)).trials;
  t.deepEqual(
    alone.map(({ result }) => [result!.timing.shared, result!.identity.threads]),
    Array.from({ length: 4 }, () => [false, 4]),
  );
});

test('a memory budget holds trials back, and lets one that is too large run alone', async (t) => {
  const trials = Array.from({ length: 3 }, () => ({ variant: 'slow-10' }));
  const { plan, options, events } = await setting(t, trials);
  // The estimate for an unknown trial is 0.3 GB and a little.
  t.is((await runExperiment(plan, { ...options, jobs: 3, memoryBudget: 0.2e9 })).exitCode, 0);
  let most = 0;
  for (const event of events) if (event.type === 'overall') most = Math.max(most, event.running);
  t.is(most, 1);
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.sentence] : []));
  const alone = /^trial 1 is expected to need 3\d\d MB of memory, of a budget of 200 MB; it runs alone\.$/;
  t.true(
    notes.some((note) => alone.test(note)),
    notes.join('\n'),
  );
});

test('what another plan left behind is stale, with the reason, and comes back with its plan', async (t) => {
  const { plan, options, folder } = await setting(t, [{}, {}]);
  await runExperiment(plan, options);
  const other = {
    ...plan,
    trials: [{ ...plan.trials[0]!, config: { ...plan.trials[0]!.config, seed: 99 } }],
  };
  await runExperiment(other, options);
  const { trials, counts } = await status(folder);
  t.like(counts, { complete: 1, stale: 2 });
  for (const [i, { reason, stale }] of trials.slice(1).entries()) {
    const { seed } = trials[1 + i]!.trial!.config;
    t.deepEqual(stale!.changes, [`seed ${seed}, now 99`]);
    t.regex(reason, /^seed \d, now 99 \(nearest in the plan: trial 1, [0-9a-f]{16}\)$/);
  }
  t.like(await runExperiment(plan, options), { before: 2, finished: 0 });
});

test('a store written by a newer Neckar is refused; results of an older one are read', async (t) => {
  const { plan, options, folder } = await setting(t, [{}]);
  await runExperiment(plan, options);
  const [trial] = (await status(folder)).trials;
  const path = join(trial!.folder, 'result.json');
  const result = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...result, storeVersion: 2 }));
  const newer = {
    name: 'NeckarError',
    message:
      /result\.json" was written by a newer Neckar \(store version 2; this one reads up to 1\)\. Update Neckar/,
  };
  await t.throwsAsync(status(folder), newer);
  await t.throwsAsync(runExperiment(plan, options), newer);
  const { checksum: _, artefactBytes: __, ...older } = result;
  await writeFile(path, JSON.stringify({ ...older, storeVersion: 0 }));
  t.is((await status(folder)).trials[0]!.state, 'complete');
  await writeFile(path, JSON.stringify(result));
  const experiment = join(folder, 'experiment.json');
  await writeFile(
    experiment,
    JSON.stringify({ ...JSON.parse(await readFile(experiment, 'utf8')), storeVersion: 2 }),
  );
  await t.throwsAsync(runExperiment(plan, options), {
    message: /experiment\.json" was written by a newer Neckar/,
  });
});

test('a result whose numbers were edited is not believed', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}]);
  await execute(folder, trials[0]!);
  const path = join(folder, 'trials', trials[0]!.id, 'result.json');
  const text = await readFile(path, 'utf8');
  const result = JSON.parse(text);
  // The checksum, recomputed here from its definition.
  const { checksum, ...rest } = result;
  t.is(checksum, sha256(canonicalJson(rest)));
  await writeFile(path, text.replace('"evaluations": 12', '"evaluations": 13'));
  const [edited] = (await status(folder)).trials;
  t.is(edited!.state, 'waiting');
  t.is(edited!.reason, 'its result is damaged (result.json does not match its checksum); it runs again');
});

test('an empty plan, a missing image, two trials that are the same work, another experiment in the folder', async (t) => {
  const { plan, options, folder } = await setting(t, [{}, {}]);
  await t.throwsAsync(runExperiment({ name: 'fake', trials: [] }, options), {
    message: /"fake" has no trials/,
  });
  const [first] = plan.trials;
  const lost = { ...first!, config: { ...first!.config, style: '/nowhere/style.png' } };
  await t.throwsAsync(runExperiment({ name: 'fake', trials: [lost] }, options), {
    name: 'NeckarError',
    message: 'The style image "/nowhere/style.png" does not exist. Check the path and its permissions.',
  });
  const twins = [first!, { ...first!, label: 'twin' }];
  await t.throwsAsync(runExperiment({ name: 'fake', trials: twins }, options), {
    message: /^The trials "trial 1" and "twin" are the same work/,
  });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'experiment.json'), '{"storeVersion": 1, "name": "other", "planHash": ""}');
  await t.throwsAsync(runExperiment(plan, options), { message: /holds the runs of "other", not of "fake"/ });
  await t.throwsAsync(runExperiment(plan, { ...options, jobs: 0 }), {
    message: /^jobs is 0; expected a whole number/,
  });
});

test('trials are found by label and id, shown, compared and removed', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}, { evaluations: 14 }, { variant: 'throws' }]);
  for (const trial of trials) await execute(folder, trial);
  const experiment = await status(folder);
  const [a, b, failed] = experiment.trials;
  t.is(findWork(experiment, 'trial 2').id, b!.id);
  t.is(findWork(experiment, a!.id.slice(0, 10)).label, 'trial 1');
  t.throws(() => findWork(experiment, 'trail 2'), {
    message: /has no trial "trail 2"\. Did you mean "trial 2"\?/,
  });
  const details = await show(failed!);
  t.is(details.attempts[0]!.failure!.evaluation, 5);
  t.is(details.attempts[0]!.checkpoint, 4);
  t.true(details.attempts[0]!.log.some((line) => line.startsWith('failed at evaluation 5')));
  const { config, scores, facts } = diff(a!, b!);
  t.deepEqual(config, {
    'budget.evaluations': [12, 14],
    seed: [1, 2],
    'swept.seed': [1, 2],
  });
  t.deepEqual(Object.keys(scores), ['sum']);
  t.deepEqual(facts['cost.evaluations'], [12, 14]);
  await removeWork([a!, failed!]);
  t.like((await status(folder)).counts, { waiting: 2, complete: 1, failed: 0 });
});

test('a refused disk ends the run with the sentence, whichever process met it', async (t) => {
  const { plan, options } = await setting(t, [{}]);
  const full = diskFiles(({ path }) => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC', path });
  });
  await t.throwsAsync(runExperiment(plan, { ...options, files: full }), {
    name: 'StorageError',
    message: /the disk is full\. Make room and run the same command again/,
  });
});

test('the outcome does not depend on how many run side by side', async (t) => {
  const { plan, options, folder } = await setting(t, [{}, {}, {}, {}]);
  await runExperiment(plan, { ...options, jobs: 4, threads: 4 });
  const { trials } = await status(folder);
  const together = await Promise.all(trials.map(({ id }) => outcomeOf(folder, id)));
  await rm(folder, { recursive: true });
  await runExperiment(plan, { ...options, threads: 1, jobs: 1 });
  t.deepEqual(await Promise.all(trials.map(({ id }) => outcomeOf(folder, id))), together);
});
