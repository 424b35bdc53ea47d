/** What an experiment says about the machines that are to run it. Decides no picture, and so is no part of a trial. */
import { z } from 'zod';

const count = z.int().positive();
const word = z.string().regex(/^[^\s=]+$/, { error: 'expected one word' });

/** How an experiment asks for a cluster: `launcher: { name: 'slurm', partition: 'gpu', … }`. */
export const launcherSchema = z.strictObject({
  name: z
    .enum(['local', 'slurm'])
    .optional()
    .describe('what carries trials out: processes of this machine, or the queue of a Slurm cluster'),
  partition: word.optional().describe('partition, or several between commas'),
  account: word.optional().describe('account that is charged'),
  time: z
    .union([
      z.number().positive(),
      z.string().regex(/^(\d+-)?\d+(:\d+){0,2}$/, {
        error: 'expected minutes, or a time such as "2:30:00" or "1-12:00:00"',
      }),
    ])
    .optional()
    .describe('time limit of a task: minutes, or as Slurm writes it'),
  memory: z.number().positive().optional().describe('memory of a task in GB'),
  cpus: count.optional().describe('processor cores of a task'),
  gpus: z
    .union([
      count,
      z.string().regex(/^([\w.-]+:)?\d+$/, { error: 'expected a number, or one such as "a100:2"' }),
    ])
    .optional()
    .describe('graphics processors of a task: a number, or a kind and a number such as a100:1'),
  jobs: count
    .optional()
    .describe('tasks that may run at the same time; default: as many as the cluster lets'),
  trialsPerTask: count.optional().describe('trials one task runs, one after the other; default: 1'),
  warning: count
    .optional()
    .describe(
      'seconds before the time limit at which a task keeps a checkpoint and queues again; default: 60',
    ),
  setup: z
    .array(z.string())
    .optional()
    .describe('shell lines run before the trials, such as "module load node"'),
  flags: z.array(z.string()).optional().describe('further flags for sbatch, such as "--qos=long"'),
});

export type LauncherSpec = z.output<typeof launcherSchema>;
