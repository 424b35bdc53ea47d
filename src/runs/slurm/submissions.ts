/**
 * What has been submitted: one folder for each job array, written before sbatch is asked.
 *
 *     slurm/lease-<n>@<owner>/       who submits at the moment (see ../lease.ts)
 *           <token>/tasks.jsonl      one line per task of the array: its trials or trainings
 *                   job.sh           what every task runs
 *                   submission.json  written last: from here on sbatch may have been asked
 *                   job.json         the job id, once it is known
 *                   over.json        nothing of it counts any more: a task that begins now ends at once
 *                   task-<i>.log     what a task printed
 *
 * The job's name ends with the token. Who dies between sbatch's answer and job.json leaves a job that is found by its
 * name; and where no such job is found, over.json makes one that turns up later do nothing.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { NeckarError } from '../../errors.ts';
import type { Files } from '../files.ts';
import type { OpenWork } from '../launcher.ts';
import { parseJson } from '../store.ts';
import { storeVersion } from '../store-version.ts';
import { jobScript } from './script.ts';

/** What the tasks of an array have in common. */
export interface SubmissionSettings {
  /** Start from nothing what has a checkpoint of before. */
  readonly fresh: boolean;
  readonly leaseSeconds: number;
  /** URL of the module that exports `performTrial` and `performTraining`. */
  readonly performModule: string;
  /** The folder that announces running work; default: each machine's own. */
  readonly neighbors?: string;
}

/** One job array. */
export interface Submission {
  readonly token: string;
  readonly folder: string;
  /** The ids of each task's work, by the task's index. */
  readonly tasks: readonly (readonly string[])[];
  readonly settings: SubmissionSettings;
  /** Undefined: sbatch was not asked, or its answer got lost. */
  readonly jobId: string | undefined;
  /** Why nothing of it counts any more; undefined while something may. */
  readonly over: string | undefined;
}

interface StoredSubmission {
  readonly storeVersion: number;
  readonly token: string;
  readonly at: string;
  readonly tasks: readonly (readonly string[])[];
  readonly settings: SubmissionSettings;
  /** sbatch's flags. */
  readonly flags: readonly string[];
}

/** Where an experiment's submissions lie. */
export function slurmFolder(experimentFolder: string): string {
  return join(experimentFolder, 'slurm');
}

/** The log of one task of a submission. */
export function taskLog(submission: Pick<Submission, 'folder'>, task: number): string {
  return join(submission.folder, `task-${task}.log`);
}

/**
 * Writes everything about an array that is to be submitted.
 * @param tasks - the work of each task
 * @param flagsFor - sbatch's flags, given the record's token and folder
 */
export async function recordSubmission(
  files: Files,
  experimentFolder: string,
  tasks: readonly (readonly OpenWork[])[],
  settings: SubmissionSettings,
  setup: readonly string[],
  flagsFor: (token: string, folder: string) => string[],
): Promise<{ submission: Submission; flags: string[]; script: string }> {
  const token = randomBytes(6).toString('hex');
  const folder = join(slurmFolder(experimentFolder), token);
  const script = join(folder, 'job.sh');
  const flags = flagsFor(token, folder);
  const ids = tasks.map((members) => members.map(({ work }) => work.id));
  const stored: StoredSubmission = {
    storeVersion,
    token,
    at: new Date().toISOString(),
    tasks: ids,
    settings,
    flags,
  };
  await files.folder(folder);
  await files.write(
    join(folder, 'tasks.jsonl'),
    tasks.map((members) => `${JSON.stringify(members)}\n`).join(''),
  );
  await files.write(script, jobScript({ experimentFolder, token, setup }));
  await files.write(join(folder, 'submission.json'), `${JSON.stringify(stored, undefined, 2)}\n`);
  return {
    submission: { token, folder, tasks: ids, settings, jobId: undefined, over: undefined },
    flags,
    script,
  };
}

/** Keeps the id that sbatch gave. */
export async function recordJob(files: Files, submission: Submission, jobId: string): Promise<Submission> {
  await files.write(join(submission.folder, 'job.json'), `${JSON.stringify({ jobId })}\n`);
  return { ...submission, jobId };
}

/** Declares a submission over; a task of it that has not begun will do nothing. */
export async function recordOver(files: Files, submission: Submission, why: string): Promise<Submission> {
  await files.write(join(submission.folder, 'over.json'), `${JSON.stringify({ why })}\n`);
  return { ...submission, over: why };
}

/** All submissions of an experiment, in no particular order; folders that sbatch cannot have heard of are left out. */
export async function readSubmissions(files: Files, experimentFolder: string): Promise<Submission[]> {
  const found: Submission[] = [];
  for (const name of await files.list(slurmFolder(experimentFolder))) {
    if (!/^[0-9a-f]{12}$/.test(name)) continue;
    const submission = await readSubmission(files, experimentFolder, name);
    if (submission !== undefined) found.push(submission);
  }
  return found;
}

/**
 * One submission, or undefined when its record was never finished.
 * @throws NeckarError when a newer Neckar wrote it, or it is damaged
 */
export async function readSubmission(
  files: Files,
  experimentFolder: string,
  token: string,
): Promise<Submission | undefined> {
  const folder = join(slurmFolder(experimentFolder), token);
  const path = join(folder, 'submission.json');
  const bytes = await files.read(path);
  if (bytes === undefined) return undefined;
  const stored = parseJson(bytes) as StoredSubmission | undefined;
  if (typeof stored?.storeVersion === 'number' && stored.storeVersion > storeVersion) {
    throw new NeckarError(`"${path}" was written by a newer Neckar. Update this one.`);
  }
  if (!Array.isArray(stored?.tasks) || typeof stored.settings !== 'object') {
    throw new NeckarError(
      `"${path}" is damaged, so it is unknown what that job is to do. Cancel the jobs whose names end in ${token} (scancel --name), remove "${folder}", and run the same command again.`,
      { exitCode: 1 },
    );
  }
  const job = parseJson((await files.read(join(folder, 'job.json'))) ?? '') as { jobId?: string } | undefined;
  const overBytes = await files.read(join(folder, 'over.json'));
  const over = overBytes && ((parseJson(overBytes) as { why?: string } | undefined)?.why ?? 'over');
  return { token, folder, tasks: stored.tasks, settings: stored.settings, jobId: job?.jobId, over };
}

/** The work of one task. */
export async function readTask(files: Files, submission: Submission, task: number): Promise<OpenWork[]> {
  const lines = String((await files.read(join(submission.folder, 'tasks.jsonl'))) ?? '').split('\n');
  const members = parseJson(lines[task] ?? '');
  if (!Array.isArray(members)) {
    throw new NeckarError(`"${join(submission.folder, 'tasks.jsonl')}" has no task ${task}, or is damaged.`, {
      exitCode: 1,
    });
  }
  // What was submitted before there were trainings is still in the queue, perhaps.
  return (members as (OpenWork & { readonly trial?: OpenWork['work'] })[]).map(({ trial, ...open }) => ({
    ...open,
    work: open.work ?? trial!,
  }));
}
