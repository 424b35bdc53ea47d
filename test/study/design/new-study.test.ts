import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { defaultRules, hashRules, parseRules, stimulusFile } from '../../../src/study/design/manifest.ts';
import { chooseReference, newStudy, readStudy } from '../../../src/study/design/new-study.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { execute, plannedFolder, temporaryFolder } from '../../runs/support.ts';
import { background, conditions } from '../_study.ts';

/** An experiment of two methods, finished, on one pair of pictures. */
async function finished(t: ExecutionContext, options: { leave?: number } = {}) {
  const base = await temporaryFolder(t);
  const trials = [
    { variant: 'plain', seed: 1 },
    { variant: 'slow-0', seed: 2 },
  ];
  const { folder, trials: planned } = await plannedFolder(base, trials);
  await writeFile(
    join(base, 'content.png'),
    await sharp({ create: { width: 40, height: 20, channels: 3, background: '#468' } })
      .png()
      .toBuffer(),
  );
  for (const trial of planned.slice(0, planned.length - (options.leave ?? 0))) await execute(folder, trial);
  const studies = join(base, 'studies');
  return { folder, studies };
}

test('a study folder holds a manifest and pictures whose names tell nothing', async (t) => {
  const { folder, studies } = await finished(t);
  const made = await newStudy(folder, { studies, reference: 'slow-0', raters: 6 });
  const study = await readStudy(made.folder);
  t.deepEqual(study, made.manifest);
  t.deepEqual(
    study.methods.map(({ name }) => name),
    ['plain', 'slow-0'],
  );
  t.is(study.reference, 1);
  const files = await readdir(join(made.folder, 'stimuli'));
  for (const file of files) {
    t.regex(file, /^[0-9a-f]{32}\.webp$/);
    const bytes = await readFile(join(made.folder, 'stimuli', file));
    t.notRegex(bytes.toString('latin1'), /plain|slow|exif|xmp/i);
  }
  for (const { content, style, styleCrop, results } of study.pairs) {
    for (const stimulus of [content, style, styleCrop, ...results.map((one) => one.stimulus)]) {
      t.true(files.includes(stimulusFile(stimulus)));
    }
    t.deepEqual([content.width, content.height], [4, 4], 'the content is shown at the size of the results');
  }
  t.deepEqual(study.pairs[0]!.results[0]!.scores, {
    sum: { value: study.pairs[0]!.results[0]!.scores.sum!.value, better: 'lower', label: 'sum' },
  });
});

test('made again without answers it is the next version; with answers it stays', async (t) => {
  const { folder, studies } = await finished(t);
  await newStudy(folder, { studies, raters: 6 });
  const { manifest, folder: made } = await newStudy(folder, { studies, raters: 6 });
  t.is(manifest.version, 2);
  const store = new StudyStore(made, manifest);
  const rater = store.begin(
    { token: 'a'.repeat(32), language: 'en', background, conditions },
    (slot) => manifest.sessions[slot]!,
  );
  await store.save(rater, [
    {
      id: 'b'.repeat(32),
      trial: 0,
      question: rater.session[0]!.questions[0]!,
      revision: 0,
      choice: 'left',
      milliseconds: 1,
      zooms: 0,
    },
  ]);
  store.close();
  await t.throwsAsync(newStudy(folder, { studies, raters: 6 }), {
    message: /has been answered by 1 rater; it is not replaced\. Give the new one another name with --name/,
  });
});

test('what a study cannot be made of is one sentence, and leaves no folder', async (t) => {
  const { folder, studies } = await finished(t, { leave: 1 });
  const refused = async (options: object, message: RegExp) =>
    await t.throwsAsync(newStudy(folder, { studies, raters: 6, ...options }), {
      name: 'NeckarError',
      message,
    });
  await refused(
    {},
    /needs a finished picture of every method for every pair; missing: trial 2 \(waiting\)\. Run them/,
  );
  await refused({ variants: ['plain'] }, /compares at least two methods; there is only "plain"/);
  await refused({ variants: ['plan'] }, /There is no variant "plan" in the runs\. Did you mean "plain"\?/);
  await refused({ pairs: ['a:b'] }, /There is no pair "a:b".*There are: content×content/);
  await refused({ questions: ['stile'] }, /There is no question "stile"\. Did you mean "style"\?/);
  await refused({ questions: ['style'], primary: 'content' }, /The primary question "content" is not asked/);
  await refused({ minutes: 31 }, /up to 30 minutes/);
  await refused({ name: '../x' }, /cannot be called/);
  t.deepEqual(await readdir(studies).catch(() => []), []);
});

test('a title that names a method is refused: raters would read it', async (t) => {
  const { folder, studies } = await finished(t);
  await t.throwsAsync(newStudy(folder, { studies, raters: 6, title: 'Is Plain the best?' }), {
    name: 'NeckarError',
    message: /--title "Is Plain the best\?" names the method "plain", and raters read it/,
  });
  const { manifest } = await newStudy(folder, { studies, raters: 6, title: 'The plains of Spain' });
  t.is(manifest.title, 'The plains of Spain');
});

test('exclusion rules of one’s own are hashed with the study; what is none of them is refused', async (t) => {
  const { folder, studies } = await finished(t);
  const rules = parseRules('{"missedAnchors": 0.25, "bt500": false}', 'rules.json');
  const { manifest } = await newStudy(folder, { studies, raters: 6, rules });
  t.deepEqual(manifest.rules, { ...defaultRules, missedAnchors: 0.25, bt500: false });
  t.is(manifest.rulesHash, hashRules(manifest.rules));
  t.not(manifest.rulesHash, hashRules(defaultRules));
  for (const [text, message] of [
    ['{"missedAnchor": 0.5}', /there is no exclusion rule "missedAnchor"\. Did you mean "missedAnchors"\?/],
    ['{"missedAnchors": 2}', /holds no exclusion rules: missedAnchors: /],
    ['{"missedAnchors": ', /holds no exclusion rules: it is not JSON/],
    ['7', /holds no exclusion rules: the file: /],
    ['[]', /holds no exclusion rules/],
  ] as const) {
    t.throws(() => parseRules(text, 'rules.json'), { name: 'NeckarError', message });
  }
});

test('languages, consent and questions of one’s own are part of the study and its hash', async (t) => {
  const { folder, studies } = await finished(t);
  const bytes = (value: unknown) =>
    new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  const asking = (ask: string) => ({
    path: 'q.json',
    bytes: bytes({
      questionOrder: 'fixed',
      questions: [{ id: 'wall', ask }, 'style'],
      background: ['gender'],
    }),
  });
  const make = async (form: object, name: string) =>
    (await newStudy(folder, { studies, raters: 6, name, form: { languages: ['en'], ...form } })).manifest;
  const one = await make({ questionFile: asking('Which would you hang on a wall?') }, 'one');
  t.deepEqual(one.questions, ['wall', 'style']);
  t.is(one.primary, 'wall', 'the first, where nothing is called preference');
  t.is(one.form!.questions[0]!.ask.en, 'Which would you hang on a wall?');
  for (const session of one.sessions) {
    for (const trial of session) {
      if (trial.kind === 'pair' && trial.role !== 'anchor') t.deepEqual(trial.questions, ['wall', 'style']);
    }
  }
  t.deepEqual(await readStudy(join(studies, 'one')), one);
  const two = await make({ questionFile: asking('Which would you hang on the wall?') }, 'one');
  const three = await make(
    {
      questionFile: asking('Which would you hang on the wall?'),
      consent: [{ path: 'c.md', bytes: bytes('Hello') }],
    },
    'one',
  );
  t.deepEqual(three.form!.consent, { en: 'Hello' });
  t.is(new Set([one, two, three].map(({ hash }) => hash)).size, 3);
  await t.throwsAsync(make({ questionFile: asking('Is plain the better one?') }, 'four'), {
    message: /The question "wall", asked as "Is plain the better one\?" names the method "plain"/,
  });
  await t.throwsAsync(make({ questionFile: asking('') }, 'five'), { message: /"ask" in "en" is empty/ });
  t.deepEqual(await readdir(studies), ['one']);
});

test('a reference is a whole name, or a first word that one method alone has', (t) => {
  const methods = ['gram lbfgs', 'gram adam', 'mrf lbfgs'];
  t.is(chooseReference(undefined, methods), 0);
  t.is(chooseReference('gram adam', methods), 1);
  t.is(chooseReference('mrf', methods), 2);
  t.throws(() => chooseReference('gram', methods), {
    message: /"gram" may mean 2 methods: name one of "gram lbfgs", "gram adam"\./,
  });
  t.throws(() => chooseReference('gran adam', methods), { message: /Did you mean "gram adam"/ });
});
