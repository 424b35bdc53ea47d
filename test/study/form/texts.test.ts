import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { formData } from '../../../src/study/form/assets.ts';
import { composeForm } from '../../../src/study/form/compose.ts';
import { answerLists, nameInList } from '../../../src/study/form/lists.ts';
import { formOf, shippedBackground, shippedTexts } from '../../../src/study/form/shipped.ts';
import { conditionBands } from '../../../src/study/storage/answer.ts';

const { en } = shippedTexts;

test('every language says everything, with the same values to fill in', (t) => {
  const slots = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const [language, said] of Object.entries(shippedTexts)) {
    t.is(said.code, language);
    t.deepEqual(Object.keys(said).sort(), Object.keys(en).sort(), language);
    for (const [key, text] of Object.entries(said))
      t.deepEqual(slots(text), slots(en[key]!), `${language} ${key}`);
  }
});

test('every word a rater can choose has a text, in new and in old studies', (t) => {
  const old = formOf({ questions: ['content', 'preference'] });
  t.deepEqual(
    old.background.map(({ id }) => id),
    ['age', 'occupation', 'education', 'artTraining', 'vision', 'colourVision'],
  );
  const now = composeForm();
  t.deepEqual(
    now.background.map(({ id }) => id),
    Object.keys(shippedBackground),
  );
  for (const form of [old, now]) {
    const { texts, background } = formData(form);
    for (const [language, said] of Object.entries(texts)) {
      for (const { name, answers, list } of background) {
        t.true(`about.${name}` in said, `${language} ${name}`);
        t.is(answers.at(-1), 'undisclosed', name);
        if (list !== undefined) continue;
        for (const answer of answers.slice(0, -1))
          t.truthy(said[`about.${name}.${answer}`], `${name}.${answer}`);
      }
      for (const { id } of form.questions) t.truthy(said[`ask.${id}`]);
      for (const [name, words] of Object.entries(conditionBands)) {
        t.true(name in said, name);
        if (/Squares$|^colour(RedGreen|BlueYellow)$/.test(name)) continue;
        for (const word of words)
          t.true(word === 'undisclosed' || `${name}.${word}` in said, `${name}.${word}`);
      }
    }
  }
});

test('the lists of countries and languages hold what they say, each once, each with a name', (t) => {
  // ISO 3166-1 assigns 249 codes; XK is Kosovo.
  t.is(answerLists.countries.length, 250);
  for (const [list, codes] of Object.entries(answerLists)) {
    t.is(new Set(codes).size, codes.length);
    t.deepEqual([...codes].sort(), [...codes]);
    const names = codes.map((code) => nameInList(list as keyof typeof answerLists, code));
    t.is(new Set(names).size, names.length, list);
    for (const [i, name] of names.entries()) t.not(name, codes[i], list);
  }
});

test('every text the script asks for by name is there', async (t) => {
  const folder = new URL('../../../src/study/form/client/', import.meta.url);
  for (const file of await readdir(folder)) {
    const source = await readFile(new URL(file, folder), 'utf8');
    for (const [, key] of source.matchAll(/\b(?:text|byHand)\('([^'$]+)'/g))
      t.true(key! in en, `${file}: ${key}`);
  }
  for (const touch of ['', '.touch'])
    for (const forced of ['', '.forced']) t.true(`training.answer${touch}${forced}` in en);
  for (const code of ['answered', 'unfit']) t.true(`refused.${code}` in en && `refused.${code}.do` in en);
});
