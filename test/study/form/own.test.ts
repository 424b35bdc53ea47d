/** Words, questions and languages of one's own in the browser, and a phone on its side. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { composeForm } from '../../../src/study/form/compose.ts';
import { handOutForm } from '../../../src/study/form/handout.ts';
import { shippedTexts } from '../../../src/study/form/shipped.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { studyFolder, temporaryFolder } from '../_study.ts';
import { served } from '../server/_client.ts';
import { faults, fillFields, heading, maybe, opened, small, until, why } from './_browser.ts';

const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** Would run if anything of a text were taken for HTML. */
const script = `</script><img src=x onerror="document.title='broken'"><b>&amp;</b>`;

const hostile = composeForm({
  languageFiles: [
    {
      path: 'xx.json',
      bytes: bytes({
        ...shippedTexts.en,
        code: 'xx',
        language: script,
        direction: 'rtl',
        'consent.heading': `Heading ${script}`,
        'about.other': script,
      }),
    },
  ],
  languages: ['xx', 'en'],
  consent: [
    {
      path: 'c.md',
      bytes: bytes('# Lab 3\n\nApproved: **E-17**. [Write](mailto:a@b.org) `x < y && z > 1` &lt;b>'),
    },
  ],
  questionFile: {
    path: 'q.json',
    bytes: bytes({
      questions: [{ id: 'wall', ask: { xx: script, en: 'Wall?' }, more: { xx: script, en: 'More.' } }],
      background: [
        {
          id: 'pets',
          ask: { xx: `Pets ${script}`, en: 'Pets?' },
          answers: [{ id: 'yes', label: { xx: script, en: 'Yes' } }],
        },
        'country',
      ],
    }),
  },
});

/** Through the pages before the pictures, each read on the way. */
async function toPictures(page: Page): Promise<string[]> {
  const seen: string[] = [];
  const read = async () => seen.push((await page.locator('main').textContent())!);
  await page.waitForSelector('input[name=consent]');
  await read();
  await page.check('input[name=consent]');
  await page.locator('.primary').click();
  for (const field of ['#field-pets', '#field-device']) {
    await page.waitForSelector(field);
    await read();
    await fillFields(page);
    await page.locator('.primary').click();
  }
  await until(page, 'document.querySelector("select") === null');
  await read();
  await page.locator('.primary').click();
  await page.waitForSelector('.trial .answers button');
  await read();
  return seen;
}

async function readAsText(t: ExecutionContext, page: Page, complaints: string[]): Promise<void> {
  const [consent, about, , training, trial] = await toPictures(page);
  t.true(consent!.includes(`Heading ${script}`) && consent!.includes(script));
  t.true(consent!.includes('Lab 3') && consent!.includes('x < y && z > 1') && consent!.includes('&lt;b>'));
  t.true(about!.includes(`Pets ${script}`));
  t.true(about!.includes('I prefer not to say'));
  t.regex(training!, /for practice, with real pictures of this study/);
  t.true(trial!.includes(script));
  t.is(await page.locator('img[src=x]').count(), 0);
  t.is(await page.title(), shippedTexts.en['page.title']);
  t.deepEqual(complaints, []);
}

maybe(`texts of one's own are shown as the characters they are, on the web${why}`, async (t) => {
  const { url, store } = await served(t, { ...small, form: hostile });
  const { page, complaints } = await opened(t, url, { viewport: { width: 1280, height: 800 }, locale: 'xx' });
  await page.waitForSelector('.own');
  t.is(await page.locator('.own a').getAttribute('href'), 'mailto:a@b.org');
  t.is(await page.locator('html').getAttribute('dir'), 'rtl');
  await readAsText(t, page, complaints);
  // A is on the left, also where writing begins on the right.
  const at = async (part: string) => (await page.locator(part).boundingBox())!.x;
  t.true((await at('.picture.left')) < (await at('.picture.right')));
  t.true((await at('button.left')) < (await at('button.right')));
  t.deepEqual(store.raters()[0]!.background, {
    pets: 'undisclosed',
    country: store.raters()[0]!.background.country!,
  });
  t.is(store.raters()[0]!.language, 'xx');
});

maybe(`texts of one's own are shown as the characters they are, from the disk${why}`, async (t) => {
  const base = await temporaryFolder(t);
  const { folder, study } = await studyFolder(base, { ...small, form: hostile });
  const store = new StudyStore(folder, study);
  t.teardown(() => store.close());
  const { html } = await handOutForm(folder, store);
  const path = join(base, 'form.html');
  await writeFile(path, html);
  const { page, complaints } = await opened(t, pathToFileURL(path).href, {
    viewport: { width: 1280, height: 800 },
    locale: 'xx',
    offline: true,
  });
  await readAsText(t, page, complaints);
});

const long = composeForm({
  languages: ['en'],
  questionFile: {
    path: 'q.json',
    bytes: bytes({
      questions: [
        {
          id: 'long',
          ask: `Which of the two pictures ${'would you rather look at '.repeat(4)}?`,
          more: `All in all ${'and in every respect '.repeat(9)}.`,
        },
      ],
      background: [],
    }),
  },
});

for (const [width, height] of [
  [667, 375],
  [844, 390],
  [568, 320],
] as const) {
  for (const [name, form] of [
    ['the shipped questions', composeForm({ questions: ['content', 'preference'] })],
    ['a question as long as may be', long],
  ] as const) {
    maybe(
      `a phone on its side, ${width} × ${height}, sees pictures, question and answers at once: ${name}${why}`,
      async (t) => {
        const { url } = await served(t, { ...small, form });
        const { page, complaints } = await opened(t, url, {
          viewport: { width, height },
          hasTouch: true,
          isMobile: true,
          locale: 'de',
        });
        await page.waitForSelector('input[name=consent]');
        await page.check('input[name=consent]');
        await page.locator('.primary').tap();
        for (const field of form.background.length > 0
          ? ['#field-age', '#field-device']
          : ['#field-device']) {
          await page.waitForSelector(field);
          await fillFields(page);
          await page.locator('.primary').tap();
        }
        await until(page, 'document.querySelector("select") === null');
        let kinds = '';
        for (let step = 0; step < 200 && !kinds.includes('rating'); step++) {
          await page.waitForSelector('.sheet .primary, .trial .answers:not(:has(.chosen)) button');
          if ((await page.locator('.sheet').count()) > 0) {
            if (
              await page
                .locator('.sheet')
                .getByText(/↶|→|Taste|arrow key/)
                .count()
            )
              t.fail((await heading(page))!);
            await page.locator('.primary').tap();
            await page.waitForSelector('.trial');
            continue;
          }
          const kind = (await page.locator('.trial.rating').count()) > 0 ? 'rating' : 'pair';
          if (!kinds.includes(kind)) {
            kinds += kind;
            const fits = await page.evaluate<Record<string, number>>(`(() => {
            const box = (selector) => document.querySelector(selector).getBoundingClientRect();
            return {
              scroll: document.documentElement.scrollHeight - innerHeight,
              top: box('#question').top,
              below: innerHeight - box('.answers').bottom,
              overlap: box('#question').top - box('.results').bottom,
              picture: box('.results img').height / innerHeight,
              tap: box('.answers button').height,
            };
          })()`);
            t.true(fits.scroll! <= 0 && fits.top! >= 0 && fits.below! >= 0, JSON.stringify(fits));
            t.true(fits.overlap! >= -1, JSON.stringify(fits));
            t.true(fits.picture! >= 0.3, JSON.stringify(fits));
            t.true(fits.tap! >= 40, JSON.stringify(fits));
            t.deepEqual(await faults(page), []);
          }
          await page.evaluate('new Promise((resolve) => setTimeout(resolve, 260))');
          await page.locator('.answers button').first().tap();
        }
        t.is(kinds, 'pairrating');
        t.deepEqual(complaints, []);
      },
    );
  }
}
