import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { handOutForm, importAnswers } from '../../../src/study/form/handout.ts';
import { withdrawalCode } from '../../../src/study/storage/codes.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { methodNames, studyFolder, temporaryFolder } from '../_study.ts';
import { served } from '../server/_client.ts';
import {
  begin,
  faults,
  fillFields,
  heading,
  leadOn,
  maybe,
  nextStep,
  opened,
  rate,
  small,
  why,
} from './_browser.ts';

const wide = { viewport: { width: 1280, height: 800 } };
const many = { ...small, methods: 14, pairs: 3, minutes: 9, kind: 'active' as const };
const clicking = (page: Page) => (selector: string) => page.locator(selector).first().click();

maybe(
  `an active design with fourteen methods through the browser, and what the next rater is asked${why}`,
  async (t) => {
    const { url, start, store, study } = await served(t, many);
    t.is(study.design.kind, 'active');
    t.deepEqual(study.sessions, []);
    const { page, complaints } = await opened(t, 'about:blank', wide);
    const heard: string[] = [];
    page.on('response', async (response) => {
      heard.push(response.url() + JSON.stringify(response.headers()));
      if (!response.url().includes('/stimuli/')) heard.push(await response.text().catch(() => ''));
    });
    await page.goto(url);
    await begin(page, clicking(page));
    t.deepEqual(await faults(page), []);
    await rate(page, (kind) => page.keyboard.press(kind === 'rating' ? '4' : 'ArrowRight'), clicking(page));
    await page.getByText('All your answers are saved').waitFor();
    t.deepEqual(complaints, []);
    for (const name of [...methodNames, 'method4', 'method13'])
      t.false(
        heard.some((text) => text.includes(name)),
        name,
      );
    t.is((await start('2'.repeat(32))).status, 200);
    const [one, two] = store.raters();
    t.true(one!.finishedAt !== undefined);
    t.is(
      store.answers(one!.id).length,
      one!.session.reduce((sum, { questions }) => sum + questions.length, 0),
    );
    // The second rater is asked what the first one's answers leave open.
    const main = (rater: typeof one) => {
      const pairs = rater!.session.filter((trial) => trial.kind === 'pair' && trial.role === 'main');
      return new Set(
        pairs.map((trial) => (trial.kind === 'pair' ? [trial.left, trial.right].sort().join() : '')),
      );
    };
    const again = [...main(two)].filter((pair) => main(one).has(pair)).length;
    t.true(again < main(two).size / 2, `${again} of ${main(two).size} were asked before`);
  },
);

maybe(`an active design’s form from the disk, and its answers back${why}`, async (t) => {
  const base = await temporaryFolder(t);
  const { folder, study } = await studyFolder(base, many);
  const store = new StudyStore(folder, study);
  t.teardown(() => store.close());
  const { html } = await handOutForm(folder, store);
  for (const name of [...methodNames, 'method4', 'method13']) t.false(html.includes(name), name);
  const path = join(base, 'form.html');
  await writeFile(path, html);
  const { page } = await opened(t, pathToFileURL(path).href, { ...wide, offline: true });
  await begin(page, clicking(page));
  await rate(
    page,
    (_, given) => page.keyboard.press(given % 2 ? 'ArrowLeft' : 'ArrowRight'),
    clicking(page),
    (given) => given === 6,
  );
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'End for good' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the answers as a file' }).click(),
  ]);
  const { answers } = await importAnswers(await readFile(await download.path()), 'answers.json', store);
  t.is(answers, 6);
  t.deepEqual(store.formsOut(), [], 'it has come back');
});

maybe(`a wrong access code is told before anything is asked${why}`, async (t) => {
  const { url, store } = await served(t, { ...small, accessCode: 'tulip' });
  const { page } = await opened(t, url, wide);
  const submit = async (code: string) => {
    await page.fill('#code', code);
    await page.check('input[name=consent]');
    await page.locator('.primary').click();
  };
  await page.waitForSelector('#code');
  await submit('rose');
  await page.getByText('That is not the access code.').waitFor();
  t.deepEqual(await faults(page), []);
  await submit('tulip');
  await page.waitForSelector('#field-age');
  t.is(store.raters().length, 0);
});

maybe(`a session that can no longer be resumed ends with its withdrawal code${why}`, async (t) => {
  let now = Date.now();
  const { url, store } = await served(t, { ...small, store: { now: () => now } });
  const { page } = await opened(t, url, wide);
  await begin(page, clicking(page));
  await rate(
    page,
    () => page.keyboard.press('ArrowRight'),
    clicking(page),
    (given) => given === 2,
  );
  await page.locator('.saved[data-state=saved]').waitFor();
  now += 49 * 3_600_000;
  for (let visit = 0; visit < 2; visit++) {
    await page.reload();
    await page.getByText('The time in which this session could be continued has passed.').waitFor();
  }
  t.deepEqual(await faults(page), []);
  t.is(store.answers().length, 2);
  const code = (await page.locator('.code').textContent())!;
  t.true(store.withdraw(code));
  t.is(store.raters().length, 0);
});

maybe(`a form from the disk cannot be resumed for ever either${why}`, async (t) => {
  const base = await temporaryFolder(t);
  const { folder, study } = await studyFolder(base, small);
  const store = new StudyStore(folder, study);
  t.teardown(() => store.close());
  const path = join(base, 'form.html');
  await writeFile(path, (await handOutForm(folder, store)).html);
  const { page } = await opened(t, pathToFileURL(path).href, wide);
  await begin(page, clicking(page));
  await page.evaluate((hours) => {
    const { localStorage, Date: clock } = globalThis as unknown as {
      localStorage: {
        length: number;
        key(i: number): string;
        getItem(key: string): string;
        setItem(k: string, v: string): void;
      };
      Date: { now(): number };
    };
    const key = localStorage.key(0);
    const record = JSON.parse(localStorage.getItem(key));
    localStorage.setItem(key, JSON.stringify({ ...record, begunAt: clock.now() - hours * 3_600_000 }));
  }, study.resumeHours + 1);
  await page.reload();
  await page.getByText('The time in which this session could be continued has passed.').waitFor();
  await page.getByRole('button', { name: 'Save the answers as a file' }).waitFor();
  t.deepEqual(await faults(page), []);
});

maybe(
  `the time a session may take is kept to, and what comes next is there before it is asked for${why}`,
  async (t) => {
    const { url, store, study } = await served(t, small);
    const { page } = await opened(t, 'about:blank', wide);
    await page.clock.install();
    const fetched = new Set<string>();
    page.on('response', (response) => fetched.add(response.url().split('/').at(-1)!));
    await page.goto(url);
    await begin(page, clicking(page));
    const [{ session }] = store.raters() as [ReturnType<typeof store.raters>[number]];
    t.true(session.length > 3);
    // While the first trial is asked, the pictures of the second are there.
    const { pictures } = (await page.evaluate(async () => {
      const scope = globalThis as unknown as {
        localStorage: { key(i: number): string; getItem(k: string): string };
        fetch: typeof fetch;
      };
      const { token } = JSON.parse(scope.localStorage.getItem(scope.localStorage.key(0)));
      const response = await scope.fetch('api/session', { headers: { Authorization: `Bearer ${token}` } });
      return ((await response.json()) as { trials: unknown[] }).trials[1];
    })) as { pictures: Record<string, { hash: string }> };
    for (const { hash } of Object.values(pictures)) {
      if (!fetched.has(hash)) await page.waitForResponse((response) => response.url().endsWith(hash));
    }
    for (let steps = 0; steps < 60; steps++) {
      const step = await nextStep(page);
      if (step === 'end') break;
      await leadOn(page, step, async () => {
        if (step === 'words') return await page.locator('.primary').click();
        await page.clock.runFor(59_000);
        await page.keyboard.press(step === 'rating' ? '3' : 'ArrowLeft');
      });
    }
    t.is(await heading(page), 'Thank you!');
    await page.getByText('The time is up').waitFor();
    t.true(store.answers().length <= study.minutes + 2, `${store.answers().length} answers of a minute each`);
    t.true(store.answers().length >= study.minutes - 3);
  },
);

for (const [locale, width] of [
  ['en', 375],
  ['de', 375],
  ['de', 1280],
] as const) {
  maybe(`every page is accessible and fits: ${locale}, ${width} pixels${why}`, async (t) => {
    const all = ['content', 'style', 'artefacts', 'preference'] as const;
    const { url, store } = await served(t, { ...small, questions: all, accessCode: 'tulip' });
    const { page, complaints } = await opened(t, url, {
      locale,
      viewport: { width, height: width === 375 ? 667 : 800 },
      ...(width === 375 && { hasTouch: true, isMobile: true }),
    });
    const seen: string[] = [];
    const look = async (name: string) => {
      seen.push(name);
      t.deepEqual(await faults(page), [], name);
    };
    const next = () => page.locator('.primary').click();
    await page.waitForSelector('#code');
    await look('consent');
    t.is(await page.locator('html').getAttribute('lang'), locale);
    await page.fill('#code', 'tulip');
    await page.check('input[name=consent]');
    await next();
    for (const field of ['#field-age', '#field-device']) {
      await page.waitForSelector(field);
      await look(field);
      await next();
      await look(`${field}, nothing chosen`);
      await fillFields(page);
      await next();
    }
    await page.waitForFunction(() => {
      const { document } = globalThis as unknown as { document: { querySelector(s: string): unknown } };
      return document.querySelector('select') === null;
    });
    await look('words before training');
    await next();
    await page.waitForSelector('.trial');
    const questions = new Set<string>();
    const stops = new Set<string>();
    for (let steps = 0; steps < 200; steps++) {
      const step = await nextStep(page);
      if (step === 'end') break;
      if (step === 'words') {
        await look(`words: ${await heading(page)}`);
        await leadOn(page, step, next);
        continue;
      }
      const question = (await page.locator('#question').textContent())!;
      if (!questions.has(question)) {
        questions.add(question);
        await look(question);
      }
      if (questions.size === 5 && stops.size === 0) {
        stops.add('pause');
        await page.locator('.tools button').last().click();
        await page.waitForSelector('.sheet');
        await look('pause');
        await leadOn(page, 'words', next);
        await nextStep(page);
      }
      await leadOn(page, step, () => page.locator('.answers button').first().click());
    }
    t.is(questions.size, 5);
    await page.waitForSelector('.code');
    await look('end');
    await page.locator('.link').click();
    await page.waitForSelector('#withdraw-code');
    await look('withdraw');
    await page.fill('#withdraw-code', withdrawalCode('0'.repeat(32)));
    await next();
    await page.waitForFunction(() => {
      const { document } = globalThis as unknown as {
        document: { querySelector(s: string): { textContent: string } };
      };
      return document.querySelector('[role=alert]').textContent !== '';
    });
    await look('unknown code');
    // Back leads back to the end, its code still there.
    await page.locator('.actions button').first().click();
    await page.waitForSelector('.code');
    t.is(store.raters().length, 1);
    t.true(seen.length >= 14, seen.join());
    t.deepEqual(
      complaints.filter((text) => !/status of 404/.test(text)),
      [],
    );
  });
}
