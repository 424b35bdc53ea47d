/** A Slurm cluster of one node that lives as long as a test: its own daemons, keys, ports and folders. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The daemons lie in /usr/sbin, which is not on every PATH. */
const path = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter);

/** Why no cluster can be started here; undefined when it can. */
export function slurmMissing(): string | undefined {
  const missing = ['munged', 'slurmctld', 'slurmd', 'sbatch'].filter((program) => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], {
        env: { ...process.env, PATH: path },
        stdio: 'ignore',
      });
      return false;
    } catch {
      return true;
    }
  });
  return missing.length === 0
    ? undefined
    : `needs Slurm: no ${missing.join(', ')} (Debian: slurm-wlm, munge)`;
}

export interface Cluster {
  /** For commands that are to reach this cluster. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs one of Slurm's programs and returns what it printed. */
  ask(program: string, ...parameters: string[]): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Partitions: `steady` (default), `spare`, whose jobs are requeued for those of `urgent`. One node, 8 processors, a
 * make-believe GPU, arrays of at most 4 tasks.
 */
export async function startCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-slurm-'));
  const [controllerPort, nodePort] = await freePorts(2);
  const node = hostname().split('.')[0]!;
  const user = userInfo().username;
  const socket = join(folder, 'munge.socket');
  for (const name of ['state', 'spool']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'munge.key'), randomBytes(128), { mode: 0o600 });
  // From 23.02 on, Slurm looks for control groups unless told not to; before, it does not know how to be told.
  const version = Number(
    /\d+/.exec((await run('slurmd', ['-V'], { env: { ...process.env, PATH: path } })).stdout),
  );
  if (version >= 23) await writeFile(join(folder, 'cgroup.conf'), 'CgroupPlugin=disabled\n');
  await writeFile(join(folder, 'gres.conf'), 'Name=gpu File=/dev/null\n');
  const conf = join(folder, 'slurm.conf');
  const lines = [
    'ClusterName=neckar',
    `SlurmctldHost=${node}(127.0.0.1)`,
    `SlurmctldPort=${controllerPort}`,
    `SlurmdPort=${nodePort}`,
    `SlurmUser=${user}`,
    `SlurmdUser=${user}`,
    'AuthType=auth/munge',
    // A requeued job waits until its old credentials have expired: by default, two minutes.
    `AuthInfo=socket=${socket},cred_expire=5`,
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd.pid`,
    `SlurmctldLogFile=${folder}/slurmctld.log`,
    `SlurmdLogFile=${folder}/slurmd.log`,
    'ProctrackType=proctrack/pgid',
    'TaskPlugin=task/none',
    'MpiDefault=none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_CPU',
    'SchedulerType=sched/builtin',
    'SchedulerParameters=batch_sched_delay=0,sched_interval=1',
    'SlurmdParameters=config_overrides',
    'JobAcctGatherType=jobacct_gather/none',
    'AccountingStorageType=accounting_storage/none',
    'ReturnToService=2',
    'MaxArraySize=4',
    'PreemptType=preempt/partition_prio',
    'PreemptMode=REQUEUE',
    'GresTypes=gpu',
    `NodeName=${node} NodeAddr=127.0.0.1 CPUs=8 RealMemory=4000 Gres=gpu:1 State=UNKNOWN`,
    'PartitionName=steady Nodes=ALL Default=YES PriorityTier=1 PreemptMode=OFF State=UP',
    'PartitionName=spare Nodes=ALL PriorityTier=1 PreemptMode=REQUEUE State=UP',
    'PartitionName=urgent Nodes=ALL PriorityTier=9 State=UP',
  ];
  await writeFile(conf, `${lines.join('\n')}\n`);

  const environment = { ...process.env, PATH: path, SLURM_CONF: conf };
  const daemons: ChildProcess[] = [];
  // The shell between ends its daemon when its input closes: also when this process dies without a word.
  const keeper = '"$@" & read _; kill $!; wait';
  const start = (program: string, ...parameters: string[]): void => {
    const stdio = ['pipe', 'ignore', 'ignore'] as const;
    daemons.push(
      spawn('sh', ['-c', keeper, 'sh', program, ...parameters], { env: environment, stdio: [...stdio] }),
    );
  };
  const ask = async (program: string, ...parameters: string[]): Promise<string> =>
    (await run(program, parameters, { env: environment, timeout: 120_000 })).stdout;
  const stop = async (): Promise<void> => {
    await ask('scancel', `--user=${user}`).catch(() => {});
    // From the node upwards: each says goodbye to those above it.
    for (const daemon of daemons.reverse()) {
      const gone = new Promise((resolve) => daemon.once('close', resolve));
      daemon.stdin!.end();
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    start(
      'munged',
      '--foreground',
      // A key in the temporary folder is fine here.
      '--force',
      ...['key-file=munge.key', 'pid-file=munged.pid', 'log-file=munged.log', 'seed-file=munge.seed'].map(
        (option) => `--${option.replace('=', `=${folder}/`)}`,
      ),
      `--socket=${socket}`,
    );
    await until(async () => (await run('munge', ['-S', socket, '-n'])).stdout !== '', folder);
    start('slurmctld', '-D', '-i', '-f', conf);
    start('slurmd', '-D', '-f', conf);
    await until(async () => (await ask('sinfo', '-h', '-p', 'steady', '-o', '%t')).trim() === 'idle', folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return { environment, ask, stop };
}

async function until(condition: () => Promise<boolean>, folder: string): Promise<void> {
  const latest = performance.now() + 180_000;
  while (performance.now() < latest) {
    if (await condition().catch(() => false)) return;
    await sleep(100);
  }
  const logs = ['munged', 'slurmctld', 'slurmd'].map((name) =>
    readFile(join(folder, `${name}.log`), 'utf8').catch(() => ''),
  );
  throw new Error(`The cluster did not start.\n${(await Promise.all(logs)).join('\n')}`);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
