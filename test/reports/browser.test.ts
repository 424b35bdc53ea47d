import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { maybe, report, why } from './_browser.ts';
import { synthetic } from './_synthetic.ts';

const opened = report(() =>
  synthetic({
    size: 64,
    evaluations: 10,
    variants: ['gram', 'patches', `<img src=x onerror="document.title='hit'">`],
  }),
);

const cells = (page: Page) => page.locator('table.grid figure.cell').count();
const title = (page: Page) => page.locator('#viewer [data-part="title"]').textContent();

maybe(`without scripts every trial is on the page${why}`, async (t) => {
  await opened(t, { javaScriptEnabled: false }, async (page) => {
    t.is(await cells(page), 24);
    t.is(await page.locator('#viewer').isVisible(), false);
    t.true(await page.locator('.drawing svg').first().isVisible());
  });
});

maybe(
  `on paper no control is seen, tables keep their heads, and nothing is wider than the sheet${why}`,
  async (t) => {
    // A4 less its margins, at the 96 pixels per inch of CSS.
    await opened(t, { viewport: { width: 680, height: 1000 }, colorScheme: 'dark' }, async (page) => {
      const slider = page.getByLabel('Size');
      t.true(await slider.isVisible());
      await page.emulateMedia({ media: 'print' });
      for (const control of ['#grid .toolbar', '#site-nav', '.files', '.downloads', 'button.copy', '.skip']) {
        t.true((await page.locator(control).count()) > 0, control);
        t.is(await page.locator(control).filter({ visible: true }).count(), 0, control);
      }
      t.false(await slider.isVisible());
      t.true(await page.getByText('optimiser: lbfgs', { exact: true }).isVisible());
      t.true(await page.locator('#scores thead').getByText('ms per evaluation').isVisible());
      const paper = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
      t.is(paper, 'rgb(255, 255, 255)');
      const widest =
        await page.evaluate<number>(`Math.max(...[...document.querySelectorAll('main table, main figure')]
        .filter((element) => element.checkVisibility())
        .map((element) => Math.round(element.getBoundingClientRect().right)))`);
      t.true(widest > 400 && widest <= 680, String(widest));
    });
  },
);

maybe(`marks of charts are reached by arrows and by a click beside them${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    const chart = page.locator('#chart-losses-over-evaluations .panel:not([hidden])').first();
    await chart.scrollIntoViewIfNeeded();
    const drawing = chart.locator('.drawing');
    const name = chart.locator('.mark-name');
    await drawing.focus();
    await page.keyboard.press('ArrowRight');
    const first = await name.textContent();
    t.regex(first ?? '', /×/);
    await page.keyboard.press('ArrowRight');
    t.not(await name.textContent(), first);
    await page.keyboard.press('ArrowLeft');
    t.is(await name.textContent(), first);
    await page.keyboard.press('Enter');
    t.true(first!.endsWith(` · ${await title(page)}`), 'its value, then its name');
    await page.keyboard.press('Escape');

    // Beside the begin of a line.
    t.true(await page.evaluate("document.activeElement.classList.contains('drawing')"));
    const begin = (await page.evaluate(`(() => {
      const path = document.querySelector('#chart-losses-over-evaluations .panel:not([hidden]) .drawing a path');
      const { x, y } = path.getPointAtLength(0).matrixTransform(path.getScreenCTM());
      return { x, y };
    })()`)) as { x: number; y: number };
    await page.mouse.click(begin.x - 4, begin.y - 4);
    t.true(await page.locator('#viewer').isVisible());
    await page.keyboard.press('Escape');
  });
});

maybe(`any two axes can be rows and columns${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    t.is(await cells(page), 12);
    await page.getByRole('radio', { name: 'adam' }).check();
    t.is(await cells(page), 12);
    await page.selectOption('[data-axis="rows"]', 'optimizer');
    // Two optimisers by three variants, of the content and style chosen.
    t.is(await cells(page), 6);
    t.is(await page.locator('.margin figure').count(), 2);
    await page.selectOption('[data-axis="columns"]', 'optimizer');
    t.is(await page.locator('[data-axis="rows"]').inputValue(), 'variant');
    await page.getByLabel('Swap rows and columns').click();
    t.is(await page.locator('[data-axis="rows"]').inputValue(), 'optimizer');
    await page.selectOption('[data-axis="columns"]', 'style');
    t.deepEqual(await page.locator('table.grid thead figcaption').allInnerTexts(), ['swirls', 'hatching']);
  });
});

maybe(`the comparison is worked by keys alone${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    await page.locator('figure.cell a').first().focus();
    await page.keyboard.press('Enter');
    t.is(await title(page), 'hillside×swirls gram lbfgs');
    await page.keyboard.press('ArrowRight');
    t.is(await title(page), 'hillside×swirls gram adam');
    await page.keyboard.press('2');
    t.is(await title(page), 'hillside×swirls gram adam  ·  content: hillside');
    for (let k = 0; k < 3; k++) await page.keyboard.press('Shift+ArrowRight');
    t.is(
      await title(page),
      'hillside×swirls gram adam  ·  hillside×swirls patches lbfgs',
      'passes over A itself',
    );
    await page.keyboard.press('ArrowDown');
    t.is(await title(page), 'hillside×hatching gram adam  ·  hillside×hatching patches lbfgs');

    const shown = () => page.locator('[data-part="a"] img').getAttribute('src');
    const before = await shown();
    await page.keyboard.down('s');
    t.not(await shown(), before);
    await page.keyboard.up('s');
    t.is(await shown(), before);
    await page.keyboard.press('[');
    t.not(await shown(), before, 'an earlier evaluation');
    t.is(await page.locator('[data-part="scrub-label"]').textContent(), 'evaluation 60');

    const widths = () =>
      page.locator('.sheet').evaluateAll((all) => all.map((sheet) => sheet.getBoundingClientRect().width));
    const fitting = await widths();
    await page.keyboard.press('+');
    const enlarged = await widths();
    for (const [i, width] of enlarged.entries())
      t.true(Math.abs(width / fitting[i]! - 1.5) < 1e-3, 'both panes zoom together');

    await page.keyboard.press('i');
    t.true((await page.locator('[data-part="details"]').textContent())!.includes('"name": "adam"'));
    await page.keyboard.press('Escape');
    t.false(await page.locator('#viewer').isVisible());
  });
});

maybe(`marks and table rows lead to their picture, also one the grid does not show${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    await page.locator('#scores tbody tr').nth(1).locator('a').click();
    t.is(await title(page), 'hillside×swirls gram adam');
    await page.keyboard.press('Escape');
    await page.locator('#chart-scores .panel:not([hidden]) .drawing a').first().click();
    t.true(await page.locator('#viewer').isVisible());
  });
});

maybe(`worst, median and best by the metric that is chosen lead to their picture${why}`, async (t) => {
  const values = (page: Page) => page.locator('#extremes figcaption strong').allTextContents();
  const numbers = async (page: Page, row: number) =>
    (await values(page)).slice(3 * row, 3 * row + 3).map((text) => Number(text));
  await opened(t, { javaScriptEnabled: false }, async (page) => {
    t.is(await page.locator('#extremes tbody tr').count(), 3);
    t.is(await page.locator('#extremes img').count(), 9);
    const [worst, median, best] = await numbers(page, 0);
    t.true(worst! >= median! && median! >= best! && worst! > best!, 'a style distance: lower is better');
  });
  await opened(t, {}, async (page) => {
    const before = await values(page);
    await page.locator('#extremes select').selectOption({ label: 'SSIM to the content (higher is better)' });
    t.notDeepEqual(await values(page), before);
    const [worst, median, best] = await numbers(page, 0);
    t.true(worst! <= median! && median! <= best! && worst! < best!);
    const caption = await page.locator('#extremes figcaption').first().textContent();
    await page.locator('#extremes a.picture').first().click();
    t.true(await page.locator('#viewer').isVisible());
    for (const name of caption!.split(' · ')[0]!.replace(/^\S+ /, '').split(' × '))
      t.true((await title(page))!.includes(name), name);
  });
});

maybe(`tables sort by any column, numbers as numbers${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    const column = async () =>
      page
        .locator('#scores tbody tr td:nth-child(6)')
        .evaluateAll((all) => all.map((cell) => Number(cell.getAttribute('data-value'))));
    await page.getByRole('button', { name: /SSIM/ }).click();
    const best = await column();
    t.deepEqual(
      best,
      [...best].sort((a, b) => b - a),
      'the best first',
    );
    await page.getByRole('button', { name: /SSIM/ }).click();
    t.deepEqual(await column(), [...best].reverse());
  });
});

for (const [colorScheme, width] of [
  ['light', 375],
  ['dark', 1280],
] as const) {
  maybe(
    `${colorScheme}, ${width} px: no barrier that axe finds, on the page and in the comparison${why}`,
    async (t) => {
      await opened(t, { colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async (page) => {
        const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
        await page.addScriptTag({ content: await readFile(axe, 'utf8') });
        const violations = () =>
          page.evaluate(async () => {
            const { violations: found } = await (globalThis as unknown as { axe: Axe }).axe.run();
            return found.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
          });
        t.deepEqual(await violations(), []);
        await page.locator('figure.cell a').first().click();
        await page.keyboard.press('2');
        t.deepEqual(await violations(), []);
      });
    },
  );
}

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}

maybe(`no wider than the window, whatever its width, and no name is run as code${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    for (const width of [375, 768, 1280, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      t.is(await page.evaluate('document.documentElement.scrollWidth'), width);
    }
    t.is(await page.title(), 'Four losses, two optimisers – Neckar');
  });
});
