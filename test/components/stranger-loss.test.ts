/** A loss of a researcher's own, in a folder of their own: swept beside ours, also in strips, kept, resumed and reported. */
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { neckar } from '../cli/_run.ts';

const test = anyTest.serial as TestFn<{ folder: string }>;

const loss = `import {
  activeLayers,
  comparing,
  defineLoss,
  layeredOptions,
  meanOf,
  resolveLayered,
  squaredDistance,
  sumOf,
  tf,
  z,
} from 'neckar';
import { usual } from './usual.ts';

/** How far the means of features are from the style's. */
export const averages = defineLoss({
  type: 'averages',
  description: 'Distance of the mean features from the style\\'s, made for a test in 2024.',
  module: import.meta.url,
  options: { ...layeredOptions('style'), scale: z.number().positive().default(usual) },
  resolve: ({ layers, scale }, encoder, path) => ({
    ...resolveLayered({ layers }, 'style', encoder, path),
    scale,
  }),
  terms({ name, weight, convention, layers: weights, scale }, { region }) {
    const items = activeLayers(weights).map((layer) => ({
      mean: meanOf(layer),
      weight: scale * weights[layer]!,
    }));
    const statistics = items.map(({ mean }) => mean);
    return [
      comparing(
        { name, weight, convention },
        'style',
        {
          steps: [{ statistics, targets: (means) => means }],
          statistics,
          value: (means, targets) =>
            sumOf(items, ({ mean: { key }, weight }) =>
              tf.mul(squaredDistance(means[key]!, targets[key]!), weight),
            ),
        },
        region,
      ),
    ];
  },
  styleUnits: () => 1,
});
`;

const experiment = `import { content, defineExperiment, gram, grid } from 'neckar';
import { contents, styles } from 'neckar/fixtures';
import { averages } from './parts/averages.ts';

export default defineExperiment({
  name: 'mine',
  pairs: [[contents.town, styles.swirl]],
  variants: {
    gram: [content(), gram({ weight: 30 })],
    own: [content(), averages({ weight: grid([3, 30]) })],
  },
  tiling: grid(['off', 'strips']),
  size: 32,
  budget: 3,
  heldOut: 'none',
});
`;

test.beforeEach(async (t) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'neckar-stranger-')));
  t.context = { folder };
  await mkdir(join(folder, 'parts'));
  await writeFile(join(folder, 'parts/averages.ts'), loss);
  await writeFile(join(folder, 'parts/usual.ts'), 'export const usual = 2;\n');
  await writeFile(join(folder, 'mine.ts'), experiment);
});

test.afterEach.always((t) => rm(t.context.folder, { recursive: true, force: true }));

interface Stored {
  readonly config: {
    readonly losses: readonly { readonly type: string; readonly weight: number }[];
    readonly tiling?: string;
    readonly modules?: readonly object[];
  };
  readonly trace: readonly { readonly terms: Readonly<Record<string, { readonly value: number }>> }[];
}

async function stored(folder: string): Promise<Stored[]> {
  const trials = join(folder, 'runs/mine/trials');
  return Promise.all(
    (await readdir(trials)).map(async (id) => ({
      config: JSON.parse(await readFile(join(trials, id, 'config.json'), 'utf8')).config,
      trace: (await readFile(join(trials, id, 'attempts/1/trace.jsonl'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    })),
  );
}

test('a loss of a stranger is swept beside ours, in one graph and in strips, and reported without its module', async (t) => {
  const { folder } = t.context;
  const run = () => neckar(['run', 'mine.ts', '--json', '--no-report'], { cwd: folder });
  const first = await run();
  t.is(first.code, 0, first.stderr);
  const all = await stored(folder);
  t.is(all.length, 6);
  const own = all.filter(({ config }) => config.losses.some(({ type }) => type === 'averages'));
  t.is(own.length, 4);
  for (const { config } of own) {
    t.like(config.losses[1], { name: 'averages', scale: 2 });
    t.like(config.modules, [{ file: join(folder, 'parts/averages.ts') }]);
    // The encoder sees no colours, and the loss says how much it compares with the style.
    t.is(config.losses[2]?.weight, config.losses[1]!.weight / 3);
  }
  for (const { config } of all.filter((one) => !own.includes(one))) t.is(config.modules, undefined);
  for (const weight of [3, 30]) {
    const [whole, strips] = ['off', 'strips'].map(
      (tiling) =>
        own.find(({ config }) => config.losses[1]!.weight === weight && config.tiling === tiling)!.trace,
    );
    t.is(strips!.length, 3);
    for (const [i, { terms }] of strips!.entries()) {
      const expected = whole![i]!.terms.averages!.value;
      t.true(expected > 0);
      t.true(Math.abs(terms.averages!.value - expected) < 1e-3 * expected, `${weight}, evaluation ${i + 1}`);
    }
  }

  const again = JSON.parse((await run()).stdout.trim().split('\n').at(-1)!);
  t.is(again.finished, 0);

  await rename(join(folder, 'parts'), join(folder, 'elsewhere'));
  const status = await neckar(['status', 'mine'], { cwd: folder });
  t.is(status.code, 0, status.stderr);
  const report = await neckar(['report', 'mine'], { cwd: folder });
  t.is(report.code, 0, report.stderr);
  t.regex(await readFile(join(folder, 'runs/mine/report/scores.csv'), 'utf8'), /own/);
  const refused = await run();
  t.not(refused.code, 0);
  t.notRegex(refused.stderr, /\n {4}at /);
  await rename(join(folder, 'elsewhere'), join(folder, 'parts'));

  // What it imports belongs to it; its trials are others then, ours are not.
  await writeFile(join(folder, 'parts/usual.ts'), 'export const usual = 4;\n');
  const changed = JSON.parse((await run()).stdout.trim().split('\n').at(-1)!);
  t.is(changed.finished, 4);
});

test('mistakes about a loss of a stranger are sentences', async (t) => {
  const { folder } = t.context;
  const refusal = async () => {
    const { code, stderr } = await neckar(['run', 'mine.ts', '--dry-run'], { cwd: folder });
    t.not(code, 0);
    t.notRegex(stderr, /\n {4}at /);
    return stderr;
  };
  const written = (from: string, to: string) => experiment.replace(from, to);
  await writeFile(join(folder, 'mine.ts'), written('weight: grid([3, 30])', 'scael: 1 as never'));
  t.regex(await refusal(), /variants\.own\[1\]\.scael: unknown setting\. Did you mean "scale"\?/);
  await writeFile(join(folder, 'mine.ts'), written('weight: grid([3, 30])', "layers: ['depth7']"));
  t.regex(await refusal(), /variants\.own\[1\]\.layers: the encoder wavelet has no "depth7"/);
  await writeFile(
    join(folder, 'mine.ts'),
    written('averages({ weight: grid([3, 30]) })', "averages(), { type: 'avarages' as never }"),
  );
  t.regex(await refusal(), /variants\.own\[2\]\.type: "avarages" is not allowed\. Did you mean "averages"\?/);
  await writeFile(join(folder, 'mine.ts'), experiment);
  await writeFile(join(folder, 'parts/averages.ts'), loss.replace("type: 'averages'", "type: 'gram'"));
  t.regex(await refusal(), /the loss "gram" comes with Neckar; give yours another name/);
  await writeFile(join(folder, 'parts/averages.ts'), loss.replace('scale: z', 'weight: z'));
  t.regex(await refusal(), /the loss "averages": every loss has the option "weight" already/);
});
