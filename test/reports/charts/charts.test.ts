import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { allCharts } from '../../../reports/charts/all.ts';
import type { Chart } from '../../../reports/charts/chart.ts';
import { compiled, inlineSvg, standaloneSvg } from '../../../reports/charts/render.ts';
import type { ReportInput } from '../../../reports/input.ts';
import { modelOf } from '../../../reports/model.ts';
import { synthetic } from '../_synthetic.ts';

const small = { contents: ['hillside'], evaluations: 5, variants: ['gram', 'patches'] } as const;

async function chartsOf(input: ReportInput): Promise<Chart[]> {
  const traces = new Map(
    await Promise.all(input.trials.map(async ({ id }) => [id, await input.trace(id)] as const)),
  );
  return allCharts(input, modelOf(input), traces);
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

for (const [chart, panel] of [
  ['losses-over-evaluations', 'content-over-evaluations'],
  ['losses-over-seconds', 'total-gram-over-seconds'],
  ['scores', 'score-ssim-to-the-content'],
  ['content-and-style', 'content-and-style-hillside-swirls'],
  ['time-per-evaluation', 'time-per-evaluation-onnx-cpu-on-tuebingen-amd-epyc-2-threads'],
] as const) {
  test(`${chart} compiles to what it did when it was last looked at`, async (t) => {
    const charts = await chartsOf(synthetic(small));
    const found = charts.find(({ name }) => name === chart)!.panels.find(({ name }) => name === panel)!;
    const { actual, expected } = await golden(chart, await compiled(found));
    t.deepEqual(actual, expected);
  });
}

test('every panel draws, alone and for the page', async (t) => {
  const charts = await chartsOf(synthetic({ contents: ['hillside'], evaluations: 20 }));
  t.is(charts.length, 5);
  for (const { panels } of charts) {
    for (const panel of panels) {
      const alone = await standaloneSvg(panel);
      t.true(alone.startsWith('<svg '), panel.name);
      t.false(alone.includes('var('), 'a file of its own has colours of its own');
      t.false(/NaN|undefined|Infinity/.test(alone), panel.name);
      const inline = await inlineSvg(panel);
      t.true(inline.startsWith('<svg aria-hidden="true" focusable="false" viewBox="'), panel.name);
      t.true(inline.includes('var(--series-'), panel.name);
      t.false(inline.includes('role-legend'), panel.name);
    }
  }
  const names = charts.flatMap(({ panels }) => panels.map(({ name }) => name));
  t.is(new Set(names).size, names.length);
});

test('marks lead to their trials and nowhere else', async (t) => {
  const input = synthetic(small);
  const [scores] = await chartsOf(input);
  const svg = await inlineSvg(scores!.panels[0]!);
  const links = [...svg.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
  const scored = input.trials.filter(({ result }) => result).map(({ id }) => `#trial-${id}`);
  t.deepEqual(new Set(links), new Set(scored));
});

test('a drawing of its own leads nowhere and says what is seen once, to a tenth of a unit', async (t) => {
  const [scores] = await chartsOf(synthetic(small));
  const panel = scores!.panels[0]!;
  const svg = await standaloneSvg({ ...panel, description: 'Dots & “lines”, a < b' });
  t.true(
    svg.startsWith('<svg role="img" aria-label="Dots &#38; “lines”, a &#60; b" font-family="system-ui'),
    svg,
  );
  t.notRegex(svg, /<\/?a[ >]|href|cursor|class/);
  t.is(svg.match(/aria-|role=/g)!.length, 2);
  t.is(svg.match(/font-family/g)!.length, 1);
  for (const [, numbers] of svg.matchAll(/ (?:d|transform)="([^"]*)"/g)) t.notRegex(numbers!, /\.\d\d/);
});

test('names with markup in them are text in a drawing', async (t) => {
  const name = '<script>alert(1)</script>&"';
  const charts = await chartsOf(synthetic({ ...small, variants: [name, 'b'] }));
  for (const { panels } of charts) {
    for (const panel of panels) t.false((await standaloneSvg(panel)).includes('<script'), panel.name);
  }
});
