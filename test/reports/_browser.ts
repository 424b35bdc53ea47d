/** A report opened in Chromium, for tests of what its script does. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { ReportInput, ReportOptions } from '../../reports/input.ts';
import { writeReport } from '../../reports/write.ts';

/** Where Chromium would be, and whether it is. */
export const chromiumPath: string = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const here: boolean = existsSync(chromiumPath);

/** Skipped where there is no Chromium, with the reason in the title. */
export const maybe = here ? test.serial : test.serial.skip;
export const why = here ? '' : ' (skipped: no Chromium here; name one in CHROMIUM)';

/** Waits for a state, and says which one did not come within half a minute: far longer than any of them takes. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const begun = performance.now();
  while (!(await holds())) {
    if (performance.now() - begun > 30_000) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export type Opened = (
  t: ExecutionContext,
  options: Parameters<Browser['newPage']>[0],
  look: (page: Page) => Promise<void>,
  hash?: string,
) => Promise<void>;

/** Writes the report before the test file's tests and gives what opens it; nothing may be complained of meanwhile. */
export function report(input: () => ReportInput, options?: ReportOptions): Opened {
  let folder: string;
  let url: string;
  let browser: Browser;
  if (here) {
    test.before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'neckar-browser-'));
      url = pathToFileURL((await writeReport(input(), folder, options)).html).href;
      browser = await chromium.launch({
        executablePath: chromiumPath,
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
          '--no-first-run',
        ],
      });
    });
    test.after.always(async () => {
      await browser?.close();
      await rm(folder, { recursive: true, force: true });
    });
  }
  return async (t, pageOptions, look, hash = '') => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...pageOptions });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url + hash);
    await look(page);
    t.deepEqual(complaints, []);
    await page.close();
  };
}
