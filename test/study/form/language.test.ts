import test from 'ava';
import { composeForm } from '../../../src/study/form/compose.ts';
import { languageTemplate, parseLanguage } from '../../../src/study/form/language.ts';
import { shippedTexts } from '../../../src/study/form/shipped.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const french: Record<string, string> = {
  ...shippedTexts.en,
  code: 'fr',
  language: 'Français',
  continue: 'Continuer',
};
const file = (changes: Record<string, unknown> = {}, path = 'fr.json') => ({
  path,
  bytes: bytes(JSON.stringify({ ...french, ...changes })),
});

test('the template is every text, and is taken back', (t) => {
  for (const from of ['en', 'de'] as const) {
    t.deepEqual(parseLanguage(languageTemplate(from), 'x.json'), { tag: from, texts: shippedTexts[from] });
  }
});

test('a language of one’s own is offered after the shipped ones, or alone', (t) => {
  const form = composeForm({ languageFiles: [file()] });
  t.deepEqual(form.languages, ['en', 'de', 'fr']);
  t.deepEqual(Object.keys(form.texts), ['fr'], 'the shipped texts are not part of the study');
  t.is(form.questions[0]!.ask.fr, french['ask.content']);
  t.deepEqual(composeForm({ languageFiles: [file()], languages: ['fr'] }).languages, ['fr']);
  // One's own English takes the place of the shipped one.
  const english = composeForm({
    languageFiles: [file({ code: 'en', 'ask.content': 'Which one?' }, 'en.json')],
    languages: ['en'],
  });
  t.is(english.questions[0]!.ask.en, 'Which one?');
});

test('wrong files get one sentence that names the texts', (t) => {
  const without = (...keys: string[]) =>
    JSON.stringify(Object.fromEntries(Object.entries(french).filter(([key]) => !keys.includes(key))));
  const many = Object.keys(french).slice(20, 60);
  for (const [text, message] of [
    [
      '{',
      /^"fr\.json" holds no language: expected one JSON object of texts by their keys\. Print the template with: neckar study template language$/,
    ],
    ['[]', /holds no language/],
    [without('pause'), /^"fr\.json" lacks the text "pause"\./],
    [without('pause', 'saved'), /lacks the texts "pause", "saved"/],
    [without(...many), /lacks ("[^"]+", ){5}"[^"]+" and 34 more of its \d+ texts/],
    [JSON.stringify({ ...french, paus: 'x' }), /there is no text "paus"\. Did you mean "pause"\?/],
    [JSON.stringify({ ...french, pause: 3 }), /"pause" is no text/],
    [JSON.stringify({ ...french, pause: '' }), /"pause" is empty/],
    [
      JSON.stringify({ ...french, 'consent.time': 'Dix minutes' }),
      /"consent\.time" must hold \{hours\} and \{minutes\}\. What stands in braces/,
    ],
    [
      JSON.stringify({ ...french, pause: '{count}' }),
      /"pause" must hold no values in braces, and holds \{count\}/,
    ],
    [JSON.stringify({ ...french, code: 'français' }), /"code" is "français"; expected the language's tag/],
    [JSON.stringify({ ...french, direction: 'left' }), /"direction" is "left"; expected "ltr"/],
    [JSON.stringify({ ...french, pause: 'x'.repeat(3000) }), /"pause" has 3000 characters; at most 2000/],
  ] as const) {
    const error = t.throws(() => parseLanguage(text, 'fr.json'), { name: 'NeckarError', message });
    t.notRegex(error!.message, /\n/);
  }
  t.throws(() => composeForm({ languageFiles: [file(), file({}, 'other.json')] }), {
    message: /"other\.json" has the code "fr" of another language file/,
  });
  t.throws(() => composeForm({ languages: ['it'] }), {
    message: /--languages: there is no language "it"\..*Choose from en, de/,
  });
});
