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
  t.is(
    stderr,
    "The images differ in size (picture 64×48, content 64×48, style 80×80): content and style are resampled to the picture's longest side, and compared there.\n",
  );
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

test('an experiment’s finished trials are measured by what they lack, once', async (t) => {
  for (const [seed, name] of ['town.png', 'waves.png', 'town-waves.png'].entries())
    await written(name, 40, 40, seed + 1);
  writeFileSync(
    join(folder, 'study.mjs'),
    `export default {
      pairs: [{ content: 'town.png', style: 'waves.png' }], size: 40, heldOut: 'none',
      variants: { old: { images: '.', pattern: '{content}-{style}.png' } },
    };`,
  );
  const run = await neckar(['run', 'study.mjs', '--no-report'], { cwd: folder });
  t.is(run.code, 0, run.stderr);
  const measure = async (...args: string[]) => {
    const { code, stdout, stderr } = await neckar(['measure', ...args], { cwd: folder });
    t.is(code, 0, stderr);
    return stdout;
  };
  const { measured, interrupted } = JSON.parse(
    await measure('study', '--metrics', 'psnr', 'lpips;net=alex', '--json'),
  );
  t.false(interrupted);
  const scores = Object.entries(measured[0].scores as Record<string, object>);
  t.deepEqual(scores.map(([id, score]) => [id.split(';')[0], 'value' in score]).sort(), [
    ['lpips', false],
    ['psnr', true],
  ]);
  t.is(await measure('study.mjs', '--metrics', 'psnr'), 'Nothing is missing of the finished trial.\n');
  t.regex(
    await measure('study', '--held-out', 'wavelet'),
    /^1 of 1 finished trials measured: 2 values, 0 refusals\.\n$/,
  );
  const shown = await neckar(['show', 'study', 'old', '--json'], { cwd: folder });
  t.regex(shown.stdout, /held-out-gram/);
});

test('an experiment that is not there, or a metric that does not exist, is one sentence', async (t) => {
  t.regex((await refused(['measure', 'nowhere', '--runs', folder])).stderr, /no runs of "nowhere"/);
  t.regex((await refused(['measure', 'study', '--metrics', 'psnrr'])).stderr, /no metric "psnrr".*"psnr"/);
});
