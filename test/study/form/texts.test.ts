import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { allTexts } from '../../../src/study/form/assets.ts';
import { backgroundBands, conditionBands } from '../../../src/study/storage/answer.ts';

test('every language says everything, with the same values to fill in', async (t) => {
  const texts = await allTexts();
  const slots = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const [language, said] of Object.entries(texts)) {
    t.deepEqual(Object.keys(said).sort(), Object.keys(texts.en!).sort(), language);
    for (const [key, text] of Object.entries(said))
      t.deepEqual(slots(text), slots(texts.en![key]!), `${language} ${key}`);
  }
});

test('every word a rater can choose has a text', async (t) => {
  const { en } = await allTexts();
  for (const [name, words] of Object.entries({ ...backgroundBands, ...conditionBands })) {
    t.true(name in en!, name);
    if (/Squares$|^colour(RedGreen|BlueYellow)$/.test(name)) continue;
    for (const word of words) t.true(word === 'undisclosed' || `${name}.${word}` in en!, `${name}.${word}`);
  }
});

test('every text the script asks for by name is there', async (t) => {
  const { en } = await allTexts();
  const folder = new URL('../../../src/study/form/client/', import.meta.url);
  for (const file of await readdir(folder)) {
    const source = await readFile(new URL(file, folder), 'utf8');
    for (const [, key] of source.matchAll(/\btext\('([^'$]+)'/g)) t.true(key! in en!, `${file}: ${key}`);
  }
});
