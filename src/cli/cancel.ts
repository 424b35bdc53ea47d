/** `neckar cancel`: end what an experiment has in a cluster's queue. */

import type { Command } from 'commander';
import { count } from '../platform/format.ts';
import { cancelJobs } from '../runs/slurm/jobs.ts';
import { addStored, findStored } from './stored.ts';

interface CancelFlags {
  readonly runs: string;
  readonly json?: boolean;
}

export function defineCancel(command: Command): void {
  addStored(command)
    .description(
      "Cancels the jobs that an experiment has in Slurm's queue. Trials that are running keep a checkpoint; the next `neckar run` goes on from there.",
    )
    .option('--json', 'what was cancelled as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar cancel loss-variants')
    .action(cancel);
}

async function cancel(experiment: string, flags: CancelFlags): Promise<void> {
  const { folder, name } = await findStored(experiment, flags.runs);
  const note = (sentence: string) => process.stderr.write(`${sentence}\n`);
  const canceled = await cancelJobs(folder, { note });
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(canceled, undefined, 2)}\n`);
    return;
  }
  const { jobs, running, waiting } = canceled;
  if (jobs.length === 0) {
    process.stdout.write(`"${name}" has nothing in the queue.\n`);
    return;
  }
  const parts = [
    ...(waiting > 0 ? [`${count(waiting, 'task')} had not begun`] : []),
    ...(running > 0 ? [`${count(running, 'task')} that ran will keep a checkpoint`] : []),
  ];
  const sentence = `Cancelled ${jobs.length === 1 ? 'job' : 'jobs'} ${jobs.join(', ')}: ${parts.join(', ')}.`;
  process.stdout.write(`${sentence}\n`);
}
