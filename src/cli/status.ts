/** `neckar status`: how far the trials of an experiment are. */
import type { Command } from 'commander';
import { slurmView, withSlurm } from '../runs/slurm/jobs.ts';
import { status, type TrialState, type TrialStatus } from '../runs/status.ts';
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
      'Says of each trial whether it waits, runs, is complete, diverged, failed, was pruned or is stale, and why.',
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
    process.stdout.write(`${JSON.stringify({ ...found, trials }, undefined, 2)}\n`);
    return;
  }
  const paint = palette(wantsColor(process.stdout));
  const lines = columns(found.trials.map((trial) => row(trial, paint)));
  const counts = Object.entries(found.counts).filter(([, count]) => count > 0);
  lines.push(
    '',
    `${paint.strong(found.name)}: ${counts.map(([state, count]) => `${count} ${state}`).join(', ')}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}

function row({ id, label, state, reason }: TrialStatus, paint: Palette): string[] {
  return [id, colorOf(state, paint)(state), label, paint.faint(reason)];
}

/** The colour of a state. */
export function colorOf(state: TrialState, paint: Palette): (text: string) => string {
  if (state === 'complete') return paint.good;
  if (state === 'failed') return paint.bad;
  return state === 'waiting' ? (text) => text : paint.warn;
}
