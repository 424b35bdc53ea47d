import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readImage } from '../../src/images/decode.ts';
import { writeImage } from '../../src/images/encode.ts';
import { createImage } from '../../src/images/image.ts';
import { bin } from '../_bin.ts';
import { neckar, refused } from './_run.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-transfer-'));
const content = join(folder, 'content.png');
const style = join(folder, 'style.png');
const output = join(folder, 'picture.png');
const transfer = ['transfer', '--content', content, '--style', style, '-o', output, '--threads', '1'];

test.before(async () => {
  await writeImage(
    content,
    createImage(48, 36, (x, y) => [x / 48, y / 36, 0.5]),
  );
  await writeImage(
    style,
    createImage(40, 40, (x, y) => [(x ^ y) % 8 < 4 ? 0.9 : 0.1, 0.4, y / 40]),
  );
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test.serial('Ctrl-C writes the best picture so far, at the size that was asked for', async (t) => {
  const endless = [
    '--levels',
    '{size: 24, evaluations: 1000000}, {size: 48, evaluations: 1000000}',
    '--optimizer',
    'adam',
  ];
  const child = spawn(process.execPath, [bin, ...transfer, ...endless], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let said = '';
  for await (const text of child.stderr.setEncoding('utf8')) {
    const before = said;
    said += text;
    // Only once there is a picture; at the start there is none yet.
    const going = (words: string) => /^[1-9]\d*\//m.test(words);
    if (going(said) && !going(before)) child.kill('SIGINT');
  }
  t.is(await ended, 130);
  t.regex(said, /\nneckar: interrupted at evaluation \d+; ".*picture\.png" holds the best picture so far\n$/);
  const { width, height, data } = await readImage(output);
  t.deepEqual([width, height], [48, 36]);
  t.notDeepEqual(data, (await readImage(content)).data);
});

test('a published method brings its encoder and its levels, for which a size may stand in', async (t) => {
  const small = ['--loss', 'cnnmrf', '--weights', 'random', '--json'];
  const once = await neckar([...transfer, ...small, '--size', '48', '--evaluations', '2']);
  t.is(once.code, 0, once.stderr);
  const { config, cost } = JSON.parse(once.stdout);
  t.like(config, {
    variant: 'cnnmrf',
    encoder: { name: 'vgg19', pooling: 'max' },
    optimizer: { name: 'lbfgs', history: 25 },
    sizes: [48],
    clamp: 'final',
  });
  t.is(cost.evaluations, 2);
});

test("weights of our methods are refused with a published one's", async (t) => {
  const { code, stderr } = await refused([...transfer, '--loss', 'neural-style', '--style-weight', '3']);
  t.is(code, 2);
  t.regex(stderr, /--style-weight belongs to the methods gram, .*"neural-style" has its authors' weights/);
});

test('pruning, which compares trials, is refused', async (t) => {
  const { code, stderr } = await refused([...transfer, 'budget={evaluations: 20, pruning: {rungs: [10]}}']);
  t.is(code, 2);
  t.regex(
    stderr,
    /^neckar: budget\.pruning stops trials that do worse than others, and transfer makes a single picture/,
  );
});

test.serial('colours, levels and schedules are settings like any other', async (t) => {
  const settings = [
    '--color',
    'luminance',
    '--levels',
    '{size: 24, evaluations: 3, optimizer: adam, weights: {gram: 0}}, {size: 48, evaluations: 3}',
    'losses.gram.schedule=[[0,1],[1,0.2]]',
  ];
  const { code, stderr } = await refused([...transfer, ...settings]);
  t.is(code, 0, stderr);
  t.is((await readImage(output)).width, 48);
});
