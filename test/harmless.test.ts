import test from 'ava';
import { messageOf } from '../src/errors.ts';
import { harmless } from '../src/harmless.ts';

const esc = '\u001b';

const cases: readonly (readonly [what: string, text: string, left: string])[] = [
  ['colours', `a${esc}[31;1mb${esc}[0m`, 'ab'],
  ['moving and clearing', `${esc}[2J${esc}[3;4Ha${esc}[10A`, 'a'],
  ['a title, ended by BEL', `a${esc}]0;owned\u0007b`, 'ab'],
  ['a link, ended by ST', `${esc}]8;;http://x${esc}\\a${esc}]8;;${esc}\\`, 'a'],
  ['a clipboard that never ends', `a${esc}]52;c;ZXZpbA==`, 'a'],
  ['… is over with its line', `a${esc}]52;c;x\nb`, 'a\nb'],
  ['a device string', `a${esc}P1$r0m${esc}\\b`, 'ab'],
  ['a reset', `${esc}ca`, 'a'],
  ['8-bit sequences', 'a\u009b31mb\u009d0;x\u009cc', 'abc'],
  ['a sequence that was cut off', `a${esc}[`, 'a'],
  ['an esc alone', `a${esc}`, 'a'],
  ['writing over a line', 'all is lost\rall is well', 'all is lost\ufffdall is well'],
  ['backspaces and bells', 'a\b\b\u0007b\u007f', 'a\ufffd\ufffd\ufffdb\ufffd'],
  ['reversals', 'photo\u202egnp.exe', 'photognp.exe'],
  ['nothing', 'Größe 10 %\t×\r\n→ ok', 'Größe 10 %\t×\n→ ok'],
];

for (const [what, text, left] of cases)
  test(`what a terminal acts on goes: ${what}`, (t) => t.is(harmless(text), left));

test('messages of errors are harmless, whoever threw them', (t) => {
  t.is(
    messageOf(new Error(`no such file "${esc}[2J${esc}]0;x\u0007a.png"\n at once`)),
    'no such file "a.png" at once',
  );
});
