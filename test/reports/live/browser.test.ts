/** A sweep watched in Chromium from before its first trial to after its last, killed and resumed on the way. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';
import { serveLive } from '../../../reports/live/server.ts';
import { runExperiment } from '../../../src/runs/run.ts';
import { child } from '../../runs/_child.ts';
import { fakeModule, fakePlan, temporaryFolder } from '../../runs/support.ts';
import { chromiumPath, here, maybe, until, why } from '../_browser.ts';

let browser: Browser;
if (here) {
  test.before(async () => {
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
    });
  });
  test.after.always(() => browser?.close());
}

maybe(`from the first trial to the last, at 375 and 1280 pixels, killed and resumed${why}`, async (t) => {
  const base = await temporaryFolder(t);
  const folder = join(base, 'runs', 'fake');
  const attack = '<img src=x onerror="document.title=\'broken in\'">';
  const plan = await fakePlan(base, [
    { variant: 'slow-40', evaluations: 40 },
    { variant: 'throws' },
    { variant: 'slow-40', evaluations: 40 },
    { variant: 'slow-20', evaluations: 40 },
  ]);
  const trials = plan.trials.map((trial, i) => (i === 2 ? { ...trial, label: attack } : trial));
  const options = { runs: join(base, 'runs'), performModule: fakeModule, neighbors: join(base, 'n') };
  let server = await serveLive({ folder, port: 0 });
  const port = Number(new URL(server.url).port);
  t.teardown(() => server.close());
  const complaints: string[] = [];
  const opened = async (width: number): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    // A server that is away is what the console says of it; the page says it as well.
    page.on('console', (message) => {
      if (!/ERR_CONNECTION|ERR_EMPTY/.test(message.text())) complaints.push(message.text());
    });
    await page.goto(server.url);
    return page;
  };
  const pages = [await opened(375), await opened(1280)] as const;
  const [page] = pages;
  const text = () => page.locator('main').innerText();
  const says = (what: RegExp) => until(String(what), async () => what.test(await text()));
  const fits = async () => {
    for (const one of pages) {
      t.true(await one.evaluate('document.documentElement.scrollWidth <= innerWidth'));
    }
  };
  await says(/There is no experiment in .* yet/);

  const first = child(t, { task: 'run', plan: { ...plan, trials }, options });
  await says(/0 of 4 trials finished, 1 running/);
  await until('a curve', async () => (await page.locator('.card .curve polyline').count()) > 0);
  await until('a snapshot', async () => (await page.locator('.card .strip img').count()) > 0);
  await until('it is loaded', () =>
    page
      .locator('.strip img')
      .first()
      .evaluate((img: { naturalWidth: number }) => img.naturalWidth > 0),
  );
  await fits();
  await says(/evaluation \d+ of 40 · [\d.]+ a second · [\d.]+ s left · \d+ MB · on /);
  await says(/1 of 4 trials finished, 1 running, 1 failed/);
  await page.locator('details.failure summary').first().click();
  await says(/conv9_9/);
  await says(/Again: neckar retry fake [0-9a-f]{16}/);
  await until('the name is text', async () => (await text()).includes(attack));

  process.kill(-first.process.pid!, 'SIGKILL');
  await first.ended;
  await says(/1 of 4 trials finished, 1 failed, nobody is working at it now/);
  t.true(
    await page
      .locator('details.failure')
      .first()
      .evaluate((one: { open: boolean }) => one.open),
    'still open',
  );

  await server.close();
  await says(/Nobody answers here since/);
  server = await serveLive({ folder, port });
  await until('it goes on by itself', async () => !/Nobody answers/.test(await text()));

  const summary = await runExperiment({ ...plan, trials }, options);
  t.is(summary.exitCode, 1);
  await says(/3 of 4 trials finished, 1 failed\./);
  await until('all pictures', async () => (await page.locator('.finished img').count()) === 3);
  await fits();
  t.is(await page.title(), '100 % fake');
  t.deepEqual(complaints, []);
  await rm(folder, { recursive: true });
  await says(/There is no experiment in .* yet/);
});
