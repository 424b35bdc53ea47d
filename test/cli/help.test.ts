import test from 'ava';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/main.ts';
import { neckar } from './_run.ts';

/** Every verb that the program itself lists, so that none can be left out; with verbs of its own, all of those. */
const verbs = (await createProgram([])).commands.map((command) => command.name());
const paths = (
  await Promise.all(
    verbs.map(async (verb) => {
      const command = (await createProgram([verb])).commands.find((one) => one.name() === verb)!;
      return [[verb], ...command.commands.map((own) => [verb, own.name()])];
    }),
  )
).flat();

test('without arguments, help lists every verb', async (t) => {
  const { code, stdout, stderr } = await neckar([]);
  t.is(code, 0);
  t.is(stderr, '');
  for (const verb of verbs) t.regex(stdout, new RegExp(`^  ${verb} `, 'm'));
});

for (const path of paths) {
  test(`${path.join(' ')} --help describes itself, with examples, and --json where it acts itself`, async (t) => {
    const program = await createProgram(path);
    const command = path.reduce<Command>(
      (outer, name) => outer.commands.find((one) => one.name() === name)!,
      program,
    );
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part) });
    await t.throwsAsync(program.parseAsync([...path, '--help'], { from: 'user' }), {
      message: '(outputHelp)',
    });
    t.true(text.startsWith(`Usage: neckar ${path.join(' ')}`), text);
    t.regex(text, /\nExamples:\n {2}neckar /);
    t.true(command.description().length > 20);
    if (command.commands.length === 0) t.regex(text, /--json/);
  });
}

test('transfer reads choices and defaults from the schema', async (t) => {
  const program = await createProgram(['transfer']);
  const { options } = program.commands.find((command) => command.name() === 'transfer')!;
  const about = (flag: string) => options.find(({ long }) => long === flag)!.description;
  t.regex(about('--optimizer'), /\(lbfgs, adam, gradient-descent; default: lbfgs\)$/);
  t.regex(about('--clamp'), /\(step, final; default: step\)$/);
  t.regex(about('--style-scale'), /default: 1\)$/);
  t.regex(about('--size'), /default: 256\)$/);
  t.regex(about('--engine'), /auto, onnx, tensorflow/);
});

test('--version prints the version alone', async (t) => {
  const { code, stdout } = await neckar(['--version']);
  t.is(code, 0);
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});
