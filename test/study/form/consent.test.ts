import test from 'ava';
import fc from 'fast-check';
import { composeForm } from '../../../src/study/form/compose.ts';
import { checkConsent, consentBlocks, consentTemplate } from '../../../src/study/form/consent.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const given = (text: string, language?: string) => ({
  path: `${language ?? 'consent'}.md`,
  bytes: bytes(text),
  ...(language !== undefined && { language }),
});

test('paragraphs, headings, lists, strong and emphasised words, links', (t) => {
  const text = [
    '# Who we are',
    '',
    'Run by **Lab 3**,',
    'under *E-17*. Write to <a.b@lab.org> or see [our page](https://lab.org/x?a=1).',
    '',
    '- paid with 6 €',
    '- may stop',
    '  at any time',
    '1. first',
  ].join('\n');
  t.deepEqual(consentBlocks(text), [
    { kind: 'heading', words: [{ text: 'Who we are' }] },
    {
      kind: 'paragraph',
      words: [
        { text: 'Run by ' },
        { text: 'Lab 3', style: 'strong' },
        { text: ',\nunder ' },
        { text: 'E-17', style: 'em' },
        { text: '. Write to ' },
        { text: 'a.b@lab.org', link: 'mailto:a.b@lab.org' },
        { text: ' or see ' },
        { text: 'our page', link: 'https://lab.org/x?a=1' },
        { text: '.' },
      ],
    },
    {
      kind: 'list',
      ordered: false,
      items: [[{ text: 'paid with 6 €' }], [{ text: 'may stop at any time' }]],
    },
    { kind: 'list', ordered: true, items: [[{ text: 'first' }]] },
  ]);
  t.is(checkConsent(bytes(consentTemplate), 'x').split('\n')[0], '# Information for participants');
});

test('only web and mail addresses become links; everything else stays the text it is', (t) => {
  for (const target of [
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    '//evil',
    '/etc',
    'https://',
    'vbscript:x',
  ]) {
    const words = consentBlocks(`see [this](${target})`).flatMap((block) =>
      'words' in block ? block.words : [],
    );
    t.true(
      words.every(({ link }) => link === undefined),
      target,
    );
    t.is(words.map(({ text }) => text).join(''), `see [this](${target})`);
  }
});

test('no text makes a link of another kind; without link marks no letter is lost', (t) => {
  const pieces = [
    'a',
    'b',
    ' ',
    '\n',
    '*',
    '_',
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '#',
    '-',
    'https://x.y',
    'javascript:',
    '@',
    '1',
  ];
  const letters = (text: string) => text.replace(/[^ab]/g, '');
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...pieces) }), (text) => {
      const blocks = consentBlocks(text);
      const words = blocks.flatMap((block) => (block.kind === 'list' ? block.items.flat() : block.words));
      const said = words.map((one) => one.text).join('');
      return (
        words.every(({ link }) => link === undefined || /^(https?:\/\/|mailto:)/.test(link)) &&
        (text.includes('](') || letters(said) === letters(text))
      );
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('HTML, pictures, other files and empty ones are refused, naming the line', (t) => {
  for (const [text, message] of [
    ['Hello\n<script>alert(1)</script>', /"c\.md", line 2: HTML such as "<script>" is not read/],
    ['<b>bold</b>', /line 1: HTML such as "<b>"/],
    ['<img src=x onerror=alert(1)>', /HTML such as "<img src=x/],
    ['<!-- note -->', /HTML such as/],
    ['![logo](https://x.org/logo.png)', /line 1: pictures are not shown/],
    ['  \n ', /is empty/],
    ['x'.repeat(40_000), /has 40000 characters; at most 30000/],
    ['a\u0000b', /is no plain text/],
  ] as const) {
    t.throws(() => checkConsent(bytes(text), 'c.md'), { name: 'NeckarError', message });
  }
  t.throws(() => checkConsent(new Uint8Array([0xff, 0xfe, 0x41, 0x00]), 'c.doc'), {
    message: /is no text in UTF-8/,
  });
  t.notThrows(() => checkConsent(bytes('For people of < 30 and > 18 years; a<b'), 'c.md'));
});

test('one text for all languages, or one for each; a language without one is named', (t) => {
  t.deepEqual(composeForm({ consent: [given('Hello')] }).consent, { en: 'Hello', de: 'Hello' });
  t.deepEqual(composeForm({ consent: [given('Hello', 'en'), given('Hallo', 'de')] }).consent, {
    en: 'Hello',
    de: 'Hallo',
  });
  t.deepEqual(composeForm({ consent: [given('Hallo', 'de')], languages: ['de'] }).consent, { de: 'Hallo' });
  t.deepEqual(composeForm().consent, {});
  for (const [consent, message] of [
    [[given('Hallo', 'de')], /raters can choose "en", and there is no text in it\..*--languages de/],
    [[given('Hi', 'fr')], /the form is not offered in "fr"\. Its languages are en, de/],
    [[given('a'), given('b')], /there is a text in "en" already/],
  ] as const) {
    t.throws(() => composeForm({ consent }), { name: 'NeckarError', message });
  }
});
