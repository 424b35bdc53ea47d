import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { fromBuffer } from 'yauzl';
import { maybe, report, until, why } from './_browser.ts';
import { measured } from './_measured.ts';

const opened = report(() => measured().input);

/** Numbers that the edge of their table, or the column that stays, cuts through, and those broken into two lines. */
const cutNumbers = `(() => {
  const found = [];
  for (const scroll of document.querySelectorAll('.scroll')) {
    const table = scroll.querySelector('table.numbers');
    if (table === null || !table.checkVisibility()) continue;
    const box = scroll.getBoundingClientRect();
    for (const row of table.rows) {
      const left = row.cells[0].getBoundingClientRect().right;
      for (const cell of [...row.cells].slice(1)) {
        const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const text = walker.currentNode.data;
          for (const match of text.matchAll(/[−-]?\\d[\\d.]*(?:\\s×\\s10[⁰-⁹⁻¹²³]+)?/g)) {
            const range = document.createRange();
            range.setStart(walker.currentNode, match.index);
            range.setEnd(walker.currentNode, match.index + match[0].length);
            const rects = [...range.getClientRects()].filter(({ width }) => width > 0);
            const whole = rects.every(({ left: a, right: b }) =>
              (a >= left - 0.5 && b <= box.right + 0.5) || b <= left + 0.5 || a >= box.right - 0.5);
            const own = cell.getBoundingClientRect();
            const within = rects.every(({ left: a, right: b }) => a >= own.left - 0.5 && b <= own.right + 0.5);
            if (!cell.classList.contains('number') && !cell.querySelector('.interval')) { if (whole) continue; }
            if (rects.length > 1 || !whole || !within)
              found.push(scroll.getAttribute('aria-label') + ': ' + match[0] + ' in ' + cell.textContent + ' ' + rects.length + whole + within);
          }
        }
      }
    }
  }
  return found;
})()`;

maybe(`on a phone no number of a table is cut or broken, wherever it is scrolled to${why}`, async (t) => {
  await opened(t, { viewport: { width: 375, height: 800 } }, async (page) => {
    // The script adds one of the folds: until it is there, the others are not at their places.
    await page.locator('#figure').waitFor({ state: 'attached' });
    for (const fold of await page.locator('details.many > summary').all()) await fold.click();
    t.deepEqual(await page.evaluate<string[]>(cutNumbers), []);
    const offsets = () =>
      page.evaluate<number[]>(
        "[...document.querySelectorAll('.scroll:has(> table.numbers)')].map((one) => one.scrollLeft)",
      );
    // Anywhere between two columns: the browser goes to one of them.
    for (const by of [70, 333, 1e5]) {
      await page.evaluate(
        `for (const one of document.querySelectorAll('.scroll:has(> table.numbers)')) one.scrollTo({ left: ${by}, behavior: 'instant' })`,
      );
      let before = await offsets();
      await until('tables at rest', async () => {
        const now = await offsets();
        const rest = String(now) === String(before);
        before = now;
        return rest;
      });
      t.true(before.some((offset) => offset > 0));
      t.deepEqual(await page.evaluate<string[]>(cutNumbers), [], String(by));
      const first = await page.evaluate<number[]>(
        "[...document.querySelectorAll('.scroll > table.numbers')].filter((one) => one.checkVisibility()).map((one) => Math.round(one.tBodies[0].rows[0].cells[0].getBoundingClientRect().left - one.parentElement.getBoundingClientRect().left))",
      );
      t.true(
        first.every((offset) => offset === 0),
        'what a row is called stays',
      );
    }
    t.is(await page.evaluate('document.documentElement.scrollWidth'), 375);
  });
});

maybe(`on a wide screen pictures, charts and tables use the width${why}`, async (t) => {
  const right = (page: Page, selector: string) =>
    page.evaluate<number>(
      `Math.max(...[...document.querySelectorAll(${JSON.stringify(selector)})].filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect().right))`,
    );
  const cell = (page: Page) =>
    page
      .locator('figure.cell')
      .first()
      .evaluate((one) => one.getBoundingClientRect().width);
  let narrow = 0;
  await opened(t, { viewport: { width: 1280, height: 900 } }, async (page) => {
    narrow = await cell(page);
    t.true((await right(page, 'table.grid')) > 0.9 * 1280);
  });
  await opened(t, { viewport: { width: 2560, height: 1300 } }, async (page) => {
    t.true((await right(page, 'table.grid')) > 0.9 * 2560, 'the grid reaches across');
    t.true((await cell(page)) > 1.7 * narrow, 'its pictures grow');
    t.true((await right(page, '#means table')) > 0.75 * 2560);
    t.true((await right(page, '#answer')) > 0.75 * 2560);
    for (const section of ['#evidence', '#course', '#cost']) {
      const places = await page.evaluate<{ left: number; top: number }[]>(
        `[...document.querySelectorAll('${section} .panel')].filter((one) => one.checkVisibility()).map((one) => { const { left, top } = one.closest('.chart').getBoundingClientRect(); return { left, top }; })`,
      );
      const beside = new Set(places.map(({ left }) => Math.round(left)));
      t.true(beside.size >= Math.min(places.length, 2), section);
      t.true((await right(page, `${section} .chart`)) > 0.6 * 2560, section);
    }
  });
});

for (const [deviceScaleFactor, viewport] of [
  [1, { width: 1280, height: 900 }],
  [2, { width: 640, height: 500 }],
] as const) {
  maybe(
    `100 % is one pixel of the picture on one of the screen, at ${deviceScaleFactor} for each of CSS${why}`,
    async (t) => {
      await opened(t, { viewport, deviceScaleFactor }, async (page) => {
        await page.locator('figure.cell a').first().click();
        const shown = page.locator('#viewer [data-part="zoom"]');
        t.not(await shown.textContent(), '100 %', 'it fits the window at first');
        await page.keyboard.press('p');
        await until('100 %', async () => (await shown.textContent()) === '100 %');
        const found = await page.evaluate<{
          box: number[];
          stage: number[];
          size: number[];
          data: number[];
        }>(`(() => {
          const image = document.querySelector('#viewer [data-part="a"] img');
          const canvas = document.createElement('canvas');
          Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
          const brush = canvas.getContext('2d');
          brush.drawImage(image, 0, 0);
          const edges = ({ left, top, right, bottom }) => [left, top, right, bottom].map((length) => length * devicePixelRatio);
          return {
            box: edges(image.getBoundingClientRect()),
            stage: edges(document.querySelector('#viewer .stage').getBoundingClientRect()),
            size: [canvas.width, canvas.height],
            data: [...brush.getImageData(0, 0, canvas.width, canvas.height).data],
          };
        })()`);
        const [left, top, right, bottom] = found.box as [number, number, number, number];
        // Browsers lay out in sixty-fourths of a pixel of CSS.
        const unit = (1.01 * deviceScaleFactor) / 64;
        t.true(Math.abs(right - left - found.size[0]!) <= unit, 'as wide as its pixels');
        t.true(Math.abs(bottom - top - found.size[1]!) <= unit);
        for (const edge of [left, top]) t.true(Math.abs(edge - Math.round(edge)) <= unit, 'on whole pixels');

        const { data, info } = await sharp(await page.screenshot())
          .removeAlpha()
          .raw()
          .toBuffer({ resolveWithObject: true });
        let compared = 0;
        let worst = 0;
        for (let y = 0; y < found.size[1]!; y++) {
          for (let x = 0; x < found.size[0]!; x++) {
            const [sx, sy] = [Math.round(left) + x, Math.round(top) + y];
            if (sx < found.stage[0]! + 2 || sx >= found.stage[2]! - 2) continue;
            if (sy < found.stage[1]! + 2 || sy >= found.stage[3]! - 2) continue;
            for (let c = 0; c < 3; c++) {
              const seen = data[3 * (sy * info.width + sx) + c]!;
              worst = Math.max(worst, Math.abs(seen - found.data[4 * (y * found.size[0]! + x) + c]!));
            }
            compared++;
          }
        }
        t.true(compared > 1000, String(compared));
        t.true(worst <= 1, `every pixel is the picture’s: ${worst}`);
        await page.keyboard.press('0');
        await until('it fits again', async () => (await shown.textContent()) !== '100 %');
      });
    },
  );
}

maybe(`chosen rows and columns are downloaded as PNG, PDF and LaTeX${why}`, async (t) => {
  await opened(t, {}, async (page) => {
    await page.locator('#figure > summary').click();
    const panel = page.locator('#figure');
    const boxes = panel.locator('fieldset').nth(1).locator('input');
    t.is(await boxes.count(), 3);
    await boxes.first().uncheck();
    const rows = panel.locator('fieldset').first().locator('input');
    for (let k = 2; k < (await rows.count()); k++) await rows.nth(k).uncheck();
    const command = await panel.locator('.command pre').textContent();
    t.regex(command!, /^neckar figure synthetic --rows '?pair=.* --columns variant=\S+,\S+ --at optimizer=/);
    const files = new Map<string, Buffer>();
    for (const kind of ['PNG', 'PDF', 'LaTeX']) {
      const waiting = page.waitForEvent('download');
      await panel.getByRole('button', { name: kind, exact: true }).click();
      const download = await waiting;
      files.set(download.suggestedFilename(), await readFile(await download.path()));
    }
    t.deepEqual([...files.keys()], ['figure.png', 'figure.pdf', 'figure.zip']);
    const png = await sharp(files.get('figure.png')!).metadata();
    // 174 mm at 300 dots to the inch.
    t.is(png.width, Math.round((174 / 25.4) * 300));
    const pdf = files.get('figure.pdf')!.toString('latin1');
    t.true(pdf.startsWith('%PDF-1.4') && pdf.endsWith('%%EOF\n'));
    // Two rows of content, style and two variants.
    t.is(pdf.split('/Subtype /Image').length - 1, 8);
    const entries = await unzipped(files.get('figure.zip')!);
    t.deepEqual(
      [...entries.keys()].sort(),
      ['figure.tex', ...[1, 2].flatMap((r) => [1, 2, 3, 4].map((c) => `figure/${r}-${c}.png`))].sort(),
    );
    const tex = entries.get('figure.tex')!.toString();
    for (const [, path] of tex.matchAll(/\\includegraphics\[[^\]]*\]\{([^}]*)\}/g))
      t.true(entries.has(path!), path);
    t.true(tex.includes(command!));
    t.is((await sharp(entries.get('figure/1-3.png')!).metadata()).format, 'png');
    // The choice is in the address, and comes back with it.
    const hash = await page.evaluate<string>('location.hash');
    await page.goto('about:blank');
    await page.goBack();
    t.is(await page.evaluate<string>('location.hash'), hash);
    t.is(await page.locator('#figure .command pre').textContent(), command);
  });
});

function unzipped(bytes: Buffer): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, validateEntrySizes: true }, (error, zip) => {
      if (error) return reject(error);
      const files = new Map<string, Buffer>();
      zip.on('error', reject);
      zip.on('end', () => resolve(files));
      zip.on('entry', (entry) => {
        zip.openReadStream(entry, (failed, stream) => {
          if (failed) return reject(failed);
          const parts: Buffer[] = [];
          stream.on('data', (part: Buffer) => parts.push(part));
          stream.on('end', () => {
            files.set(entry.fileName, Buffer.concat(parts));
            zip.readEntry();
          });
        });
      });
      zip.readEntry();
    });
  });
}
