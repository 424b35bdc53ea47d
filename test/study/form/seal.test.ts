import test, { type ExecutionContext } from 'ava';
import { handOutForm, importAnswers } from '../../../src/study/form/handout.ts';
import {
  type AnswerFile,
  answerText,
  brokenSeals,
  chainStart,
  endText,
  hmac,
} from '../../../src/study/form/seal.ts';
import { withdrawalCode } from '../../../src/study/storage/codes.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { background, conditions, methodNames, studyFolder, temporaryFolder } from '../_study.ts';

const id = (n: number) => n.toString(16).padStart(32, '0');

async function handed(t: ExecutionContext) {
  const { folder, study } = await studyFolder(await temporaryFolder(t), { minutes: 12 });
  const store = new StudyStore(folder, study);
  t.teardown(() => store.close());
  const { id: form, html } = await handOutForm(folder, store);
  const { seal, session } = store.form(form)!;
  /** What the form would save. */
  const file = (changes: Partial<AnswerFile> = {}, count = 3): AnswerFile => {
    const head = {
      study: study.hash,
      form,
      token: id(77),
      language: 'en' as const,
      background,
      conditions,
      ...changes,
    };
    let before = chainStart(head);
    const answers = session.slice(0, count).map((trial, at) => {
      const answer = {
        id: id(at + 1),
        trial: at,
        question: trial.questions[0]!,
        revision: 0,
        choice: 'left' as const,
        milliseconds: 900,
        zooms: 1,
      };
      before = hmac(seal, before + answerText(answer));
      return { ...answer, seal: before };
    });
    return {
      kind: 'neckar answers',
      version: 1,
      ...head,
      answers,
      end: hmac(seal, before + endText({ ...head, answers })),
    };
  };
  const take = (content: unknown, name = 'a.json') => importAnswers(JSON.stringify(content), name, store);
  return { folder, study, store, html, file, take, seal };
}

test('answers come back once, however often the file does', async (t) => {
  const { file, take, store } = await handed(t);
  t.deepEqual(await take(file()), { answers: 3, refused: [] });
  t.deepEqual(await take(file()), { answers: 0, refused: [] });
  t.is(store.answers().length, 3);
  const [rater] = store.raters();
  t.is(rater!.origin, 'file');
  t.true(rater!.finishedAt !== undefined);
});

test('an edited file is refused, and the edits are listed', async (t) => {
  const { file, take, store, seal } = await handed(t);
  const edit = (index: number, changes: object): AnswerFile => {
    const whole = file();
    return { ...whole, answers: whole.answers.map((one, i) => (i === index ? { ...one, ...changes } : one)) };
  };
  await t.throwsAsync(take(edit(1, { choice: 'right' })), {
    message:
      /"a.json" was edited after the form had saved it: answer 2 \(trial 1, \w+: "right"\)\. Nothing of it was imported/,
  });
  t.is(brokenSeals(edit(0, { milliseconds: 901 }), seal).length, 1);
  const whole = file();
  t.regex(
    brokenSeals({ ...whole, answers: whole.answers.slice(0, 2) }, seal).join(),
    /the end: answers are missing/,
  );
  t.is(
    brokenSeals({ ...whole, answers: [whole.answers[1]!, whole.answers[0]!, whole.answers[2]!] }, seal)
      .length,
    3,
  );
  t.is(brokenSeals({ ...whole, background: { ...background, age: '60+' } }, seal).length, 1);
  t.is(brokenSeals(whole, seal).length, 0);
  t.is(store.raters().length, 0);
});

test('files of other studies and forms, other files, and files of those who withdrew', async (t) => {
  const { file, take, store } = await handed(t);
  await t.throwsAsync(take(file({ study: 'f'.repeat(64) })), {
    message: /comes from another version of the study/,
  });
  await t.throwsAsync(take(file({ form: id(9) })), { message: /a form that this study did not hand out/ });
  await t.throwsAsync(take({ hello: 1 }), { message: /is not a file of answers/ });
  await t.throwsAsync(take({ ...file(), token: '<script>' }), { message: /was edited or damaged: token/ });
  await take(file());
  store.withdraw(withdrawalCode(id(77)));
  await t.throwsAsync(take(file()), { message: /from a rater who has withdrawn; it stays out/ });
  t.is(store.answers().length, 0);
});

test('a form names no method and asks nothing of a network', async (t) => {
  const { html } = await handed(t);
  for (const name of methodNames) t.false(html.includes(name), name);
  t.notRegex(html, /<(?:script|link|img)[^>]+(?:src|href)="(?!data:)/);
  t.regex(
    html,
    /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;sha256-/,
  );
});
