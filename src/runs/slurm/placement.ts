/**
 * Giving work to the queue, each piece exactly once: what is in flight is adopted, the rest is submitted.
 *
 * Trials that need trainings which are in the queue as well, or are submitted now, come in arrays of their own that wait
 * for the jobs of these (`--dependency=afterany`). Not `afterok`: of an array of trainings one that the machine ended
 * would keep the trials of all others from ever beginning. A trial's task looks itself whether its training is complete.
 */
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NeckarError } from '../../errors.ts';
import type { Files } from '../files.ts';
import { startHeart } from '../heart.ts';
import type { OpenWork } from '../launcher.ts';
import { claim, holds, type Lease, leaseWatch, release } from '../lease.ts';
import { needsOf } from '../work.ts';
import { isOver, type QueueRow, type SlurmCommands, SlurmError } from './commands.ts';
import { resourceFlags, type SlurmResources } from './resources.ts';
import {
  readSubmissions,
  recordJob,
  recordOver,
  recordSubmission,
  type Submission,
  type SubmissionSettings,
  slurmFolder,
} from './submissions.ts';

/** The task that is to do a piece of work. */
export interface Place {
  readonly submission: Submission;
  readonly task: number;
}

/** What is needed to place work. */
export interface PlacingContext {
  readonly files: Files;
  readonly commands: SlurmCommands;
  readonly experimentFolder: string;
  readonly resources: SlurmResources;
  readonly settings: SubmissionSettings;
  readonly stop: AbortSignal;
  readonly note: (sentence: string) => void;
}

/** Times squeue is asked before it counts as silent, and the pause between two, in milliseconds. */
const asking = { times: 3, pause: 1000 };

/**
 * Adopts the work that is in flight and submits the rest; one process at a time does so. Returns the task of each piece
 * that has one; when `stop` aborts, some have none.
 *
 * @param placeable - asked once the lock is had, for each piece that is not in flight: whether to submit it
 * @throws SlurmError when Slurm is not there, does not answer, or refuses; what was submitted before goes on
 */
export async function placeWork(
  context: PlacingContext,
  work: readonly OpenWork[],
  placeable: (open: OpenWork) => Promise<boolean>,
): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  await locked(context, async (lease) => {
    const inFlight = await adopt(context);
    const rest: OpenWork[] = [];
    for (const open of work) {
      const place = inFlight.places.get(open.work.id);
      if (place !== undefined) places.set(open.work.id, place);
      else if (await placeable(open)) rest.push(open);
    }
    if (places.size > 0) {
      const jobs = new Set([...places.values()].map(({ submission }) => submission.jobId));
      context.note(`${amountOf(places.size, work)} in the queue already (job ${[...jobs].join(', ')}).`);
    }
    if (rest.length > 0) await submit(context, lease, rest, inFlight, places);
  });
  return places;
}

/** `3 of the trials are`, where there is nothing else. */
function amountOf(count: number, work: readonly OpenWork[]): string {
  return `${count} of the ${wordFor(work)} are`;
}

function wordFor(work: readonly OpenWork[]): string {
  return work.some(({ work: { kind } }) => kind === 'training') ? 'trainings and trials' : 'trials';
}

/** What of earlier submissions is in the queue: the task of each piece, and the number of tasks by job. */
export interface InFlight {
  readonly places: ReadonlyMap<string, Place>;
  readonly tasksOf: ReadonlyMap<string, number>;
}

/** Compares the records with the queue, and mends them. Only under the lock. */
async function adopt({ files, commands, experimentFolder }: PlacingContext): Promise<InFlight> {
  const places = new Map<string, Place>();
  const tasksOf = new Map<string, number>();
  const valid = (await readSubmissions(files, experimentFolder)).filter(({ over }) => over === undefined);
  const queue = valid.length === 0 ? [] : await askQueue(commands);
  for (const recorded of valid) {
    const submission = await identified(files, recorded, queue);
    if (submission === undefined) continue;
    const alive = queue.filter(({ job, state }) => job === submission.jobId && !isOver(state));
    if (alive.length === 0) {
      await recordOver(files, submission, 'all its tasks had ended');
      continue;
    }
    tasksOf.set(submission.jobId!, alive.length);
    for (const { task } of alive) {
      for (const id of submission.tasks[task] ?? []) places.set(id, { submission, task });
    }
  }
  return { places, tasksOf };
}

/** The submission with its job id, if need be found by its name; one that is not in the queue is declared over. */
async function identified(
  files: Files,
  submission: Submission,
  queue: readonly QueueRow[],
): Promise<Submission | undefined> {
  if (submission.jobId !== undefined) return submission;
  const row = queue.find(({ name }) => name.endsWith(`-${submission.token}`));
  if (row !== undefined) return await recordJob(files, submission, row.job);
  await recordOver(files, submission, 'Slurm did not have it when it was looked for');
  return undefined;
}

async function submit(
  context: PlacingContext,
  lease: Lease,
  work: readonly OpenWork[],
  inFlight: InFlight,
  places: Map<string, Place>,
): Promise<void> {
  const { files, commands, stop, resources, note } = context;
  const alive = new Map(inFlight.tasksOf);
  const size = await commands.maxArraySize();
  // A training may be in the queue though it is none of the work at hand.
  const placed = new Set([...inFlight.places.keys(), ...work.map(({ work: { id } }) => id)]);
  const waits = ({ work: one }: OpenWork) => needsOf(one).some((id) => placed.has(id));
  const isTraining = ({ work: { kind } }: OpenWork) => kind === 'training';
  const groups = [
    work.filter(isTraining),
    work.filter((open) => !isTraining(open) && !waits(open)),
    work.filter(waits),
  ];
  const arrays = groups.flatMap((group) =>
    chunks(chunks(group, group.some(isTraining) ? 1 : (resources.trialsPerTask ?? 1)), size),
  );
  let submitted = 0;
  for (const array of arrays) {
    if (stop.aborted) return;
    if (!(await holds(files, lease))) {
      throw new NeckarError(
        'Another process has begun to submit this experiment, because this one stood still for too long. Run the same command again: it adopts what is in the queue.',
        { exitCode: 1 },
      );
    }
    let submission: Submission;
    const needed = array.flat().flatMap(({ work: one }) => needsOf(one));
    const trainings = needed.flatMap(
      (id) => (places.get(id) ?? inFlight.places.get(id))?.submission.jobId ?? [],
    );
    const { limit, waitFor } = throttle(resources.jobs, alive);
    try {
      const jobs = [...new Set([...trainings, ...waitFor])];
      submission = await submitArray(context, array, { limit, waitFor: jobs });
    } catch (error) {
      throw submitted === 0 ? error : after(error, submitted, work);
    }
    alive.set(submission.jobId!, array.length);
    for (const [task, members] of array.entries()) {
      for (const { work: one } of members) places.set(one.id, { submission, task });
      submitted += members.length;
    }
    const count = array.flat().length;
    const what = array.flat().some(isTraining) ? 'training' : 'trial';
    const dependency = trainings.length === 0 ? '' : `, to begin after ${[...new Set(trainings)].join(', ')}`;
    note(`Submitted ${count} ${what}${count === 1 ? '' : 's'} as job ${submission.jobId}${dependency}.`);
  }
}

/**
 * How many tasks of a further array may run, and which jobs it has to wait for, so that all together stay within the
 * limit: what is left of it, or, where nothing is, all of it once the others have ended.
 */
function throttle(
  jobs: number | undefined,
  alive: ReadonlyMap<string, number>,
): { readonly limit: number | undefined; readonly waitFor: readonly string[] } {
  if (jobs === undefined) return { limit: undefined, waitFor: [] };
  const taken = [...alive.values()].reduce((sum, tasks) => sum + tasks, 0);
  if (taken < jobs) return { limit: jobs - taken, waitFor: [] };
  return { limit: jobs, waitFor: [...alive.keys()] };
}

async function submitArray(
  { files, commands, experimentFolder, resources, settings }: PlacingContext,
  array: readonly (readonly OpenWork[])[],
  { limit, waitFor }: ReturnType<typeof throttle>,
): Promise<Submission> {
  const { submission, flags, script } = await recordSubmission(
    files,
    experimentFolder,
    array,
    settings,
    resources.setup ?? [],
    (token, folder) => [
      `--job-name=${basename(experimentFolder)}-${token}`,
      `--array=0-${array.length - 1}${limit === undefined ? '' : `%${limit}`}`,
      ...(waitFor.length === 0 ? [] : [`--dependency=afterany:${waitFor.join(':')}`]),
      '--requeue',
      '--open-mode=append',
      `--output=${folder.replaceAll('%', '%%')}/task-%a.log`,
      `--chdir=${process.cwd()}`,
      ...resourceFlags(resources),
    ],
  );
  let refusal: unknown;
  try {
    const jobId = await commands.submit(flags, script);
    if (jobId !== undefined) return await recordJob(files, submission, jobId);
  } catch (error) {
    if (!(error instanceof SlurmError)) throw error;
    if (error.kind === 'absent') {
      await recordOver(files, submission, 'there was no sbatch');
      throw error;
    }
    refusal = error;
  }
  // sbatch may have failed after the controller had taken the job ("Socket timed out"): the queue knows.
  const found = await identified(files, submission, await askQueue(commands));
  if (found !== undefined) return found;
  throw (
    refusal ??
    new SlurmError('refused', 'Slurm refuses: sbatch gave no job id, and there is no such job in the queue.')
  );
}

/** The queue, asked more than once: who submits must know. */
async function askQueue(commands: SlurmCommands): Promise<QueueRow[]> {
  for (let time = 1; ; time++) {
    try {
      return await commands.queue();
    } catch (error) {
      const hopeless = !(error instanceof SlurmError) || error.kind === 'absent';
      if (hopeless || time === asking.times) throw error;
      await sleep(asking.pause);
    }
  }
}

function after(error: unknown, submitted: number, work: readonly OpenWork[]): unknown {
  if (!(error instanceof SlurmError)) return error;
  return new SlurmError(
    error.kind,
    `${error.message} Of ${work.length} ${wordFor(work)} ${submitted} had been submitted before; they go on, and the same command adopts them.`,
    error.words,
  );
}

/** Runs `work` while no other process that does likewise submits or cancels. Nothing is run when `stop` aborts first. */
export async function locked(
  {
    files,
    experimentFolder,
    settings,
    stop,
    note,
  }: Pick<PlacingContext, 'files' | 'experimentFolder' | 'stop' | 'note'> & {
    readonly settings: Pick<SubmissionSettings, 'leaseSeconds'>;
  },
  work: (lease: Lease) => Promise<void>,
): Promise<void> {
  const folder = slurmFolder(experimentFolder);
  const watch = leaseWatch(files, settings.leaseSeconds);
  for (let told = false; !stop.aborted; ) {
    const claimed = await claim(files, folder, { silent: watch.silent });
    if (!('heldBy' in claimed)) {
      const heart = startHeart(Math.max(0.05, settings.leaseSeconds / 15));
      heart.start(claimed, () => {});
      try {
        return await work(claimed);
      } finally {
        await heart.dispose();
        await release(files, claimed).catch(() => {});
      }
    }
    if (claimed.heldBy !== undefined) await watch.look(folder, claimed.heldBy);
    if (!told)
      note('Another process submits or cancels trials of this experiment at the moment; waiting for it.');
    told = true;
    await sleep(500);
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const found: T[][] = [];
  for (let i = 0; i < items.length; i += size) found.push(items.slice(i, i + size));
  return found;
}
