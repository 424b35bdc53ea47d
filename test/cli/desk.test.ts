/** The verbs of a study at one's own desk: work, watch, export, merge, and reports of archives. */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { bin } from '../_bin.ts';
import { execute, plannedFolder, temporaryFolder } from '../runs/support.ts';
import { neckar, refused } from './_run.ts';

test.serial('export, merge and work tell what they did; what is wrong is one sentence', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}, {}]);
  for (const trial of trials) await execute(folder, trial);
  const runs = join(base, 'runs');
  const [exported, zipped, merged, worked] = await Promise.all([
    neckar(['export', 'fake', '--runs', runs, '-o', join(base, 'out'), '--tensorboard', '--json'], {
      cwd: base,
    }),
    neckar(['export', 'fake', '--runs', runs, '--zip', join(base, 'fake.zip')], { cwd: base }),
    neckar(['merge', runs, '--runs', join(base, 'here')], { cwd: base }),
    neckar(['work', 'fake', '--runs', runs, '--json'], { cwd: base }),
  ]);
  t.is(exported.code, 0, exported.stderr);
  const { files } = JSON.parse(exported.stdout) as { files: string[] };
  t.deepEqual(
    files.filter((file) => !file.includes('/')),
    [
      'neckar-export.json',
      ...['trials', 'settings', 'scores', 'traces'].flatMap((name) => [`${name}.parquet`, `${name}.csv`]),
      'README.md',
    ],
  );
  t.regex(zipped.stdout, /fake\.zip \(\d+ files\)\n$/, zipped.stderr);
  t.is(merged.stdout, 'fake: 2 taken.\n', merged.stderr);
  t.is(merged.code, 0);
  t.deepEqual((await readdir(join(base, 'here/fake/trials'))).sort(), trials.map(({ id }) => id).sort());
  t.is(worked.code, 0, worked.stderr);
  t.like(JSON.parse(worked.stdout.trim().split('\n').at(-1)!), {
    type: 'summary',
    total: 2,
    before: 2,
    open: 0,
  });

  const sentences: [string[], RegExp][] = [
    [['report', join(base, 'fake.zip')], /report of an archive has no folder of its own.*-o fake-report/],
    [
      ['export', 'fake', '--runs', runs, '--zip', 'x.zip', '--tensorboard'],
      /--zip holds all of an experiment/,
    ],
    [['merge', base, '--runs', runs], /there are no runs in/],
    [['merge', runs, '--runs', runs], /is this store itself/],
    [['work', 'nothing', '--runs', runs], /there are no runs of "nothing"/],
    [['export', 'fake', '--runs', runs, '-o', runs], /holds files that no export wrote/],
    [['watch', 'fake', '--runs', runs, '--port', '70000'], /Expected a port from 0 to 65535/],
  ];
  for (const [args, sentence] of sentences) {
    const { code, stderr } = await refused(args);
    t.is(code, 2, args.join(' '));
    t.regex(stderr, sentence);
  }
});

test.serial('watch serves an experiment that is not there yet, says so, and ends with Ctrl-C', async (t) => {
  const base = await temporaryFolder(t);
  const program = spawn(process.execPath, [bin, 'watch', 'later', '--port', '0', '--json'], {
    cwd: base,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => program.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => program.on('close', resolve));
  let stderr = '';
  program.stderr.on('data', (text: Buffer) => {
    stderr += text;
  });
  const [line] = await Promise.race([
    (async () => {
      for await (const one of createInterface(program.stdout)) return [one];
      return [stderr];
    })(),
    ended.then(() => [stderr]),
  ]);
  const { url, folder } = JSON.parse(line!) as { url: string; folder: string };
  t.is(folder, 'runs/later');
  const { state } = (await (await fetch(`${url}state`)).json()) as { state: { problem: string } };
  t.regex(state.problem, /There is no experiment in "runs\/later" yet/);
  t.regex(await (await fetch(url)).text(), /live\.js/);
  program.kill('SIGINT');
  t.is(await ended, 0);
  t.regex(stderr, /There is nothing in runs\/later yet/);
  t.deepEqual(await readdir(base), [], 'nothing was written');
});
