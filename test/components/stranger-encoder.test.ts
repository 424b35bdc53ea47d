/** An encoder of a researcher's own, in a folder of its own: it makes the picture, judges it, and is told apart. */
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { neckar } from '../cli/_run.ts';

const test = anyTest.serial as TestFn<{ folder: string }>;

const encoder = `import { defineEncoder, tf, z } from 'neckar';

const outline = {
  name: 'plain',
  layers: ['half', 'held'],
  minimumSize: 4,
  defaults: {
    content: { half: 1 },
    style: { half: 1 },
    patches: { half: 1 },
    histogram: { half: 1 },
    heldBack: ['held'],
  },
  shapeOf: (layer, height, width) =>
    layer === 'half' ? [Math.floor(height / 2), Math.floor(width / 2), 3] : [height, width, 3],
};

export const plain = defineEncoder({
  name: 'plain',
  description: 'Halved and squared pixels, made for a test.',
  module: import.meta.url,
  settings: { factor: z.number().positive().default(2) },
  outline: () => outline,
  async load({ factor }) {
    const maps = {
      half: (image) => tf.mul(tf.avgPool(image, 2, 2, 'valid'), factor),
      held: (image) => tf.square(image),
    };
    return {
      ...outline,
      hash: \`plain \${factor}\`,
      encode: (image, layers) => Object.fromEntries(layers.map((layer) => [layer, maps[layer](image)])),
    };
  },
});
`;

const experiment = `import { content, defineExperiment, gram } from 'neckar';
import { contents, styles } from 'neckar/fixtures';
import { plain } from './parts/plain.ts';

export default defineExperiment({
  name: 'mine',
  pairs: [[contents.town, styles.swirl]],
  variants: { gram: [content(), gram({ weight: 30 })] },
  encoder: plain({ factor: 3 }),
  heldOut: plain(),
  size: 32,
  budget: 2,
});
`;

test.beforeEach(async (t) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'neckar-stranger-')));
  t.context = { folder };
  await mkdir(join(folder, 'parts'));
  await writeFile(join(folder, 'parts/plain.ts'), encoder);
  await writeFile(join(folder, 'mine.ts'), experiment);
});

test.afterEach.always((t) => rm(t.context.folder, { recursive: true, force: true }));

async function planned(folder: string): Promise<string> {
  const { code, stdout, stderr } = await neckar(['run', 'mine.ts', '--dry-run', '--json'], { cwd: folder });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout).trials[0].id;
}

test('it makes pictures, measures and judges them; its code is part of what its trials are', async (t) => {
  const { folder } = t.context;
  const run = await neckar(['run', 'mine.ts', '--json', '--no-report'], { cwd: folder });
  t.is(run.code, 0, run.stderr);
  const trials = join(folder, 'runs/mine/trials');
  const files = await readdir(trials, { recursive: true });
  const file = files.find((one) => one.endsWith('result.json'))!;
  const { id, config, scores } = JSON.parse(await readFile(join(trials, file), 'utf8'));
  t.deepEqual(config.encoder, { name: 'plain', factor: 3 });
  t.like(config.modules, [{ file: join(folder, 'parts/plain.ts') }]);
  t.like(config.measuringModules, [{ file: join(folder, 'parts/plain.ts') }]);
  const ids = Object.keys(scores);
  const [held, judged] = ['gram-relative', 'held-out-gram'].map((name) =>
    ids.find((one) => one.startsWith(`${name};encoder=plain@`)),
  );
  t.true('value' in scores[held!] && 'value' in scores[judged!]);
  const hashOf = (one: string) => /@([0-9a-f]{12});/.exec(one)?.[1];
  t.not(hashOf(held!), hashOf(judged!), 'its settings decide its hash');

  t.is(await planned(folder), id);
  await writeFile(join(folder, 'parts/plain.ts'), `// A remark.\n${encoder}`);
  t.is(await planned(folder), id);
  await writeFile(join(folder, 'parts/plain.ts'), encoder.replace('tf.square(image)', 'tf.sqrt(image)'));
  t.not(await planned(folder), id);
});

test('a misspelt setting and a name that is taken are sentences', async (t) => {
  const { folder } = t.context;
  const refusal = async () => {
    const { code, stderr } = await neckar(['run', 'mine.ts', '--dry-run'], { cwd: folder });
    t.not(code, 0);
    t.notRegex(stderr, /\n {4}at /);
    return stderr;
  };
  await writeFile(join(folder, 'mine.ts'), experiment.replace('factor: 3', 'facter: 3'));
  t.regex(await refusal(), /encoder\.facter: unknown setting\. Did you mean "factor"/);
  await writeFile(join(folder, 'mine.ts'), experiment);
  await writeFile(join(folder, 'parts/plain.ts'), encoder.replaceAll(`name: 'plain'`, `name: 'vgg19'`));
  t.regex(await refusal(), /the encoder "vgg19" comes with Neckar; give yours another name/);
});
