import { Writable } from 'node:stream';
import test from 'ava';
import { columns, cut, drawOver, guardStream, palette, wantsColor } from '../../src/cli/terminal.ts';

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
