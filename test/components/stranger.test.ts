/** Components of a researcher's own, in a folder of their own: planned, run in a process of its own, kept, told apart. */
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { neckar } from '../cli/_run.ts';

const test = anyTest.serial as TestFn<{ folder: string }>;

const rate = `export const rate = 0.05;\n`;

const optimizer = `import { defineOptimizer, z } from 'neckar';
import { rate } from './rate.ts';

/** Steps by the sign of the gradient alone. */
export const signs = defineOptimizer({
  name: 'signs',
  description: 'Sign descent, made for a test.',
  module: import.meta.url,
  settings: { rate: z.number().positive().default(rate) },
  create({ rate }, start, { state }) {
    const point = Float32Array.from((state?.point as Float32Array) ?? start);
    let evaluations = Number(state?.evaluations ?? 0);
    let value = Number.POSITIVE_INFINITY;
    return {
      name: 'signs',
      ask: () => point,
      tell(evaluation) {
        value = evaluation.value;
        evaluations++;
        for (let i = 0; i < point.length; i++) {
          point[i] = Math.min(1, Math.max(0, point[i]! - rate * Math.sign(evaluation.gradient[i]!)));
        }
      },
      objectiveChanged() {},
      get current() {
        return { point, value };
      },
      get steps() {
        return evaluations;
      },
      get evaluations() {
        return evaluations;
      },
      finished: undefined,
      state: () => ({ point: Float32Array.from(point), evaluations }),
    };
  },
});
`;

const experiment = `import { content, defineExperiment, gram, grid } from 'neckar';
import { contents, styles } from 'neckar/fixtures';
import { signs } from './parts/signs.ts';

export default defineExperiment({
  name: 'mine',
  pairs: [[contents.town, styles.swirl]],
  variants: { gram: [content(), gram({ weight: 30 })] },
  optimizer: grid([signs(), signs({ rate: 0.1 }), 'adam']),
  size: 32,
  budget: 4,
  heldOut: 'none',
});
`;

test.beforeEach(async (t) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'neckar-stranger-')));
  t.context = { folder };
  await mkdir(join(folder, 'parts'));
  await writeFile(join(folder, 'parts/signs.ts'), optimizer);
  await writeFile(join(folder, 'parts/rate.ts'), rate);
  await writeFile(join(folder, 'mine.ts'), experiment);
});

test.afterEach.always((t) => rm(t.context.folder, { recursive: true, force: true }));

async function configs(folder: string): Promise<Record<string, { optimizer: unknown; modules?: unknown[] }>> {
  const trials = join(folder, 'runs/mine/trials');
  const ids = await readdir(trials);
  const entries = ids.map(async (id) => [
    id,
    JSON.parse(await readFile(join(trials, id, 'config.json'), 'utf8')).config,
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

test('an optimiser of a stranger is swept beside ours, and its code is part of what its trials are', async (t) => {
  const { folder } = t.context;
  const run = () => neckar(['run', 'mine.ts', '--json', '--no-report'], { cwd: folder });
  const first = await run();
  t.is(first.code, 0, first.stderr);
  const before = await configs(folder);
  const own = Object.values(before).filter(
    ({ optimizer }) => (optimizer as { name: string }).name === 'signs',
  );
  t.deepEqual(own.map(({ optimizer }) => (optimizer as { rate: number }).rate).sort(), [0.05, 0.1]);
  for (const { modules } of own) t.like(modules, [{ file: join(folder, 'parts/signs.ts') }]);

  const again = JSON.parse((await run()).stdout.trim().split('\n').at(-1)!);
  t.is(again.finished, 0);

  // What it imports belongs to it; a comment does not.
  await writeFile(join(folder, 'parts/signs.ts'), `// A remark.\n${optimizer}`);
  t.is(JSON.parse((await run()).stdout.trim().split('\n').at(-1)!).finished, 0);
  await writeFile(join(folder, 'parts/rate.ts'), rate.replace('0.05', '0.06'));
  const changed = JSON.parse((await run()).stdout.trim().split('\n').at(-1)!);
  t.is(changed.finished, 2, 'the two trials of the changed module');
});

test('a misspelt setting, a missing module and a name that is taken are sentences', async (t) => {
  const { folder } = t.context;
  const refusal = async () => {
    const { code, stderr } = await neckar(['run', 'mine.ts', '--dry-run'], { cwd: folder });
    t.not(code, 0);
    t.notRegex(stderr, /\n {4}at /);
    return stderr;
  };
  await writeFile(join(folder, 'mine.ts'), experiment.replace('rate: 0.1', 'rat: 0.1 as never'));
  t.regex(await refusal(), /optimizer.*rat: unknown setting.*[Dd]id you mean "rate"/s);
  await writeFile(join(folder, 'mine.ts'), experiment);
  await writeFile(join(folder, 'parts/signs.ts'), optimizer.replaceAll("name: 'signs'", "name: 'adam'"));
  t.regex(await refusal(), /the optimizer "adam" comes with Neckar; give yours another name/);
  await rm(join(folder, 'parts/signs.ts'));
  t.regex(await refusal(), /signs\.ts.*cannot be found/);
});
