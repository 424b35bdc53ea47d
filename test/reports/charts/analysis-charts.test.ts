import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { analysisCharts } from '../../../reports/charts/analysis-charts.ts';
import type { Chart } from '../../../reports/charts/chart.ts';
import { evaluationSplit } from '../../../reports/charts/evaluation-split.ts';
import { heatMaps } from '../../../reports/charts/heat-maps.ts';
import { compiled, inlineSvg, standaloneSvg } from '../../../reports/charts/render.ts';
import { scoreColumns } from '../../../reports/metrics.ts';
import { modelOf } from '../../../reports/model.ts';
import { analysisOf } from '../../../reports/words/analysis.ts';
import { type Measured, measured, styleMetric, sweep } from '../_measured.ts';
import { synthetic } from '../_synthetic.ts';

function chartsOf({ input, snapshots }: Measured): Chart[] {
  return analysisCharts(input, modelOf(input), analysisOf(input, { snapshots }), { snapshots });
}

/** Compares with a file that was looked at when it was made; `UPDATE_GOLDEN=1` writes it anew, to be looked at. */
async function golden(name: string, value: unknown): Promise<{ actual: unknown; expected: unknown }> {
  const file = new URL(`${name}.golden.json`, import.meta.url);
  if (process.env.UPDATE_GOLDEN) await writeFile(file, `${JSON.stringify(value, null, 1)}\n`);
  return {
    actual: JSON.parse(JSON.stringify(value)),
    expected: JSON.parse(await readFile(file, 'utf8')),
  };
}

for (const [name, make] of [
  ['critical-difference', measured],
  ['quality-over-evaluations', measured],
  ['quality-over-seconds', measured],
  ['metric-correlations', measured],
  ['timing-split', measured],
  ['evaluation-split', measured],
  ['heat-maps', sweep],
] as const) {
  test(`${name} compiles to what it did when it was last looked at`, async (t) => {
    const chart = chartsOf(make()).find((one) => one.name === name)!;
    const { actual, expected } = await golden(name, await compiled(chart.panels[0]!));
    t.deepEqual(actual, expected);
  });
}

test('every panel draws, alone and for the page, and says what is seen', async (t) => {
  const names = new Set<string>();
  for (const make of [measured, sweep]) {
    for (const { panels } of chartsOf(make())) {
      for (const panel of panels) {
        const alone = await standaloneSvg(panel);
        t.false(/NaN|undefined|Infinity|var\(/.test(alone), panel.name);
        const inline = await inlineSvg(panel);
        t.true(inline.startsWith('<svg aria-hidden="true"'), panel.name);
        t.false(inline.includes('role-legend'), panel.name);
        t.false(/undefined|NaN/.test(panel.description), panel.description);
        t.true(panel.rows.length > 0, panel.name);
        names.add(panel.name);
      }
    }
  }
  t.true(names.size >= 8, [...names].join(', '));
});

test('marks of every chart lead to trials of the report, or to all scores', async (t) => {
  for (const make of [measured, sweep]) {
    const made = make();
    const trials = new Set(made.input.trials.map(({ id }) => `#trial-${id}`));
    for (const { name, panels } of chartsOf(made)) {
      for (const panel of panels) {
        const svg = await inlineSvg(panel);
        const links = new Set([...svg.matchAll(/href="([^"]*)"/g)].map(([, href]) => href!));
        t.true(links.size > 0, panel.name);
        const allowed = name === 'metric-correlations' ? new Set(['#scores']) : trials;
        for (const link of links) t.true(allowed.has(link), `${panel.name}: ${link}`);
      }
    }
  }
});

test('an evaluation’s bars and table say the same shares, and each bar leads to a trial of its variant', (t) => {
  const made = measured();
  const chart = chartsOf(made).find(({ name }) => name === 'evaluation-split')!;
  const [panel] = chart.panels;
  const variants = new Set(panel!.rows.map(({ variant }) => String(variant)));
  t.is(chart.table!.rows.length, variants.size);
  for (const variant of variants) {
    const own = panel!.rows.filter((row) => row.variant === variant);
    const sum = own.reduce((all, { share }) => all + Number(share), 0);
    t.true(Math.abs(sum - 1) < 1e-9, `${variant}: ${sum}`);
    const encoder = Number(own.find(({ part }) => part === 'encoder')!.share);
    t.true(Math.abs(encoder - 0.7) < 1e-9, String(encoder));
  }
  // The made-up experiment's losses share a quarter, the second twice as much as the first.
  const gram = panel!.rows.find(({ variant, part }) => variant === 'gram' && part === 'gram')!;
  t.true(Math.abs(Number(gram.share) - 0.25 * (2 / 3)) < 1e-9, String(gram.share));
  t.deepEqual(chart.table!.head.slice(0, 2), ['Variant', 'encoder']);
  t.notRegex(chart.note, /not known/);
  const [first, ...others] = made.input.trials;
  const parts = { refused: 'Not measured: an eager engine does not tell.' };
  const timing = { ...first!.result!.timing, parts };
  const silent = { ...first!, result: { ...first!.result!, timing } };
  const mixed = evaluationSplit([silent, ...others], modelOf(made.input))!;
  t.regex(mixed.note, /For 1 of \d+ trials it is not known\. Not measured: an eager engine does not tell\./);
  t.is(evaluationSplit([silent], modelOf(made.input)), undefined);
});

test('the critical-difference diagram draws what Nemenyi’s test says', (t) => {
  const { input, snapshots } = measured();
  const analysis = analysisOf(input, { snapshots });
  const [panel] = chartsOf({ input, snapshots }).find(({ name }) => name === 'critical-difference')!.panels;
  const finding = analysis.comparisons[0]!.findings[0]!;
  t.is(finding.role, 'primary');
  const { overall, treatments } = finding.outcome as Extract<typeof finding.outcome, { treatments: unknown }>;
  const byRank = [...panel!.rows].sort((a, b) => Number(a.rank) - Number(b.rank));
  t.is(byRank[0]!.treatment, 'fused');
  for (const row of panel!.rows) {
    const index = treatments.findIndex(({ name }) => name === row.treatment);
    t.is(row.rank, overall!.meanRanks[index]);
  }
});

test('a heat map holds the mean over pairs of each combination', (t) => {
  const { input } = sweep();
  const panel = heatMaps(
    input.trials,
    scoreColumns(input).filter(({ id }) => id === styleMetric),
  )!.panels[0]!;
  t.is(panel.rows.length, 12);
  const cell = panel.rows.find((row) => row['content.weight'] === 2 && row['gram.weight'] === 30)!;
  t.true(Math.abs(Number(cell.value) - (0.02 + 0.05 / (1 + 30 / 40) + 0.005)) < 1e-12);
  t.is(cell.trials, 2);
  t.regex(panel.description, /Best at content\.weight = 0\.5, gram\.weight = 100\./);
});

test('variants that sweep weights of their own have heat maps of their own', (t) => {
  const { input } = sweep();
  const [x, y] = Object.keys(input.trials[0]!.config.swept).filter(
    (path) => path !== 'seed' && typeof input.trials[0]!.config.swept[path] === 'number',
  ) as [string, string];
  const twins = input.trials.map((trial): typeof trial => {
    const { [x]: first, [y]: second, ...others } = trial.config.swept;
    const swept = { ...others, variant: 'twin', 'losses.mrf.weight': first!, 'losses.mrf.stride': second! };
    return { ...trial, id: `${trial.id}-twin`, config: { ...trial.config, variant: 'twin', swept } };
  });
  const both = { ...input, trials: [...input.trials, ...twins] };
  const columns = scoreColumns(both).slice(0, 1);
  const alone = heatMaps(input.trials, scoreColumns(input).slice(0, 1))!;
  const chart = heatMaps(both.trials, columns)!;
  t.is(chart.panels.length, 2 * alone.panels.length);
  t.is(chart.title, 'Scores over two swept numbers');
  const values = (panel: (typeof chart.panels)[number]) => panel.rows.map(({ value }) => value);
  t.deepEqual(chart.panels.slice(alone.panels.length).map(values), alone.panels.map(values));
});

test('heat maps need two swept numbers, of which seeds are none', (t) => {
  const input = synthetic({ seeds: [0, 1, 2], allFine: true });
  t.is(heatMaps(input.trials, scoreColumns(input)), undefined);
});

test('the parts of the time add up to all of it', (t) => {
  const { input } = measured();
  const [panel] = chartsOf(measured()).find(({ name }) => name === 'timing-split')!.panels;
  const own = input.trials.filter(
    ({ config }) => config.variant === 'patches' && config.optimizer.name === 'adam',
  );
  const mean = own.reduce((sum, { result }) => sum + result!.timing.total, 0) / own.length;
  const parts = panel!.rows.filter(({ bar }) => bar === 'patches · adam');
  const sum = parts.reduce((total, { seconds }) => total + Number(seconds), 0);
  t.true(Math.abs(sum - mean) < 1e-9, `${sum} is not ${mean}`);
});

test('without pictures on the way, or with seconds that do not compare, those charts are left out', (t) => {
  const { input, snapshots } = measured();
  const names = (given: Measured) => chartsOf(given).map(({ name }) => name);
  t.deepEqual(
    names({ input, snapshots: new Map() }).filter((name) => name.startsWith('quality')),
    [],
  );
  const trials = input.trials.map((trial, i) =>
    i === 0
      ? { ...trial, result: { ...trial.result!, timing: { ...trial.result!.timing, shared: true } } }
      : trial,
  );
  t.deepEqual(
    names({ input: { ...input, trials }, snapshots }).filter((name) => name.startsWith('quality')),
    ['quality-over-evaluations'],
  );
});

/** With LPIPS of every trial's picture, and of those on the way where asked for. */
function withLpips({ input, snapshots }: Measured, onTheWay: boolean): Measured {
  const id = 'lpips;net=alex;version=0.1;weights=0123;content=lanczos3-to-result';
  const score = (value: number) => ({ value, better: 'lower' as const, label: 'LPIPS (AlexNet)' });
  const trials = input.trials.map((trial, i) => ({
    ...trial,
    result: { ...trial.result!, scores: { ...trial.result!.scores, [id]: score(0.3 + i / 1000) } },
  }));
  const scored = [...snapshots].map(
    ([trial, list]) =>
      [
        trial,
        list.map((one) => ({ ...one, scores: { ...one.scores, [id]: score(1 / one.evaluation) } })),
      ] as const,
  );
  return { input: { ...input, trials }, snapshots: onTheWay ? new Map(scored) : snapshots };
}

test('quality over its cost is shown in LPIPS too where there is any; else it is said why not', (t) => {
  const charts = (given: Measured) => chartsOf(given).filter(({ name }) => name.startsWith('quality-over'));
  for (const { name, panels, note } of charts(withLpips(measured(), true))) {
    t.deepEqual(
      panels.map((panel) => [panel.name, panel.title, panel.subtitle]),
      [
        [name, 'Style distance (Gram, held-back layers)', 'lower is better'],
        [`${name}-2`, 'LPIPS (AlexNet)', 'lower is better'],
      ],
    );
    t.notRegex(note, /LPIPS/);
  }
  const [over] = charts(withLpips(measured(), true));
  const { rows } = over!.panels[1]!;
  for (const { evaluations, value } of rows)
    t.true(Math.abs(Number(value) - 1 / Number(evaluations)) < 1e-12);

  const notes = (given: Measured) => charts(given).map(({ note }) => note.split('Not shown in LPIPS: ')[1]);
  const { input, snapshots } = measured();
  const unasked = input.trials.map((trial) => {
    const scores = Object.entries(trial.result!.scores).filter(([id]) => !id.startsWith('lpips;'));
    return { ...trial, result: { ...trial.result!, scores: Object.fromEntries(scores) } };
  });
  for (const [given, sentence] of [
    [
      withLpips(measured(), false),
      'the pictures kept on the way were not measured by it; neckar report --measure does that.',
    ],
    [measured(), 'LPIPS needs its weights: run `neckar weights pull lpips`.'],
    [
      { input: { ...input, trials: unasked }, snapshots },
      'no trial was measured by it; name it in the experiment’s metrics and run neckar measure.',
    ],
  ] as const) {
    const found = notes(given);
    t.is(found.length, 2);
    for (const note of found) t.true(note?.startsWith(sentence), note);
  }
});

test('seconds come with the machine they were taken on, evaluations without', (t) => {
  const rowsOf = (name: string) => chartsOf(measured()).find((one) => one.name === name)!.panels[0]!.rows;
  for (const { machine } of rowsOf('quality-over-seconds')) {
    t.is(machine, 'onnx (cpu) on tuebingen, AMD EPYC, 2 threads');
  }
  t.true(rowsOf('quality-over-evaluations').every((row) => !('machine' in row)));
});

test('names with markup in them are text in a drawing', async (t) => {
  const { input, snapshots } = measured();
  const trials = input.trials.map((trial) => ({
    ...trial,
    config: { ...trial.config, variant: `<script>${trial.config.variant}</script>` },
  }));
  for (const { panels } of chartsOf({ input: { ...input, trials }, snapshots })) {
    for (const panel of panels) t.false((await standaloneSvg(panel)).includes('<script'), panel.name);
  }
});
