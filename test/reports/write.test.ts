import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ReportInput } from '../../reports/input.ts';
import { writeReport } from '../../reports/write.ts';
import { synthetic } from './_synthetic.ts';

const tiny = { size: 48, evaluations: 8, contents: ['hillside'], variants: ['gram', 'patches'] } as const;

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-report-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Panels of the losses' courses. */
function overCosts(panels: readonly string[]): string[] {
  return panels.filter((name) => /^(?!quality).*-over-(evaluations|seconds)(-\d+)?$/.test(name));
}

test('one page with every picture in it, and every panel as SVG, PNG and CSV beside it', async (t) => {
  await inFolder(async (folder) => {
    const input = synthetic(tiny);
    const { html, files } = await writeReport(input, folder);
    const page = await readFile(html, 'utf8');
    t.is(html, join(folder, 'index.html'));
    for (const { id, label } of input.trials) {
      t.true(page.includes(`data-trial="${id}"`), label);
      t.true(page.includes(`id="trial-${id}"`), label);
    }
    // Everything it needs is inside: no address is ever asked for anything.
    const words = ['summary.md', 'scores.csv', 'scores-columns.csv', 'comparisons.csv', 'table.tex'];
    t.notRegex(
      page.replace(new RegExp(`href="(${words.join('|')})"`, 'g'), ''),
      /(?:src|href)="(?!data:|#|charts\/)/,
    );
    t.notRegex(page, /@import|url\(/);
    const charts = (await readdir(join(folder, 'charts'))).sort();
    t.deepEqual(
      [...files].sort(),
      [...charts.map((name) => join('charts', name)), 'index.html', ...words]
        .map((name) => join(folder, name))
        .sort(),
    );
    const drawn = (ending: string) =>
      charts.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
    t.deepEqual(
      drawn('.svg'),
      [...drawn('.csv').filter((name) => name !== 'losses'), ...overCosts(drawn('.svg'))].sort(),
    );
    t.deepEqual(drawn('.svg'), drawn('.png'));
    t.true(overCosts(drawn('.svg')).length > 4);
    t.true(drawn('.csv').includes('losses'), 'one file for all panels of the losses');
    for (const [, href] of page.matchAll(/href="charts\/([^"]+)"/g)) t.true(charts.includes(href!), href);
  });
});

test('with pictures beside it, the page names files that are there', async (t) => {
  await inFolder(async (folder) => {
    const { html, files } = await writeReport(synthetic(tiny), folder, { pictures: 'folder' });
    const page = await readFile(html, 'utf8');
    const named = [...page.matchAll(/"(pictures\/[^"]+)"/g)].map(([, path]) => join(folder, path!));
    t.true(named.length > 10);
    for (const path of named) t.true(files.includes(path), path);
    t.false(page.includes('data:image'));
  });
});

test('words, numbers and failures are all there', async (t) => {
  await inFolder(async (folder) => {
    const input = synthetic({
      ...tiny,
      contents: ['hillside', 'harbour'],
      variants: ['gram', 'patches', 'fused', 'histogram'],
    });
    const page = await readFile((await writeReport(input, folder)).html, 'utf8');
    t.true(
      page.includes(
        '32 trials (4 variants, 2 optimisers and 4 content/style pairs): 29 complete, 1 diverged, 1 failed and 1 waiting.',
      ),
    );
    t.true(page.includes('The worker was killed by signal SIGKILL'));
    t.true(page.includes('is not a number at evaluation 88'));
    t.true(page.includes('1 trial has not finished yet'));
    t.true(page.includes('LPIPS needs its weights'));
    t.true(page.includes('Hollow: timed while other trials ran beside it'));
    t.true(page.includes('neckar run experiments/synthetic.ts --filter'));
  });
});

test('nothing an experiment is named becomes markup', async (t) => {
  await inFolder(async (folder) => {
    const hostile = `"'><img src=x onerror=alert(1)></script><script>alert(2)</script>`;
    const base = synthetic({ ...tiny, variants: [hostile, 'b'], contents: [hostile] });
    const input: ReportInput = {
      ...base,
      name: hostile,
      title: hostile,
      question: hostile,
      command: hostile,
      trials: base.trials.map((trial) => ({
        ...trial,
        label: `${hostile}${trial.label}`,
        command: hostile,
        reason: hostile,
        config: { ...trial.config, swept: { ...trial.config.swept, [hostile]: hostile + trial.id } },
      })),
    };
    const page = await readFile((await writeReport(input, folder)).html, 'utf8');
    t.false(page.includes('<img src=x'));
    t.false(page.includes('<script>alert'));
    t.is(page.match(/<script/g)!.length, 4);
    t.is(page.match(/<\/script>/g)!.length, 4);
  });
});

test('pictures and traces that cannot be read are said, not fatal', async (t) => {
  await inFolder(async (folder) => {
    const base = synthetic({ ...tiny, allFine: true });
    const [broken, traceless] = base.trials;
    const input: ReportInput = {
      ...base,
      picture: async (id, path) => {
        if (id === broken!.id) throw new Error('images/final.png is missing');
        return base.picture(id, path);
      },
      source: async (id, which) => (which === 'style' ? Uint8Array.of(1, 2, 3) : base.source(id, which)),
      trace: async (id) => {
        if (id === traceless!.id) throw new Error('torn');
        return base.trace(id);
      },
    };
    const page = await readFile((await writeReport(input, folder)).html, 'utf8');
    t.true(page.includes('images/final.png is missing'));
    t.regex(page, /class="missing">[^<]*is not an image that can be read/);
    const csv = await readFile(join(folder, 'charts', 'losses.csv'), 'utf8');
    t.false(csv.includes(traceless!.id));
    t.true(csv.includes(broken!.id));
  });
});

test('a report replaces what an earlier one left in its folders, and nothing else', async (t) => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'mine.html'), '');
    await writeReport(synthetic(tiny), folder);
    await writeFile(join(folder, 'charts', 'old.svg'), '');
    await writeFile(join(folder, 'charts', 'notes.txt'), '');
    await writeReport(synthetic(tiny), folder);
    const left = [...(await readdir(folder)), ...(await readdir(join(folder, 'charts')))];
    t.false(left.includes('old.svg'));
    t.true(left.includes('notes.txt') && left.includes('mine.html'));
    t.false(left.some((name) => name.endsWith('.partial')));
  });
});

test('no result, no report', async (t) => {
  await inFolder(async (folder) => {
    const base = synthetic(tiny);
    const trials = base.trials.map(({ result: _, ...trial }) => ({ ...trial, state: 'failed' as const }));
    await t.throwsAsync(writeReport({ ...base, trials }, folder), {
      name: 'NeckarError',
      message: /"synthetic" has no finished trial yet \(8 trials, 8 of them failed\)/,
    });
    t.deepEqual(await readdir(folder), []);
  });
});

test('a folder that cannot be written is one sentence', async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await t.throwsAsync(writeReport(synthetic(tiny), file), {
      name: 'NeckarError',
      message: /cannot be written to/,
    });
  });
});
