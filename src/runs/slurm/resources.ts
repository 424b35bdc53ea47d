/** What every task of a job array is given: the words of an experiment and the command line as sbatch's flags. */
import { NeckarError } from '../../errors.ts';
import type { LauncherSpec } from '../../experiment/launcher.ts';

export type SlurmResources = Omit<LauncherSpec, 'name'>;

/** Seconds before the time limit at which Slurm warns a task. */
const defaultWarning = 60;

/** Flags that this launcher sets itself, and without which it could not keep its promises. */
const ownFlags: readonly string[] = [
  '--array',
  '-a',
  '--chdir',
  '-D',
  '--clusters',
  '-M',
  '--job-name',
  '-J',
  '--no-requeue',
  '--open-mode',
  '--output',
  '-o',
  '--parsable',
  '--requeue',
  '--signal',
  '--test-only',
  '--wait',
  '-W',
  '--wrap',
];

/**
 * sbatch's flags for one task of an array.
 * @throws NeckarError for a flag that the launcher sets itself, or a time limit too short to be warned of
 */
export function resourceFlags(resources: SlurmResources): string[] {
  const { partition, account, time, memory, cpus, gpus, warning = defaultWarning, flags = [] } = resources;
  for (const flag of flags) {
    const name = /^(--[\w-]+|-\w)/.exec(flag)?.[1];
    if (name === undefined) {
      throw new NeckarError(`The sbatch flag "${flag}" is none: expected one such as "--qos=long".`);
    }
    if (/^(--[\w-]+|-\w)\s/.test(flag)) {
      throw new NeckarError(
        `The sbatch flag "${flag}" holds a space: write it as "${flag.replace(/\s+/, '=')}".`,
      );
    }
    if (ownFlags.includes(name)) {
      throw new NeckarError(
        `The sbatch flag "${flag}" cannot be given: Neckar sets ${name} itself. Leave it out.`,
      );
    }
  }
  const limit = time === undefined ? Number.POSITIVE_INFINITY : seconds(time);
  if (limit <= warning) {
    throw new NeckarError(
      `The time limit of ${time}${typeof time === 'number' ? ' minutes' : ''} leaves nothing before the warning ${warning} s ahead of it, at which a task keeps its checkpoint and queues again. Give a longer time, or a shorter "warning".`,
    );
  }
  return [
    ...given('--partition', partition),
    ...given('--account', account),
    // Slurm counts in minutes, and its megabytes have 2^20 bytes: fractions are rounded up.
    ...given('--time', typeof time === 'number' ? Math.ceil(time) : time),
    ...given('--mem', memory === undefined ? undefined : `${Math.ceil((memory * 1e9) / 2 ** 20)}M`),
    ...given('--cpus-per-task', cpus),
    ...given('--gres', gpus === undefined ? undefined : `gpu:${gpus}`),
    ...flags,
    `--signal=B:USR1@${warning}`,
  ];
}

function given(flag: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`${flag}=${value}`];
}

/** Seconds of a time limit: minutes, `m:s`, `h:m:s`, `d-h`, `d-h:m`, `d-h:m:s`, as in sbatch's manual. */
function seconds(time: number | string): number {
  if (typeof time === 'number') return time * 60;
  const [days, clock] = time.includes('-') ? time.split('-') : [undefined, time];
  const parts = clock!.split(':').map(Number);
  const [hours, minutes, rest] =
    days !== undefined
      ? [parts[0]!, parts[1] ?? 0, parts[2] ?? 0]
      : parts.length === 3
        ? [parts[0]!, parts[1]!, parts[2]!]
        : [0, parts[0]!, parts[1] ?? 0];
  return Number(days ?? 0) * 86_400 + hours * 3600 + minutes * 60 + rest;
}
