/** The forms in which the trade-off leaves: Markdown, LaTeX, CSV, JSON, the chart, and all of it without names. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { anonymousReport } from '../../../reports/anonymous.ts';
import { inlineSvg, standaloneSvg } from '../../../reports/charts/render.ts';
import type { ReportInput } from '../../../reports/input.ts';
import { modelOf } from '../../../reports/model.ts';
import { tradeOffChart } from '../../../reports/trade-off/chart.ts';
import { tradeOffCsv, tradeOffJson, tradeOffLatex, tradeOffLines } from '../../../reports/trade-off/files.ts';
import { tradeOffOf } from '../../../reports/trade-off/numbers.ts';
import { sentences, tableRows } from '../../../reports/trade-off/words.ts';
import { writeReport } from '../../../reports/write.ts';
import { heldOut, tradeOffInput } from '../_trade-off.ts';

const lengths = [1, 1.2, 0.9, 1.1, 1, 1.05, 0.95, 1.3];
const weighed = (input: ReportInput) => tradeOffOf(input, modelOf(input))!;
const found = weighed(tradeOffInput({ lengths }));

test('sentences say what is gained against what is no network, of how many styles, and what is not known', (t) => {
  const said = sentences(weighed(tradeOffInput()));
  t.deepEqual(said, [
    'The training of johnson (3 min 20 s a style) has paid off after 11 pictures of each style against gram and after 69 pictures of each style against theirs.',
    'The training of dumoulin (5 min 00 s for 2 styles, 2 min 30 s each) has paid off after 16 pictures (8 of each style) against gram and after 105 pictures (53 of each style) against theirs.',
    'The training of microast (6 min 40 s) has paid off after 21 pictures against gram and after 136 pictures against theirs.',
    'adain was trained elsewhere: how long that took is unknown, and counts nothing here.',
  ]);
});

test('what does not compare is said, with the way out', (t) => {
  const shared = weighed(
    tradeOffInput({
      change: (result, variant) =>
        variant === 'gram' ? { ...result, timing: { ...result.timing, shared: true } } : result,
    }),
  );
  const said = sentences(shared).join('\n');
  t.regex(said, /Times marked \* .*\(gram\)\. Run with --timing exclusive/);
  t.regex(said, /Whether johnson, dumoulin and microast pay off is not said where pictures were timed/);
  t.notRegex(said, /against gram/);
  t.true(tableRows(shared)[1]!.cells[0]!.main.endsWith('*'));
});

test('Markdown holds both tables, a column for each way', (t) => {
  const lines = tradeOffLines(found);
  const heads = lines.filter((line) => /^\| [^|]*\| (against )?gram /.test(line));
  t.deepEqual(heads, [
    '|  | gram | johnson | dumoulin | microast | adain | theirs |',
    '| Pictures of | against gram | against johnson | against dumoulin | against microast | against adain | against theirs |',
  ]);
  for (const row of lines.filter((line) => line.startsWith('|'))) t.is(row.split(' | ').length, 7, row);
  t.true(
    lines.some((line) => /^\| Parameters ↓ \| – \| 430 k \| 450 k \| 475 k \| 7\.00 M \| – \|$/.test(line)),
  );
  t.true(lines.some((line) => /^\| Styles a network ↑ \| any \| 1 \| 2 \| any \| any \| – \|$/.test(line)));
  t.deepEqual(tradeOffLines(undefined), []);
});

test('LaTeX has as many cells in each row as columns, and no sign that TeX would take for its own', (t) => {
  const input = tradeOffInput({ lengths });
  const named = { ...input, title: 'Speed & quality: 50 % of it_all' };
  const tex = tradeOffLatex(weighed(named), named);
  const body = tex.slice(tex.indexOf('\\midrule'), tex.indexOf('\\bottomrule'));
  const rows = body.split('\n').filter((line) => line.includes(' & '));
  t.true(rows.length > 12);
  for (const row of rows) t.is(row.split(' & ').length, 7, row);
  t.regex(tex, /Speed \\& quality: 50 \\% of it\\_all/);
  t.regex(tex, /Training of johnson paid off after/);
  const printed = tex
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('%'))
    .join('\n')
    // A new line, and no brace that is printed.
    .replaceAll('\\\\', '');
  t.notRegex(printed, /[\u202f⁻⁰¹²³⁴⁵⁶⁷⁸⁹×…↑↓]/);
  t.is(printed.match(/(?<!\\)\{/g)!.length, printed.match(/(?<!\\)\}/g)!.length);
});

test('CSV and JSON hold the numbers with full digits; what does not compare is empty', (t) => {
  const rows = tradeOffCsv(found)
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/));
  const column = (name: string) => rows[0]!.findIndex((cell) => cell.replaceAll('"', '') === name);
  t.is(rows.length, 7);
  const johnson = rows.find(([name]) => name === 'johnson')!;
  const mean = lengths.reduce((sum, length) => sum + length, 0) / 8;
  t.true(Math.abs(Number(johnson[column('seconds a picture')]) - 0.1 * mean) < 1e-12);
  t.is(johnson[column('seconds of training, a network')], '200');
  t.is(johnson[column('seconds of training, a style')], '200');
  t.is(rows.find(([name]) => name === 'dumoulin')![column('seconds of training, a style')], '150');
  t.is(johnson[column('pictures to pay off against dumoulin')], '0');
  t.is(johnson[column('pictures to pay off against microast')], 'never');
  t.is(rows[1]![column('pictures to pay off against johnson')], '');
  t.true(Math.abs(Number(johnson[column('pictures to pay off against gram')]) - 200 / (19.9 * mean)) < 1e-9);

  const json = JSON.parse(tradeOffJson(found));
  const paid = json.payOffs.find(
    (one: { way: string; against: string }) => one.way === 'johnson' && one.against === 'gram',
  );
  t.is(paid.kind, 'after');
  t.true(Math.abs(paid.pictures - 200 / (19.9 * mean)) < 1e-9);
  t.is(json.ways[1].network.training.seconds, 200);
  t.is(json.ways[0].trials.length, 8);
  t.true(heldOut in json.ways[0].quality);
});

/** Places of marks of a layer along x, in units of the drawing. */
function placesOf(svg: string, layer: string): { x: number; length: number }[] {
  const group = new RegExp(`<g class="[^"]* ${layer}_marks"[^>]*>(.*?)</g>`, 's').exec(svg)?.[1] ?? '';
  return [...group.matchAll(/<(?:path|line)[^>]*?>/g)].map(([tag]) => ({
    x: Number(/translate\(([-\d.]+),/.exec(tag)![1]),
    length: Number(/x2="([-\d.]+)"/.exec(tag)?.[1] ?? 0),
  }));
}

test('a mark stands at its pass and its share of the training, on a logarithmic axis', async (t) => {
  const input = tradeOffInput();
  const { chart, panels } = tradeOffChart(weighed(input), input, modelOf(input))!;
  t.is(chart.panels.length, 2);
  const svg = await inlineSvg(chart.panels[0]!);
  const [, from, to, low, high] = /data-x="log (\S+) (\S+) (\S+) (\S+)"/.exec(svg)!.map(Number);
  const at = (seconds: number) => low! + (high! - low!) * (Math.log(seconds / from!) / Math.log(to! / from!));
  const expected = [20, 0.1 + 2, 0.12 + 3, 0.05 + 4, 0.4, 3];
  const points = placesOf(svg, 'ways');
  t.is(points.length, 6);
  for (const [i, { x }] of points.entries()) t.true(Math.abs(x - at(expected[i]!)) < 0.06, `${i}`);
  t.deepEqual(
    panels[0]!.map(({ training }) => training),
    [0, 200, 300, 400, 0, 0],
  );
  for (const panel of chart.panels) {
    const alone = await standaloneSvg(panel);
    t.false(/NaN|undefined|Infinity|var\(/.test(alone), panel.name);
  }
});

test('of other machines there is a panel each; of pictures made elsewhere the chart says that it is without them', (t) => {
  const input = tradeOffInput({
    change: (result, variant) =>
      variant === 'theirs'
        ? { ...result, timing: { ...result.timing, known: 'nothing' } }
        : ['gram', 'johnson'].includes(variant)
          ? { ...result, identity: { ...result.identity, host: 'reutlingen' } }
          : result,
  });
  const { chart } = tradeOffChart(weighed(input), input, modelOf(input))!;
  t.is(chart.panels.length, 4);
  t.deepEqual(
    chart.panels.map(({ rows }) => rows.map(({ way }) => way)),
    [
      ['gram', 'johnson'],
      ['dumoulin', 'microast', 'adain'],
      ['gram', 'johnson'],
      ['dumoulin', 'microast', 'adain'],
    ],
  );
  t.regex(chart.note, /Without theirs, whose seconds nobody measured/);
});

test('an anonymous report names no machine that a network was trained on, and one without classes leaves no file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-trade-off-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const input = tradeOffInput({
    variants: ['gram', 'johnson'],
    contents: ['mill'],
    change: (result) =>
      result.network?.training === undefined
        ? result
        : {
            ...result,
            network: { ...result.network, training: { ...result.network.training, host: 'metzingen' } },
          },
  });
  const place = { host: 'lovelace', user: 'annegret', home: '/home/annegret' };
  const { files } = await writeReport(anonymousReport(input, place), folder);
  const own = ['trade-off.csv', 'trade-off.json', 'trade-off.tex'];
  for (const name of [...own, 'summary.md', 'index.html']) {
    t.true(files.includes(join(folder, name)), name);
    const text = await readFile(join(folder, name), 'utf8');
    t.notRegex(text, /metzingen|tuebingen/, name);
  }
  t.regex(await readFile(join(folder, 'trade-off.json'), 'utf8'), /machine \d/);

  await writeReport(tradeOffInput({ variants: ['gram'], contents: ['mill'] }), folder);
  const left = await readdir(folder);
  t.deepEqual(
    left.filter((name) => own.includes(name)),
    [],
  );
  t.notRegex(await readFile(join(folder, 'index.html'), 'utf8'), /id="trade-off"/);
});
