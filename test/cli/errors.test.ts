import test from 'ava';
import { Interrupted, reportError } from '../../src/cli/errors.ts';
import { NeckarError } from '../../src/errors.ts';

function reported(error: unknown, environment: Record<string, string> = {}): [number, string] {
  let text = '';
  const code = reportError(error, (part) => (text += part), environment);
  return [code, text];
}

test('an error for people is its message', (t) => {
  t.deepEqual(reported(new NeckarError('the image is gone')), [2, 'neckar: the image is gone\n']);
  t.deepEqual(reported(new NeckarError('the disk is full', { exitCode: 1 })), [
    1,
    'neckar: the disk is full\n',
  ]);
});

test('any other error is a defect: one line, and how to see more', (t) => {
  const [code, text] = reported(new TypeError('x is\n  not a function'));
  t.is(code, 70);
  t.is(
    text,
    'neckar: this is a defect in Neckar, not in what you typed: x is not a function (NECKAR_DEBUG=1 shows where it arose)\n',
  );
  t.is(reported('just so')[0], 70);
});

test('NECKAR_DEBUG=1 shows the stack and what caused it', (t) => {
  const [, text] = reported(new NeckarError('outer', { cause: new Error('inner') }), { NECKAR_DEBUG: '1' });
  t.regex(text, /^neckar: outer\nNeckarError: outer\n\s+at (.|\n)*caused by: Error: inner\n\s+at /);
});

test('an interruption ends with 130', (t) => {
  t.deepEqual(reported(new Interrupted('stopped at evaluation 3')), [
    130,
    'neckar: stopped at evaluation 3\n',
  ]);
  t.deepEqual(reported(new Interrupted('')), [130, '']);
});
