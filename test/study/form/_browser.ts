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
  // A busy machine is slow, not broken.
  context.setDefaultTimeout(180_000);
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

/** What a page waits for: an answer, the button that leads on from words, or nothing, as it is the last one. */
export type Step = 'pair' | 'rating' | 'words' | 'end';

/** Waits until the page waits for the rater. */
export async function nextStep(page: Page): Promise<Step> {
  const open = '.trial .answers[data-open] button';
  await page.waitForSelector(`${open}, .sheet .primary, .code`);
  if ((await page.locator('.code').count()) > 0) return 'end';
  if ((await page.locator('.sheet .primary').count()) > 0) return 'words';
  return (await page.locator('.trial.rating').count()) > 0 ? 'rating' : 'pair';
}

/** Does what leads on from a step, and waits until its buttons are gone. */
export async function leadOn(page: Page, step: Step, act: () => Promise<void>): Promise<void> {
  const button = await page.waitForSelector(step === 'words' ? '.sheet .primary' : '.trial .answers button');
  await act();
  await page.waitForFunction((node) => !(node as unknown as { isConnected: boolean }).isConnected, button);
}

/**
 * Answers until the end, or until it is enough.
 *
 * @param answer - told what is asked, and how many answers were given before
 * @param enough - told how many answers were given
 */
export async function rate(
  page: Page,
  answer: (kind: 'pair' | 'rating', given: number) => Promise<void>,
  press: (selector: string) => Promise<void>,
  enough: (given: number) => boolean = () => false,
): Promise<void> {
  for (let given = 0; given < 200; ) {
    const step = await nextStep(page);
    if (step === 'end') return;
    if (step === 'words') await leadOn(page, step, () => press('.primary'));
    else {
      if (enough(given)) return;
      await leadOn(page, step, () => answer(step, given));
      given++;
    }
  }
  throw new Error('the session does not end');
}

/** Resolves once an expression is true in the page, which forbids what `waitForFunction` does. */
export async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(expression))) await page.waitForTimeout(25);
}
