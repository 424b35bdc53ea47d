import test from 'ava';
import type { Estimate } from '../../../metrics/statistics/analysis/compare.ts';
import { answerPart, evidenceSection, meansSection } from '../../../reports/page/evidence-section.ts';
import { analysisOf } from '../../../reports/words/analysis.ts';
import { escapeLatex, latexTable } from '../../../reports/words/latex.ts';
import { markdownSummary } from '../../../reports/words/markdown.ts';
import { answer, differenceSentence, probability, withInterval } from '../../../reports/words/sentences.ts';
import { comparisonsCsv, metricColumns, scoresColumnsCsv, scoresCsv } from '../../../reports/words/tables.ts';
import { measured, styleMetric } from '../_measured.ts';
import { synthetic } from '../_synthetic.ts';

function parse(csv: string): Record<string, string>[] {
  const lines = csv
    .trimEnd()
    .split('\r\n')
    .map((line) => {
      const cells: string[] = [];
      for (const [, quoted, bare] of line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)) {
        cells.push(quoted?.replaceAll('""', '"') ?? bare ?? '');
      }
      return cells;
    });
  const [head, ...rows] = lines;
  return rows.map((row) => Object.fromEntries(head!.map((key, i) => [key, row[i] ?? ''])));
}

test('the answer names what is better, in how many pairs, by how much and how surely', (t) => {
  const { input, snapshots } = measured();
  const sentences = answer(analysisOf(input, { snapshots }));
  t.regex(
    sentences[0]!,
    /^Over 8 content\/style pairs, by Style distance \(Gram, held-back layers\) \(lower is better\), 3 of 3 comparisons of variant are decided at the 5 % level\.$/,
  );
  t.regex(
    sentences.join('\n'),
    /fused is better than gram in 8 of 8 pairs: fused − gram = −0\.00\d+ \[−0\.0\d+, −0\.00\d+\], p = 0\.02\d* after adjustment for 3 tests, g_z = −\d/,
  );
});

test('what was not shown is not claimed, and what could have been found is said', (t) => {
  const { input } = measured();
  const same = input.trials.map((trial) => ({
    ...trial,
    result: {
      ...trial.result!,
      scores: {
        [styleMetric]: { value: trial.id.charCodeAt(15) / 100, better: 'lower', label: 'S' } as const,
      },
    },
  }));
  const analysis = analysisOf({ ...input, trials: same });
  const finding = analysis.comparisons[0]!.findings[0]!;
  const { differences } = finding.outcome as Extract<typeof finding.outcome, { differences: unknown }>;
  const open = differences.find(({ favours }) => favours === undefined)!;
  t.regex(
    differenceSentence(finding, open),
    /were not shown to differ: .* p = [\d.]+ after adjustment.* would have been found four times out of five\.$/,
  );
});

test('probabilities', (t) => {
  t.deepEqual([0.0234, 0.5, 0.00004, 1].map(probability), ['0.023', '0.50', '< 0.001', '1.00']);
});

test('the Markdown says what was asked, run, failed, found, and on what', (t) => {
  const { input, snapshots } = measured();
  const text = markdownSummary(input, analysisOf(input, { snapshots }));
  t.regex(text, /^# Four losses, two optimisers\n\n> Does the fused loss/);
  t.regex(text, /48 trials: 48 complete\./);
  t.regex(text, /## By variant \(primary\)/);
  t.regex(text, /\| Style distance \(Gram, held-back layers\) ↓ \*\*\(primary\)\*\* \| /);
  t.regex(text, /\| fused − gram \| /);
  t.regex(text, /Friedman \(exact\): χ²\(2\)/);
  t.regex(text, /## By optimiser \(exploratory\)/);
  t.regex(text, /onnx \(cpu\) on tuebingen, AMD EPYC, 2 threads: 48 trials/);
  t.regex(text, /Made again by `neckar run experiments\/synthetic\.ts`/);
  t.false(/undefined|NaN|\[object/.test(text));
  const tables = text.split('\n\n').filter((part) => part.startsWith('|'));
  for (const table of tables) {
    const widths = new Set(
      table
        .trim()
        .split('\n')
        .map((line) => line.replaceAll('\\|', '').split('|').length),
    );
    t.is(widths.size, 1, table);
  }
});

test('failures are told, and gaps turn the comparison exploratory', (t) => {
  const input = { ...synthetic({ contents: ['a', 'b', 'c'] }), primary: { metric: 'gram-relative' } };
  const analysis = analysisOf(input);
  const text = markdownSummary(input, analysis);
  t.regex(text, /- .* diverged: the term "gram" is not a number at evaluation 88/);
  t.regex(text, /- .* failed: The worker was killed/);
  t.regex(text, /The design has 3 gaps.*What follows compares what all have, and is exploratory\./);
  t.true(analysis.comparisons.every(({ role }) => role === 'exploratory'));
  t.true(analysis.comparisons[0]!.findings.every(({ role }) => role === 'exploratory'));
  t.true(analysis.comparisons[0]!.leftOut.length > 0);
  t.deepEqual(answer(analysis), []);
});

test('text from an experiment cannot make Markdown, TeX or HTML of its own', (t) => {
  const hostile = '50% of $x_1$ & <b>|`\\evil{}';
  const { input } = measured({ question: hostile, title: hostile });
  const analysis = analysisOf(input);
  const markdown = markdownSummary(input, analysis);
  t.true(markdown.includes('\\<b\\>\\|\\`\\\\evil{}'));
  const tex = latexTable(input, analysis);
  t.true(
    tex.includes(
      '50\\% of \\$x\\_1\\$ \\& \\textless{}b\\textgreater{}\\textbar{}`\\textbackslash{}evil\\{\\}',
    ),
  );
  t.is(escapeLatex('a~b^c'), 'a\\textasciitilde{}b\\textasciicircum{}c');
  t.is(escapeLatex('α ≤ 3 µm²'), '$\\alpha$ $\\le$ 3 $\\mu$m$^2$');
  const named = {
    ...input,
    trials: input.trials.map((trial) => ({
      ...trial,
      config: { ...trial.config, variant: `<i>${trial.config.variant}` },
    })),
  };
  const page = evidenceSection(analysisOf(named)).html;
  t.false(page.includes('<i>'));
});

test('the LaTeX table is balanced, with means, intervals and bold only where a test says so', (t) => {
  const { input } = measured();
  const tex = latexTable(input, analysisOf(input));
  for (const [open, close] of [
    ['\\begin{table}', '\\end{table}'],
    ['\\begin{tabular}{p{0.3\\linewidth}ccc}', '    \\bottomrule\n  \\end{tabular}'],
    ['\\toprule', '\\bottomrule'],
  ]) {
    t.is(tex.split(open!).length, 2, open);
    t.is(tex.split(close!).length, 2, close);
  }
  const rows = tex.split('\n').filter((line) => /\\\\(\\addlinespace\[3pt\])?$/.test(line));
  for (const line of rows) t.is(line.split(' & ').length, 4, line);
  const primary = rows.find((line) => line.includes('^\\dagger'))!;
  t.regex(
    primary,
    /\\cell\{\\mathbf\{0\.05\d*\}\}\{\[0\.0\d+, 0\.0\d+\]\} \\\\\\addlinespace\[3pt\]$/,
    'fused, the last, beats all',
  );
  t.is(primary.split('\\mathbf').length, 2);
  t.notRegex(tex, /LuaLaTeX/);
  const none = latexTable(input, analysisOf({ ...input, trials: [] }));
  t.regex(none, /^% No table: /);
});

test('the CSV of scores has every trial and every number', (t) => {
  const { input } = measured();
  const rows = parse(scoresCsv(input));
  t.is(rows.length, input.trials.length);
  for (const [i, { id, result, config }] of input.trials.entries()) {
    t.is(rows[i]!.trial, id);
    t.is(rows[i]!.variant, config.variant);
    t.is(rows[i]!.host, result!.identity.host);
    t.is(rows[i]!.device, result!.identity.device);
    t.is(rows[i]!.threads, String(result!.identity.threads));
    const score = result!.scores[styleMetric]!;
    t.is(Number(rows[i]![styleMetric.split(';')[0]!]), 'value' in score ? score.value : Number.NaN);
    t.false('lpips' in rows[i]!, 'refused by all');
  }
});

test('a second file says what every column of the scores is, and of a metric its whole specification', (t) => {
  const { input } = measured();
  const columns = parse(scoresColumnsCsv(input));
  const head = scoresCsv(input).split('\r\n')[0]!.split(',');
  t.deepEqual(
    columns.map(({ column }) => column!),
    head,
  );
  for (const { column, what } of columns) t.not(what, '', column);
  const metric = columns.find(({ specification }) => specification === styleMetric)!;
  t.is(metric.column, styleMetric.split(';')[0]);
  t.is(metric.better, 'lower');
  t.is(metric.what, 'Style distance (Gram, held-back layers)');
});

test('a metric’s column is its name, and what tells it from another of that name', (t) => {
  const { input } = measured();
  const [trial] = input.trials;
  const score = { value: 1, better: 'higher', label: 'S' } as const;
  const named = (ids: readonly string[]) => {
    const scores = Object.fromEntries(ids.map((id) => [id, score]));
    return [...metricColumns([{ ...trial!, result: { ...trial!.result!, scores } }]).values()];
  };
  t.deepEqual(
    named([
      'ssim;color=luma;scale=native',
      'ssim;color=luma;scale=mean-to-256',
      'gram;encoder=vgg19@0123456789ab;layers=a+b',
    ]),
    ['ssim scale=native', 'ssim scale=mean-to-256', 'gram'],
  );
  // The same but for the weights' hash, and a metric that is called as a column is which every table has.
  t.deepEqual(named(['gram;encoder=v@0123456789ab', 'gram;encoder=v@ba9876543210', 'seconds;x=1']), [
    'gram encoder=v',
    'gram encoder=v 2',
    'seconds 2',
  ]);
});

test('the CSV of comparisons holds what the analysis found', (t) => {
  const { input } = measured();
  const analysis = analysisOf(input);
  const rows = parse(comparisonsCsv(analysis)).filter(
    ({ metric, factor }) => metric === styleMetric && factor === 'variant',
  );
  t.is(rows.length, 3);
  const best = rows.find(({ a, b }) => a === 'fused' && b === 'gram')!;
  t.is(best.favours, 'fused');
  t.is(best.role, 'primary');
  t.true(Math.abs(Number(best['mean of a']) - Number(best['mean of b']) - Number(best.difference)) < 1e-12);
  t.is(best.pairs, '8');
});

test('the page answers first, has one table with its files, and folds what was not asked', (t) => {
  const { input } = measured();
  const analysis = analysisOf(input);
  const answered = answerPart(analysis).html;
  t.regex(answered, /^<p>Over 8 content\/style pairs/);
  const means = meansSection(analysis, [{ path: 'summary.md', label: 'Markdown' }])!.html;
  t.regex(means, /<a href="summary\.md">Markdown<\/a>/);
  t.regex(means, /<strong>primary<\/strong>/);
  t.is(means.split('<table').length, 2, 'one table');
  const differences = evidenceSection(analysis).html;
  t.regex(differences, /<h2 id="evidence-title">Which differs\?<\/h2>/);
  t.is(differences.split('<details class="many"><summary>By ').length, analysis.comparisons.length);
  const open = differences.replaceAll(/<details[\s\S]*?<\/details>/g, '');
  t.false(open.includes('Means by'), 'means stand in the one table');
  for (const html of [answered, means, differences]) {
    for (const tag of ['table', 'section', 'ul', 'tr', 'td', 'th', 'p', 'div', 'details']) {
      t.is(html.split(new RegExp(`<${tag}[ >]`)).length, html.split(`</${tag}>`).length, tag);
    }
    t.false(/undefined|NaN|\[object/.test(html));
  }
});

test('a mean keeps its digits beside a bound that two pairs let run away; a difference near nothing has those of its interval', (t) => {
  const estimate = (value: number, low: number, high: number) =>
    ({ estimate: value, low, high, method: 'student' }) as unknown as Estimate;
  // exp of a Student interval of one degree of freedom.
  t.is(withInterval(estimate(0.1749, 1.8e-7, 170645)), '0.175 [0.000, 170645]');
  t.is(withInterval(estimate(0, -0.0523, 0.0525)), '0.0000 [−0.0523, 0.0525]');
});
