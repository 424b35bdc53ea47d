/** `neckar status`: how far the trials and trainings of an experiment are. */
import type { Command } from 'commander';
import { slurmView, withSlurm } from '../runs/slurm/jobs.ts';
import { countStates, status, type TrialState, type WorkStatus } from '../runs/status.ts';
import { addStored, findStored } from './stored.ts';
import { columns, type Palette, palette, wantsColor } from './terminal.ts';

interface StatusFlags {
  readonly runs: string;
  readonly all?: boolean;
  readonly verify?: boolean;
  readonly json?: boolean;
}

/** Gives `neckar status` its arguments, options and action. */
export function defineStatus(command: Command): void {
  addStored(command)
    .description(
      'Says of each trial and training whether it waits, runs, is complete, diverged, failed, was pruned or is stale, and why.',
    )
    .option('--verify', 'also compare every stored file with its hash')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar status loss-variants\n  neckar status loss-variants --verify --json',
    )
    .action(showStatus);
}

async function showStatus(experiment: string, flags: StatusFlags): Promise<void> {
  const { folder } = await findStored(experiment, flags.runs);
  const stored = await status(folder, { verify: flags.verify ? 'hashes' : 'sizes' });
  const queue = await slurmView(folder);
  if (queue.problem !== undefined) process.stderr.write(`From the files alone: ${queue.problem}\n`);
  const found = withSlurm(stored, queue);
  if (flags.json) {
    const trials = found.trials.map(({ trial: _, result: __, ...trial }) => ({
      ...trial,
      slurm: queue.tasks.get(trial.id),
    }));
    const trainings = found.trainings.map(({ training: _, result: __, ...training }) => ({
      ...training,
      slurm: queue.tasks.get(training.id),
    }));
    process.stdout.write(`${JSON.stringify({ ...found, trials, trainings }, undefined, 2)}\n`);
    return;
  }
  const paint = palette(wantsColor(process.stdout));
  const lines = columns([...found.trainings, ...found.trials].map((one) => row(one, paint)));
  const trained = countsText(countStates(found.trainings));
  lines.push(
    '',
    `${paint.strong(found.name)}: ${countsText(found.counts)}${trained === '' ? '' : `; trainings: ${trained}`}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}

function countsText(counts: Readonly<Record<TrialState, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
}

function row({ id, label, state, reason }: WorkStatus, paint: Palette): string[] {
  return [id, colorOf(state, paint)(state), label, paint.faint(reason)];
}

/** The colour of a state. */
export function colorOf(state: TrialState, paint: Palette): (text: string) => string {
  if (state === 'complete') return paint.good;
  if (state === 'failed') return paint.bad;
  return state === 'waiting' ? (text) => text : paint.warn;
}
