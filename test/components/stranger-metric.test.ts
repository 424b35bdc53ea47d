/** A metric of a researcher's own, in a folder of its own: swept beside ours, kept, measured later, told apart, reported. */
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import type { Score } from '../../metrics/score.ts';
import { neckar } from '../cli/_run.ts';

const test = anyTest.serial as TestFn<{ folder: string }>;

const metric = `import { defineMetric } from 'neckar';

/** The share of pixels whose red is above a threshold. */
export const redness = defineMetric({
  name: 'redness',
  description: 'The share of red pixels, made for a test.',
  module: import.meta.url,
  needs: 'pixels',
  parts: { above: 0.5 },
  label: 'Red pixels',
  better: 'lower',
  purpose: 'colour',
  unit: 'share of red',
  range: [0, 1],
  async measure({ result: { data } }) {
    let red = 0;
    for (let at = 0; at < data.length; at += 3) if (data[at]! > 0.5) red++;
    return (3 * red) / data.length;
  },
});
`;

const experiment = `import { content, defineExperiment, gram } from 'neckar';
import { contents, styles } from 'neckar/fixtures';
import { redness } from './parts/redness.ts';

export default defineExperiment({
  name: 'mine',
  pairs: [[contents.town, styles.swirl]],
  variants: { gram: [content(), gram({ weight: 30 })] },
  metrics: [redness],
  size: 32,
  budget: 2,
  heldOut: 'none',
});
`;

test.beforeEach(async (t) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'neckar-stranger-')));
  t.context = { folder };
  await mkdir(join(folder, 'parts'));
  await writeFile(join(folder, 'parts/redness.ts'), metric);
  await writeFile(join(folder, 'mine.ts'), experiment);
});

test.afterEach.always((t) => rm(t.context.folder, { recursive: true, force: true }));

/** The scores of the only trial by spec id, those measured later included. */
async function scoresOf(folder: string): Promise<Record<string, Score>> {
  const files = await readdir(join(folder, 'runs/mine/trials'), { recursive: true });
  const kept = files.filter((file) => /(^|\/)(result|scores)\.json$/.test(file)).sort();
  const parts = kept.map(async (file) => {
    const { scores } = JSON.parse(await readFile(join(folder, 'runs/mine/trials', file), 'utf8'));
    return scores as Record<string, Score>;
  });
  return Object.assign({}, ...(await Promise.all(parts)));
}

test('it is measured with the trial, and again when its code changes, without a new trial', async (t) => {
  const { folder } = t.context;
  const run = await neckar(['run', 'mine.ts', '--json', '--no-report'], { cwd: folder });
  t.is(run.code, 0, run.stderr);
  const before = await scoresOf(folder);
  const own = Object.entries(before).filter(([id]) => id.startsWith('redness;'));
  t.is(own.length, 1);
  const [[id, score]] = own as [[string, Score]];
  t.regex(id, /^redness;above=0\.5;module=[0-9a-f]{12}$/);
  t.like(score, {
    better: 'lower',
    label: 'Red pixels',
    about: { purpose: 'colour', unit: 'share of red', range: [0, 1] },
  });
  const value = 'value' in score ? score.value : Number.NaN;
  t.true(value >= 0 && value <= 1);
  t.true(Object.keys(before).some((other) => other.startsWith('ssim;')));

  // Half as strict: another metric, of the same trial.
  await writeFile(join(folder, 'parts/redness.ts'), metric.replaceAll('0.5', '0.25'));
  const again = await neckar(['run', 'mine.ts', '--json', '--no-report'], { cwd: folder });
  t.is(JSON.parse(again.stdout.trim().split('\n').at(-1)!).finished, 0);
  const measured = await neckar(['measure', 'mine.ts'], { cwd: folder });
  t.is(measured.code, 0, measured.stderr);
  t.regex(measured.stdout, /1 of 1 finished trials measured: 1 values/);
  const after = await scoresOf(folder);
  const both = Object.entries(after).filter(([one]) => one.startsWith('redness;'));
  t.is(both.length, 2, 'no two versions share a spec id');
  t.deepEqual(after[id], score);
  const later = both.find(([one]) => one !== id)![1];
  t.true('value' in later && later.value >= value);

  const { code, stderr } = await neckar(['report', 'mine'], { cwd: folder });
  t.is(code, 0, stderr);
  const files = await readdir(join(folder, 'runs/mine'), { recursive: true });
  const csv = files.find((file) => file.endsWith('scores.csv'))!;
  t.regex(await readFile(join(folder, 'runs/mine', csv), 'utf8'), /redness above=0\.5 module=/);
  const page = files.find((file) => file.endsWith('index.html') || file.endsWith('report.html'))!;
  t.regex(await readFile(join(folder, 'runs/mine', page), 'utf8'), /share of red/);
});

test('what it does wrong is a refusal of its own: thrown errors, and values that cannot be', async (t) => {
  const { folder } = t.context;
  const broken = `${metric}
export const thrower = defineMetric({ ...redness.definition, name: 'thrower', label: 'Thrower', async measure() { throw new TypeError('no such plane'); } });
export const outside = defineMetric({ ...redness.definition, name: 'outside', label: 'Outside', async measure() { return 1.5; } });
`;
  await writeFile(join(folder, 'parts/redness.ts'), broken);
  await writeFile(
    join(folder, 'mine.ts'),
    experiment
      .replace('{ redness } from ', '')
      .replace('metrics: [redness]', `metrics: ['thrower', 'outside']`),
  );
  const run = await neckar(['run', 'mine.ts', '--json', '--no-report'], { cwd: folder });
  t.is(run.code, 0, run.stderr);
  const scores = Object.entries(await scoresOf(folder));
  const refusalOf = (name: string) => {
    const [, score] = scores.find(([id]) => id.startsWith(`${name};`)) ?? [];
    return score !== undefined && 'refused' in score ? score.refused : '';
  };
  t.regex(refusalOf('thrower'), /metric's own code fails \(.*redness\.ts\): no such plane\./);
  t.regex(refusalOf('outside'), /came out as 1\.5, which is outside of what it can be \(0 to 1\)/);
});

test('a name that is taken, one that is none, and a module that is not said or not there are sentences', async (t) => {
  const { folder } = t.context;
  const refusal = async (code: string, written = experiment) => {
    await writeFile(join(folder, 'parts/redness.ts'), code);
    await writeFile(join(folder, 'mine.ts'), written);
    const { code: exit, stderr } = await neckar(['run', 'mine.ts', '--dry-run'], { cwd: folder });
    t.not(exit, 0);
    t.notRegex(stderr, /\n {4}at /);
    return stderr;
  };
  // Others of that family would be asked for by the same name.
  t.regex(await refusal(metric.replace("'redness'", "'ssim'")), /the metric "ssim" comes with Neckar/);
  t.regex(await refusal(metric.replace("'redness'", "'red ness'")), /the metric "red ness" needs a name/);
  t.regex(
    await refusal(metric.replace('  module: import.meta.url,\n', '')),
    /the metric "redness" does not say in which module it is.*module: import\.meta\.url/,
  );
  t.regex(
    await refusal(metric, experiment.replace('{ redness } from ', '').replace('[redness]', `['rednes']`)),
    /metrics\[0\]: there is no metric "rednes"\. Did you mean "redness"/,
  );
  await rm(join(folder, 'parts/redness.ts'));
  await writeFile(join(folder, 'mine.ts'), experiment);
  const { stderr } = await neckar(['run', 'mine.ts', '--dry-run'], { cwd: folder });
  t.regex(stderr, /redness\.ts.*cannot be found/);
});
