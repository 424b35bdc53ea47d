import test from 'ava';
import type { Panel, Row } from '../../../reports/charts/chart.ts';
import { logTicks } from '../../../reports/charts/theme.ts';
import { completedSteps, measureOf, trajectories } from '../../../reports/charts/trajectories.ts';
import { modelOf } from '../../../reports/model.ts';
import { encoderDefaults, resolveEncoder } from '../../../src/encoders/registry.ts';
import type { TraceRecord, TrialConfig } from '../../../src/experiment/trial.ts';
import { resolveLoss, termNamesOf } from '../../../src/losses/registry.ts';
import { lossTypes } from '../../losses/types.ts';
import { synthetic } from '../_synthetic.ts';

const input = synthetic({ allFine: true, evaluations: 200 });
const traces = new Map(
  await Promise.all(input.trials.map(async ({ id }) => [id, await input.trace(id)] as const)),
);

test('a panel holds only variants whose term is the same measure', (t) => {
  const { panels } = trajectories(input.trials, modelOf(input), traces, 'evaluations')!;
  const held = panels.map((panel) => [
    panel.title,
    [...new Set(drawn(panel).map((row) => row.variant))].sort(),
  ]);
  t.deepEqual(
    held.filter(([title]) => title === 'content'),
    [['content', ['fused', 'gram', 'histogram', 'patches']]],
  );
  t.deepEqual(
    held.filter(([title]) => title === 'gram'),
    [['gram', ['fused', 'gram']]],
  );
  // Weighted sums of unlike losses have nothing to do with each other.
  t.deepEqual(
    held.filter(([title]) => title === 'total'),
    [
      ['total', ['gram']],
      ['total', ['patches']],
      ['total', ['fused']],
      ['total', ['histogram']],
    ],
  );
});

test('weights do not matter for a term, but layers, convention, encoder and size do', (t) => {
  const { config } = input.trials[0]!;
  const other = (change: object, surroundings: object = {}): TrialConfig =>
    ({
      ...config,
      ...surroundings,
      losses: config.losses.map((loss) => (loss.name === 'gram' ? { ...loss, ...change } : loss)),
    }) as TrialConfig;
  const same = (changed: TrialConfig, term: string) =>
    JSON.stringify(measureOf(config, term)) === JSON.stringify(measureOf(changed, term));
  t.true(same(other({ weight: 7 }), 'gram'));
  t.false(same(other({ weight: 7 }), 'total'));
  t.false(same(other({ layers: { scale1: 1 } }), 'gram'));
  t.false(same(other({ convention: 'gatys' }), 'gram'));
  t.false(same(other({}, { sizes: [512] }), 'gram'));
  t.false(same(other({}, { encoder: { name: 'vgg19' } }), 'gram'));
});

test('the parts of a fused loss are compared with the losses they are', (t) => {
  const { config } = input.trials[0]!;
  const [content, gram] = config.losses;
  const { name: _, type: __, ...rest } = gram!;
  const fused = {
    ...config,
    losses: [{ type: 'fused', name: 'fused', weight: 1, content, global: rest, local: {}, variation: null }],
  } as unknown as TrialConfig;
  t.is(JSON.stringify(measureOf(fused, 'fused.gram')), JSON.stringify(measureOf(config, 'gram')));
  t.is(JSON.stringify(measureOf(fused, 'fused.content')), JSON.stringify(measureOf(config, 'content')));
});

test('every term of every loss shares a panel across weights, names and schedules, and with no other option', (t) => {
  const outline = encoderDefaults(resolveEncoder('wavelet'));
  const { config } = input.trials[0]!;
  const measured = (loss: object, index = 0): string => {
    const spec = resolveLoss(loss, outline);
    return JSON.stringify(measureOf({ ...config, losses: [spec] }, termNamesOf(spec)[index]!));
  };
  for (const type of lossTypes) {
    const count = termNamesOf(resolveLoss({ type }, outline)).length;
    const measures = Array.from({ length: count }, (_, index) => measured({ type }, index));
    t.is(new Set(measures).size, count, `${type}: its terms are different measures`);
    for (const [index, own] of measures.entries()) {
      const weighted = {
        type,
        name: 'own',
        weight: 7,
        schedule: [
          [0, 1],
          [1, 2],
        ],
      };
      t.is(measured(weighted, index), own, `${type}, term ${index}`);
    }
  }
  t.is(measured({ type: 'strotss', alpha: 4 }, 0), measured({ type: 'strotss' }, 0));
  t.not(measured({ type: 'strotss', alpha: 4 }, 1), measured({ type: 'strotss' }, 1));
  t.not(measured({ type: 'strotss', samples: 64 }, 0), measured({ type: 'strotss' }, 0));
  const global = {
    weight: 7,
    convention: 'gatys',
    schedule: [
      [0, 1],
      [1, 2],
    ],
  };
  t.is(measured({ type: 'fused', global }, 1), measured({ type: 'gram', convention: 'gatys' }));
});

test('weights and optimisers of levels do not matter for a term, their style scales do', (t) => {
  const { config } = input.trials[0]!;
  const of = (level: object, term: string) =>
    JSON.stringify(measureOf({ ...config, levels: [{}, level] }, term));
  t.is(of({ weights: { gram: 2 } }, 'gram'), of({}, 'gram'));
  t.not(of({ weights: { gram: 2 } }, 'total'), of({}, 'total'));
  t.not(of({ styleScale: 2 }, 'gram'), of({}, 'gram'));
});

test('a panel is called after the term; a part that is a loss in its own right, after that', (t) => {
  const outline = encoderDefaults(resolveEncoder('wavelet'));
  const titles = (loss: object) => {
    const spec = resolveLoss(loss, outline);
    const terms = Object.fromEntries(termNamesOf(spec).map((name) => [name, { value: 1, weighted: 1 }]));
    const trial = input.trials[0]!;
    const trials = [{ ...trial, config: { ...trial.config, losses: [spec] } }];
    const trace = [1, 2].map((evaluation) => ({ ...record(evaluation, 0, evaluation, 1), terms }));
    return trajectories(trials, modelOf({ trials }), new Map([[trial.id, trace]]), 'evaluations')!.panels.map(
      ({ title }) => title,
    );
  };
  t.deepEqual(titles({ type: 'strotss' }), ['total', 'strotss.content', 'strotss.style']);
  t.deepEqual(titles({ type: 'fused', name: 'zhao' }), ['total', 'content', 'gram', 'mrf']);
  t.deepEqual(titles({ type: 'gram', name: 'my.gram' }), ['total', 'my.gram']);
});

/** What a panel draws; its `rows` are those of all. */
function drawn({ spec }: Panel): Row[] {
  return (spec.data as unknown as { values: Row[] }).values;
}

test('machines have panels of their own over seconds, and share them over evaluations', (t) => {
  const trials = input.trials.map((trial, i) => ({
    ...trial,
    result: { ...trial.result!, identity: { ...trial.result!.identity, host: ['neckar', 'danube'][i % 2]! } },
  }));
  const count = (over: 'seconds' | 'evaluations') =>
    trajectories(trials, modelOf({ trials }), traces, over)!.panels.filter(({ title }) => title === 'content')
      .length;
  t.is(count('seconds'), 2);
  t.is(count('evaluations'), 1);
});

test('both charts share one table, which says on which machine its seconds were taken', (t) => {
  const hosts = ['neckar', 'danube'];
  const trials = input.trials.map((trial, i) => ({
    ...trial,
    result: { ...trial.result!, identity: { ...trial.result!.identity, host: hosts[i % 2]! } },
  }));
  const hostOf = new Map(trials.map(({ id, result }) => [id, result.identity.host]));
  const tables = (['seconds', 'evaluations'] as const).map((over) => {
    const { panels } = trajectories(trials, modelOf({ trials }), traces, over)!;
    t.deepEqual([...new Set(panels.map(({ data }) => data))], ['losses']);
    t.is(new Set(panels.map(({ rows }) => rows)).size, 1);
    return panels[0]!.rows;
  });
  t.deepEqual(tables[0], tables[1]);
  for (const { trial, machine } of tables[0]!) {
    t.is(machine, `onnx (cpu) on ${hostOf.get(String(trial))}, AMD EPYC, 2 threads, 256×256`);
  }
});

test('the table has a row for each point and a column for each term, in digits that lose nothing', (t) => {
  const [first, other] = input.trials;
  const value = Math.fround(1 / 3);
  const traced = (evaluation: number, total: number): TraceRecord => ({
    ...record(evaluation, 0, evaluation, total),
    seconds: evaluation / 3,
    terms: { content: { value: 0, weighted: 0 }, gram: { value, weighted: value } },
  });
  const own = new Map([
    [first!.id, [traced(1, Math.fround(2 / 3)), traced(2, 0.1)]],
    [other!.id, [{ ...record(1, 0, 0, Number.NaN), terms: {} }]],
  ]);
  const { panels } = trajectories([first!, other!], modelOf(input), own, 'evaluations')!;
  const { rows } = panels[0]!;
  t.deepEqual(
    rows.map((row) => [
      row.trial,
      row.evaluation,
      row.seconds,
      row.total,
      row['term content'],
      row['term gram'],
    ]),
    [
      [first!.id, 1, 0.333333, 0.6666667, 0, 0.33333334],
      [first!.id, 2, 0.666667, 0.1, 0, 0.33333334],
      [other!.id, 1, 1, '', undefined, undefined],
    ],
  );
  t.is(Math.fround(Number(rows[0]!['term gram'])), value);
  t.is(rows[0]!.content, first!.names.content, 'a term is not taken for a picture');
});

function record(evaluation: number, level: number, step: number, total: number): TraceRecord {
  return { evaluation, level, total, step, seconds: evaluation, terms: {} };
}

test('completed steps are drawn, level by level, also where recomputed targets raise the total', (t) => {
  const trace = [
    record(1, 0, 0, 5),
    record(2, 0, 0, 9),
    record(3, 0, 1, 4),
    record(4, 0, 2, 6),
    record(5, 0, 2, Number.NaN),
    record(6, 1, 0, 20),
    record(7, 1, 0, 30),
    record(8, 1, 1, 19),
  ];
  t.deepEqual(
    completedSteps(trace).map(({ evaluation }) => evaluation),
    [1, 3, 4, 6, 8],
  );
});

test('long traces are thinned, and keep their first and last point', (t) => {
  const { panels } = trajectories(input.trials, modelOf(input), traces, 'evaluations')!;
  const rows = drawn(panels.find(({ title }) => title === 'total')!);
  const line = rows.filter((row) => row.trial === rows[0]!.trial);
  t.true(line.length > 30 && line.length <= 62, `${line.length} points`);
  t.is(line[0]!.evaluation, 1);
  t.is(line.at(-1)!.evaluation, 200);
});

test('what has no logarithm is left out', (t) => {
  const { panels } = trajectories(input.trials, modelOf(input), traces, 'evaluations')!;
  // The synthetic content term is 0 at the first evaluation, and the first step is completed at the third.
  const rows = drawn(panels.find(({ title }) => title === 'content')!);
  t.is(Math.min(...rows.map((row) => Number(row.evaluation))), 3);
  t.is(trajectories(input.trials, modelOf(input), new Map(), 'evaluations'), undefined);
});

test('ticks of a logarithmic axis lie within it and are round', (t) => {
  t.deepEqual(logTicks([1, 150]), [1, 3, 10, 30, 100]);
  t.deepEqual(logTicks([0.004, 30]), [0.01, 0.1, 1, 10]);
  t.deepEqual(logTicks([0.12, 0.33]), [0.15, 0.2, 0.3]);
  t.true(logTicks([1e-9, 1e9]).length <= 8);
});
