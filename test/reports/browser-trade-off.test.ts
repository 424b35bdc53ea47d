import type { Page } from 'playwright-core';
import { maybe, report, why } from './_browser.ts';
import { tradeOffInput } from './_trade-off.ts';

const opened = report(() =>
  tradeOffInput({
    variants: ['gram', 'johnson', 'dumoulin', 'microast', 'adain'],
    lengths: [1, 1.2, 0.9, 1.1, 1, 1.05, 0.95, 1.3],
  }),
);

const slider = (page: Page) => page.getByRole('slider', { name: 'Each network’s training spread over' });
const row = (page: Page) => page.locator('[data-part="spread-row"] td');
/** Middles of the marks of the panel that is seen, in the window, in the order of the ways. */
const places = (page: Page) =>
  page.locator('#chart-trade-off .panel:not([hidden]) .ways_marks path').evaluateAll((marks) =>
    marks.map((mark) => {
      const box = mark.getBoundingClientRect();
      return box.x + box.width / 2;
    }),
  );

maybe(`the training’s share is moved by keys, in the chart, the table and the address${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    t.is(await slider(page).getAttribute('aria-valuetext'), '100 pictures');
    t.regex(await row(page).nth(1).innerText(), /^2\.11 s/);
    const before = await places(page);
    await slider(page).focus();
    await page.keyboard.press('ArrowRight');
    t.is(await slider(page).getAttribute('aria-valuetext'), '200 pictures');
    t.true(page.url().endsWith('#?spread=200'));
    // 0.106 s and 200 s over 200 pictures.
    t.regex(await row(page).nth(1).innerText(), /^1\.11 s/);
    const after = await places(page);
    t.is(after[0], before[0], 'what was not trained here stays');
    t.is(after[4], before[4], 'nor does what was trained elsewhere move');
    t.true(after[1]! < before[1]!);

    await page.keyboard.press('End');
    t.is(await slider(page).getAttribute('aria-valuetext'), 'any number of pictures');
    t.true(page.url().endsWith('#?spread=any'));
    t.is((await row(page).nth(1).innerText()).replace(/\s+/g, ' '), '106 ms [93.3 ms, 121 ms]');
    // Where its training does not count, a mark stands at the begin of its dotted line.
    const begins = await page
      .locator('#chart-trade-off .panel:not([hidden]) .layer_0_marks line')
      .evaluateAll((lines) => lines.map((line) => line.getBoundingClientRect().x));
    const there = await places(page);
    for (const [i, x] of there.entries()) t.true(Math.abs(x - begins[i]!) < 1, `${i}`);

    await page.keyboard.press('Home');
    t.is(await slider(page).getAttribute('aria-valuetext'), '1 picture');
    t.regex(await row(page).nth(1).innerText(), /^3 min 20 s/);
  });
});

maybe(`a link shows the share it was made with, and a mark says its seconds with it${why}`, async (t) => {
  await opened(
    t,
    {},
    async (page) => {
      t.is(await slider(page).getAttribute('aria-valuetext'), '1\u202f000 pictures');
      t.regex(await row(page).nth(3).innerText(), /^453 ms/);
      const drawing = page.locator('#chart-trade-off .panel:not([hidden]) .drawing');
      await drawing.focus();
      const names: string[] = [];
      const name = page.locator('#chart-trade-off .panel:not([hidden]) .mark-name');
      for (let k = 0; k < 5; k++) {
        await page.keyboard.press('ArrowRight');
        names.push((await name.textContent()) ?? '');
      }
      // From the left: 0.306, 0.4275, 0.425 s and 0.453 s; the optimisation's 21 s last.
      t.deepEqual(
        names.map((said) => / (johnson|dumoulin|microast|adain|gram)/.exec(said)?.[1]),
        ['johnson', 'adain', 'dumoulin', 'microast', 'gram'],
      );
      t.regex(names[0]!, /^0\.306, /);
    },
    '#?spread=1000',
  );
});

maybe(
  `on a phone nothing of it is wider than the page, light or dark, and it is there without scripts${why}`,
  async (t) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await opened(t, { viewport: { width: 375, height: 800 }, colorScheme }, async (page) => {
        await slider(page).scrollIntoViewIfNeeded();
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        t.true(width <= 375, String(width));
        const box = (await slider(page).boundingBox())!;
        t.true(box.width >= 120 && box.height >= 24, JSON.stringify(box));
        t.true(box.x >= 0 && box.x + box.width <= 375);
      });
    }
    await opened(t, { javaScriptEnabled: false }, async (page) => {
      t.is(await page.locator('#trade-off input').count(), 0);
      t.regex(await row(page).nth(1).innerText(), /^2\.11 s/);
      t.true(await page.locator('#chart-trade-off svg').first().isVisible());
    });
  },
);
