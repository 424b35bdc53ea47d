/** Sweeps on a real Slurm of one node, started and stopped here. */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { RunEvent } from '../../src/runs/launcher.ts';
import { type ExperimentPlan, type RunOptions, type RunSummary, runExperiment } from '../../src/runs/run.ts';
import { cancelJobs, slurmView, withSlurm } from '../../src/runs/slurm/jobs.ts';
import { type SlurmOptions, slurmLauncher } from '../../src/runs/slurm/launcher.ts';
import { status } from '../../src/runs/status.ts';
import { type Cluster, slurmMissing, startCluster } from './slurm-cluster.ts';
import { fakeModule, fakePlan, outcomeOf, temporaryFolder } from './support.ts';

const missing = slurmMissing();
const real = missing === undefined ? test : test.skip;
const why = missing === undefined ? '' : ` (${missing})`;
const slowModule = new URL('./slurm-trial.ts', import.meta.url).href;

let cluster: Cluster | undefined;

test.before(async () => {
  if (missing === undefined) cluster = await startCluster();
});
test.after.always(async () => {
  await cluster?.stop();
});

/** An experiment of fake trials, and how to run it on the cluster. */
async function setting(t: ExecutionContext, trials: Parameters<typeof fakePlan>[1]) {
  // Not in memory: the log paths of jobs are to look as they do elsewhere.
  const folder = await temporaryFolder(t);
  const plan = await fakePlan(folder, trials);
  const journal = join(folder, 'journal.txt');
  const experiment = join(folder, 'runs', 'fake');
  const events: RunEvent[] = [];
  const run = async (slurm: SlurmOptions = {}, options: RunOptions = {}): Promise<RunSummary> =>
    await runExperiment(plan as ExperimentPlan, {
      runs: join(folder, 'runs'),
      onEvent: (event) => events.push(event),
      ...options,
      launcher: slurmLauncher({
        environment: { ...cluster!.environment, NECKAR_TEST_JOURNAL: journal },
        performModule: fakeModule,
        neighbors: join(folder, 'neighbours'),
        pollSeconds: 0.5,
        lookSeconds: 0.1,
        graceSeconds: 0.5,
        leaseSeconds: 20,
        ...slurm,
      }),
    });
  const heard = (type: RunEvent['type']) => events.filter((event) => event.type === type);
  const progressing = () =>
    new Set(events.flatMap((event) => (event.type === 'progress' ? [event.work.id] : []))).size;
  const submissions = async () =>
    (await readdir(join(experiment, 'slurm'))).filter((name) => /^[0-9a-f]{12}$/.test(name));
  /** How often each trial was begun. */
  const beginnings = async () =>
    (await readFile(journal, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[0]))
      .sort((a, b) => a - b);
  return { folder, plan, experiment, events, heard, progressing, run, submissions, beginnings };
}

/** Waits until something holds, as long as the run goes on. */
async function until(condition: () => boolean, running: Promise<unknown>): Promise<void> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  running.then(end, end);
  while (!condition() && !ended) await sleep(50);
}

async function logsOf(experiment: string): Promise<string> {
  const slurm = join(experiment, 'slurm');
  const names = (await readdir(slurm, { recursive: true })).filter((name) => name.endsWith('.log'));
  const logs = await Promise.all(
    names.sort().map(async (name) => `${name}:\n${await readFile(join(slurm, name), 'utf8')}`),
  );
  return logs.join('\n');
}

real(`ten trials become three arrays, run as they would here, and are not run again${why}`, async (t) => {
  const { folder, plan, experiment, run, heard, submissions, beginnings } = await setting(
    t,
    Array.from({ length: 10 }, () => ({})),
  );
  const summary = await run({ jobs: 3, time: 5, cpus: 1 });
  if (!t.like(summary, { exitCode: 0, finished: 10, open: 0, failures: [] })) t.log(await logsOf(experiment));
  // MaxArraySize is 4.
  t.is((await submissions()).length, 3);
  t.deepEqual(await beginnings(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.is(heard('finished').length, 10);
  const { trials } = await status(experiment, { verify: 'hashes' });
  await runExperiment(plan, {
    runs: join(folder, 'local'),
    performModule: fakeModule,
    threads: 1,
    only: new Set([trials[3]!.id]),
  });
  const without = async (place: string) => {
    const { 'result.json': result, ...artefacts } = await outcomeOf(place, trials[3]!.id);
    const { identity, ...rest } = JSON.parse(result!);
    return { ...artefacts, result: rest, threads: identity.threads };
  };
  t.deepEqual(await without(experiment), await without(join(folder, 'local', 'fake')));
  t.like(await run(), { exitCode: 0, before: 10, finished: 0 });
  t.is((await submissions()).length, 3);
});

real(`a job whose id got lost is adopted by its name, never submitted twice${why}`, async (t) => {
  const { experiment, run, events, submissions, beginnings } = await setting(
    t,
    Array.from({ length: 4 }, () => ({})),
  );
  const first = await run({ trialsPerTask: 2, flags: ['--hold'], detach: true });
  t.like(first, { exitCode: 0, finished: 0, open: 4 });
  const [token] = await submissions();
  const job = JSON.parse(await readFile(join(experiment, 'slurm', token!, 'job.json'), 'utf8')).jobId;
  await rm(join(experiment, 'slurm', token!, 'job.json'));
  const view = await slurmView(experiment, { environment: cluster!.environment });
  t.is(view.tasks.size, 4);
  const { trials } = withSlurm(await status(experiment), view);
  t.deepEqual(
    trials.map(({ state, reason }) => `${state}: ${reason}`),
    [0, 0, 1, 1].map((task) => `waiting: Slurm job ${job}_${task} is pending, JobHeldUser`),
  );

  const again = run();
  const held = () => events.some((event) => event.type === 'note' && /holds tasks back/.test(event.sentence));
  await until(held, again);
  await cluster!.ask('scontrol', 'release', job);
  const summary = await again;
  if (!t.like(summary, { exitCode: 0, finished: 4, open: 0 })) t.log(await logsOf(experiment));
  t.deepEqual(await submissions(), [token]);
  t.deepEqual(await beginnings(), [1, 2, 3, 4]);
  t.true(
    events.some(
      (event) => event.type === 'note' && event.sentence.includes(`in the queue already (job ${job})`),
    ),
  );
});

real(`Ctrl-C detaches and the trials go on; cancelling them keeps their checkpoints${why}`, async (t) => {
  const { experiment, run, progressing, submissions } = await setting(
    t,
    Array.from({ length: 3 }, () => ({ variant: 'slow-100', evaluations: 600 })),
  );
  const interrupt = new AbortController();
  const running = run({ jobs: 2, performModule: slowModule }, { stop: interrupt.signal });
  await until(() => progressing() >= 2, running);
  interrupt.abort();
  const detached = await running;
  t.like(detached, { exitCode: 130, finished: 0, open: 3 });
  t.regex(
    detached.sentence,
    /^Detached: 0 of 3 .*the same command comes back to it, and "neckar cancel fake" ends it\.$/,
  );
  const { tasks } = await slurmView(experiment, { environment: cluster!.environment });
  t.deepEqual([...tasks.values()].map(({ state }) => state).sort(), ['PENDING', 'RUNNING', 'RUNNING']);
  t.is((await status(experiment)).counts.running, 2);

  const canceled = await cancelJobs(experiment, { environment: cluster!.environment });
  t.like(canceled, { running: 2, waiting: 1 });
  let counts = await status(experiment).then((one) => one.counts);
  while (counts.running > 0) {
    await sleep(100);
    ({ counts } = await status(experiment));
  }
  t.like(counts, { running: 0, waiting: 3, failed: 0 });
  const { trials } = await status(experiment);
  t.is(trials.filter(({ reason }) => /^interrupted; goes on after evaluation \d+$/.test(reason)).length, 2);
  const queue = await cluster!
    .ask('squeue', '-h', '-t', 'PENDING,RUNNING', '-j', canceled.jobs.join(','))
    .catch(() => '');
  t.is(queue.trim(), '');
  // Cancelled, they are submitted anew by the next run, and go on.
  const summary = await run({ performModule: slowModule }, { only: new Set([trials[0]!.id]) });
  t.like(summary, { exitCode: 0, finished: 1 });
  t.is((await submissions()).length, 2);
});

real(`warned of the time limit, a task keeps a checkpoint, queues again and goes on${why}`, async (t) => {
  const { experiment, run, heard, submissions } = await setting(t, [
    { variant: 'slow-100', evaluations: 600 },
  ]);
  const summary = await run({ time: 1, warning: 55, performModule: slowModule });
  if (!t.like(summary, { exitCode: 0, finished: 1, open: 0 })) t.log(await logsOf(experiment));
  const starts = heard('started') as Extract<RunEvent, { type: 'started' }>[];
  t.is(starts[0]!.resumedFrom, undefined);
  t.is((await submissions()).length, 1);
  const log = await logsOf(experiment);
  t.regex(
    log,
    /Back to the queue\.[\s\S]*restarted 1 times[\s\S]*attempt 2, from evaluation \d+\n[\s\S]*complete/,
  );
});

real(
  `preempted on a GPU, a task keeps a checkpoint and goes on when the node is free again${why}`,
  async (t) => {
    const { experiment, run, progressing, submissions } = await setting(t, [
      { variant: 'slow-100', evaluations: 600 },
    ]);
    const running = run({ partition: 'spare', gpus: 1, memory: 0.5, performModule: slowModule });
    await until(() => progressing() >= 1, running);
    const urgent = await cluster!.ask(
      'sbatch',
      '--parsable',
      '--partition=urgent',
      '--gres=gpu:1',
      '--output=/dev/null',
      '--wrap=sleep 1',
    );
    const summary = await running;
    if (!t.like(summary, { exitCode: 0, finished: 1, open: 0 })) t.log(await logsOf(experiment));
    t.regex(await cluster!.ask('scontrol', 'show', 'job', urgent.trim()), /JobState=COMPLETED/);
    t.is((await submissions()).length, 1);
    t.regex(
      await logsOf(experiment),
      /DUE TO PREEMPTION[\s\S]*restarted 1 times[\s\S]*attempt 2, from evaluation \d+\n/,
    );
  },
);

real(`what Slurm refuses is said in its own words, and nothing is left in the queue${why}`, async (t) => {
  const { experiment, run, submissions } = await setting(t, [{}, {}]);
  const error = await t.throwsAsync(run({ partition: 'nowhere' }));
  t.is(error!.name, 'SlurmError');
  t.regex(
    error!.message,
    /^Slurm refuses: sbatch says ".*Batch job submission failed: Invalid partition name specified"\.$/,
  );
  const { tasks } = await slurmView(experiment, { environment: cluster!.environment });
  t.is(tasks.size, 0);
  t.is((await submissions()).length, 1);
  t.true(existsSync(join(experiment, 'slurm', (await submissions())[0]!, 'over.json')));
  t.like(await cancelJobs(experiment, { environment: cluster!.environment }), { jobs: [] });
});
