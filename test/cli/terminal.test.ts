import { Writable } from 'node:stream';
import test from 'ava';
import {
  columns,
  counted,
  cut,
  drawOver,
  formatBytes,
  formatDuration,
  formatNumber,
  guardStream,
  palette,
  wantsColor,
} from '../../src/cli/terminal.ts';

test('durations', (t) => {
  const cases: [number, string][] = [
    [0.04, '0 s'],
    [1.23, '1.2 s'],
    [9.96, '10 s'],
    [59.6, '1 min 00 s'],
    [61, '1 min 01 s'],
    [3599, '59 min 59 s'],
    [7260, '2 h 01 min'],
    [3 * 86400 + 4 * 3600, '3 d 4 h'],
    [Number.POSITIVE_INFINITY, 'unknown'],
  ];
  for (const [seconds, text] of cases) t.is(formatDuration(seconds), text);
});

test('numbers, bytes, counts', (t) => {
  const numbers: [number, string][] = [
    [0, '0'],
    [0.12345, '0.123'],
    [12.345, '12.3'],
    [1234.5, '1235'],
    [1e-7, '1.00e-7'],
    [-2.5e7, '-2.50e+7'],
  ];
  for (const [value, text] of numbers) t.is(formatNumber(value), text);
  t.is(formatBytes(640e6), '640 MB');
  t.is(formatBytes(1.64e9), '1.6 GB');
  t.deepEqual(
    [1, 2, 0].map((n) => counted(n, 'trial')),
    ['1 trial', '2 trials', '0 trials'],
  );
});

test('columns align whatever their colours', (t) => {
  const { good } = palette(true);
  const lines = columns(
    [
      [good('a'), '1', 'x'],
      ['bbb', '22', 'y'],
    ],
    [1],
  );
  t.deepEqual(lines, [`${good('a')}     1  x`, 'bbb  22  y']);
});

test('cutting leaves short texts alone and marks long ones', (t) => {
  t.is(cut('abc', 3), 'abc');
  t.is(cut('abcd', 3), 'ab…');
});

test('colours: on terminals, unless NO_COLOR or a dumb one', (t) => {
  const terminal = { isTTY: true };
  t.true(wantsColor(terminal, {}));
  t.false(wantsColor({}, {}));
  t.false(wantsColor(terminal, { NO_COLOR: '1' }));
  t.true(wantsColor(terminal, { NO_COLOR: '' }));
  t.false(wantsColor(terminal, { TERM: 'dumb' }));
  t.true(wantsColor({}, { FORCE_COLOR: '1' }));
  t.false(wantsColor({}, { FORCE_COLOR: '1', NO_COLOR: '1' }));
  t.is(palette(false).bad('x'), 'x');
});

test('a guarded stream lets through colours of ours, what we draw over, and nothing else that moves a terminal', (t) => {
  let written = '';
  const stream = new Writable({
    write(chunk, _, done) {
      written += chunk;
      done();
    },
  });
  guardStream(stream);
  guardStream(stream);
  const paint = palette(true);
  stream.write(`${paint.bad('\u001b[2Jno')} \u001b]0;x\u0007name\r\u001b[8mx\n`);
  t.is(written, '\u001b[31mno\u001b[39m name\ufffdx\n');
  written = '';
  drawOver(stream, '\u001b[2A\u001b[0J', `a\u001b[9A${paint.good('b')}`);
  t.is(written, '\u001b[2A\u001b[0Ja\u001b[32mb\u001b[39m');
  written = '';
  stream.write(Buffer.from('\u001b[2J'));
  t.is(written, '\u001b[2J', 'bytes are no text of ours');
});
