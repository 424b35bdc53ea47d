/** `neckar bench --report`: what writing and opening the report of many trials costs. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeReport } from '../../reports/write.ts';
import { median } from '../median.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { madeUpReport } from './report-input.ts';
import { type BenchRow, row } from './rows.ts';

const browser = process.env.CHROMIUM ?? '/usr/bin/chromium';

/**
 * Writes the reports of 200 and (unless quick) 2 000 made-up trials at 256² into a temporary folder, twice, so that
 * the second finds the pictures of the first; measures their size, and how long Chromium takes to open them and for
 * how long it then answers nobody.
 *
 * Opening is left out, with the reason in the table, where there is no Chromium (named by CHROMIUM) to open them with.
 */
export async function runReportBench(options: BenchOptions): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-bench-'));
  const rows: BenchRow[] = [];
  const measurements: Record<string, { kind: 'times'; seconds: readonly number[] }> = {};
  const counts = options.quick ? [200] : [200, 2000];
  const steps = counts.flatMap((count) => [
    `a report of ${count} trials`,
    'the same again',
    'opening it in Chromium',
  ]);
  let step = 0;
  const next = () => {
    options.signal?.throwIfAborted();
    options.onProgress?.(steps[step]!, step, steps.length);
    step++;
  };
  try {
    for (const count of counts) {
      const input = await madeUpReport(count);
      const into = join(folder, String(count));
      // Pictures beside the page where there are so many that nobody would send it by mail.
      const pictures = count > 500 ? 'folder' : 'embed';
      const write = async () => {
        const begun = performance.now();
        const { html } = await writeReport(input, into, { pictures, memory: join(folder, 'thumbnails') });
        return { html, seconds: (performance.now() - begun) / 1000 };
      };
      next();
      const first = await write();
      next();
      const second = await write();
      next();
      const bytes = await folderSize(into);
      const opened = await openings(first.html, options.quick ? 2 : 5);
      const goal = count === 200;
      const name = `report-${count}`;
      rows.push(
        row(
          name,
          `writing a report of ${count} trials`,
          first.seconds,
          's',
          goal ? { atMost: 20 } : undefined,
        ),
        row(`${name}-again`, '… the same again, pictures known', second.seconds, 's'),
        row(`${name}-size`, '… its folder', bytes / 1e6, 'MB', goal ? { atMost: 40 } : undefined),
        ...('refused' in opened
          ? [row(`${name}-open`, `… opening it: not measured, ${opened.refused}`, Number.NaN, 's')]
          : [
              row(
                `${name}-open`,
                '… opening it in Chromium',
                median(opened.load),
                's',
                goal ? { atMost: 2 } : undefined,
              ),
              row(`${name}-answer`, '… until a click is answered', median(opened.answer), 's'),
            ]),
      );
      measurements[`writing ${count} trials`] = { kind: 'times', seconds: [first.seconds, second.seconds] };
      if ('load' in opened) measurements[`opening ${count} trials`] = { kind: 'times', seconds: opened.load };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { rows, measurements };
}

/** Seconds until the page is loaded, and until it then answers a click, each time in a fresh window. */
async function openings(
  html: string,
  times: number,
): Promise<{ load: number[]; answer: number[] } | { refused: string }> {
  if (!existsSync(browser)) return { refused: `there is no ${browser} (name one in CHROMIUM)` };
  const { chromium } = await import('playwright-core').catch(() => ({ chromium: undefined }));
  if (chromium === undefined) return { refused: 'playwright-core is not installed (npm ci)' };
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const window = await chromium.launch({ executablePath: browser, args });
  const load: number[] = [];
  const answer: number[] = [];
  try {
    for (let i = 0; i < times; i++) {
      const page = await window.newPage();
      const begun = performance.now();
      await page.goto(pathToFileURL(html).href, { waitUntil: 'load', timeout: 120_000 });
      const loaded = performance.now();
      await page.locator('figure[data-trial] a').first().click({ timeout: 120_000 });
      await page.locator('dialog[open]').waitFor({ timeout: 120_000 });
      load.push((loaded - begun) / 1000);
      answer.push((performance.now() - begun) / 1000);
      await page.close();
    }
  } finally {
    await window.close();
  }
  return { load, answer };
}

async function folderSize(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const entries = await Promise.all(names.map((name) => stat(join(folder, name))));
  return entries.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}
