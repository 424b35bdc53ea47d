import test from 'ava';
import { composeForm } from '../../../src/study/form/compose.ts';
import { parseQuestions, questionTemplate } from '../../../src/study/form/question-file.ts';
import { shippedBackground, shippedTexts } from '../../../src/study/form/shipped.ts';
import { backgroundOf, offeredAnswers } from '../../../src/study/storage/answer.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (value: unknown, texts = shippedTexts as Record<string, typeof shippedTexts.en>) =>
  parseQuestions(typeof value === 'string' ? value : JSON.stringify(value), 'q.json', texts);
const both = (text: string) => ({ en: text, de: text });
const yesNo = [
  { id: 'yes', label: both('Yes') },
  { id: 'no', label: both('No') },
];

test('the template is a file that is taken, in its order, with words in every language', (t) => {
  const { questions, background, questionOrder } = parse(questionTemplate());
  t.deepEqual(
    questions.map(({ id }) => id),
    ['content', 'style', 'wall', 'preference'],
  );
  t.deepEqual(
    background.map(({ id }) => id),
    [...Object.keys(shippedBackground), 'museums'],
  );
  t.is(questionOrder, 'balanced');
  t.is(questions[2]!.ask.de, 'Welches würden Sie aufhängen?');
  t.is(questions[0]!.ask.de, shippedTexts.de['ask.content']);
});

test('what a file leaves out is as shipped; no background questions at all are a choice', (t) => {
  const { questions, background } = parse({ background: [] });
  t.deepEqual(
    questions.map(({ id }) => id),
    ['content', 'style', 'artefacts', 'preference'],
  );
  t.deepEqual(background, []);
  t.deepEqual(
    parse({ questions: ['preference', 'content'] }).questions.map(({ id }) => id),
    ['preference', 'content'],
  );
});

test('one language needs one text', (t) => {
  const { questions } = parse(
    { questions: [{ id: 'wall', ask: 'Which would you hang on a wall?' }] },
    { en: shippedTexts.en },
  );
  t.deepEqual(questions, [{ id: 'wall', ask: { en: 'Which would you hang on a wall?' }, more: { en: '' } }]);
});

test('"I prefer not to say" is offered with every background question, and nothing else than its answers', (t) => {
  const form = parse({
    background: [{ id: 'pets', ask: both('Pets?'), answers: yesNo }, 'gender', 'country'],
  });
  for (const question of form.background) t.is(offeredAnswers(question).at(-1), 'undisclosed');
  const told = backgroundOf(form);
  const fine = { pets: 'yes', gender: 'nonbinary', country: 'NP' };
  t.true(told.safeParse(fine).success);
  t.true(told.safeParse({ pets: 'undisclosed', gender: 'undisclosed', country: 'undisclosed' }).success);
  t.true(told.safeParse({ ...fine, country: 'other' }).success);
  for (const wrong of [
    { ...fine, pets: 'a dog called Rex' },
    { ...fine, country: 'ZZ' },
    { pets: 'yes', gender: 'man' },
    { ...fine, name: 'Ada' },
  ])
    t.false(told.safeParse(wrong).success, JSON.stringify(wrong));
});

test('wrong files get one sentence that names the place and the fix', (t) => {
  const asked = (entry: unknown) => ({ questions: [entry] });
  const about = (entry: unknown) => ({ background: [entry] });
  const fine = { id: 'pets', ask: both('Pets?'), answers: yesNo };
  for (const [value, message] of [
    [
      'nonsense',
      /^"q\.json": expected one JSON object\. Print an example with: neckar study template questions$/,
    ],
    [[], /expected one JSON object/],
    [{ question: [] }, /there is no key "question" here\. Did you mean "questions"\?/],
    [{ questions: [] }, /"questions" is empty: a study asks at least one question/],
    [{ questions: 'style' }, /"questions" is no list/],
    [{ questionOrder: 'random' }, /"questionOrder" is "random"; expected "balanced".*or "fixed"/],
    [asked('stile'), /questions, entry 1: there is no shipped question "stile"\. Did you mean "style"\?/],
    [asked({ id: 'wall' }), /questions, entry 1: "ask" is missing; expected \{"en": "…", "de": "…"\}/],
    [asked({ id: 'wall', ask: 'Which?' }), /"ask" is no text by language/],
    [
      asked({ id: 'wall', ask: { en: 'Which?' } }),
      /"ask" has no words in "de".* or offer other languages: --languages en/,
    ],
    [asked({ id: 'wall', ask: { en: 'Which?', de: ' ' } }), /"ask" in "de" is empty/],
    [asked({ id: 'wall', ask: both('x'.repeat(500)) }), /"ask" in "en" has 500 characters; at most 140 fit/],
    [asked({ id: 'a wall', ask: both('Which?') }), /"id" is "a wall"; expected up to 40 letters/],
    [asked({ id: '__proto__', ask: both('Which?') }), /"id" is "__proto__"/],
    [asked({ id: 'quality', ask: both('Which?') }), /"quality" is what single pictures are rated by/],
    [asked({ id: 'wall', aks: both('Which?') }), /there is no key "aks" here\. Did you mean "ask"\?/],
    [{ questions: ['style', 'style'] }, /two questions are called "style"/],
    [about('gendre'), /there is no shipped background question "gendre"\. Did you mean "gender"\?/],
    [about({ ...fine, answers: [] }), /background, entry 1: "answers" must hold at least one answer/],
    [
      about({ ...fine, answers: 'planets' }),
      /"answers" is "planets"; expected a list of answers, or one of "countries" and "languages"/,
    ],
    [about({ ...fine, answers: [...yesNo, yesNo[0]] }), /two answers are called "yes"/],
    [
      about({ ...fine, answers: [{ id: 'undisclosed', label: both('No') }] }),
      /answer 1: "undisclosed" is offered by itself/,
    ],
    [
      about({ ...fine, answers: [{ id: 'merged', label: both('No') }] }),
      /"merged" is what tables call small groups/,
    ],
    [about({ ...fine, answers: [{ id: 'yes' }] }), /answer 1: "label" is missing/],
    [about({ ...fine, id: 'device' }), /"device" is the name of something else in the tables/],
    [{ background: [fine, fine] }, /two background questions are called "pets"/],
    [about({ ...fine, title: 3 }), /"title" is what tables call the question/],
  ] as const) {
    const error = t.throws(() => parse(value), { name: 'NeckarError', message }, JSON.stringify(value));
    t.notRegex(error!.message, /\n/);
  }
});

test('--questions chooses among the file’s own, and an order of the file’s is kept', (t) => {
  const questionFile = {
    path: 'q.json',
    bytes: bytes(JSON.stringify({ questionOrder: 'fixed', questions: ['preference', 'style', 'content'] })),
  };
  const form = composeForm({ questionFile, questions: ['content', 'preference'] });
  t.deepEqual(
    form.questions.map(({ id }) => id),
    ['preference', 'content'],
  );
  t.is(form.questionOrder, 'fixed');
  t.throws(() => composeForm({ questionFile, questions: ['artefacts'] }), {
    message: /There is no question "artefacts"\..*Choose from preference, style, content/,
  });
});
