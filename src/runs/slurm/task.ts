/**
 * One task of a job array, run by the batch script on some node: `task.ts <experiment folder> <token> <index>`. Runs
 * its trials or trainings one after the other, as a run on this machine would. Ends with 0 when each of them has a result,
 * a failure or another keeper, or its training is not complete; with 75 when it was told to stop before.
 */
import { availableParallelism, hostname } from 'node:os';
import { messageOf, NeckarError } from '../../errors.ts';
import { checkpointedEvaluation } from '../checkpoint.ts';
import { faultFromEnvironment } from '../faults.ts';
import { diskFiles, type Files } from '../files.ts';
import type { LaunchEvent, OpenWork } from '../launcher.ts';
import { localLauncher } from '../local.ts';
import { attemptFolder, attemptsOf } from '../store.ts';
import { kindOf, workFolder } from '../work.ts';
import { interruptedStatus } from './script.ts';
import { readSubmission, readTask, recordJob, type Submission } from './submissions.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1'] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) say(`${signal}: keeping checkpoints and ending`);
    stop.abort(new Error('Slurm wants the node back'));
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  say(messageOf(error));
  if (!(error instanceof NeckarError) && error instanceof Error) say(error.stack ?? '');
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const [folder, token, index] = process.argv.slice(2) as [string, string, string];
  const files = diskFiles(faultFromEnvironment('task'));
  const submission = await readSubmission(files, folder, token);
  if (submission === undefined) throw new NeckarError(`There is no submission ${token} in "${folder}".`);
  if (submission.over !== undefined) {
    say(`Nothing to do: ${submission.over}.`);
    return 0;
  }
  const { SLURM_ARRAY_JOB_ID: job, SLURM_RESTART_COUNT: restarts = '0' } = process.env;
  say(
    `task ${index} of job ${job} on ${hostname()}, restarted ${restarts} times, ${new Date().toISOString()}`,
  );
  // Who submitted it may have died before writing this down.
  if (submission.jobId === undefined && job !== undefined) await recordJob(files, submission, job);
  const open = await readTask(files, submission, Number(index));
  let settled = 0;
  for (const [fresh, work] of await byFreshness(files, folder, submission, open)) {
    if (work.length === 0 || stop.signal.aborted) continue;
    settled += await launch(files, folder, submission, fresh, work);
  }
  return stop.signal.aborted && settled < open.length ? interruptedStatus : 0;
}

/**
 * Work that is to start from nothing, and what goes on. What this submission has brought to a checkpoint
 * goes on even if the submission said fresh: it has been on a node before.
 */
async function byFreshness(
  files: Files,
  folder: string,
  { settings }: Submission,
  open: readonly OpenWork[],
): Promise<[fresh: boolean, OpenWork[]][]> {
  if (!settings.fresh) return [[false, [...open]]];
  const groups: Record<'fresh' | 'begun', OpenWork[]> = { fresh: [], begun: [] };
  for (const one of open) {
    const place = workFolder(folder, one.work);
    const own = (await attemptsOf(files, place)).filter((attempt) => attempt > one.knownAttempts);
    const kept = await Promise.all(
      own.map((attempt) => checkpointedEvaluation(files, attemptFolder(place, attempt))),
    );
    groups[kept.some((evaluation) => evaluation !== undefined) ? 'begun' : 'fresh'].push(one);
  }
  return [
    [true, groups.fresh],
    [false, groups.begun],
  ];
}

/** Returns how much of the work has a result or a failure now. */
async function launch(
  files: Files,
  folder: string,
  { settings }: Submission,
  fresh: boolean,
  work: readonly OpenWork[],
): Promise<number> {
  let settled = 0;
  const { SLURM_CPUS_PER_TASK, SLURM_CPUS_ON_NODE } = process.env;
  const cores = Number(SLURM_CPUS_PER_TASK ?? SLURM_CPUS_ON_NODE);
  const launcher = localLauncher({
    ...settings,
    jobs: 1,
    threads: cores >= 1 ? cores : availableParallelism(),
  });
  // What another process keeps beating for is left to it; that whose keeper died is had after its lease.
  const timeout = new AbortController();
  const held = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const rewatch = (): void => {
    clearTimeout(timer);
    if (held.size > 0) timer = setTimeout(() => timeout.abort(), settings.leaseSeconds * 2000);
  };
  const hear = (event: LaunchEvent): void => {
    if (event.type === 'elsewhere') held.add(event.work.id);
    else if ('work' in event) held.delete(event.work.id);
    if (event.type === 'finished' || event.type === 'failed') settled++;
    if (event.type !== 'progress') {
      say(sentenceOf(event));
      // While something is computed, waiting costs nothing.
      if (event.type === 'started') clearTimeout(timer);
      else rewatch();
    }
  };
  try {
    await launcher.launch({
      files,
      experimentFolder: folder,
      open: work,
      fresh,
      failFast: false,
      wait: true,
      stop: AbortSignal.any([stop.signal, timeout.signal]),
      kill: new AbortController().signal,
      emit: hear,
      // One at a time has all the memory there is.
      memoryOf: () => 0,
    });
  } finally {
    clearTimeout(timer);
  }
  return settled;
}

function sentenceOf(event: LaunchEvent): string {
  if (event.type === 'note') return event.sentence;
  const { label } = event.work;
  const { unit } = kindOf(event.work);
  switch (event.type) {
    case 'started': {
      const from = event.resumedFrom === undefined ? '' : `, from ${unit} ${event.resumedFrom}`;
      return `${label}: attempt ${event.attempt}${from}`;
    }
    case 'finished':
      return `${label}: ${event.state} (${event.reason})`;
    case 'failed':
      return `${label}: failed: ${event.failure.message}`;
    case 'interrupted':
      return `${label}: stopped at ${unit} ${event.evaluation}`;
    case 'elsewhere':
      return `${label}: run by ${event.by}`;
    case 'progress':
      return '';
  }
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}
