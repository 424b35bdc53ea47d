/** Slurm's own programs: what is asked of them, and their answers as data. */
import { type ExecFileException, execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { NeckarError } from '../../errors.ts';
import { harmless } from '../../harmless.ts';

/** One task of a job array, as squeue lists it. */
export interface QueueRow {
  /** The array's job id. */
  readonly job: string;
  readonly task: number;
  /** Slurm's word, such as `PENDING`, `RUNNING`, `NODE_FAIL`. */
  readonly state: string;
  /** Why it is in that state, in Slurm's word: `Resources`, `Priority`, … */
  readonly reason: string;
  /** The job's name. */
  readonly name: string;
  /** Where it runs; empty before. */
  readonly node: string;
}

/** How a task ended, as the accounting remembers it. */
export type Ending = Pick<QueueRow, 'job' | 'task' | 'state' | 'reason'>;

/**
 * A Slurm program is not there (`absent`), did not answer in time (`silent`), or said no (`refused`). The message is
 * whole; `words` are the program's own.
 */
export class SlurmError extends NeckarError {
  override readonly name = 'SlurmError';
  readonly kind: 'absent' | 'silent' | 'refused';
  readonly words: string;

  constructor(kind: SlurmError['kind'], message: string, words = '') {
    super(message, { exitCode: kind === 'absent' ? 2 : 1 });
    this.kind = kind;
    this.words = words;
  }
}

export interface SlurmCommands {
  /** How many tasks one job array may have. */
  maxArraySize(): Promise<number>;
  /** Submits a batch script; returns the job id, or undefined when sbatch succeeds without telling one. */
  submit(flags: readonly string[], script: string): Promise<string | undefined>;
  /** This user's tasks: waiting, running, and those that ended in the last minutes. */
  queue(): Promise<QueueRow[]>;
  /** How the tasks of these jobs ended; empty where Slurm keeps no accounts, or they cannot be asked. */
  endings(jobs: readonly string[]): Promise<Ending[]>;
  /** Cancels jobs, or only those of their tasks that have not begun. */
  cancel(jobs: readonly string[], which?: 'all' | 'pending'): Promise<void>;
}

export interface CommandOptions {
  /** Where the programs are looked for (PATH), and what they are told (SLURM_CONF). Default: this process's. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Seconds after which a program that has not answered is given up. Default: 60. */
  readonly timeout?: number;
  /** Gives up whatever is being asked. */
  readonly signal?: AbortSignal;
}

/** States in which a task is over. Whatever else Slurm says, the task is or will be in the queue. */
const overStates: ReadonlySet<string> = new Set([
  'BOOT_FAIL',
  'CANCELLED',
  'COMPLETED',
  'DEADLINE',
  'FAILED',
  'NODE_FAIL',
  'OUT_OF_MEMORY',
  'PREEMPTED',
  'REVOKED',
  'TIMEOUT',
]);

/** Whether a task in this state will not run (on). */
export function isOver(state: string): boolean {
  return overStates.has(state);
}

/** The Slurm of this machine. Nothing is run until it is asked. */
export function slurmCommands(options: CommandOptions = {}): SlurmCommands {
  const { timeout = 60, signal } = options;
  const environment = submitEnvironment(options.environment ?? process.env);
  const ask = (program: string, parameters: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(
        program,
        parameters,
        {
          env: environment,
          timeout: timeout * 1000,
          killSignal: 'SIGKILL',
          maxBuffer: 1 << 28,
          signal,
        },
        (error, stdout, stderr) => {
          if (error === null) resolve(harmless(stdout));
          else reject(slurmError(program, error, stderr || stdout, timeout));
        },
      );
    });
  return {
    maxArraySize: async () => {
      const size = /^\s*MaxArraySize\s*=\s*(\d+)/m.exec(await ask('scontrol', ['show', 'config']))?.[1];
      if (size === '0') {
        throw new SlurmError(
          'refused',
          'This Slurm allows no job arrays (its MaxArraySize is 0). Ask its administrators, or use --launcher local.',
        );
      }
      return Number(size ?? 1001);
    },
    submit: async (flags, script) => {
      const answer = await ask('sbatch', ['--parsable', ...flags, script]);
      // "123" or "123;cluster", perhaps beneath a greeting of the site's.
      return /^(\d+)(?:;\S*)?\s*$/m.exec(answer)?.[1];
    },
    queue: async () => parseQueue(await ask('squeue', queueQuestion)),
    endings: async (jobs) => {
      if (jobs.length === 0) return [];
      try {
        const question = ['-X', '-n', '-P', `--jobs=${jobs.join(',')}`, '--format=JobID,State,Reason'];
        return parseEndings(await ask('sacct', question));
      } catch (error) {
        // Many clusters keep no accounts: then nothing is known.
        if (error instanceof SlurmError) return [];
        throw error;
      }
    },
    cancel: async (jobs, which = 'all') => {
      if (jobs.length === 0) return;
      await ask('scancel', [...(which === 'pending' ? ['--state=PENDING'] : []), ...jobs]);
    },
  };
}

const queueQuestion: readonly string[] = [
  '--noheader',
  '--array',
  '--states=all',
  `--user=${process.getuid?.() ?? userInfo().username}`,
  '--format=%F|%K|%T|%r|%N|%j',
];

/** Rows of `%F|%K|%T|%r|%N|%j`; jobs that are no arrays are none of ours. */
export function parseQueue(text: string): QueueRow[] {
  return text.split('\n').flatMap((line) => {
    const [job, task, state, reason, node, ...name] = line.trim().split('|');
    if (name.length === 0 || !/^\d+$/.test(task!)) return [];
    return [
      { job: job!, task: Number(task), state: state!, reason: reason!, node: node!, name: name.join('|') },
    ];
  });
}

/** Rows of `JobID|State|Reason`, the job ids being `<array>_<task>`. */
export function parseEndings(text: string): Ending[] {
  return text.split('\n').flatMap((line) => {
    const [id, state, reason] = line.split('|');
    const match = /^(\d+)_(\d+)$/.exec(id ?? '');
    if (match === null || state === undefined) return [];
    // "CANCELLED by 1000"
    return [{ job: match[1]!, task: Number(match[2]), state: state.split(' ')[0]!, reason: reason ?? '' }];
  });
}

/**
 * The environment without what Slurm sets for the inside of a job: run from within one (an interactive session), its
 * size would otherwise become the size of every job submitted from there.
 */
function submitEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) => !/^(SLURM|SBATCH|SQUEUE|SCANCEL|SACCT)_/.test(name) || /^SLURM_CONF/.test(name),
  );
  return Object.fromEntries(kept);
}

function slurmError(program: string, error: ExecFileException, output: string, timeout: number): SlurmError {
  const words = slurmWords(output);
  if ((error.code as unknown) === 'ENOENT') {
    return new SlurmError(
      'absent',
      `Slurm is not here: there is no program "${program}" on the PATH. Run the command on a login node of the cluster (there, perhaps after loading Slurm's module), or use --launcher local.`,
    );
  }
  if (error.killed === true || error.name === 'AbortError') {
    return new SlurmError(
      'silent',
      `Slurm does not answer: "${program}" had said nothing after ${timeout} s. Run the same command again when it is well; no trial is submitted twice.`,
      words,
    );
  }
  return new SlurmError(
    'refused',
    `Slurm refuses: ${program} says "${words || (error.message.split('\n')[0] ?? '')}".`,
    words,
  );
}

/** What a Slurm program said, in one line, without its name before every sentence. */
function slurmWords(output: string): string {
  return harmless(output)
    .split('\n')
    .map((line) => line.replace(/^\s*\w+: (error|fatal): /, '').trim())
    .filter((line) => line !== '')
    .join('; ');
}
