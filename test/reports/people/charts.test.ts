import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { compiled, inlineSvg, standaloneSvg } from '../../../reports/charts/render.ts';
import { peopleCharts } from '../../../reports/people/charts.ts';
import type { Analysis } from '../../../src/study/analysis/analyze.ts';
import { analysisOf } from './_analysis.ts';

/** Compares with a file that was looked at when it was made; `UPDATE_GOLDEN=1` writes it anew, to be looked at. */
async function golden(name: string, value: unknown): Promise<{ actual: unknown; expected: unknown }> {
  const file = new URL(`${name}.golden.json`, import.meta.url);
  if (process.env.UPDATE_GOLDEN) await writeFile(file, `${JSON.stringify(value, null, 1)}\n`);
  return {
    actual: JSON.parse(JSON.stringify(value)),
    expected: JSON.parse(await readFile(file, 'utf8')),
  };
}

/** Rounded, so that the last digits of another machine's logarithms do not matter. */
const analysis = JSON.parse(JSON.stringify(analysisOf({ careless: true })), (_, value) =>
  typeof value === 'number' ? Math.round(1000 * value) / 1000 : value,
) as Analysis;

for (const chart of peopleCharts(analysis)) {
  test(`${chart.name} compiles to what it did when it was last looked at`, async (t) => {
    const { actual, expected } = await golden(chart.name, await compiled(chart.panels[0]!));
    t.deepEqual(actual, expected);
  });
}

test('scales, preferences, opinions and metrics, and every panel draws', async (t) => {
  const charts = peopleCharts(analysis);
  t.deepEqual(
    charts.map(({ name, panels }) => [name, panels.length]),
    [
      ['people-scales', 4],
      ['people-preferences', 1],
      ['people-opinions', 1],
      ['people-metrics', 5],
    ],
  );
  const names = new Set<string>();
  for (const panel of charts.flatMap(({ panels }) => panels)) {
    const alone = await standaloneSvg(panel);
    t.false(/NaN|undefined|Infinity|var\(/.test(alone), panel.name);
    t.true((await inlineSvg(panel)).startsWith('<svg aria-hidden="true"'), panel.name);
    t.false(/undefined|NaN/.test(panel.description), panel.description);
    t.true(panel.rows.length > 0, panel.name);
    names.add(panel.name);
  }
  t.is(names.size, 11);
});

test('the declared question comes first, the reference is at zero, and the CSV has both scales', (t) => {
  const [scales] = peopleCharts(analysis);
  const [panel] = scales!.panels;
  t.regex(panel!.subtitle!, /^the declared question · \d+ comparisons by 39 raters$/);
  const reference = panel!.rows.find(({ method }) => method === analysis.reference)!;
  t.deepEqual([reference.score, reference.low, reference.high, reference.p], [0, 0, 0, '']);
  for (const row of panel!.rows) {
    if (row === reference) continue;
    t.true(Number(row.low) < Number(row.score) && Number(row.score) < Number(row.high));
    t.is(Math.sign(Number(row.jod)), Math.sign(Number(row.score)));
    t.is(typeof row['p (Holm)'], 'number');
  }
  t.true(scales!.panels.slice(1).every(({ rows }) => rows.every(({ p }) => p === '')));
});

test('all scales share one axis with zero in its middle', async (t) => {
  const [scales] = peopleCharts(analysis);
  const specs = await Promise.all(scales!.panels.map(compiled));
  const domains = specs.map((spec) => {
    const { scales: drawn } = spec as { scales: { name: string; domain: unknown }[] };
    return JSON.stringify(drawn.find(({ name }) => name === 'x')!.domain);
  });
  t.is(new Set(domains).size, 1);
  const [low, high] = JSON.parse(domains[0]!);
  t.is(low, -high);
});

test('scores without bounds stay within the axis', (t) => {
  const bare = {
    ...analysis,
    screened: {
      ...analysis.screened,
      scales: analysis.screened.scales.map((scale) =>
        'refused' in scale
          ? scale
          : {
              ...scale,
              untested: 'Not tested.',
              methods: scale.methods.map((one, i) => ({
                ...one,
                score: { value: i - 3, low: Number.NaN, high: Number.NaN },
              })),
            },
      ),
    },
  };
  const scales = peopleCharts(bare).find(({ name }) => name === 'people-scales')!;
  for (const { spec, description, rows } of scales.panels) {
    t.regex(JSON.stringify(spec), /"domain":\[-3\.18,3\.18\]/);
    t.notRegex(description, /NaN|–|\[/);
    t.true(rows!.every(({ low, high }) => low === '' && high === ''));
  }
});

test('a study of which nothing is known but refusals has no charts', (t) => {
  const refused = analysis.screened.scales.map(({ question }) => ({ question, refused: 'Nobody answered.' }));
  const bare = {
    ...analysis,
    screened: { ...analysis.screened, scales: refused, opinions: [] },
    predictors: [],
  };
  t.deepEqual(peopleCharts(bare), []);
});

test('names with markup in them are text in a drawing', async (t) => {
  const name = '<script>x</script>';
  const text = JSON.stringify(analysis).replaceAll(`"${analysis.reference}"`, JSON.stringify(name));
  for (const { panels } of peopleCharts(JSON.parse(text))) {
    for (const panel of panels) t.false((await standaloneSvg(panel)).includes('<script'), panel.name);
  }
});
