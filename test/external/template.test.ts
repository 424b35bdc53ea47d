import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { commandLine, fill, placeholdersOf, splitWords } from '../../src/external/template.ts';

test('words are split as the shell splits them', (t) => {
  for (const command of [
    'python  their.py --style=1',
    `a 'b c' "d \\" \\e" f\\ g '' x"y"'z'`,
    '  tabs\tand\nlines  ',
  ]) {
    const bySh = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${command.replaceAll('\n', ' ')}`], {
      encoding: 'utf8',
    });
    t.deepEqual(splitWords(command), bySh.split('\0').slice(0, -1));
  }
  t.throws(() => splitWords('say "hello'), { message: 'the quote " is not closed' });
  t.throws(() => splitWords('   '), { message: /^an empty command/ });
});

test('placeholders are found, others refused with a guess, shell variables and doubled braces left alone', (t) => {
  t.deepEqual(
    [...placeholdersOf('{content} {style}.{content} \u0024{HOME} {1..3} {{seed}', ['content', 'style'])],
    ['content', 'style'],
  );
  t.throws(() => placeholdersOf('x {contnet}', ['content', 'style']), {
    message:
      'there is no {contnet}. Did you mean "content"? There are: {content} {style}; write {{contnet} for the word itself',
  });
  t.is(fill('{{seed} {seed} \u0024{seed}', { seed: '7' }), '{seed} 7 \u0024{seed}');
});

test('whatever a value holds, it stays one argument, with and without a shell', (t) => {
  const nasty = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
  fc.assert(
    fc.property(nasty, nasty, (content, style) => {
      const values = { content, style, output: 'o', size: '256', seed: '0' };
      const [program, ...args] = commandLine("printf '%s|' {content} x{style} {size}", values, false);
      t.is(program, 'printf');
      t.deepEqual(args, ['%s|', content, `x${style}`, '256']);
      const [sh, ...shArgs] = commandLine("printf '%s|' {content} x{style} {size} && true", values, true);
      t.is(execFileSync(sh, shArgs, { encoding: 'utf8' }), `${content}|x${style}|256|`);
    }),
    { numRuns: 40 },
  );
});
