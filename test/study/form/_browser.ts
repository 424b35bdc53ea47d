/** A browser for the form, and the steps every rater takes. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import test, { type ExecutionContext } from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = process.env.NECKAR_CHROMIUM ?? '/usr/bin/chromium';
const found = existsSync(executablePath);
/** A test that needs a browser; skipped where there is none, for the reason in `why`. */
export const maybe = found ? test.serial : test.serial.skip;
export const why = found ? '' : ` (skipped: there is no ${executablePath})`;

/** Few trials, so that a whole session takes seconds. */
export const small = {
  methods: 2,
  pairs: 2,
  minutes: 9,
  questions: ['style', 'preference'] as const,
  size: 96,
};

let browser: Browser;
if (found) {
  test.before(async () => {
    browser = await chromium.launch({
      executablePath,
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
  test.after.always(() => browser?.close());
}

export interface Opened {
  readonly page: Page;
  /** Everything the page complained about. */
  readonly complaints: string[];
}

/** A page in a context of its own. */
export async function opened(
  t: ExecutionContext,
  url: string,
  options: Parameters<Browser['newContext']>[0],
): Promise<Opened> {
  const context = await browser.newContext({ locale: 'en', ...options });
  t.teardown(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, complaints };
}

/** What the page's first heading says. */
export const heading = (page: Page) => page.locator('h1').first().textContent();

/** What axe finds wrong with the page, and whether it is wider than the window. */
export async function faults(page: Page): Promise<string[]> {
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  await page.evaluate(await readFile(axe, 'utf8'));
  return await page.evaluate(async () => {
    const scope = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      document: { documentElement: { scrollWidth: number } };
      innerWidth: number;
    };
    const { violations } = await scope.axe.run();
    const wide =
      scope.document.documentElement.scrollWidth > scope.innerWidth ? ['wider than the window'] : [];
    return [...violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`), ...wide];
  });
}

/** Chooses the second answer of every question of a screen. */
export async function fillFields(page: Page): Promise<void> {
  for (const select of await page.locator('select').all()) {
    await select.selectOption((await select.locator('option').nth(2).getAttribute('value'))!);
  }
}

/** From the first page to the first trial. */
export async function begin(page: Page, press: (selector: string) => Promise<void>): Promise<void> {
  await facts(page, press);
  await press('.primary');
  await page.waitForSelector('.trial');
}

/** From the first page to the words before the first trial. */
export async function facts(page: Page, press: (selector: string) => Promise<void>): Promise<void> {
  await page.waitForSelector('input[name=consent]');
  await page.check('input[name=consent]');
  await press('.primary');
  for (const field of ['#field-age', '#field-device']) {
    await page.waitForSelector(field);
    await fillFields(page);
    await press('.primary');
  }
  await page.getByRole('heading', { name: 'One to try' }).waitFor();
}

/** Answers until the end, or until it is enough. */
export async function rate(
  page: Page,
  answer: (kind: 'pair' | 'rating') => Promise<void>,
  press: (selector: string) => Promise<void>,
  enough: () => boolean = () => false,
): Promise<void> {
  for (let n = 0; n < 200; n++) {
    await page.waitForSelector('.trial .answers button, .sheet');
    if ((await heading(page)) === 'Thank you!') return;
    if ((await page.locator('.sheet').count()) > 0) {
      await press('.primary');
      await page.waitForSelector('.trial');
      continue;
    }
    if (enough()) return;
    // Quicker than this is taken for a slip of the finger.
    await page.waitForTimeout(270);
    await answer((await page.locator('.trial.rating').count()) > 0 ? 'rating' : 'pair');
  }
  throw new Error('the session does not end');
}

/** Resolves once an expression is true in the page, which forbids what `waitForFunction` does. */
export async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(expression))) await page.waitForTimeout(25);
}
