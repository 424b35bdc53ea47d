/**
 * Slurm's programs as small scripts over a folder of text files, for what a real Slurm does not do when asked:
 *
 *     queue          rows of squeue: job|task|state|reason|node|name
 *     accounts       rows of sacct, where there is one
 *     calls          every command line, in order
 *     <program>.mode what goes wrong with it: refuse, hang, lose (takes the job, says nothing), late (takes it, then fails)
 *     job-<id>       the script that was submitted
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const prelude = `#!/bin/sh
PATH=/usr/bin:/bin
cd "$FAKE_SLURM" || exit 1
program=\${0##*/}
echo "$program $*" >> calls
mode=$(cat "$program.mode" 2>/dev/null)
case $mode in
  hang) exec sleep 100 ;;
  refuse) cat "$program.words" >&2; exit 1 ;;
esac
`;

const scripts: Readonly<Record<string, string>> = {
  sbatch: `
for word in "$@"; do
  case $word in
    --job-name=*) name=\${word#*=} ;;
    --array=*) last=\${word#*=0-}; last=\${last%\\%*} ;;
  esac
  script=$word
done
job=$(( $(cat last-job) + 1 ))
echo $job > last-job
cp "$script" "job-$job"
for task in $(seq 0 "$last"); do echo "$job|$task|PENDING|Priority||$name" >> queue; done
case $mode in
  lose) exit 0 ;;
  late) echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2; exit 1 ;;
esac
echo "$job;cluster"
`,
  squeue: 'cat queue\n',
  sacct: 'cat accounts\n',
  scancel: `
only=
for word in "$@"; do
  case $word in
    --state=PENDING) only=PENDING ;;
    *) sed -i -E "s/^($word\\|[0-9]+\\|)\${only:-(PENDING|RUNNING)}\\|/\\1CANCELLED|/" queue ;;
  esac
done
`,
  scontrol: `
case "$1 $2" in
  'show config') echo "MaxArraySize            = $(cat max-array-size)" ;;
  'show job') grep "^\${3%_*}|\${3#*_}|" queue | sed -E 's/^[0-9]+\\|[0-9]+\\|([A-Z_]+).*/   JobState=\\1 Reason=None/' ;;
  'requeue '*) sed -i -E "s/^(\${2%_*}\\|\${2#*_}\\|)[A-Z_]+/\\1PENDING/" queue; exit 1 ;;
esac
`,
};

export interface FakeSlurm {
  readonly environment: NodeJS.ProcessEnv;
  /** Makes a program fail, or well again. */
  mode(program: string, mode: 'refuse' | 'hang' | 'lose' | 'late' | 'well', words?: string): Promise<void>;
  /** The command lines of one program so far. */
  calls(program: string): Promise<string[]>;
  queue(): Promise<string[]>;
  /** Puts tasks into a state; undefined: the queue forgets them. */
  put(job: number, task: number | 'all', state: string | undefined, reason?: string): Promise<void>;
  /** What sacct says; without this there is no sacct. */
  accounts(text: string): Promise<void>;
  /** Runs a task's script as a node would; \`signal\` sends the script a signal. */
  run(
    job: number,
    task: number,
    variables?: Record<string, string>,
  ): { signal(name: NodeJS.Signals): void; ended: Promise<number | null> };
}

/** @param folder - an empty place for it */
export async function fakeSlurm(folder: string, maxArraySize = 1001): Promise<FakeSlurm> {
  const state = join(folder, 'slurm');
  const programs = join(folder, 'programs');
  await mkdir(state);
  await mkdir(programs);
  const files = { queue: '', calls: '', 'last-job': '0\n', 'max-array-size': `${maxArraySize}\n` };
  for (const [name, text] of Object.entries(files)) await writeFile(join(state, name), text);
  const install = async (program: string) => {
    await writeFile(join(programs, program), prelude + scripts[program]!);
    await chmod(join(programs, program), 0o755);
  };
  for (const program of Object.keys(scripts)) if (program !== 'sacct') await install(program);
  // Nothing else is on the PATH, above all no real Slurm.
  const environment = { PATH: programs, FAKE_SLURM: state };
  const lines = async (name: string) =>
    (await readFile(join(state, name), 'utf8')).split('\n').filter(Boolean);
  const put: FakeSlurm['put'] = async (job, task, to, reason = 'None') => {
    const rows = (await lines('queue')).flatMap((row) => {
      const [ofJob, ofTask, , , ...rest] = row.split('|');
      if (Number(ofJob) !== job || (task !== 'all' && Number(ofTask) !== task)) return [row];
      return to === undefined ? [] : [[ofJob, ofTask, to, reason, ...rest].join('|')];
    });
    await writeFile(join(state, 'queue'), rows.map((row) => `${row}\n`).join(''));
  };
  return {
    environment,
    put,
    mode: async (program, mode, words = '') => {
      if (mode === 'well') return await rm(join(state, `${program}.mode`), { force: true });
      await writeFile(join(state, `${program}.mode`), mode);
      await writeFile(join(state, `${program}.words`), words);
    },
    calls: async (program) => (await lines('calls')).filter((line) => line.startsWith(`${program} `)),
    queue: async () => await lines('queue'),
    accounts: async (text) => {
      await install('sacct');
      await writeFile(join(state, 'accounts'), text);
    },
    run: (job, task, variables = {}) => {
      const child = spawn('/bin/sh', [join(state, `job-${job}`)], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          ...environment,
          ...variables,
          PATH: `${programs}:${process.env.PATH}`,
          SLURM_ARRAY_JOB_ID: String(job),
          SLURM_ARRAY_TASK_ID: String(task),
          SLURM_CPUS_ON_NODE: '1',
        },
      });
      child.stderr.on('data', (text) => process.stderr.write(text));
      child.stdout.resume();
      const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
      const ended = put(job, task, 'RUNNING').then(() => closed);
      return { signal: (name) => child.kill(name), ended };
    },
  };
}
