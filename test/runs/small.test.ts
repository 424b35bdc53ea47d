import test from 'ava';
import { encoderDefaults, resolveEncoder } from '../../src/encoders/registry.ts';
import type { TrialConfig } from '../../src/experiment/trial.ts';
import { resolveLoss } from '../../src/losses/registry.ts';
import type { PictureShapes } from '../../src/runs/forecast/shapes.ts';
import { tooSmall } from '../../src/runs/small.ts';

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
