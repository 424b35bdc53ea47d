/** What is not saved is said: two tabs of one session, an end elsewhere, another study, answers nobody can take. */
import type { Page } from 'playwright-core';
import { formAssets } from '../../../src/study/form/assets.ts';
import { formOf } from '../../../src/study/form/shipped.ts';
import { serveStudy } from '../../../src/study/server/server.ts';
import { withdrawalCode } from '../../../src/study/storage/codes.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { studyFolder, temporaryFolder } from '../_study.ts';
import { served } from '../server/_client.ts';
import { begin, heading, maybe, opened, rate, small, until, why } from './_browser.ts';

const wide = { viewport: { width: 1280, height: 800 } };
const clicking = (page: Page) => (selector: string) => page.locator(selector).first().click();

/** What the browser keeps, as an expression in the page. */
const records = 'Object.values(localStorage).map((record) => JSON.parse(record))';

const allSent = `${records}.every(({ outbox = [] }) => outbox.length === 0)`;

/** Answers the question on the screen, after the time within which it would be taken for a slip. */
async function answer(page: Page, key: string): Promise<void> {
  await page.waitForSelector('.trial .answers:not(:has(.chosen)) button');
  await page.evaluate('new Promise((resolve) => setTimeout(resolve, 260))');
  await page.keyboard.press(key);
}

/** Another tab of the same browser, at the same question. */
async function secondTab(page: Page, url: string): Promise<Page> {
  const tab = await page.context().newPage();
  await tab.goto(url);
  await tab.waitForSelector('.trial, .sheet .primary');
  if ((await tab.locator('.sheet .primary').count()) > 0) await tab.locator('.primary').click();
  await tab.waitForSelector('.trial');
  return tab;
}

maybe(
  `two tabs of one session: the answer that was refused is said not to be saved, and why${why}`,
  async (t) => {
    const { url, store } = await served(t, small);
    const { page } = await opened(t, url, wide);
    await begin(page, clicking(page));
    const tab = await secondTab(page, url);
    const asked = await page.locator('#question').textContent();
    t.is(await tab.locator('#question').textContent(), asked);

    await answer(page, 'ArrowLeft');
    await page.locator('.saved[data-state=saved]').waitFor();
    t.deepEqual(
      store.answers().map(({ choice }) => choice),
      ['left'],
    );
    await answer(tab, 'ArrowRight');
    await tab.getByRole('heading', { name: 'Your last answer was not saved' }).waitFor();
    t.is(await tab.locator('[role=alert]').textContent(), 'Not saved: 1');
    await tab.getByText('the question was answered there first').waitFor();
    await tab.getByText('Close the other tab, then go on here.').waitFor();
    t.deepEqual(
      store.answers().map(({ choice }) => choice),
      ['left'],
      'the first answer counts',
    );
    // Keys answer nothing while the page says so.
    await tab.keyboard.press('ArrowRight');
    t.is(store.answers().length, 1);

    await tab.getByRole('button', { name: 'Go on here' }).click();
    await tab.waitForSelector('.trial');
    t.not(await tab.locator('#question').textContent(), asked, 'it goes on with the next question');
    // Back, and the other tab's answer can be changed.
    await tab.keyboard.press('u');
    await tab.locator('.answers [aria-pressed=true]').waitFor();
    t.is(await tab.locator('.answers [aria-pressed=true]').getAttribute('value'), 'left');
    await answer(tab, 'ArrowRight');
    await tab.locator('.saved[data-state=saved]').waitFor();
    t.deepEqual(
      store.answers().map(({ choice, revision }) => [choice, revision]),
      [['right', 1]],
    );
    await rate(tab, (kind) => tab.keyboard.press(kind === 'rating' ? '4' : 'ArrowLeft'), clicking(tab));
    await tab.getByText('All your answers are saved').waitFor();
    const [rater] = store.raters();
    t.is(
      store.answers(rater!.id).length,
      rater!.session.reduce((sum, { questions }) => sum + questions.length, 0),
    );
    t.is(store.raters().length, 1);
  },
);

maybe(`answers that one tab keeps while it is offline are not lost to the other${why}`, async (t) => {
  const { url, store } = await served(t, small);
  const { page } = await opened(t, url, wide);
  await begin(page, clicking(page));
  const tab = await secondTab(page, url);
  let blocked = true;
  // One tab's answers do not get through; the other tab's do.
  await page.route('**/api/answers', (route) => (blocked ? route.abort() : route.continue()));
  await answer(page, 'ArrowLeft');
  await page.getByText('No connection: 1 kept on this device').waitFor();
  // The other tab finds it in the record they share, and sends it along.
  await tab.reload();
  await tab.waitForSelector('.trial');
  await answer(tab, 'ArrowRight');
  await until(tab, allSent);
  t.deepEqual(
    store
      .answers()
      .map(({ choice }) => choice)
      .sort(),
    ['left', 'right'],
  );
  blocked = false;
  await page.evaluate("dispatchEvent(new Event('online'))");
  await page.locator('.saved[data-state=saved]').waitFor();
  t.is(store.answers().length, 2);
});

maybe(`a session that was ended in another tab ends here, and the last answer is kept${why}`, async (t) => {
  const { url, store } = await served(t, small);
  const { page } = await opened(t, url, wide);
  await begin(page, clicking(page));
  const tab = await secondTab(page, url);
  await page.getByRole('button', { name: 'Stop here' }).click();
  await page.getByRole('button', { name: 'End for good' }).click();
  await page.getByText('All your answers are saved').waitFor();
  await answer(tab, 'ArrowLeft');
  await tab.getByText('This session was ended in another tab or window.').waitFor();
  t.is(await heading(tab), 'Thank you!');
  const answers = store.answers();
  t.deepEqual(
    answers.map(({ choice, late }) => [choice, late]),
    [['left', true]],
  );
});

maybe(
  `a session that was deleted in another tab is gone here, and what was not saved is counted${why}`,
  async (t) => {
    const { url, store } = await served(t, small);
    const { page } = await opened(t, url, wide);
    await begin(page, clicking(page));
    const [rater] = store.raters();
    const token = await page.evaluate<string>(`${records}.find(({ token }) => token !== undefined).token`);
    t.true(store.withdraw(withdrawalCode(token)));
    await answer(page, 'ArrowLeft');
    await page.getByText('This session is not there any more.').waitFor();
    await page.getByText('Not saved: 1.').waitFor();
    t.is(store.answers(rater!.id).length, 0);
    await page.getByRole('button', { name: 'Begin again' }).click();
    await page.waitForSelector('input[name=consent]');
  },
);

maybe(
  `the server begins another study: the answer is kept, and sent when the first is served again${why}`,
  async (t) => {
    const { url, store, server, folder } = await served(t, small);
    const { page } = await opened(t, url, wide);
    await begin(page, clicking(page));
    await answer(page, 'ArrowLeft');
    await page.locator('.saved[data-state=saved]').waitFor();
    const port = Number(new URL(url).port);
    await server.close();
    const other = await studyFolder(await temporaryFolder(t), { ...small, minutes: 12, version: 2 });
    const otherStore = new StudyStore(other.folder, other.study);
    t.teardown(() => otherStore.close());
    const serve = async (at: string, of: StudyStore) =>
      await serveStudy({ folder: at, store: of, port, assets: await formAssets(formOf(of.study)) });
    const second = await serve(other.folder, otherStore);
    await answer(page, 'ArrowRight');
    // Of the other study's server this session's token is unknown; nothing of it is dropped without a word.
    await page.getByText('Not saved: 1.').waitFor();
    t.is(otherStore.answers().length, 0);
    t.is(store.answers().length, 1);
    await page.getByText('The code with which what was saved can be deleted').waitFor();
    await second.close();
    const third = await serve(folder, store);
    t.teardown(() => third.close());
    await page.getByRole('button', { name: 'Begin again' }).click();
    await page.waitForSelector('.trial, .sheet .primary');
    await until(page, allSent);
    t.deepEqual(
      store
        .answers()
        .map(({ choice }) => choice)
        .sort(),
      ['left', 'right'],
    );
  },
);

maybe(`an answer the server cannot read is refused alone; those beside it are saved${why}`, async (t) => {
  const { url, store } = await served(t, small);
  const { page } = await opened(t, url, wide);
  await begin(page, clicking(page));
  let blocked = true;
  await page.route('**/api/answers', async (route) => {
    if (blocked) return await route.abort();
    // A clock that went mad on its way: one answer says it took years.
    const body = route.request().postDataJSON() as {
      answers: { trial: number; milliseconds: number; choice: string }[];
    };
    for (const given of body.answers) if (given.choice === 'tie') given.milliseconds = 1e12;
    await route.continue({ postData: JSON.stringify(body) });
  });
  await answer(page, 'ArrowLeft');
  await answer(page, 'ArrowDown');
  await until(page, `${records}.some(({ outbox = [] }) => outbox.length === 2)`);
  blocked = false;
  await page.evaluate("dispatchEvent(new Event('online'))");
  await page.getByRole('heading', { name: 'Your last answer was not saved' }).waitFor();
  t.deepEqual(
    store.answers().map(({ choice }) => choice),
    ['left'],
  );
  await page.getByRole('button', { name: 'Go on here' }).click();
  await page.waitForSelector('.trial');
  t.is(await page.locator('.answers [aria-pressed=true]').count(), 0, 'the question is asked again');
});

maybe(`a server that does not take answers is not called a missing connection${why}`, async (t) => {
  const { url } = await served(t, small);
  const { page } = await opened(t, url, wide);
  await begin(page, clicking(page));
  await page.route('**/api/answers', (route) =>
    route.fulfill({ status: 507, contentType: 'application/json', body: '{"error":"storage"}' }),
  );
  await answer(page, 'ArrowLeft');
  await page.getByText('The server does not take answers at the moment: 1 kept on this device').waitFor();
  t.pass();
});
