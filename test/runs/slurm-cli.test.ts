/** The verbs that speak to a cluster, as they are typed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { neckar, refused } from '../cli/_run.ts';
import { fakeSlurm } from './slurm-fake.ts';
import { temporaryFolder } from './support.ts';

const experiment = `export default {
  name: 'sweep',
  contents: 'picture.png',
  styles: 'other.png',
  losses: ['content'],
  seeds: [1, 2, 3],
  size: 16,
  launcher: { name: 'slurm', partition: 'cpu', time: '1:00:00', flags: ['--qos=long'] },
};
`;

test('run submits as the experiment and the flags say, status shows the queue, cancel empties it', async (t) => {
  const folder = await temporaryFolder(t);
  const slurm = await fakeSlurm(folder, 2);
  await mkdir(join(folder, 'runs'));
  await writeFile(join(folder, 'sweep.ts'), experiment);
  for (const name of ['picture.png', 'other.png']) await writeFile(join(folder, name), name);
  const env = slurm.environment as Record<string, string>;
  const options = { cwd: folder, env };

  const run = await neckar(
    ['run', 'sweep.ts', '--detach', '--partition=gpu', '--gpus=1', '--threads=4', '--memory=8', '-j', '5'],
    options,
  );
  t.is(run.code, 0, run.stderr);
  t.is(
    run.stderr,
    [
      '3 trials: 0 done, 3 to run',
      '· Submitted 2 trials as job 1.',
      '· Submitted 1 trial as job 2.',
      '· The trials go on by themselves: the same command comes back to them, "neckar status sweep" shows them, and "neckar cancel sweep" ends them.',
      '0 of 3 trials are finished, 3 are still open (runs/sweep).',
      '',
    ].join('\n'),
  );
  const [first, second] = await slurm.calls('sbatch');
  for (const flag of [
    '--partition=gpu',
    '--gres=gpu:1',
    '--cpus-per-task=4',
    '--mem=7630M',
    '--time=1:00:00',
    '--qos=long',
    '--array=0-1%5',
    '--requeue',
    '--open-mode=append',
    '--signal=B:USR1@60',
    `--chdir=${folder}`,
  ]) {
    t.true(first!.split(' ').includes(flag), flag);
  }
  t.regex(second!, /--array=0-0%3 /);

  const status = await neckar(['status', 'sweep', '--json'], options);
  const { trials } = JSON.parse(status.stdout);
  t.deepEqual(
    trials.map((trial: { state: string; reason: string }) => `${trial.state}: ${trial.reason}`),
    ['1_0', '1_1', '2_0'].map((job) => `waiting: Slurm job ${job} is pending, Priority`),
  );
  t.like(trials[0].slurm, { job: '1_0', state: 'PENDING' });

  const canceled = await neckar(['cancel', 'sweep'], options);
  t.is(canceled.stdout, 'Cancelled jobs 1, 2: 3 tasks had not begun.\n');
  t.true((await slurm.queue()).every((row) => row.includes('|CANCELLED|')));
  t.is((await neckar(['cancel', 'sweep'], options)).stdout, '"sweep" has nothing in the queue.\n');
});

test('flags that make no sense are refused before anything is written', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'sweep.ts');
  await writeFile(file, experiment.replace(/^ {2}launcher.*\n/m, ''));
  for (const name of ['picture.png', 'other.png']) await writeFile(join(folder, name), name);
  const ask = async (...flags: string[]) =>
    (await refused(['run', file, '--runs', join(folder, 'runs'), ...flags])).stderr;
  t.is(
    await ask('--time', '60'),
    'neckar: --time is for a cluster: add --launcher slurm, or leave it out.\n',
  );
  t.is(
    await ask('--launcher', 'slurm', '--time', 'soon'),
    'neckar: --time "soon": expected minutes, or a time such as "2:30:00" or "1-12:00:00".\n',
  );
  t.regex(await ask('--launcher', 'slrm'), /Allowed choices are local, slurm/);
  t.regex(
    await ask('--launcher', 'slurm', '--sbatch=--wait'),
    /^neckar: The sbatch flag "--wait" cannot be given: Neckar sets --wait itself\. Leave it out\.\n$/,
  );
  t.regex(await ask('+launcher.partitoin=gpu'), /launcher has no "partitoin". Did you mean "partition"\?/);
});
