import type { Page } from 'playwright-core';
import { completedSteps } from '../../reports/charts/trajectories.ts';
import { maybe, report, until, why } from './_browser.ts';
import { synthetic } from './_synthetic.ts';

/** As many variants, optimisers and metrics as a main job has, on few pairs. */
const made = synthetic({ size: 64, evaluations: 12, allFine: true });
const opened = report(() => made);

const title = (page: Page) => page.locator('#viewer [data-part="title"]').textContent();
const shownPanels = (page: Page) => page.locator('.panel').filter({ visible: true }).count();
const zoom = (page: Page) => page.locator('#viewer [data-part="zoom"]').textContent();

/** Waits until the address holds something: it is written a moment after what it says. */
async function addressed(page: Page, part: string): Promise<string> {
  const hash = () => page.evaluate<string>('location.hash');
  await until(`${part} in the address`, async () => decodeURIComponent(await hash()).includes(part));
  return hash();
}

async function state(page: Page) {
  return {
    rows: await page.locator('[data-axis="rows"]').inputValue(),
    columns: await page.locator('[data-axis="columns"]').inputValue(),
    chosen: await page.locator('.chip input:checked').count(),
    cells: await page
      .locator('table.grid figure.cell')
      .evaluateAll((all) => all.map((cell) => cell.getAttribute('data-trial'))),
    panels: await page
      .locator('.panel')
      .filter({ visible: true })
      .evaluateAll((all) => all.map((panel) => panel.getAttribute('data-choice'))),
    extremes: await page.locator('#extremes select').inputValue(),
  };
}

async function comparison(page: Page) {
  return {
    title: await title(page),
    zoom: await zoom(page),
    mode: await page.locator('#viewer').getAttribute('data-mode'),
    pictures: await page
      .locator('#viewer .pane img')
      .evaluateAll((all) => all.map((image) => image.getAttribute('src'))),
    places: await page.locator('#viewer .sheet').evaluateAll((all) =>
      all.map((sheet) => {
        const { x, y, width, height } = sheet.getBoundingClientRect();
        return [x, y, width, height].map((length) => Math.round(length));
      }),
    ),
    wipe: await page.locator('#viewer [data-part="wipe"]').inputValue(),
    scrub: await page.locator('#viewer [data-part="scrub-label"]').textContent(),
    details: await page.locator('#viewer [data-part="details"]').isVisible(),
  };
}

maybe(`a link shows the same axes, choices and charts to whoever follows it${why}`, async (t) => {
  let hash = '';
  let before: Awaited<ReturnType<typeof state>> | undefined;
  await opened(t, {}, async (page) => {
    const plain = await state(page);
    t.is(await page.evaluate('location.hash'), '', 'what is as it was at first is not said');
    await page.selectOption('[data-axis="rows"]', 'style');
    await page.selectOption('[data-axis="columns"]', 'optimizer');
    await page.getByRole('radio', { name: 'harbour' }).check();
    await page.locator('#chart-losses-over-evaluations .panels').waitFor();
    await page.locator('.alternatives > .picker select').first().selectOption('seconds');
    await page.locator('#chart-scores select').selectOption('SSIM to the content');
    before = await state(page);
    t.notDeepEqual(before, plain);
    hash = await addressed(page, 'by:Metric=SSIM');
    await page.locator('#site-nav a', { hasText: 'Cost' }).click();
    t.deepEqual(await state(page), before, 'a jump within the page changes nothing else');
    hash = await addressed(page, 'go=cost');
  });
  await opened(
    t,
    {},
    async (page) => {
      t.deepEqual(await state(page), before);
      await until('the section in view', async () => {
        const top = await page.locator('#cost').evaluate((section) => section.getBoundingClientRect().top);
        return Math.abs(top) < 100;
      });
    },
    hash,
  );
  // What the report has not (any more) is as it is at first.
  await opened(
    t,
    {},
    async (page) => {
      t.is(await page.locator('table.grid figure.cell').count(), 16);
      t.false(await page.locator('#viewer').isVisible());
    },
    '#?rows=nothing&columns=<img>&at%3Aoptimizer=sgd&by%3AMetric=none&view=gone&mode=x&zoom=abc',
  );
});

maybe(`a link shows the same comparison, and Back leads from it to the page${why}`, async (t) => {
  let hash = '';
  let before: Awaited<ReturnType<typeof comparison>> | undefined;
  await opened(t, {}, async (page) => {
    await page.locator('figure.cell a').nth(2).click();
    await page.keyboard.press('3');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('[');
    await page.locator('#viewer [data-part="wipe"]').fill('30');
    await page.locator('#viewer [data-part="stage"]').focus();
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    await page.locator('#viewer [data-part="stage"]').hover();
    await page.mouse.down();
    await page.mouse.move(700, 380, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.press('i');
    hash = await addressed(page, 'details=yes');
    before = await comparison(page);
    t.is(before.mode, 'wipe');
    t.is(before.scrub, 'evaluation 60');
  });
  await opened(
    t,
    {},
    async (page) => {
      await until('the same zoom', async () => (await zoom(page)) === before!.zoom);
      const after = await comparison(page);
      for (const [i, place] of after.places.entries())
        for (const [k, length] of place.entries())
          t.true(Math.abs(length - before!.places[i]![k]!) <= 1, `${length} ${before!.places[i]![k]}`);
      t.deepEqual({ ...after, places: [] }, { ...before!, places: [] });
      await page.goBack();
      await page.locator('#viewer').waitFor({ state: 'hidden' });
      t.regex(await page.title(), /Neckar$/, 'still on the page');
      await page.goForward();
      await page.locator('#viewer').waitFor();
      t.is(await title(page), before!.title);
    },
    hash,
  );
});

maybe(`Back closes the comparison once, also after it was closed and opened again${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    const viewer = page.locator('#viewer');
    const steps = () => page.evaluate<number>('history.length');
    const begun = await steps();
    await page.locator('figure.cell a').first().click();
    await viewer.waitFor();
    t.is(await steps(), begun + 1);
    await page.goBack();
    await viewer.waitFor({ state: 'hidden' });
    t.is(await page.evaluate('location.hash'), '');
    for (let k = 0; k < 3; k++) {
      await page.locator('figure.cell a').nth(k).click();
      await viewer.waitFor();
      await page.keyboard.press('Escape');
      await viewer.waitFor({ state: 'hidden' });
      await until(
        'no comparison in the address',
        async () => !(await page.evaluate<string>('location.hash')).includes('view='),
      );
    }
    t.is(await steps(), begun + 1, 'what was closed leaves no steps behind');
    await page.locator('figure.cell a').first().click();
    await viewer.waitFor();
    await page.goBack();
    await viewer.waitFor({ state: 'hidden' });
    t.is(await page.locator('table.grid figure.cell').count(), 16);
  });
});

maybe(
  `one panel of each chart is seen, and one choice of a metric rules all charts that have it${why}`,
  async (t) => {
    await opened(t, { viewport: { width: 1280, height: 900 } }, async (page) => {
      const all = await page.locator('.panel').count();
      const shown = await shownPanels(page);
      t.true(all > 25, String(all));
      t.true(shown <= 9, String(shown));
      const figures = await page.locator('main figure').filter({ visible: true }).count();
      // 16 results with 8 sources, 12 of worst, median and best, and a panel of each chart.
      t.true(figures <= 16 + 8 + 12 + 9, String(figures));
      const panels = (chart: string) =>
        page
          .locator(`#chart-${chart} .panel`)
          .filter({ visible: true })
          .evaluateAll((list) => list.map((panel) => panel.getAttribute('data-choice')));
      await page.locator('#chart-scores select').selectOption('Colours unlike the style’s');
      t.deepEqual(await panels('scores'), ['Colours unlike the style’s']);
      t.is(
        await page.locator('#extremes select option:checked').textContent(),
        'Colours unlike the style’s (lower is better)',
      );
      const [first] = await panels('losses-over-evaluations');
      const term = page.locator('#chart-losses-over-evaluations select');
      await term.selectOption('all');
      t.true((await panels('losses-over-evaluations')).length > 4);
      await term.selectOption(first!);
      t.deepEqual(await panels('losses-over-evaluations'), [first]);
      t.is((await panels('losses-over-seconds')).length, 0);
      await page.locator('.alternatives > .picker select').first().selectOption('seconds');
      t.deepEqual(await panels('losses-over-evaluations'), []);
      t.is((await panels('losses-over-seconds')).length, 1);
    });
    await opened(t, { javaScriptEnabled: false }, async (page) => {
      t.is(await shownPanels(page), await page.locator('.panel').count(), 'without scripts all are there');
    });
  },
);

maybe(`a mark that is pointed at shows its value and its trial’s picture${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    const card = page.locator('.hover-card');
    t.false(await card.isVisible());
    const chart = page.locator('#chart-scores .panel').filter({ visible: true });
    await chart.scrollIntoViewIfNeeded();
    const mark = chart.locator('.drawing a').first();
    await mark.hover();
    await card.waitFor();
    const href = await mark.evaluate((link) => link.getAttribute('xlink:href')!);
    const row = page.locator(`#scores tbody tr:has(a[href="${href}"])`);
    const metric = await chart.getAttribute('data-choice');
    const column = await page
      .locator('#scores thead th')
      .evaluateAll((all, name) => all.findIndex((head) => head.textContent!.startsWith(name!)), metric);
    const value = Number(await row.locator('td, th').nth(column).getAttribute('data-value'));
    const said = await card.locator('strong').textContent();
    t.is(Number(said!.replace('−', '-')), Number(value.toPrecision(3)));
    const picture = await page.evaluate<string>(
      `document.querySelector('figure[data-trial="' + ${JSON.stringify(href)}.replace('#trial-', '') + '"] img')?.getAttribute('src') ?? ''`,
    );
    if (picture !== '') t.is(await card.locator('img').getAttribute('src'), picture);
    t.true((await card.locator('img').evaluate((image) => image.getBoundingClientRect().width)) > 60);
    await page.mouse.move(2, 2);
    await card.waitFor({ state: 'hidden' });

    // On a line the value is read off the scales: near what the trace says.
    const losses = page.locator('#chart-losses-over-evaluations .panel').filter({ visible: true });
    await losses.scrollIntoViewIfNeeded();
    const end = () =>
      page.evaluate<{ x: number; y: number }>(`(() => {
        const panel = [...document.querySelectorAll('#chart-losses-over-evaluations .panel')].find((one) => !one.hidden);
        const path = panel.querySelector('.drawing a path');
        const { x, y } = path.getPointAtLength(path.getTotalLength()).matrixTransform(path.getScreenCTM());
        return { x, y };
      })()`);
    // Until what is laid out on the way has its place.
    await until('a card beside the line', async () => {
      const { x, y } = await end();
      await page.mouse.move(x - 30, y - 60);
      await page.mouse.move(x, y);
      return card.isVisible();
    });
    const label = await card.locator('span').textContent();
    const trial = made.trials.find((one) => one.label === label)!;
    const last = completedSteps(await made.trace(trial.id)).at(-1)!;
    const [, worth, evaluation] = /^≈ (\S+) at (\S+)$/.exec((await card.locator('strong').textContent())!)!;
    const term = (await losses.getAttribute('data-choice'))!.replace(/ \(.*$/, '');
    const expected = term === 'total' ? last.total : last.terms[term]!.value;
    t.true(Math.abs(Number(evaluation) / last.evaluation - 1) < 0.01, `${evaluation} ${last.evaluation}`);
    t.true(Math.abs(Number(worth) / expected - 1) < 0.01, `${worth} ${expected}`);
  });
});
