/** Studies of one's own: what a folder may hold before, and what is said where it may not be. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { createProgram } from '../../src/cli/main.ts';
import { loadExperiment } from '../../src/experiment/load.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { makeStudy } from '../../src/init/study.ts';

async function emptyFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-init-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a study is made whole, its experiment plans, and its README names only verbs that there are', async (t) => {
  const base = await emptyFolder(t);
  const { folder, name, files } = await makeStudy(join(base, 'Strokes & Dots'));
  t.is(name, 'strokes-dots');
  for (const file of files) t.true((await readFile(join(folder, file))).length > 0, file);
  const loaded = await loadExperiment(join(folder, 'experiments/first.ts'));
  const { trials } = planTrials(loaded.experiment, { folder: loaded.folder, name: loaded.name });
  t.is(trials.length, 6);
  t.true(trials.every(({ config }) => config.content === join(folder, 'pictures/town.jpg')));
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  const known = (await createProgram([])).commands.map((command) => command.name());
  const used = [...readme.matchAll(/neckar ([a-z]+)/g)].map(([, verb]) => verb!);
  t.true(used.length > 8);
  t.deepEqual(
    used.filter((verb) => !known.includes(verb)),
    [],
  );
  t.true(readme.startsWith('# strokes-dots\n'));
});

test('what git and an installation leave may be there, and its dependencies stay', async (t) => {
  const folder = await emptyFolder(t);
  await mkdir(join(folder, '.git'));
  await mkdir(join(folder, 'node_modules'));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ dependencies: { neckar: '^9.1.0' }, devDependencies: { typescript: '^7' } }),
  );
  await makeStudy(folder);
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  t.deepEqual(manifest.dependencies, { neckar: '^9.1.0' });
  t.deepEqual(manifest.devDependencies, { typescript: '^7' });
  t.is(manifest.type, 'module');
  await t.throwsAsync(makeStudy(folder), { message: /is not empty \(it holds .+\): nothing was written/ });
});

test('a folder that is used, or no folder, is refused in one sentence, and nothing is written', async (t) => {
  const base = await emptyFolder(t);
  const cases: [string, () => Promise<unknown>, RegExp][] = [
    ['used', () => writeFile(join(base, 'used/notes.txt'), 'mine'), /is not empty \(it holds notes\.txt\)/],
    [
      'project',
      () => writeFile(join(base, 'project/package.json'), '{"name":"theirs"}'),
      /is not empty \(it holds package\.json\)/,
    ],
    [
      'broken',
      () => writeFile(join(base, 'broken/package.json'), '{'),
      /is not empty \(it holds package\.json\)/,
    ],
  ];
  for (const [name, fill, message] of cases) {
    await mkdir(join(base, name));
    await fill();
    const before = await readdir(join(base, name));
    await t.throwsAsync(makeStudy(join(base, name)), { message });
    t.deepEqual(await readdir(join(base, name)), before);
  }
  await writeFile(join(base, 'file'), '');
  await t.throwsAsync(makeStudy(join(base, 'file')), { message: /is a file; a study needs a folder/ });
  await t.throwsAsync(makeStudy(join(base, 'file/below')), { message: /cannot be made in/ });
});

test('an older Node is told so before anything is loaded', async (t) => {
  const bin = fileURLToPath(new URL('../../src/cli/bin.mjs', import.meta.url));
  for (const [version, code] of [
    ['18.20.4', 2],
    ['20.8.1', 2],
    ['20.9.0', 0],
  ] as const) {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
    const preload = `data:text/javascript,${encodeURIComponent(older)}`;
    const said = await new Promise<{ code: number; stderr: string }>((resolve) => {
      execFile(process.execPath, ['--import', preload, bin, '--version'], (error, _, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stderr });
      });
    });
    t.is(said.code, code, `${version}: ${said.stderr}`);
    if (code === 0) continue;
    t.is(
      said.stderr,
      `Neckar needs Node 20.9 or newer; this is ${version}. Install a newer one from nodejs.org.\n`,
    );
  }
});
