import test from 'ava';
import { toCsv } from '../../src/platform/csv.ts';

test('cells are quoted as RFC 4180 says, and what a row lacks is empty', (t) => {
  t.is(
    toCsv([
      { a: 'x,y', b: 1 },
      { a: 'say "no"\nthen', b: true, c: 'z' },
    ]),
    'a,b,c\r\n"x,y",1,\r\n"say ""no""\nthen",true,z\r\n',
  );
});

for (const start of ['=', '+', '-', '@', '\t', '\r']) {
  test(`a text that begins with ${JSON.stringify(start)} is no formula, in a cell as in a header`, (t) => {
    const text = `${start}cmd|' /C calc'!A0`;
    const [header, row] = toCsv([{ [text]: text }]).split('\r\n') as [string, string];
    for (const cell of [header, row]) t.regex(cell, /^"?'[=+\-@\t\r]/);
  });
}

test('numbers stay numbers, also those that came as texts', (t) => {
  for (const number of [-0.5, -1e-9, 12]) t.is(toCsv([{ a: number }]), `a\r\n${number}\r\n`);
  for (const text of ['-0.5', '+2', '-.5', '-1e-9', '-3E+4']) t.is(toCsv([{ a: text }]), `a\r\n${text}\r\n`);
  for (const text of ['-1+2', '--5', '+', '-', '-1e', '-0.5;=x'])
    t.is(toCsv([{ a: text }]), `a\r\n'${text}\r\n`);
});
