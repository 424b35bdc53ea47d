import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Route } from 'playwright-core';
import { handOutForm, importAnswers } from '../../../src/study/form/handout.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { methodNames, studyFolder, temporaryFolder } from '../_study.ts';
import { served } from '../server/_client.ts';
import { begin, facts, faults, maybe, nextStep, opened, rate, type Step, small, why } from './_browser.ts';

maybe(`a whole session by keyboard, and nothing names a method${why}`, async (t) => {
  const { url, store } = await served(t, small);
  const { page, complaints } = await opened(t, 'about:blank', { viewport: { width: 1280, height: 800 } });
  const heard: string[] = [];
  page.on('response', async (response) => {
    heard.push(response.url() + JSON.stringify(response.headers()));
    if (!response.url().includes('/stimuli/')) heard.push(await response.text().catch(() => ''));
  });
  await page.goto(url);
  const enter = async (selector: string) => {
    await page.locator(selector).first().focus();
    await page.keyboard.press('Enter');
  };
  await page.waitForSelector('input[name=consent]');
  t.deepEqual(await faults(page), []);
  await begin(page, enter);
  t.deepEqual(await faults(page), []);
  // After three answers one step back, and another answer there.
  const keys = ['u', 'ArrowDown'];
  await rate(
    page,
    async (kind, given) => {
      const back = given >= 3 ? keys.shift() : undefined;
      await page.keyboard.press(back ?? (kind === 'rating' ? '4' : 'ArrowRight'));
    },
    enter,
  );
  await page.getByText('All your answers are saved').waitFor();
  t.deepEqual(await faults(page), []);
  const [rater] = store.raters();
  const answers = store.answers(rater!.id);
  t.is(
    answers.length,
    rater!.session.reduce((sum, { questions }) => sum + questions.length, 0),
  );
  t.true(rater!.finishedAt !== undefined);
  t.deepEqual(
    answers.filter(({ choice }) => choice === 'tie').map(({ revision }) => revision),
    [1],
    'the one that was changed',
  );
  t.true(answers.every(({ choice }) => ['right', 'tie', '4'].includes(choice)));
  for (const name of methodNames)
    t.false(
      heard.some((text) => text.includes(name)),
      name,
    );
  t.deepEqual(complaints, []);
  // The code on the page is the one that deletes.
  await page.getByRole('button', { name: 'Have my answers deleted' }).click();
  await page.locator('.primary').click();
  await page.getByRole('heading', { name: 'Your answers are deleted.' }).waitFor();
  t.is(store.answers().length + store.raters().length, 0);
});

maybe(`a whole session by touch at the width of a phone${why}`, async (t) => {
  const { url, store } = await served(t, small);
  const { page, complaints } = await opened(t, url, {
    viewport: { width: 375, height: 667 },
    hasTouch: true,
    isMobile: true,
  });
  const tap = (selector: string) => page.locator(selector).first().tap();
  await begin(page, tap);
  t.deepEqual(await faults(page), []);
  // Everything is within the screen: nobody scrolls between pictures and buttons.
  const bottom = await page.locator('.answers').evaluate((node) => node.getBoundingClientRect().bottom);
  t.true(bottom <= 667, String(bottom));
  const scaleOf = (part: string) =>
    page.locator(`.${part} img`).evaluate((image) => image.getAttribute('style'));
  const spot = (await page.locator('.left .frame').boundingBox())!;
  for (let taps = 0; taps < 2; taps++)
    await page.touchscreen.tap(spot.x + spot.width / 3, spot.y + spot.height / 3);
  t.regex((await scaleOf('left'))!, /scale\(2\.5\)/);
  t.is(await scaleOf('left'), await scaleOf('right'), 'both results show the same place');
  await rate(
    page,
    async (kind) =>
      await tap(kind === 'rating' ? '.answers button[value="3"]' : '.answers button[value="left"]'),
    tap,
  );
  await page.getByText('All your answers are saved').waitFor();
  t.deepEqual(await faults(page), []);
  const [rater] = store.raters();
  const asked = rater!.session.reduce((sum, { questions }) => sum + questions.length, 0);
  t.is(store.answers(rater!.id).length, asked);
  t.deepEqual(complaints, []);
});

maybe(`a dropped connection and a reload in the middle lose nothing${why}`, async (t) => {
  const { url, store } = await served(t, small);
  const { page } = await opened(t, url, { viewport: { width: 1280, height: 800 } });
  const click = (selector: string) => page.locator(selector).first().click();
  await begin(page, click);
  const answer = (kind: Step) => page.keyboard.press(kind === 'rating' ? '2' : 'ArrowRight');
  await rate(page, answer, click, (given) => given === 3);
  await page.locator('.saved[data-state=saved]').waitFor();
  t.is(store.answers().length, 3);
  await page.context().setOffline(true);
  await answer(await nextStep(page));
  await page.getByText('No connection: 1 kept on this device').waitFor();
  t.is(store.answers().length, 3);
  await page.context().setOffline(false);
  await page.reload();
  const [rater] = store.raters();
  await rate(page, answer, click);
  await page.getByText('All your answers are saved').waitFor();
  const asked = rater!.session.reduce((sum, { questions }) => sum + questions.length, 0);
  const answers = store.answers(rater!.id);
  t.is(answers.length, asked);
  t.true(
    answers.every(({ revision }) => revision === 0),
    'nothing was asked twice',
  );
  t.is(store.raters().length, 1);
});

maybe(`a picture that is not the one of the manifest is not shown${why}`, async (t) => {
  const { url } = await served(t, small);
  const { page } = await opened(t, 'about:blank', { viewport: { width: 1280, height: 800 } });
  let spoilt = true;
  const spoil = async (route: Route) => {
    const response = await route.fetch();
    const body = await response.body();
    if (spoilt) body[body.length >> 1]! ^= 1;
    await route.fulfill({ response, body });
  };
  // What is fetched ahead when the test ends has nobody to go to.
  await page.route('**/stimuli/*', (route) => spoil(route).catch(() => {}));
  await page.goto(url);
  const click = (selector: string) => page.locator(selector).first().click();
  await facts(page, click);
  await page.locator('.primary').click();
  await page.getByText('A picture did not arrive intact.').waitFor();
  spoilt = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.waitForSelector('.trial .frame img');
  t.pass();
});

maybe(`a form from the disk: a whole session, and its file comes back${why}`, async (t) => {
  const base = await temporaryFolder(t);
  const { folder, study } = await studyFolder(base, small);
  const store = new StudyStore(folder, study);
  t.teardown(() => store.close());
  const { html } = await handOutForm(folder, store);
  const path = join(base, 'form.html');
  await writeFile(path, html);
  const { page, complaints } = await opened(t, pathToFileURL(path).href, {
    viewport: { width: 1280, height: 800 },
    acceptDownloads: true,
    offline: true,
  });
  const click = (selector: string) => page.locator(selector).first().click();
  await begin(page, click);
  await rate(
    page,
    (kind) => page.keyboard.press(kind === 'rating' ? '5' : 'ArrowLeft'),
    click,
    (given) => given === 3,
  );
  await page.reload();
  await rate(page, (kind) => page.keyboard.press(kind === 'rating' ? '5' : 'ArrowLeft'), click);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the answers as a file' }).click(),
  ]);
  t.regex(download.suggestedFilename(), /^answers-[0-9a-f]{8}\.json$/);
  const saved = await readFile(await download.path(), 'utf8');
  for (const name of methodNames) t.false(saved.includes(name) || html.includes(name));
  const { answers, refused } = await importAnswers(saved, 'answers.json', store);
  const [rater] = store.raters();
  const asked = rater!.session.reduce((sum, { questions }) => sum + questions.length, 0);
  t.deepEqual([answers, refused], [asked, []]);
  await t.throwsAsync(
    importAnswers(saved.replace('"choice": "left"', '"choice": "right"'), 'answers.json', store),
    { message: /was edited after the form had saved it: answer 1 / },
  );
  // The code that the page shows deletes what was imported.
  t.true(store.withdraw((await page.locator('.code').textContent())!));
  t.is(store.answers().length, 0);
  t.deepEqual(complaints, []);
});
