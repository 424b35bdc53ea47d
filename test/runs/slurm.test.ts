/** The Slurm launcher against programs that fail as real ones do not on command. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { diskFiles } from '../../src/runs/files.ts';
import type { RunEvent } from '../../src/runs/launcher.ts';
import { claim } from '../../src/runs/lease.ts';
import { thisProcess } from '../../src/runs/owner.ts';
import { type RunOptions, type RunSummary, runExperiment } from '../../src/runs/run.ts';
import { parseEndings, parseQueue } from '../../src/runs/slurm/commands.ts';
import { cancelJobs, slurmView, withSlurm } from '../../src/runs/slurm/jobs.ts';
import { type SlurmOptions, slurmLauncher } from '../../src/runs/slurm/launcher.ts';
import { resourceFlags } from '../../src/runs/slurm/resources.ts';
import { readSubmissions, readTask } from '../../src/runs/slurm/submissions.ts';
import { status } from '../../src/runs/status.ts';
import { createWork, readPlan } from '../../src/runs/store.ts';
import { allWork } from '../../src/runs/work.ts';
import { fakeSlurm } from './slurm-fake.ts';
import { execute, fakeModule, fakePlan, temporaryFolder } from './support.ts';

const slowModule = new URL('./slurm-trial.ts', import.meta.url).href;

async function setting(t: ExecutionContext, trials: Parameters<typeof fakePlan>[1], maxArraySize?: number) {
  const folder = await temporaryFolder(t);
  const slurm = await fakeSlurm(folder, maxArraySize);
  const plan = await fakePlan(folder, trials);
  const experiment = join(folder, 'runs', 'fake');
  const events: RunEvent[] = [];
  const run = async (resources: SlurmOptions = {}, options: RunOptions = {}): Promise<RunSummary> =>
    await runExperiment(plan, {
      runs: join(folder, 'runs'),
      onEvent: (event) => events.push(event),
      ...options,
      launcher: slurmLauncher({
        environment: slurm.environment,
        timeout: 60,
        performModule: fakeModule,
        neighbors: join(folder, 'neighbours'),
        pollSeconds: 0.1,
        lookSeconds: 0.05,
        graceSeconds: 0.1,
        leaseSeconds: 1,
        ...resources,
      }),
    });
  const heard = (type: RunEvent['type']) => events.filter((event) => event.type === type);
  const notes = () => events.flatMap((event) => (event.type === 'note' ? [event.sentence] : []));
  const submissions = async () => {
    const names = await readdir(join(experiment, 'slurm'));
    return names.filter((name) => /^[0-9a-f]{12}$/.test(name)).map((name) => join(experiment, 'slurm', name));
  };
  /** Does what a task would: computes the plan's trials at these places. */
  const compute = async (...places: number[]) => {
    const planned = allWork(await readPlan(diskFiles(), experiment));
    for (const place of places) await execute(experiment, planned[place]!);
  };
  return { folder, slurm, plan, experiment, run, events, heard, notes, submissions, compute };
}

/** Waits until something holds. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(25);
}

const many = (count: number) => Array.from({ length: count }, () => ({}));

test('where there is no Slurm, one sentence says so', async (t) => {
  const { run, submissions } = await setting(t, many(1));
  const error = await t.throwsAsync(run({ environment: { PATH: '/nowhere' } }));
  t.is(
    error!.message,
    'Slurm is not here: there is no program "scontrol" on the PATH. Run the command on a login node of the cluster (there, perhaps after loading Slurm\'s module), or use --launcher local.',
  );
  t.is((error as { exitCode?: number }).exitCode, 2);
  t.deepEqual(await submissions(), []);
});

test("a refusal is told in sbatch's words, with what had been submitted before", async (t) => {
  const { slurm, run, submissions, heard } = await setting(t, many(6), 4);
  const words =
    'sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy\n';
  await slurm.mode('sbatch', 'refuse', words);
  const error = await t.throwsAsync(run());
  t.is(
    error!.message,
    'Slurm refuses: sbatch says "AssocMaxSubmitJobLimit; Batch job submission failed: Job violates accounting/QOS policy".',
  );
  t.deepEqual(await slurm.queue(), []);
  await slurm.mode('sbatch', 'well');
  // The second array is refused.
  const running = run(
    { detach: true },
    {
      onEvent: (event) => {
        if (event.type === 'note' && event.sentence.startsWith('Submitted'))
          void slurm.mode('sbatch', 'refuse', words);
      },
    },
  );
  const second = await t.throwsAsync(running);
  t.regex(
    second!.message,
    /QOS policy"\. Of 6 trials 4 had been submitted before; they go on, and the same command adopts them\.$/,
  );
  await slurm.mode('sbatch', 'well');
  t.like(await run({ detach: true }), { open: 6, exitCode: 0 });
  t.deepEqual(
    (await slurm.queue()).map((row) => row.split('|').slice(0, 2).join('_')),
    ['1_0', '1_1', '1_2', '1_3', '2_0', '2_1'],
  );
  t.is((await submissions()).length, 4);
  t.is(heard('failed').length, 0);
});

for (const mode of ['lose', 'late'] as const) {
  test(`a job that sbatch has taken is found by its name (${mode})`, async (t) => {
    const { slurm, run, submissions } = await setting(t, many(2));
    await slurm.mode('sbatch', mode);
    t.like(await run({ detach: true }), { open: 2, exitCode: 0 });
    t.is((await slurm.calls('sbatch')).length, 1);
    const [folder] = await submissions();
    t.is(await readFile(join(folder!, 'job.json'), 'utf8'), '{"jobId":"1"}\n');
    await slurm.mode('sbatch', 'well');
    t.like(await run({ detach: true }), { open: 2 });
    t.is((await slurm.calls('sbatch')).length, 1);
  });
}

test('sbatch that hangs is given up; what it may still have begun does nothing', async (t) => {
  const { folder, slurm, experiment, run, submissions, compute, notes } = await setting(t, many(2));
  await slurm.mode('sbatch', 'hang');
  const error = await t.throwsAsync(run({ timeout: 6 }));
  t.is(
    error!.message,
    'Slurm does not answer: "sbatch" had said nothing after 6 s. Run the same command again when it is well; no trial is submitted twice.',
  );
  const [hung] = await submissions();
  await slurm.mode('sbatch', 'well');
  t.like(await run({ detach: true }), { open: 2 });
  t.is((await slurm.calls('sbatch')).length, 2);
  // The hung submission turns up after all.
  const journal = join(folder, 'journal.txt');
  await writeFile(journal, '');
  await writeFile(join(folder, 'slurm', 'job-9'), await readFile(join(hung!, 'job.sh')));
  t.is(await slurm.run(9, 0, { NECKAR_TEST_JOURNAL: journal }).ended, 0);
  t.is(await readFile(journal, 'utf8'), '');
  t.is((await status(experiment)).counts.waiting, 2);
  await compute(0, 1);
  t.like(await run(), { before: 2, open: 0 });
  t.false(notes().some((note) => /lost their task/.test(note)));
});

test('who cannot ask the queue submits nothing', async (t) => {
  const { slurm, run, compute } = await setting(t, many(2));
  await run({ detach: true });
  await slurm.mode(
    'squeue',
    'refuse',
    'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n',
  );
  const error = await t.throwsAsync(run());
  t.is(
    error!.message,
    'Slurm refuses: squeue says "slurm_load_jobs error: Unable to contact slurm controller (connect failure)".',
  );
  t.is((await slurm.calls('sbatch')).length, 1);
  t.is((await slurm.calls('squeue')).length, 3);
  await slurm.mode('squeue', 'well');
  await compute(0, 1);
  t.like(await run(), { before: 2 });
});

test('a queue that falls silent is said once, and the files go on telling', async (t) => {
  const { slurm, run, heard, notes, compute } = await setting(t, [{}, { variant: 'throws' }]);
  const running = run({ timeout: 6 });
  await until(() => heard('note').length > 0);
  await slurm.mode('squeue', 'hang');
  await until(() => notes().some((note) => note.includes('Watching the files alone')));
  // It goes on asking, and says nothing more.
  const asked = (await slurm.calls('squeue')).length;
  await until(async () => (await slurm.calls('squeue')).length >= asked + 2);
  await compute(0, 1);
  const summary = await running;
  t.like(summary, { finished: 1, open: 0, exitCode: 1 });
  t.regex(summary.failures[0]!.failure.message, /conv9_9/);
  t.is(notes().filter((note) => note.includes('Watching the files alone')).length, 1);
});

test('a task that vanishes is submitted again, and fails after three times', async (t) => {
  const { slurm, experiment, run, notes, compute } = await setting(t, many(2));
  const running = run();
  for (let job = 1; job <= 4; job++) {
    await until(async () => (await slurm.queue()).some((row) => row.startsWith(`${job}|`)));
    if (job === 1) {
      await compute(0);
      await slurm.put(1, 'all', undefined);
    } else await slurm.put(job, 0, undefined);
  }
  const summary = await running;
  t.like(summary, { finished: 1, open: 0, exitCode: 1 });
  t.is((await slurm.calls('sbatch')).length, 4);
  const { message, log } = summary.failures[0]!.failure;
  t.is(
    message,
    'Slurm ended its task 4 times without the trial getting further (at last: vanished) (job 4_0)',
  );
  t.regex(log, /task-0\.log$/);
  t.is(
    notes().filter((note) => note === '1 trial lost their task before they were done; submitting them again.')
      .length,
    3,
  );
  t.like((await status(experiment)).counts, { complete: 1, failed: 1 });
});

test('after a node failure the trial is taken up again once its process is silent', async (t) => {
  const { slurm, experiment, run, heard, compute } = await setting(t, many(1));
  const running = run();
  await until(async () => (await slurm.queue()).length > 0);
  const [trial] = (await readPlan(diskFiles(), experiment)).trials;
  await createWork(diskFiles(), experiment, trial!);
  // A process of another machine, whose heart has stopped.
  const owner = { ...thisProcess(), host: 'node7', machine: 'another', token: 'feed' };
  const claimed = performance.now();
  await claim(diskFiles(), join(experiment, 'trials', trial!.id), { owner });
  await slurm.put(1, 0, 'NODE_FAIL');
  await until(async () => (await slurm.calls('sbatch')).length === 2);
  // Not before the lease's second of silence was over.
  t.true(performance.now() - claimed >= 1000);
  await execute(experiment, trial!, { silent: () => true });
  t.like(await running, { finished: 1, exitCode: 0 });
  t.is(heard('failed').length, 0);
  await compute(0);
});

test('what the accounts say of a forgotten task decides: memory and time fail the trial, a cancellation does not', async (t) => {
  const { slurm, experiment, run, heard } = await setting(t, many(3));
  await slurm.accounts(
    '1_0|OUT_OF_MEMORY|None\n1_1|TIMEOUT|None\n1_1.batch|CANCELLED|\n1_2|CANCELLED by 0|None\n',
  );
  const running = run();
  await until(async () => (await slurm.queue()).length > 0);
  await slurm.put(1, 'all', undefined);
  const summary = await running;
  t.like(summary, { finished: 0, open: 1, exitCode: 1 });
  t.deepEqual(
    summary.failures.map(({ failure }) => failure.message),
    [
      'Slurm ended its task because it used more memory than it had asked for; ask for more (--memory) (job 1_0)',
      'Slurm ended its task at the time limit, before it could keep a checkpoint and queue again; ask for more time (--time) or an earlier warning (job 1_1)',
    ],
  );
  t.is(heard('interrupted').length, 1);
  t.like((await status(experiment)).counts, { failed: 2, waiting: 1 });
  t.is((await slurm.calls('sbatch')).length, 1);
});

test('a task that fails by itself leaves the end of its log', async (t) => {
  const { slurm, experiment, run, submissions } = await setting(t, many(1));
  const running = run({ setup: ['echo "module: command not found"', 'exit 127'] });
  await until(async () => (await slurm.queue()).length > 0);
  t.is(await slurm.run(1, 0).ended, 127);
  await writeFile(join((await submissions())[0]!, 'task-0.log'), 'module: command not found\n');
  await slurm.put(1, 0, 'FAILED');
  t.like(await running, { exitCode: 1 });
  const { failure } = (await status(experiment)).trials[0]!;
  t.like(failure, {
    message: 'its task failed outside of the work itself; its log says why (job 1_0)',
    output: 'module: command not found\n',
  });
});

for (const signal of ['SIGUSR1', 'SIGTERM'] as const) {
  test(`${signal} makes a running task keep its checkpoint and queue again, and it goes on from there`, async (t) => {
    const { slurm, experiment, run, submissions } = await setting(t, [
      { variant: 'slow-50', evaluations: 400 },
    ]);
    const running = run({ performModule: slowModule, detach: true }, { fresh: true });
    t.like(await running, { open: 1 });
    const task = slurm.run(1, 0);
    const trial = async () => (await status(experiment)).trials[0]!;
    await until(async () => (await trial()).state === 'running');
    await until(async () => existsSync(join((await trial()).folder, 'attempts', '1', 'checkpoint')));
    task.signal(signal);
    t.is(await task.ended, 0);
    // By the task's own name: the last task of an array has the array's id.
    t.deepEqual(await slurm.calls('scontrol'), [
      'scontrol show config',
      'scontrol show job 1_0',
      'scontrol requeue 1_0',
    ]);
    t.regex((await trial()).reason, /^interrupted; goes on after evaluation \d+$/);
    const following = run({ performModule: slowModule });
    t.is(await slurm.run(1, 0).ended, 0);
    t.like(await following, { finished: 1, exitCode: 0 });
    t.is((await trial()).attempt, 2);
    const log = await readFile(join((await trial()).folder, 'attempts', '2', 'log.txt'), 'utf8');
    t.regex(log, /, from evaluation \d+ of attempt 1$/m);
    t.is((await submissions()).length, 1);
  });
}

test('a cancelled task keeps its checkpoint and does not queue again', async (t) => {
  const { slurm, experiment, run } = await setting(t, [{ variant: 'slow-50', evaluations: 400 }]);
  await run({ performModule: slowModule, detach: true });
  const task = slurm.run(1, 0);
  await until(async () => (await status(experiment)).counts.running === 1);
  t.deepEqual(await cancelJobs(experiment, { environment: slurm.environment }), {
    jobs: ['1'],
    running: 1,
    waiting: 0,
  });
  task.signal('SIGTERM');
  t.is(await task.ended, 0);
  t.false((await slurm.calls('scontrol')).some((call) => call.includes('requeue')));
  t.like((await status(experiment)).counts, { waiting: 1, running: 0, failed: 0 });
  // Should Slurm start it nevertheless, it does nothing.
  t.is(await slurm.run(1, 0).ended, 0);
  t.like((await status(experiment)).counts, { waiting: 1 });
});

test('two runs at once submit each trial once', async (t) => {
  const { slurm, run } = await setting(t, many(8), 3);
  const [first, second] = await Promise.all([run({ detach: true }), run({ detach: true })]);
  t.like(first, { open: 8 });
  t.like(second, { open: 8 });
  t.is((await slurm.queue()).length, 8);
});

test('a record without a job is submitted again, one that was never finished is not counted', async (t) => {
  const { slurm, experiment, run, submissions } = await setting(t, many(2));
  await slurm.mode('sbatch', 'hang');
  const kill = new AbortController();
  const stop = new AbortController();
  const running = run({}, { stop: stop.signal, kill: kill.signal });
  await until(async () => (await slurm.calls('sbatch')).length > 0);
  // Ctrl-C twice while sbatch hangs.
  stop.abort();
  kill.abort();
  t.like(await running, { exitCode: 130, open: 2 });
  await slurm.mode('sbatch', 'well');
  await mkdir(join(experiment, 'slurm', '0123456789ab'));
  t.like(await run({ detach: true }), { open: 2 });
  const over = (await submissions()).filter((folder) => existsSync(join(folder, 'over.json')));
  t.is(over.length, 1);
  t.is((await slurm.queue()).length, 2);
});

test('a damaged or newer record is not guessed at', async (t) => {
  const { slurm, run, submissions } = await setting(t, many(1));
  await run({ detach: true });
  const path = join((await submissions())[0]!, 'submission.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(0, 40));
  await t.throwsAsync(run(), {
    message:
      /submission\.json" is damaged, so it is unknown what that job is to do\. Cancel the jobs whose names end in [0-9a-f]{12} /,
  });
  await writeFile(path, text.replace(/"storeVersion": \d+/, '"storeVersion": 999'));
  await t.throwsAsync(run(), { message: /was written by a newer Neckar\. Update this one\.$/ });
  t.is((await slurm.calls('sbatch')).length, 1);
});

test('--fail-fast cancels what waits', async (t) => {
  const { slurm, run, compute, heard } = await setting(t, [{ variant: 'throws' }, {}, {}]);
  const running = run({}, { failFast: true });
  await until(async () => (await slurm.queue()).length > 0);
  await slurm.put(1, 1, 'RUNNING');
  await compute(0);
  await until(async () => (await slurm.calls('scancel')).length > 0);
  t.deepEqual(await slurm.calls('scancel'), ['scancel --state=PENDING 1']);
  await compute(1);
  t.like(await running, { finished: 1, open: 1, exitCode: 1 });
  t.is(heard('interrupted').length, 1);
});

test('arrays are split by MaxArraySize and together stay within the limit of jobs', async (t) => {
  const { slurm, run } = await setting(t, many(19), 4);
  t.like(await run({ detach: true, jobs: 3, trialsPerTask: 2 }), { open: 19 });
  const flags = (await slurm.calls('sbatch')).map((call) =>
    call.match(/--(array|dependency)=\S+/g)!.join(' '),
  );
  t.deepEqual(flags, [
    '--array=0-3%3',
    '--array=0-3%3 --dependency=afterany:1',
    '--array=0-1%3 --dependency=afterany:1:2',
  ]);
});

test('status says what Slurm knows of trials that the files do not explain', async (t) => {
  const { slurm, experiment, run, compute } = await setting(t, many(4));
  await run({ detach: true });
  await compute(0);
  await slurm.put(1, 0, 'COMPLETED');
  await slurm.put(1, 1, 'PENDING', 'QOSMaxJobsPerUserLimit');
  await slurm.put(1, 2, 'RUNNING');
  await slurm.put(1, 3, undefined);
  await slurm.accounts('1_3|NODE_FAIL|None\n');
  const view = await slurmView(experiment, { environment: slurm.environment });
  const seen = withSlurm(await status(experiment), view).trials.map(
    ({ state, reason }) => `${state}: ${reason}`,
  );
  t.deepEqual(seen, [
    'complete: budget',
    'waiting: Slurm job 1_1 is pending, QOSMaxJobsPerUserLimit',
    'waiting: Slurm job 1_2 is running',
    // The array is still listed, so its forgotten task is not asked about.
    'waiting: not begun',
  ]);
  await slurm.put(1, 'all', undefined);
  const later = withSlurm(
    await status(experiment),
    await slurmView(experiment, { environment: slurm.environment }),
  );
  t.is(later.trials[3]!.reason, 'its Slurm job 1_3 is over (NODE_FAIL); the next run takes it up');
  await slurm.mode('squeue', 'refuse', 'squeue: error: no route\n');
  const blind = await slurmView(experiment, { environment: slurm.environment });
  t.is(blind.tasks.size, 0);
  t.is(blind.problem, 'Slurm refuses: squeue says "no route".');
});

test('resources become flags; what would break the promises is refused', (t) => {
  t.deepEqual(
    resourceFlags({
      partition: 'gpu',
      account: 'art',
      time: 90.5,
      memory: 2,
      cpus: 4,
      gpus: 'a100:2',
      flags: ['--qos=long'],
      warning: 120,
    }),
    [
      '--partition=gpu',
      '--account=art',
      '--time=91',
      '--mem=1908M',
      '--cpus-per-task=4',
      '--gres=gpu:a100:2',
      '--qos=long',
      '--signal=B:USR1@120',
    ],
  );
  t.deepEqual(resourceFlags({}), ['--signal=B:USR1@60']);
  for (const flag of ['--array=1', '-a1', '--no-requeue', '--output=x', '-Jx', '--signal=TERM'])
    t.throws(
      () => resourceFlags({ flags: [flag] }),
      { message: /Neckar sets .* itself\. Leave it out\.$/ },
      flag,
    );
  t.throws(() => resourceFlags({ flags: ['--qos long'] }), {
    message: /holds a space: write it as "--qos=long"\.$/,
  });
  t.throws(() => resourceFlags({ flags: ['qos=long'] }), {
    message: /is none: expected one such as "--qos=long"\.$/,
  });
  // At most the warning: 60 s.
  for (const time of [1, 0.5, '1', '0:59', '0:00:60', '0-0:1'])
    t.throws(
      () => resourceFlags({ time }),
      { message: /leaves nothing before the warning 60 s ahead of it/ },
      String(time),
    );
  for (const time of [1.1, '2', '1:01', '0:01:01', '0-1', '1-0:0:0'])
    t.notThrows(() => resourceFlags({ time }), String(time));
});

test('answers of squeue and sacct', (t) => {
  t.deepEqual(
    parseQueue(
      '12|3|RUNNING|None|node1|fake-abc\n13|N/A|PENDING|Resources||another\n12|4|PENDING|Priority||a|b\n\n',
    ),
    [
      { job: '12', task: 3, state: 'RUNNING', reason: 'None', node: 'node1', name: 'fake-abc' },
      { job: '12', task: 4, state: 'PENDING', reason: 'Priority', node: '', name: 'a|b' },
    ],
  );
  t.deepEqual(
    parseEndings(
      '12_3|CANCELLED by 1000|None\n12_3.batch|CANCELLED|\n12_[4-7]|PENDING|None\n12_8|NODE_FAIL|NodeDown\n',
    ),
    [
      { job: '12', task: 3, state: 'CANCELLED', reason: 'None' },
      { job: '12', task: 8, state: 'NODE_FAIL', reason: 'NodeDown' },
    ],
  );
});

test('trials come in an array that begins after that of their trainings, and are told of what became of these', async (t) => {
  const { slurm, experiment, run, notes, compute, submissions } = await setting(t, [
    { training: {} },
    { training: { network: { name: 'throws' } } },
    {},
  ]);
  t.like(await run({ detach: true }), { open: 3, trainings: { open: 2 } });
  const calls = await slurm.calls('sbatch');
  t.deepEqual(
    calls.map((call) => [...(call.match(/--array=\S+|--dependency=\S+/g) ?? [])]),
    [['--array=0-1'], ['--array=0-0'], ['--array=0-1', '--dependency=afterany:1']],
  );
  t.true(notes().includes('Submitted 2 trainings as job 1.'));
  t.true(notes().includes('Submitted 2 trials as job 3, to begin after 1.'));
  const view = withSlurm(
    await status(experiment),
    await slurmView(experiment, { environment: slurm.environment }),
  );
  t.is(view.trainings[0]!.reason, 'Slurm job 1_0 is pending, Priority');
  t.regex(
    view.trials[0]!.reason,
    /^waits for the training of .* \(\w+\); Slurm job 3_0 is pending, Priority$/,
  );
  // Begun too early, a task ends without having done anything.
  t.is(await slurm.run(3, 0).ended, 0);
  t.false(existsSync(join(experiment, 'trials', view.trials[0]!.id, 'attempts')));
  await slurm.put(3, 0, 'PENDING');
  // The same command comes back to all of it, and hears of the ends.
  const running = run();
  t.is(await slurm.run(1, 0).ended, 0);
  t.is(await slurm.run(1, 1).ended, 0);
  await slurm.put(1, 'all', 'COMPLETED');
  t.is(await slurm.run(3, 0).ended, 0);
  await compute(4);
  const summary = await running;
  t.like(summary, { finished: 2, open: 0, exitCode: 1, trainings: { finished: 1, open: 0 } });
  t.regex(
    summary.failures[0]!.failure.message,
    /^the training of .* \(\w+\), which it needs, failed: all pictures are gone\.$/,
  );
  t.is((await submissions()).length, 3);
  // The lost trial's task, should it begin after all, says so and ends.
  t.is(await slurm.run(3, 1).ended, 0);
  t.like((await status(experiment)).counts, { complete: 2, failed: 1 });
});

test('a trial whose training lost its task is submitted once that is complete', async (t) => {
  const { slurm, experiment, run, heard, compute } = await setting(t, [{ training: {} }]);
  const running = run();
  await until(async () => (await slurm.queue()).length === 2);
  // The machine took the training's task away, whereupon Slurm let the trial's begin in vain.
  await slurm.put(1, 0, undefined);
  await slurm.put(2, 0, undefined);
  await until(async () => (await slurm.queue()).some((row) => row.startsWith('3|')));
  t.is((await slurm.calls('sbatch')).length, 3);
  await compute(0);
  await until(async () => (await slurm.queue()).some((row) => row.startsWith('4|')));
  await compute(1);
  t.like(await running, { finished: 1, exitCode: 0, trainings: { finished: 1 } });
  t.is(heard('failed').length, 0);
  t.like((await status(experiment)).counts, { complete: 1 });
});

test('trials whose training is cancelled in the queue are left open', async (t) => {
  const { slurm, run } = await setting(t, [{ training: {} }]);
  const running = run();
  await until(async () => (await slurm.queue()).length === 2);
  await slurm.put(1, 'all', 'CANCELLED');
  t.like(await running, { open: 1, exitCode: 130, trainings: { open: 1 } });
});

test('what was submitted before there were trainings is still understood', async (t) => {
  const { experiment, run, submissions } = await setting(t, many(1));
  await run({ detach: true });
  const [folder] = await submissions();
  const path = join(folder!, 'tasks.jsonl');
  await writeFile(path, (await readFile(path, 'utf8')).replace('"work":', '"trial":'));
  const [submission] = await readSubmissions(diskFiles(), experiment);
  const [open] = await readTask(diskFiles(), submission!, 0);
  t.is(open!.work.label, 'trial 1');
  t.false('trial' in open!);
});
