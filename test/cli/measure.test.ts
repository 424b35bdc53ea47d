import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { psnr } from '../../metrics/psnr.ts';
import { decodeImage } from '../../src/images/decode.ts';
import { encodeImage } from '../../src/images/encode.ts';
import { noiseImage } from '../metrics/pictures.ts';
import { neckar, refused } from './_run.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-measure-'));
test.after.always(() => rmSync(folder, { recursive: true }));

async function written(name: string, width: number, height: number, seed: number): Promise<string> {
  const file = join(folder, name);
  writeFileSync(file, await encodeImage(noiseImage(width, height, seed), 'png'));
  return file;
}

test('every metric of a picture from anywhere, or the reason why not', async (t) => {
  const picture = await written('picture.png', 64, 48, 1);
  const content = await written('content.png', 64, 48, 2);
  const style = await written('style.png', 80, 80, 3);
  const { code, stdout, stderr } = await neckar([
    'measure',
    picture,
    '--content',
    content,
    '--style',
    style,
    '--json',
  ]);
  t.is(code, 0, stderr);
  const { scores } = JSON.parse(stdout);
  const byName = (name: string) => scores.find(({ id }: { id: string }) => id.startsWith(`${name};`));
  const [a, b] = [1, 2].map((seed) => encodeImage(noiseImage(64, 48, seed), 'png'));
  const expected = psnr(await decodeImage(await a!, 'a'), await decodeImage(await b!, 'b'));
  t.true(Math.abs(byName('psnr').value - expected) < 1e-9);
  t.is(byName('psnr').purpose, 'content');
  t.true(byName('gram-relative').value > 0);
  t.regex(byName('patch-placement').refused, /No region maps/);
  t.regex(byName('ms-ssim').refused, /\.$/);

  const text = await neckar(['measure', picture, '--content', content, '--style', style]);
  t.is(text.code, 0);
  for (const title of ['Content', 'Style', 'Colour', 'Artefacts', 'Not measured']) {
    t.regex(text.stdout, new RegExp(`^${title}$`, 'm'));
  }
  t.regex(text.stdout, /^ {2}PSNR to the content ↑ +[\d.]+ {2}dB$/m);
});

test('wrong input is one sentence', async (t) => {
  const picture = await written('p.png', 20, 20, 1);
  const images = ['--content', picture, '--style', picture];
  for (const [args, words] of [
    [[join(folder, 'absent.png'), ...images], /absent\.png" does not exist/],
    [[picture, '--content', picture], /--style/],
    [[picture, ...images, '--encoder', 'vgg99'], /vgg99/],
    [[picture, ...images, '--encoder', 'vgg19'], /weights/],
    [[picture, ...images, '--regions-content', picture], /--regions-content and --regions-style together/],
    [[picture, ...images, '--regions-content', picture, '--regions-style', picture], /more than 64 colours/],
  ] as const) {
    const { code, stderr } = await refused(['measure', ...args]);
    t.is(code, 2, stderr);
    t.regex(stderr, words);
    t.is(stderr.trimEnd().split('\n').length, 1, stderr);
  }
});
