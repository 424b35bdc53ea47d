import { execFileSync } from 'node:child_process';
import test from 'ava';
import { quoted, singleQuoted } from '../../src/platform/shell.ts';

test('a shell gives back every word as it was', (t) => {
  const words = [
    '',
    'plain',
    "it's",
    '$HOME `id` "x" \\',
    'two\nlines',
    '~',
    '~root/a',
    'a=~/b',
    '*',
    '-n',
    'é€',
    ';#&|<>',
  ];
  for (const quote of [quoted, singleQuoted]) {
    const out = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${words.map(quote).join(' ')}`], {
      encoding: 'utf8',
    });
    t.deepEqual(out.split('\0').slice(0, -1), words);
  }
});

test('what needs no quotes has none', (t) => {
  t.is(quoted('losses.gram.weight=1,2'), 'losses.gram.weight=1,2');
  t.is(quoted('runs/a b'), "'runs/a b'");
});
