import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { neckar, refused } from './_run.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-cli-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const transfer = ['transfer', '--content', 'gone.png', '--style', 'gone.png', '-o', join(folder, 'out.png')];
const study = write(
  'study.mjs',
  `export default { pairs: [['gone.png', 'gone.png']], variants: { gram: ['content', 'gram'] } };`,
);
write('broken.png', 'not an image');

/** Arguments, the exit code, and what the one line on stderr says. */
const cases: readonly (readonly [string[], number, RegExp])[] = [
  [['rnu'], 2, /unknown command "rnu"\. Did you mean run\?/],
  [['rnu', '--help'], 2, /unknown command "rnu"\. Did you mean run\?/],
  [['rnu', 'x', '-h'], 2, /unknown command "rnu"\. Did you mean run\?/],
  [['help', 'rnu'], 2, /unknown command "rnu"\. Did you mean run\?/],
  [['study', 'pln', '--help'], 2, /unknown command "pln"\. Did you mean plan\?/],
  [['weights', 'pul', '-h'], 2, /unknown command "pul"\. Did you mean pull\?/],
  [['run', study, 'seed=range(0,1e9)'], 2, /range\(0, 1000000000, 1\): this makes 1,000,000,000 values/],
  [['run'], 2, /missing required argument "experiment"/],
  [['run', study, '--dry-rum'], 2, /unknown option "--dry-rum"\. Did you mean --dry-run\?/],
  [['run', study, '--limit', '0'], 2, /--limit.*Expected a whole number of at least 1/],
  [['run', study, '--timing', 'never'], 2, /--timing.*Expected any or exclusive/],
  [
    ['run', join(folder, 'stduy.mjs')],
    2,
    /there is no experiment file ".*stduy\.mjs"\. Did you mean ".*study\.mjs"\?/,
  ],
  [
    ['run', study, 'optimizer=adma'],
    2,
    /optimizer\.name: there is no optimizer "adma"\. Did you mean "adam"\?/,
  ],
  [['run', study, 'sede=1'], 2, /"sede=1": the experiment has no "sede"\. Did you mean "seed"\?/],
  [['run', study, 'seed'], 2, /"seed" is no setting: write path=value/],
  [['run', study, '--filter', 'variant=garm'], 2, /no trial has variant "garm"\. Did you mean "gram"\?/],
  [['run', study, '--dry-run', '--runs', folder], 2, /content image ".*gone\.png" does not exist/],
  [['run', study, '--runs', folder], 2, /content image ".*gone\.png" does not exist/],
  [
    ['run', write('throws.mjs', '\n\nthrow new Error("no\\nluck");')],
    2,
    /throws\.mjs:3: the experiment throws an error: no luck$/m,
  ],
  [['run', write('none.mjs', 'export const a = 1;')], 2, /none\.mjs: the file has no default export/],
  [['run', write('syntax.ts', 'export default {')], 2, /syntax\.ts:1: this is no valid TypeScript/],
  [['transfer', '--content', 'a.png', '-o', 'x.png'], 2, /required option "--style <file>" not specified/],
  [[...transfer, '--loss', 'garm'], 2, /argument "garm" is invalid\. Did you mean "gram"\?/],
  [
    [...transfer, '--optimizer', 'lbfsg'],
    2,
    /optimizer\.name: there is no optimizer "lbfsg"\. Did you mean "lbfgs"\?/,
  ],
  [[...transfer, '--size', 'big'], 2, /sizes\[0\]|sizes/],
  [[...transfer, '--size', '4'], 2, /sizes\[0\]: 4 is too small; expected at least 16/],
  [
    [...transfer, '--style-weights', '2,1'],
    2,
    /--style-weights has 2 numbers for 1 style; give one for each/,
  ],
  [
    [...transfer, '--style', 'b.png', '--style-weights', '2,0'],
    2,
    /--style-weights.*Expected a number above 0/,
  ],
  [[...transfer, '--soften', '2'], 2, /there is no region map of ".*gone\.png"; .* --regions-content/],
  [
    [...transfer, '--regions-content', 'no.png', '--regions-style', 'no.png'],
    2,
    /the region map ".*no\.png" does not exist/,
  ],
  [
    [...transfer, '--mask-content', 'sky.png', '--mask-style', 'sky=no.png'],
    2,
    /--mask-content "sky\.png": write the region's name and its mask as name=file, such as sky=sky\.png/,
  ],
  [
    [...transfer, '--mask-content', 'sky=no.png', '--mask-style', 'sky=no.png'],
    2,
    /the mask ".*no\.png" of "sky" does not exist/,
  ],
  [
    [...transfer, '--mask-content', 'sky=a.png', '--mask-content', 'sky=b.png'],
    2,
    /--mask-content names 2 masks of "sky" for one picture; give one/,
  ],
  [
    [...transfer, '--style', 'b.png', '--mask-style', 'sky=a.png'],
    2,
    /--mask-style names 1 mask of "sky" for 2 styles; give one for each, in the order of --style/,
  ],
  [
    [...transfer, '--mask-content', 'sky=a.png', '--regions-style', 'no.png'],
    2,
    /regions are given twice, by maps .* and by masks/,
  ],
  [[...transfer, '--regions', 'masks'], 2, /there are no masks of ".*gone\.png"; put them beside it/],
  [[...transfer, '--regions', 'mask'], 2, /regions.*mask/],
  [[...transfer, '--learning-rate', '1'], 2, /optimizer has no "learningRate"/],
  [[...transfer, '--encoder', 'vgg19'], 2, /encoder\.weights: .*(missing|not installed)/],
  [[...transfer, '--engine', 'onxx'], 2, /"onxx" is not allowed\. Did you mean "onnx"\?/],
  [[...transfer, 'seed=1,2'], 2, /transfer makes one picture, but these settings make 2/],
  [transfer, 2, /image ".*gone\.png" does not exist/],
  [[...transfer.slice(0, -1), join(folder, 'out.gif')], 2, /"\.gif" is not a format Neckar writes/],
  [[...transfer.slice(0, -1), join(folder, 'no', 'out.png')], 2, /the folder ".*" does not exist/],
  [
    [
      'transfer',
      '--content',
      join(folder, 'broken.png'),
      '--style',
      join(folder, 'broken.png'),
      '-o',
      join(folder, 'o.png'),
    ],
    2,
    /broken\.png"/,
  ],
  [['report', 'nothing', '--runs', join(folder, 'runs')], 2, /there are no runs of "nothing"/],
  [['bench', '--threads', 'x'], 2, /Expected a whole number/],
];

for (const [args, code, said] of cases) {
  const shown = args.map((arg) => arg.replace(folder, '…')).join(' ');
  test(`neckar ${shown}`, async (t) => {
    const outcome = await refused(args);
    t.is(outcome.code, code, outcome.stderr);
    t.regex(outcome.stderr, said);
    t.regex(outcome.stderr, /^neckar: [^\n]*\n$/, 'one line');
    t.notRegex(outcome.stderr, /^\s*at /m);
  });
}

for (const [args, said] of [
  [['rnu'], /^neckar: unknown command "rnu"\. Did you mean run\? \(see --help\)\n$/],
  [
    ['run', join(folder, 'throws.mjs')],
    /^neckar: [^\n]*throws\.mjs:3: the experiment throws an error: no luck\n$/,
  ],
] as const) {
  test(`in a process of its own: neckar ${args[0]}`, async (t) => {
    const outcome = await neckar(args, { cwd: folder });
    t.is(outcome.code, 2);
    t.is(outcome.stdout, '');
    t.regex(outcome.stderr, said);
  });
}

test('several problems are listed under one message, without a stack', async (t) => {
  const { code, stderr } = await refused(['run', study, 'seed=-1', 'clamp=never']);
  t.is(code, 2);
  t.is(
    stderr,
    'neckar: 2 problems:\n  clamp: "never" is not allowed. Expected one of "step", "final"\n  seed: -1 is too small; expected at least 0\n',
  );
});

test('NECKAR_DEBUG=1 adds the stack', async (t) => {
  const { stderr } = await neckar(['run', join(folder, 'throws.mjs')], { env: { NECKAR_DEBUG: '1' } });
  t.regex(stderr, /^\s+at /m);
  t.regex(stderr, /caused by: Error: no/);
});
