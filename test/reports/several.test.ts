import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ReportInput } from '../../reports/input.ts';
import { modelOf } from '../../reports/model.ts';
import { severalReports } from '../../reports/several.ts';
import { writeReport } from '../../reports/write.ts';
import { synthetic } from './_synthetic.ts';

const tiny = { size: 24, evaluations: 4, variants: ['gram', 'patches'], allFine: true } as const;

function named(name: string, extra: Partial<ReportInput> = {}): ReportInput {
  return { ...synthetic(tiny), name, ...extra };
}

test('the experiment is a further factor, and everything still finds its own trial', async (t) => {
  const [monday, tuesday] = [named('monday'), named('tuesday', { picture: async () => Uint8Array.of(7) })];
  const both = severalReports([monday, tuesday]);
  t.is(both.trials.length, 32);
  t.is(new Set(both.trials.map(({ id }) => id)).size, 32);
  t.deepEqual(modelOf(both).axes.find(({ key }) => key === 'experiment')?.values, ['monday', 'tuesday']);
  t.is(both.trials[16]!.label, `tuesday: ${tuesday.trials[0]!.label}`);
  t.deepEqual(await both.picture(both.trials[16]!.id, 'images/final.png'), Uint8Array.of(7));
  t.deepEqual(
    await both.picture(both.trials[3]!.id, 'images/final.png'),
    await monday.picture(monday.trials[3]!.id, 'images/final.png'),
  );
});

test('a question is kept where all ask it; otherwise nothing is primary', (t) => {
  const primary = { metric: 'ssim', factor: 'variant' };
  const same = severalReports([named('a', { primary }), named('b', { primary })]);
  t.deepEqual([same.primary, same.question], [primary, named('a').question]);
  const other = severalReports([named('a', { primary }), named('b', { question: 'Another?' })]);
  t.false('primary' in other || 'question' in other);
});

test('one name of two pictures is two names; one picture of both stays one', (t) => {
  const hashed = (name: string, style: string) => {
    const input = named(name);
    const trials = input.trials.map((trial) => ({
      ...trial,
      inputs: { content: trial.names.content, style },
    }));
    return { ...input, trials };
  };
  const both = severalReports([hashed('a', '11'), hashed('b', '22')]);
  t.deepEqual(
    [both.trials[0]!.names, both.trials[16]!.names],
    [
      { content: 'hillside', style: 'swirls (a)' },
      { content: 'hillside', style: 'swirls (b)' },
    ],
  );
});

test('two experiments of one name are refused', (t) => {
  t.throws(() => severalReports([named('a'), named('a')]), {
    name: 'NeckarError',
    message: /two of the experiments are named "a"/,
  });
});

test('one page holds both', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-several-'));
  try {
    const both = severalReports([named('monday'), named('tuesday')]);
    const page = await readFile((await writeReport(both, folder)).html, 'utf8');
    for (const { id } of both.trials) t.true(page.includes(`data-trial="${id}"`));
    t.regex(page, /32 trials \([^)]*2 experiments/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
