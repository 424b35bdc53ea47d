/** The package as others get it: compiled, packed, unpacked into a project of theirs, imported in three ways, run, and begun with. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import anyTest, { type TestFn } from 'ava';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const test = anyTest.serial as TestFn<{ project: string }>;

/** What a package manager would install: the files that package.json names, and the dependencies beside them. */
test.before(async (t) => {
  const project = await mkdtemp(join(tmpdir(), 'neckar-consumer-'));
  t.context = { project };
  const home = join(project, 'node_modules/neckar');
  const staged = join(project, 'staged');
  await mkdir(home, { recursive: true });
  await mkdir(join(staged, 'src/cli'), { recursive: true });
  for (const entry of await readdir(join(root, 'node_modules'))) {
    if (entry.startsWith('.')) continue;
    await symlink(join(root, 'node_modules', entry), join(project, 'node_modules', entry));
  }
  const { files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  t.deepEqual(files, ['dist', 'src/cli/bin.mjs']);
  for (const file of ['package.json', 'src/cli/bin.mjs', 'LICENSE', 'README.md']) {
    await cp(join(root, file), join(staged, file));
  }
  await node(root, ['--import', 'tsx', join(root, 'src/build/build.ts'), join(staged, 'dist')]);
  // The tarball holds what would be published; its dependencies are those beside this test, as no network is needed so.
  await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: staged });
  await rm(staged, { recursive: true });
  const tarball = (await readdir(project)).find((name) => name.endsWith('.tgz'))!;
  await execute('tar', ['-xzf', join(project, tarball), '-C', home, '--strip-components=1']);
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ dependencies: { neckar: `file:${tarball}` } }),
  );
});

test.after.always(async (t) => {
  await rm(t.context.project, { recursive: true, force: true });
});

/** Standard output of Node in a folder, without what the test's own process was started with. */
async function node(folder: string, args: readonly string[]): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await execute(process.execPath, [...args], { cwd: folder, env, maxBuffer: 2 ** 24 });
  return stdout;
}

test('no TypeScript but declarations goes into it', async (t) => {
  const files = await readdir(join(t.context.project, 'node_modules/neckar'), { recursive: true });
  t.true(files.includes('dist/src/index.js'));
  t.deepEqual(
    files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')),
    [],
  );
});

test('JavaScript modules import it, plan, run and measure', async (t) => {
  const { project } = t.context;
  await writeFile(
    join(project, 'sweep.mjs'),
    `import { content, defineExperiment, gram } from 'neckar';
import { contents, styles } from 'neckar/fixtures';
import { measure } from 'neckar/metrics';
import { run } from 'neckar/run';
const experiment = defineExperiment({
  name: 'sweep', pairs: [[contents.town, styles.swirl]], variants: { gram: [content(), gram({ weight: 30 })] },
  size: 32, budget: 2,
});
const { finished, folder } = await run(experiment);
const scores = await measure({
  picture: contents.town.path, content: contents.town.path, style: contents.town.path, encoders: [],
});
const ssim = Object.entries(scores).find(([id]) => id.startsWith('ssim;'));
console.log(JSON.stringify({ finished, folder, ssim: ssim[1].value }));
`,
  );
  const said = await node(project, ['sweep.mjs']);
  t.deepEqual(JSON.parse(said), { finished: 1, folder: 'runs/sweep', ssim: 1 });
});

test('CommonJS requires it', async (t) => {
  const { project } = t.context;
  await writeFile(
    join(project, 'sweep.cjs'),
    `const { gram } = require('neckar');
const { holm } = require('neckar/statistics');
const { writeReport } = require('neckar/report');
console.log(JSON.stringify([gram({ weight: 3 }), holm([0.01, 0.04, 0.03, 0.005]), typeof writeReport]));
`,
  );
  const [loss, adjusted, report] = JSON.parse(await node(project, ['sweep.cjs']));
  t.deepEqual(loss, { type: 'gram', weight: 3 });
  // Holm's own procedure by hand: 4·.005, 3·.01, 2·.03, and no p value below one before it.
  t.deepEqual(
    adjusted.map((p: number) => Number(p.toFixed(12))),
    [0.03, 0.06, 0.06, 0.02],
  );
  t.is(report, 'function');
});

test("TypeScript accepts it under a consumer's own strict settings", async (t) => {
  const { project } = t.context;
  await writeFile(
    join(project, 'typed.ts'),
    `import { content, defineExperiment, type ExperimentInput, gram } from 'neckar';
import { contents, styles } from 'neckar/fixtures';
import { measure } from 'neckar/metrics';
import { writeReport } from 'neckar/report';
import { type RunSummary, run } from 'neckar/run';
import { friedman } from 'neckar/statistics';
const experiment: ExperimentInput = defineExperiment({
  pairs: [[contents.town, styles.swirl]], variants: { gram: [content(), gram({ weight: 30 })] },
});
const summary: RunSummary = await run(experiment);
// @ts-expect-error a loss has no such option
gram({ wait: 3 });
console.log(summary.sentence.length, friedman, measure, writeReport);
`,
  );
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        module: 'nodenext',
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        noImplicitReturns: true,
        noUnusedLocals: true,
        noUnusedParameters: true,
        isolatedModules: true,
        verbatimModuleSyntax: true,
        skipLibCheck: true,
        noEmit: true,
        types: ['node'],
      },
      files: ['typed.ts'],
    }),
  );
  const manifest = join(project, 'package.json');
  const { dependencies } = JSON.parse(await readFile(manifest, 'utf8'));
  await writeFile(manifest, JSON.stringify({ type: 'module', private: true, dependencies }));
  await t.notThrowsAsync(execute(join(root, 'node_modules/.bin/tsc'), ['-p', project]));
});

test('the command runs an experiment in TypeScript, with no loader but for that file', async (t) => {
  const { project } = t.context;
  await writeFile(
    join(project, 'mine.ts'),
    `import { content, defineExperiment, gram } from 'neckar';
import { contents, styles } from 'neckar/fixtures';
const size: number = 32;
export default defineExperiment({
  pairs: [[contents.town, styles.swirl]], variants: { gram: [content(), gram({ weight: 30 })] }, size, budget: 2,
});
`,
  );
  const bin = join(project, 'node_modules/neckar/src/cli/bin.mjs');
  const said = await node(project, [bin, 'run', 'mine.ts', '--no-report', '--json']);
  const summary = JSON.parse(said.trim().split('\n').at(-1)!);
  t.is(summary.finished, 1);
  t.regex(await node(project, [bin, '--version']), /^\d+\.\d+\.\d+\n$/);
});

test('init makes a study that runs, is typed, and can be imported from, in a folder of its own', async (t) => {
  const { project } = t.context;
  const bin = join(project, 'node_modules/neckar/src/cli/bin.mjs');
  const { files, folder } = JSON.parse(await node(project, [bin, 'init', 'mine', '--json']));
  t.deepEqual((await readdir(folder)).sort(), [
    '.gitignore',
    'README.md',
    'experiments',
    'package.json',
    'pictures',
    'tsconfig.json',
  ]);
  t.true(files.includes('experiments/first.ts'));
  const { dependencies, scripts } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  t.deepEqual(scripts, { start: 'neckar run first' });
  t.regex(
    dependencies.neckar,
    /^file:\.\.\/neckar-\d+\.\d+\.\d+\.tgz$/,
    'what its project was installed from',
  );
  await execute(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
  const said = await node(folder, [bin, 'run', 'first', 'size=32', 'budget=2', 'seed=1', '--json']);
  const summary = JSON.parse(said.trim().split('\n').at(-1)!);
  t.like(summary, { finished: 2, exitCode: 0 });
  t.true((await readdir(join(folder, 'runs/first/report'))).includes('index.html'));
  await writeFile(
    join(folder, 'count.mjs'),
    `import { status } from 'neckar/run';
const { counts } = await status('runs/first');
console.log(counts.complete);
`,
  );
  t.is(await node(folder, ['count.mjs']), '2\n');
});
