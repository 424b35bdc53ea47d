/** What an experiment has in Slurm's queue, for `status`, and its end, for `cancel`. */
import { resolve } from 'node:path';
import { diskFiles, type Files } from '../files.ts';
import type { ExperimentStatus, WorkStatus } from '../status.ts';
import { type CommandOptions, isOver, SlurmError, slurmCommands } from './commands.ts';
import { locked } from './placement.ts';
import { readSubmissions, recordOver, type Submission, taskLog } from './submissions.ts';

/** The task of a trial or training as Slurm sees it. */
export interface QueuedTask {
  /** `<job>_<task>`. */
  readonly job: string;
  /** In Slurm's words, such as `PENDING`. */
  readonly state: string;
  readonly reason: string;
  readonly node: string;
  /** What the task printed. */
  readonly log: string;
  /** It waits or runs; otherwise it is over. */
  readonly alive: boolean;
}

export interface SlurmView {
  /** By id; what was never submitted, or whose tasks Slurm has forgotten, is missing. */
  readonly tasks: ReadonlyMap<string, QueuedTask>;
  /** Why Slurm could not be asked; the view is then empty. */
  readonly problem?: string;
}

/**
 * What Slurm says about an experiment's trials and trainings: squeue, and for what it has forgotten sacct, where accounts are kept.
 * Nothing is asked where nothing was submitted.
 */
export async function slurmView(
  experimentFolder: string,
  options: CommandOptions & { readonly files?: Files } = {},
): Promise<SlurmView> {
  const files = options.files ?? diskFiles();
  const submissions = (await readSubmissions(files, experimentFolder)).filter(
    ({ over }) => over === undefined,
  );
  const tasks = new Map<string, QueuedTask>();
  if (submissions.length === 0) return { tasks };
  const commands = slurmCommands({ timeout: 20, ...options });
  try {
    const queue = await commands.queue();
    const named = submissions.map((submission) => ({
      ...submission,
      jobId: submission.jobId ?? queue.find(({ name }) => name.endsWith(`-${submission.token}`))?.job,
    }));
    const listed = new Set(queue.map(({ job }) => job));
    const forgotten = named.flatMap(({ jobId }) => (jobId === undefined || listed.has(jobId) ? [] : [jobId]));
    const endings = (await commands.endings(forgotten)).map((ending) => ({ ...ending, node: '' }));
    for (const { job, task, state, reason, node } of [...endings, ...queue]) {
      const submission = named.find(({ jobId }) => jobId === job);
      if (submission === undefined) continue;
      const seen = {
        job: `${job}_${task}`,
        state,
        reason,
        node,
        log: taskLog(submission, task),
        alive: !isOver(state),
      };
      for (const id of submission.tasks[task] ?? []) {
        // Submitted again, a trial has several tasks: the one that lives counts, else the last.
        if (seen.alive || tasks.get(id)?.alive !== true) tasks.set(id, seen);
      }
    }
    return { tasks };
  } catch (error) {
    if (!(error instanceof SlurmError)) throw error;
    return { tasks, problem: error.message };
  }
}

/** The states of the work, with the reasons of what is neither finished nor failed completed by Slurm's. */
export function withSlurm(experiment: ExperimentStatus, { tasks }: SlurmView): ExperimentStatus {
  return {
    ...experiment,
    trials: experiment.trials.map((trial) => explained(trial, tasks.get(trial.id))),
    trainings: experiment.trainings.map((training) => explained(training, tasks.get(training.id))),
  };
}

/** The files are the truth about a piece of work; Slurm says what is to be expected of it. */
function explained<Status extends WorkStatus>(work: Status, task: QueuedTask | undefined): Status {
  if (task === undefined || !['waiting', 'running'].includes(work.state)) return work;
  const { job, state, reason, node } = task;
  const because = ['', 'None', '(null)'].includes(reason) ? '' : `, ${reason}`;
  if (work.state === 'running') {
    if (task.alive) return { ...work, reason: `${work.reason}, Slurm job ${job}` };
    return {
      ...work,
      reason: `${work.reason}, but its Slurm job ${job} is over (${state}${because}); the next run takes it up`,
    };
  }
  const waits = work.reason.startsWith('waits for ');
  const before = work.attempt === 0 && !waits ? '' : `${work.reason}; `;
  if (!task.alive) {
    return {
      ...work,
      reason: `${before}its Slurm job ${job} is over (${state}${because}); the next run takes it up`,
    };
  }
  const where = node === '' || state === 'PENDING' ? '' : ` on ${node}`;
  return { ...work, reason: `${before}Slurm job ${job} is ${state.toLowerCase()}${where}${because}` };
}

export interface Cancellation {
  /** Ids of the jobs that were cancelled. */
  readonly jobs: readonly string[];
  /** How many of their tasks were running, and how many waiting. */
  readonly running: number;
  readonly waiting: number;
}

/**
 * Cancels everything an experiment has in the queue. Running trials keep a checkpoint first; a task that Slurm starts
 * nevertheless does nothing.
 *
 * @throws SlurmError when Slurm is not there, does not answer, or refuses
 */
export async function cancelJobs(
  experimentFolder: string,
  options: CommandOptions & {
    readonly files?: Files;
    readonly leaseSeconds?: number;
    readonly note?: (sentence: string) => void;
  } = {},
): Promise<Cancellation> {
  const { leaseSeconds = 60, note = () => {}, signal = new AbortController().signal } = options;
  const files = options.files ?? diskFiles();
  const commands = slurmCommands(options);
  const valid = async () =>
    (await readSubmissions(files, experimentFolder)).filter(({ over }) => over === undefined);
  let canceled: Cancellation = { jobs: [], running: 0, waiting: 0 };
  if ((await valid()).length === 0) return canceled;
  const context = { files, experimentFolder: resolve(experimentFolder), stop: signal, note };
  await locked({ ...context, settings: { leaseSeconds } }, async () => {
    const submissions = await valid();
    const queue = await commands.queue();
    const own = queue.filter((row) => !isOver(row.state) && submissions.some((one) => belongs(row, one)));
    const jobs = [...new Set(own.map(({ job }) => job))];
    // First, so that what Slurm requeues in this moment does nothing either.
    for (const submission of submissions) await recordOver(files, submission, 'it was cancelled');
    await commands.cancel(jobs);
    const waiting = own.filter(({ state }) => state === 'PENDING').length;
    canceled = { jobs, running: own.length - waiting, waiting };
  });
  return canceled;
}

function belongs(row: { job: string; name: string }, { jobId, token }: Submission): boolean {
  return jobId === undefined ? row.name.endsWith(`-${token}`) : row.job === jobId;
}
