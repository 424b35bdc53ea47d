/** `neckar rm`: remove stored trials and trainings. */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { messageOf, NeckarError } from '../errors.ts';
import { count, roughDuration } from '../platform/format.ts';
import { planOf } from '../run.ts';
import { diskFiles } from '../runs/files.ts';
import { identifyWork } from '../runs/identity.ts';
import { findWork, forgetRemoved, removeWork } from '../runs/queries.ts';
import { type ExperimentStatus, status, type WorkStatus } from '../runs/status.ts';
import { readExperiment } from '../runs/store.ts';
import { allWork } from '../runs/work.ts';
import { addStored, findStored } from './stored.ts';

interface RmFlags {
  readonly runs: string;
  readonly stale?: boolean;
  readonly failed?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Gives `neckar rm` its arguments, options and action. */
export function defineRm(command: Command): void {
  addStored(command)
    .description(
      'Removes stored trials with their pictures, traces and logs, and trainings with the parameters that they made. Says of each whether it is finished and whether a run would make it again, and asks before it removes.',
    )
    .argument('[trials...]', 'labels, or the beginnings of ids')
    .option('--stale', "those that are not planned, unless the experiment's file as it stands plans them")
    .option('--failed', 'those that failed')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'the ids that were removed as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar rm loss-variants 4e9e\n  neckar rm loss-variants --stale --yes',
    )
    .action(remove);
}

async function remove(experiment: string, named: readonly string[], flags: RmFlags): Promise<void> {
  const { folder, runs } = await findStored(experiment, flags.runs);
  const found = await status(folder);
  if (named.length === 0 && !flags.stale && !flags.failed) {
    throw new NeckarError('name the trials or trainings to remove, or give --stale or --failed');
  }
  const byName = named.map((text) => findWork(found, text));
  // A trial that failed with its training has nothing of its own to be removed.
  const ofKind = [...found.trainings, ...found.trials].filter(
    ({ state, attempt }) =>
      (flags.stale && state === 'stale') || (flags.failed && state === 'failed' && attempt > 0),
  );
  const wishes =
    ofKind.some(isFinished) || byName.some(isFinished) ? await wishesOf(experiment, folder, runs) : undefined;
  // What lies there finished, and is asked for again by now, is no rubbish, whatever the last run planned.
  const kept = ofKind.filter((one) => isFinished(one) && wishes?.ids?.has(one.id));
  const gone = [...new Set([...byName, ...ofKind.filter((one) => !kept.includes(one))])];
  if (wishes?.problem !== undefined) process.stderr.write(`${wishes.problem}\n`);
  if (kept.length > 0) {
    process.stderr.write(
      `${amountOf(kept, 'finished ')} kept, as the experiment's file as it stands plans ${kept.length === 1 ? 'it' : 'them'} again; "neckar run" takes ${kept.length === 1 ? 'it' : 'them'} up:\n${kept.map((one) => `  ${lineOf(one)}\n`).join('')}`,
    );
  }
  for (const one of gone) process.stderr.write(`  ${lineOf(one)}; ${futureOf(one, wishes, found)}\n`);
  if (gone.length > 0 && !flags.yes) await confirm(gone);
  await removeWork(gone);
  await forgetRemoved(folder, diskFiles());
  if (flags.json) process.stdout.write(`${JSON.stringify({ removed: gone.map(({ id }) => id) })}\n`);
  else process.stdout.write(`${amountOf(gone)} removed\n`);
}

/** How many trials and trainings, in words. */
function amountOf(work: readonly WorkStatus[], which = ''): string {
  const trainings = work.filter(({ kind }) => kind === 'training').length;
  const trials = work.length - trainings;
  if (trainings === 0) return count(trials, `${which}trial`);
  if (trials === 0) return count(trainings, `${which}training`);
  return `${count(trials, `${which}trial`)} and ${count(trainings, `${which}training`)}`;
}

function isFinished({ result }: WorkStatus): boolean {
  return result !== undefined;
}

/** What the experiment's file asks for now, or why that is not known. */
interface Wishes {
  readonly ids?: ReadonlySet<string>;
  readonly problem?: string;
}

async function wishesOf(experiment: string, folder: string, runs: string): Promise<Wishes> {
  const recorded = (await readExperiment(diskFiles(), folder))?.file;
  const file = [experiment, recorded].find(
    (one) => one !== undefined && /\.[mc]?[jt]s$/.test(one) && existsSync(one),
  );
  try {
    const { trials } = await planOf(file ?? experiment, { runs });
    return { ids: new Set(allWork(await identifyWork(trials)).map(({ id }) => id)) };
  } catch (error) {
    if (!(error instanceof NeckarError)) throw error;
    return {
      problem: `Whether the experiment's file as it stands would make finished trials again is not known: ${messageOf(error)}`,
    };
  }
}

function lineOf({ id, label, state, reason, result }: WorkStatus): string {
  const timing: { total: number; known?: string } | undefined = result?.timing;
  const seconds = timing?.known === 'nothing' ? undefined : timing?.total;
  const finished =
    result === undefined || result.state === state
      ? ''
      : `, ${result.state}${seconds === undefined ? '' : ` after ${roughDuration(seconds)}`}`;
  return `${id}  ${state}${finished}  ${label}: ${reason}`;
}

/** Whether what is removed would come back. */
function futureOf(status: WorkStatus, wishes: Wishes | undefined, found: ExperimentStatus): string {
  const { id, state } = status;
  if (status.kind === 'training' && status.neededBy.length > 0) {
    const open = found.trials.filter((trial) => status.neededBy.includes(trial.id) && !isFinished(trial));
    if (open.length === 0) return 'its trials are finished: no run makes it again while they are there';
    return `the next run makes it again, for ${count(open.length, 'trial')}`;
  }
  if (wishes?.ids !== undefined) {
    return wishes.ids.has(id)
      ? 'a run of the file as it stands would make it again'
      : 'no run of the file as it stands would make it again';
  }
  return state === 'stale' ? 'it is not in the plan' : 'it is in the plan: the next run makes it again';
}

async function confirm(work: readonly WorkStatus[]): Promise<void> {
  const finished = work.filter(isFinished).length;
  const what = `${amountOf(work)}${finished === 0 ? '' : `, ${finished} of them finished,`}`;
  if (!process.stdin.isTTY) {
    throw new NeckarError(`this would remove ${what} for good; add --yes where nobody can be asked`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const answer = await terminal.question(`Remove ${what} for good? [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new NeckarError('nothing was removed', { exitCode: 1 });
}
