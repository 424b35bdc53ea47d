import test from 'ava';
import { createProgram } from '../../src/cli/main.ts';
import { neckar } from './_run.ts';

const verbs = [
  'run',
  'transfer',
  'report',
  'figure',
  'compare',
  'measure',
  'status',
  'show',
  'diff',
  'retry',
  'rm',
  'weights',
  'bench',
  'doctor',
];

test('without arguments, help lists every verb', async (t) => {
  const { code, stdout, stderr } = await neckar([]);
  t.is(code, 0);
  t.is(stderr, '');
  for (const verb of verbs) t.regex(stdout, new RegExp(`^  ${verb} `, 'm'));
});

for (const verb of verbs) {
  test(`${verb} --help describes itself, with examples and --json`, async (t) => {
    const program = await createProgram([verb]);
    let text = '';
    program.commands
      .find((command) => command.name() === verb)!
      .configureOutput({ writeOut: (part) => (text += part) });
    await t.throwsAsync(program.parseAsync([verb, '--help'], { from: 'user' }), { message: '(outputHelp)' });
    t.regex(text, new RegExp(`^Usage: neckar ${verb}`));
    t.regex(text, /\nExamples:\n {2}neckar /);
    t.regex(text, /--json/);
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
