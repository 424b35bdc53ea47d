/** The same faults with real processes and real signals. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { type RunOptions, runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { child } from './_child.ts';
import type { ChildTask } from './child.ts';
import { fakeModule, fakePlan, outcomeOf, plannedFolder, temporaryFolder } from './support.ts';

const full = process.env.NECKAR_FAULTS === 'full';

/** The options of every run here; `journal` is where the fake trials write what they begin. */
function setting(folder: string): {
  options: RunOptions;
  environment: Record<string, string>;
  journal: string;
} {
  const journal = join(folder, 'journal.txt');
  return {
    options: {
      runs: join(folder, 'runs'),
      performModule: fakeModule,
      neighbors: join(folder, 'neighbours'),
    },
    environment: { NECKAR_TEST_JOURNAL: journal },
    journal,
  };
}

/** How often each trial was begun, by seed. */
async function beginnings(journal: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const line of (await readFile(journal, 'utf8')).trim().split('\n')) {
    const seed = line.split(' ')[0]!;
    counts.set(seed, (counts.get(seed) ?? 0) + 1);
  }
  return counts;
}

test.serial(
  'SIGKILL of a worker at an I/O step fails its trial, which the next run resumes to the same bytes',
  async (t) => {
    const folder = await temporaryFolder(t);
    const { options } = setting(folder);
    const plan = await fakePlan(folder, [{}]);
    const reference = await runExperiment(plan, options);
    const { trials } = await status(reference.folder);
    const id = trials[0]!.id;
    const expected = await outcomeOf(reference.folder, id);
    let killed = 0;
    const steps = full ? Array.from({ length: 150 }, (_, i) => i + 1) : [3, 12, 27, 38, 44];
    for (const step of steps) {
      await rm(reference.folder, { recursive: true });
      const first = child(t, { task: 'run', plan, options }, { NECKAR_FAULT: `worker:kill@${step}` });
      const { code } = await first.ended;
      if (code === 0) break;
      killed++;
      t.is(code, 1, `step ${step}`);
      const failed = first.lines.find((line) => line.type === 'failed') as {
        failure: { message: string };
      };
      t.regex(failed.failure.message, /died at evaluation \d+: it was killed \(SIGKILL\)/);
      const again = await runExperiment(plan, options);
      t.is(again.exitCode, 0, `step ${step}`);
      t.deepEqual(await outcomeOf(reference.folder, id), expected, `killed before step ${step}`);
    }
    t.true(killed >= 4);
    t.log(`${killed} workers killed, ${killed} survived`);
  },
);

test.serial(
  'the command itself killed: its workers keep checkpoints and end; the next run goes on',
  async (t) => {
    const folder = await temporaryFolder(t);
    const { options } = setting(folder);
    const plan = await fakePlan(folder, [{ variant: 'slow-30', evaluations: 40 }]);
    const running = child(t, { task: 'run', plan, options });
    await running.heard('progress', 2);
    running.process.kill('SIGKILL');
    await running.ended;
    const experiment = join(folder, 'runs', 'fake');
    let state = await status(experiment);
    while (state.trials[0]!.state === 'running') {
      await sleep(100);
      state = await status(experiment);
    }
    t.is(state.trials[0]!.state, 'waiting');
    t.regex(state.trials[0]!.reason, /^interrupted; goes on after evaluation \d+$/);
    let resumedFrom: number | undefined;
    const summary = await runExperiment(plan, {
      ...options,
      onEvent: (event) => {
        if (event.type === 'started') ({ resumedFrom } = event);
      },
    });
    t.is(summary.exitCode, 0);
    t.true(resumedFrom !== undefined && resumedFrom > 0);
    const interrupted = await outcomeOf(experiment, state.trials[0]!.id);
    await rm(experiment, { recursive: true });
    await runExperiment(plan, options);
    t.deepEqual(interrupted, await outcomeOf(experiment, state.trials[0]!.id));
  },
);

test.serial(
  'Ctrl-C once keeps checkpoints and ends with 130 and how to go on; twice ends at once, with nothing lost',
  async (t) => {
    const folder = await temporaryFolder(t);
    const { options } = setting(folder);
    const plan = await fakePlan(
      folder,
      Array.from({ length: 4 }, () => ({ variant: 'slow-30', evaluations: 40 })),
    );
    for (const times of [1, 2]) {
      const running = child(t, { task: 'run', plan, options: { ...options, jobs: 2 } });
      await running.heard('progress', 4);
      // To the whole group, as a terminal does.
      process.kill(-running.process.pid!, 'SIGINT');
      if (times === 2) process.kill(-running.process.pid!, 'SIGINT');
      t.deepEqual(await running.ended, { code: 130, signal: null }, JSON.stringify(running.lines.at(-1)));
      const { sentence } = running.lines.at(-1) as { sentence: string };
      t.regex(sentence, /^Interrupted: .*Run the same command again to go on from the last checkpoints\.$/);
      const { counts } = await status(join(folder, 'runs', 'fake'));
      t.like(counts, { running: 0, failed: 0 });
    }
    const experiment = join(folder, 'runs', 'fake');
    t.is((await runExperiment(plan, { ...options, jobs: 2 })).exitCode, 0);
    const { trials } = await status(experiment);
    const outcomes = await Promise.all(trials.map(({ id }) => outcomeOf(experiment, id)));
    await rm(experiment, { recursive: true });
    await runExperiment(plan, { ...options, jobs: 2 });
    t.deepEqual(outcomes, await Promise.all(trials.map(({ id }) => outcomeOf(experiment, id))));
  },
);

const children = (pid: number): string => `/proc/${pid}/task/${pid}/children`;
(existsSync(children(process.pid)) ? test.serial : test.serial.skip)(
  'Ctrl-C that finds a worker still loading is an interruption, not a defect',
  async (t) => {
    const folder = await temporaryFolder(t);
    const { options } = setting(folder);
    const plan = await fakePlan(folder, [{ variant: 'slow-30', evaluations: 40 }]);
    const running = child(t, { task: 'run', plan, options });
    let worker: string | undefined;
    while (worker === undefined) {
      await sleep(1);
      const pids = (await readFile(children(running.process.pid!), 'utf8')).trim().split(' ').filter(Boolean);
      for (const pid of pids) {
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        if (/runs\/worker\.ts/.test(command)) worker = pid;
      }
    }
    process.kill(-running.process.pid!, 'SIGINT');
    t.deepEqual(await running.ended, { code: 130, signal: null }, JSON.stringify(running.lines.at(-1)));
    t.is((await runExperiment(plan, options)).exitCode, 0);
  },
);

test.serial('eight processes racing for forty trials do each once', async (t) => {
  const base = await temporaryFolder(t);
  const { environment, journal } = setting(base);
  const trials = Array.from({ length: 40 }, () => ({ variant: 'slow-2' }));
  const { folder } = await plannedFolder(base, trials);
  const children = Array.from({ length: 8 }, () =>
    child(t, { task: 'execute', folder, leaseSeconds: 60, neighbors: join(base, 'n') }, environment),
  );
  const endings = await Promise.all(children.map(({ ended }) => ended));
  t.true(endings.every(({ code }) => code === 0));
  const counts = await beginnings(journal);
  t.is(counts.size, 40);
  t.true([...counts.values()].every((times) => times === 1));
  t.is((await status(folder, { verify: 'hashes' })).counts.complete, 40);
});

test.serial('two runs of the same experiment at once share the work and both end well', async (t) => {
  const folder = await temporaryFolder(t);
  const { options, environment, journal } = setting(folder);
  const plan = await fakePlan(
    folder,
    Array.from({ length: 10 }, () => ({ variant: 'slow-5' })),
  );
  const task: ChildTask = { task: 'run', plan, options: { ...options, jobs: 2 } };
  const both = [child(t, task, environment), child(t, task, environment)];
  for (const { ended, lines } of both) {
    t.is((await ended).code, 0);
    t.like(lines.at(-1), { total: 10, open: 0, failures: [] });
  }
  const counts = await beginnings(journal);
  t.is(counts.size, 10);
  t.true([...counts.values()].every((times) => times === 1));
});

test.serial('a process stopped past its lease is replaced; woken, it publishes nothing', async (t) => {
  const base = await temporaryFolder(t);
  const { options } = setting(base);
  const plan = await fakePlan(base, [{}]);
  const { folder } = await plannedFolder(base, [{}]);
  for (const step of full ? [20, 24, 28, 32, 36, 40] : [26, 38]) {
    await rm(join(folder, 'trials'), { recursive: true });
    await mkdir(join(folder, 'trials'));
    const task: ChildTask = { task: 'execute', folder, leaseSeconds: 1, neighbors: join(base, 'n') };
    const sleeper = child(t, task, { NECKAR_FAULT: `freeze@${step}` });
    while (!isStopped(sleeper.process.pid!) && sleeper.process.exitCode === null) await sleep(50);
    t.is((await status(folder)).trials[0]!.state, 'running');
    const summary = await runExperiment(plan, { ...options, leaseSeconds: 1 });
    t.like(summary, { exitCode: 0, finished: 1, open: 0 });
    const path = join(folder, 'trials', (await status(folder)).trials[0]!.id, 'result.json');
    const published = await readFile(path, 'utf8');
    sleeper.process.kill('SIGCONT');
    t.is((await sleeper.ended).code, 0);
    t.deepEqual(sleeper.lines.at(-1), { endings: ['lost'] }, `stopped before step ${step}`);
    t.is(await readFile(path, 'utf8'), published);
  }
});

const mountable = mountsTmpfs();
(mountable ? test.serial : test.serial.skip)(
  'a full disk ends the run with one sentence; with room again it goes on (needs the right to mount a tmpfs)',
  async (t) => {
    const base = await temporaryFolder(t);
    const disk = join(base, 'disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160k', 'tmpfs', disk]);
    t.teardown(() => execFileSync('umount', [disk]));
    const plan = await fakePlan(
      base,
      Array.from({ length: 8 }, () => ({ evaluations: 30 })),
    );
    const options = { ...setting(base).options, runs: join(disk, 'runs') };
    const error = await t.throwsAsync(runExperiment(plan, options));
    t.regex(
      error!.message,
      /^The run store cannot write ".*": the disk is full\. Make room and run the same command again; what is finished is kept\.$/,
    );
    const { counts } = await status(join(disk, 'runs', 'fake'));
    t.true(counts.complete > 0 && counts.complete < 8 && counts.running === 0);
    execFileSync('mount', ['-o', 'remount,size=8m', disk]);
    t.like(await runExperiment(plan, options), {
      exitCode: 0,
      before: counts.complete,
      finished: 8 - counts.complete,
    });
  },
);

function isStopped(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  const stat = execFileSync('cat', [`/proc/${pid}/stat`], { encoding: 'latin1' });
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

function mountsTmpfs(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'neckar-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}
