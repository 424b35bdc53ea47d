import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { anonymousReport } from '../../../reports/anonymous.ts';
import { standaloneSvg } from '../../../reports/charts/render.ts';
import { modelOf } from '../../../reports/model.ts';
import { severalReports } from '../../../reports/several.ts';
import { meansOfSteps, trainingCurves } from '../../../reports/trainings/curves.ts';
import { labeledTrainings } from '../../../reports/trainings/labels.ts';
import { samplesAt } from '../../../reports/trainings/samples.ts';
import { writeReport } from '../../../reports/write.ts';
import type { TraceRecord } from '../../../src/experiment/trial.ts';
import { tradeOffInput } from '../_trade-off.ts';
import { withTrainings } from '../_trainings.ts';

const input = withTrainings(tradeOffInput({ variants: ['gram', 'johnson', 'dumoulin'], contents: ['mill'] }));
const model = modelOf(input);
const record = (step: number, total: number): TraceRecord => ({
  evaluation: step,
  step,
  level: 0,
  seconds: step,
  total,
  terms: {},
});

test('a point of a curve is the mean of as many steps; what is no number is left out', (t) => {
  const trace = [4, 2, 8, 6, 5].map((total, i) => record(i + 1, total));
  t.deepEqual(meansOfSteps(trace, 3), [
    { step: 2, total: 3 },
    { step: 4, total: 7 },
    { step: 5, total: 5 },
  ]);
  t.deepEqual(
    meansOfSteps(trace, 60).map(({ total }) => total),
    [4, 2, 8, 6, 5],
  );
  t.deepEqual(meansOfSteps([record(1, Number.NaN), record(2, 1)], 60), [{ step: 2, total: 1 }]);
  t.deepEqual(meansOfSteps([], 60), []);
});

test('samples nearest to the start, a quarter, half and the end, each once', (t) => {
  const at = (steps: readonly number[], all: number) =>
    samplesAt(
      steps.map((step) => ({ step, path: String(step), content: 'a', style: 'b' })),
      all,
    ).map(({ moment, sample }) => [moment, sample.step]);
  t.deepEqual(at([0, 100, 200, 300, 400], 400), [
    ['start', 0],
    ['quarter', 100],
    ['half', 200],
    ['end', 400],
  ]);
  t.deepEqual(at([0, 90, 400], 400), [
    ['start', 0],
    ['half', 90],
    ['end', 400],
  ]);
  t.deepEqual(at([400], 400), [['end', 400]]);
  t.deepEqual(at([], 400), []);
});

test('trainings are called after their variants, and after their styles where one variant has several', (t) => {
  t.deepEqual(
    labeledTrainings(input, model).map(({ label, variant, style }) => [label, variant, style]),
    [
      ['johnson · swirls', 'johnson', 'swirls'],
      ['johnson · hatching', 'johnson', 'hatching'],
      ['dumoulin', 'dumoulin', '2 styles'],
    ],
  );
  // A training of which no finished trial is known is called after its network.
  const orphan = { ...input, trials: input.trials.filter(({ config }) => config.variant !== 'dumoulin') };
  t.is(labeledTrainings(orphan, modelOf(orphan)).at(-1)!.label, 'dumoulin');
});

test('curves of one objective share a panel, others have their own', async (t) => {
  const labeled = labeledTrainings(input, model);
  const traces = new Map(
    await Promise.all(labeled.map(async ({ training }) => [training.id, await training.trace()] as const)),
  );
  const chart = trainingCurves(labeled, model, traces)!;
  t.is(chart.panels.length, 1);
  t.is(chart.panels[0]!.rows.length, 3 * 60);
  // 120 steps make 60 points of two: 10 ÷ (1 + i ÷ 20) at 0 and 1.
  t.is(chart.panels[0]!.rows[0]!.total, (10 + 10 / 1.05) / 2);
  const svg = await standaloneSvg(chart.panels[0]!);
  t.false(/NaN|undefined|Infinity/.test(svg));
  const other = labeled.map((one, i) =>
    i < 2
      ? one
      : {
          ...one,
          training: {
            ...one.training,
            result: {
              ...one.training.result,
              config: {
                ...one.training.result.config,
                losses: [{ type: 'mrf', name: 'mrf', weight: 1 }] as never,
              },
            },
          },
        },
  );
  t.deepEqual(
    trainingCurves(other, model, traces)!.panels.map(({ subtitle }) => subtitle),
    ['johnson', 'dumoulin'],
  );
  t.is(trainingCurves(labeled, model, new Map()), undefined);
});

test('one training that serves two experiments is shown once', (t) => {
  const both = severalReports([input, { ...input, name: 'again' }]);
  t.is(both.trainings?.length, 3);
  t.true(labeledTrainings(both, modelOf(both)).every(({ label }) => !label.startsWith('undefined')));
});

test('the page has it folded, with pictures on the way, and without names where none are to be told', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-trainings-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const broken = {
    ...input,
    trainings: input.trainings!.map((training, i) =>
      i > 0
        ? training
        : {
            ...training,
            picture: async () => {
              throw new Error("ENOENT: no such file, open '/home/annegret/runs/x.png'");
            },
          },
    ),
  };
  const place = { host: 'tuebingen', user: 'annegret', home: '/home/annegret' };
  const { html } = await writeReport(anonymousReport(broken, place), folder, { pictures: 'folder' });
  const page = await readFile(html, 'utf8');
  t.notRegex(page, /annegret|tuebingen/);
  const section = page.slice(page.indexOf('<section id="trainings"'));
  t.regex(section, /<details class="many"><summary>3 trainings<\/summary>/);
  t.regex(section, /johnson · swirls/);
  t.regex(section, /alt="town in the style of [^"]+ by dumoulin, after 30 steps"/);
  t.regex(section, /ENOENT: no such file/);
  const pictures = (await readdir(join(folder, 'pictures'))).filter((name) => name.startsWith('training-'));
  // Three trainings of two contents at four moments, less the one whose files are gone.
  t.is(pictures.length, 2 * 2 * 4);
});
