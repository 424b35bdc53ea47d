import test from 'ava';
import { encoderDefaults, resolveEncoder } from '../../src/encoders/registry.ts';
import type { TrialConfig } from '../../src/experiment/trial.ts';
import { resolveLoss } from '../../src/losses/registry.ts';
import type { PictureShapes } from '../../src/runs/forecast/shapes.ts';
import { judgeRefusal, tooSmall } from '../../src/runs/small.ts';

const encoder = resolveEncoder('wavelet');
const config = {
  content: 'photo.png',
  style: 'painting.png',
  losses: [resolveLoss({ type: 'gram' }, encoderDefaults(encoder))],
  encoder,
  optimizer: { name: 'lbfgs', history: 5 },
  sizes: [64, 256],
  styleScale: 1,
  budget: { evaluations: 10 },
} as unknown as TrialConfig;

/** Pictures of these widths and heights, with their longest side as asked. */
function shapesOf(sizes: Record<string, readonly [number, number]>): PictureShapes {
  return (file, longest) => {
    const [width, height] = sizes[file]!;
    const scale = longest / Math.max(width, height);
    return [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  };
}

const square = [500, 500] as const;

test('pictures that are large enough at every level are fine', (t) => {
  t.is(tooSmall(config, shapesOf({ 'photo.png': [600, 200], 'painting.png': square })), undefined);
});

test('a narrow content, lying or standing, is named with its size, the least size and the remedy', (t) => {
  for (const [size, at] of [
    [[5000, 16], '64×1'],
    [[16, 5000], '1×64'],
  ] as const) {
    const why = tooSmall(config, shapesOf({ 'photo.png': size, 'painting.png': square }));
    t.regex(why ?? '', new RegExp(`^The content "photo.png" .* ${at} pixels.* need 16 a side.*larger size`));
  }
});

test('a style, one of several, and one that only styleScale makes too small', (t) => {
  const narrow = shapesOf({ 'photo.png': square, 'painting.png': square, 'other.png': [16, 5000] });
  t.regex(tooSmall({ ...config, style: 'other.png' }, narrow) ?? '', /^The style "other.png"/);
  const styles = [
    { file: 'painting.png', weight: 0.5 },
    { file: 'other.png', weight: 0.5 },
  ];
  t.regex(tooSmall({ ...config, styles } as TrialConfig, narrow) ?? '', /^The style "other.png"/);
  t.regex(tooSmall({ ...config, styleScale: 0.05 }, narrow) ?? '', /^The style "painting.png" .* 3×3/);
});

test('pictures made elsewhere are encoded by no one', (t) => {
  const method = { kind: 'images', file: 'theirs.png' };
  const narrow = shapesOf({ 'photo.png': [5000, 16], 'painting.png': square });
  t.is(tooSmall({ ...config, method } as unknown as TrialConfig, narrow), undefined);
});

test('patches or shifts larger than a map are said, with the files', (t) => {
  const defaults = encoderDefaults(encoder);
  const narrow = shapesOf({ 'photo.png': [640, 250], 'painting.png': square });
  const mrf = resolveLoss({ type: 'mrf', layers: ['scale4'], patch: 5 }, defaults);
  const patches = { ...config, losses: [mrf], sizes: [64] };
  t.regex(
    tooSmall(patches, narrow) ?? '',
    /^The loss "mrf" needs patches of 5×5 at scale4, .* only 8×4; .*\(Content "photo\.png", style "painting\.png"\.\)$/,
  );
  t.is(tooSmall({ ...patches, sizes: [256] }, narrow), undefined);
  const shifted = resolveLoss({ type: 'correlations', layers: ['scale4'], shifts: [6] }, defaults);
  const shifts = { ...config, losses: [shifted], sizes: [64] };
  t.regex(tooSmall(shifts, narrow) ?? '', /^The loss "correlations" cannot shift scale4 by 6: .*photo\.png/);
  t.is(tooSmall({ ...shifts, sizes: [256] }, narrow), undefined);
});

test('a judge that needs more than the picture has is said, with the file and the least size', (t) => {
  const heldOut = resolveEncoder({ name: 'vgg16', weights: { random: 0 } });
  const pictures = shapesOf({ 'photo.png': square, 'painting.png': square });
  t.is(judgeRefusal({ ...config, heldOut }, pictures), undefined);
  t.is(judgeRefusal(config, shapesOf({ 'photo.png': [5000, 16], 'painting.png': square })), undefined);
  const least = encoderDefaults(heldOut).minimumSize;
  const narrow = shapesOf({ 'photo.png': [5000, 16], 'painting.png': square });
  t.regex(
    judgeRefusal({ ...config, heldOut }, narrow) ?? '',
    new RegExp(
      `^The held-out encoder vgg16 .*"photo\\.png": with 256×1 pixels .*${least} a side.*larger size`,
    ),
  );
});
