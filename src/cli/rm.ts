/** `neckar rm`: remove stored trials. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { NeckarError } from '../errors.ts';
import { findTrial, removeTrials } from '../runs/queries.ts';
import { status, type TrialStatus } from '../runs/status.ts';
import { addStored, findStored } from './stored.ts';
import { counted } from './terminal.ts';

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
    .description('Removes stored trials with their pictures, traces and logs. Asks before it does.')
    .argument('[trials...]', 'labels, or the beginnings of ids')
    .option('--stale', 'those that are no longer planned')
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
  const { folder } = await findStored(experiment, flags.runs);
  const found = await status(folder);
  if (named.length === 0 && !flags.stale && !flags.failed) {
    throw new NeckarError('name the trials to remove, or give --stale or --failed');
  }
  const trials = [
    ...new Set([
      ...named.map((text) => findTrial(found, text)),
      ...found.trials.filter(
        ({ state }) => (flags.stale && state === 'stale') || (flags.failed && state === 'failed'),
      ),
    ]),
  ];
  if (trials.length > 0 && !flags.yes) await confirm(trials);
  await removeTrials(trials);
  if (flags.json) process.stdout.write(`${JSON.stringify({ removed: trials.map(({ id }) => id) })}\n`);
  else process.stdout.write(`${counted(trials.length, 'trial')} removed\n`);
}

async function confirm(trials: readonly TrialStatus[]): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new NeckarError(
      `this would remove ${counted(trials.length, 'trial')} for good; add --yes where nobody can be asked`,
    );
  }
  for (const { id, label, state } of trials) process.stderr.write(`  ${id}  ${state}  ${label}\n`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Remove ${counted(trials.length, 'trial')} for good? [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new NeckarError('nothing was removed', { exitCode: 1 });
}
