/** Where trials are carried out: what the experiment says and what was typed, as a launcher. */
import { type Command, Option } from 'commander';
import { NeckarError } from '../errors.ts';
import { type LauncherSpec, launcherSchema } from '../experiment/launcher.ts';
import type { Launcher } from '../runs/launcher.ts';
import { slurmLauncher } from '../runs/slurm/launcher.ts';
import { repeated, wholeNumber } from './options.ts';

export interface LauncherFlags {
  readonly launcher?: 'local' | 'slurm';
  readonly jobs?: number;
  readonly threads?: number;
  /** GB. */
  readonly memory?: number;
  readonly timing: 'any' | 'exclusive';
  readonly partition?: string;
  readonly account?: string;
  readonly time?: string;
  readonly gpus?: string;
  readonly trialsPerTask?: number;
  readonly sbatch?: readonly string[];
  readonly detach?: boolean;
}

/** Flag, key, and what it means in an experiment's `launcher`. */
const slurmFlags: Readonly<Record<string, keyof LauncherFlags>> = {
  '--partition': 'partition',
  '--account': 'account',
  '--time': 'time',
  '--gpus': 'gpus',
  '--trials-per-task': 'trialsPerTask',
  '--sbatch': 'sbatch',
  '--detach': 'detach',
};

export function addLauncherOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--launcher <name>',
        'local, or slurm: the queue of a cluster (default: as the experiment says, else local)',
      ).choices(['local', 'slurm']),
    )
    .option('--partition <name>', 'slurm: partition, or several between commas')
    .option('--account <name>', 'slurm: account that is charged')
    .option('--time <limit>', 'slurm: time limit of a task, in minutes or as 2:30:00')
    .option('--gpus <n>', 'slurm: graphics processors of a task, such as 1 or a100:1')
    .option('--trials-per-task <n>', 'slurm: trials that one task runs, one after the other', wholeNumber)
    .option('--sbatch <flag>', 'slurm: a further flag for sbatch, such as --sbatch=--qos=long', repeated)
    .option('--detach', 'slurm: submit and return');
}

/**
 * The launcher that was asked for, undefined for this machine; and the flags that ask for the same again.
 * @throws NeckarError for flags that the launcher does not take, or values that make no sense
 */
export function chooseLauncher(
  flags: LauncherFlags,
  spec: LauncherSpec = {},
): { readonly launcher: Launcher | undefined; readonly typed: readonly string[] } {
  const given = Object.entries(slurmFlags).filter(([, key]) => flags[key] !== undefined);
  if ((flags.launcher ?? spec.name ?? 'local') === 'local') {
    if (given.length > 0) {
      throw new NeckarError(`${given[0]![0]} is for a cluster: add --launcher slurm, or leave it out.`);
    }
    return { launcher: undefined, typed: flags.launcher === undefined ? [] : ['--launcher=local'] };
  }
  const asked = typedSpec(flags);
  const { name: _, ...resources } = { ...spec, ...asked };
  const extra = [
    ...(spec.flags ?? []),
    ...(flags.sbatch ?? []),
    // Alone on its node: what is timed there is not shared.
    ...(flags.timing === 'exclusive' ? ['--exclusive'] : []),
  ];
  return {
    launcher: slurmLauncher({ ...resources, flags: extra, detach: flags.detach }),
    typed: [
      ...(flags.launcher === undefined ? [] : ['--launcher=slurm']),
      ...given.flatMap(([flag, key]) => {
        const value = flags[key];
        if (value === true) return [];
        return (Array.isArray(value) ? value : [value]).map((one) => `${flag}=${one}`);
      }),
    ],
  };
}

/** Bytes that a trial may need where it will run; undefined: on this machine. */
export function memoryOfLauncher(flags: LauncherFlags, spec: LauncherSpec = {}): number | undefined {
  if ((flags.launcher ?? spec.name) !== 'slurm') return undefined;
  const memory = flags.memory ?? spec.memory;
  return memory === undefined ? Number.POSITIVE_INFINITY : memory * 1e9;
}

function typedSpec({
  partition,
  account,
  time,
  gpus,
  trialsPerTask,
  jobs,
  threads,
  memory,
}: LauncherFlags): LauncherSpec {
  const asked = {
    partition,
    account,
    time: time !== undefined && /^\d+(\.\d+)?$/.test(time) ? Number(time) : time,
    gpus: gpus !== undefined && /^\d+$/.test(gpus) ? Number(gpus) : gpus,
    trialsPerTask,
    jobs,
    cpus: threads,
    memory,
  };
  const typed = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const checked = launcherSchema.safeParse(typed);
  if (checked.success) return checked.data;
  const { path, message } = checked.error.issues[0]!;
  throw new NeckarError(`--${String(path[0])} "${typed[String(path[0])]}": ${message}.`);
}
