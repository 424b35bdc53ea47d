import test from 'ava';
import { thinned } from '../../metrics/thinning.ts';

test('few points are kept as they are', (t) => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  t.is(thinned(data, 3, 2), data);
});

test('points stay whole', (t) => {
  const data = Float32Array.from({ length: 300 }, (_, i) => Math.floor(i / 3) + (i % 3) / 4);
  const kept = thinned(data, 3, 7);
  t.is(kept.length, 21);
  for (let i = 0; i < 21; i += 3) {
    t.deepEqual([kept[i + 1]! - kept[i]!, kept[i + 2]! - kept[i]!], [0.25, 0.5]);
  }
});

test('no point twice, and rows and columns get their share', (t) => {
  for (const [width, height] of [
    [256, 256],
    [192, 256],
    [512, 300],
  ] as const) {
    const pixels = Float32Array.from({ length: width * height }, (_, i) => i);
    const kept = thinned(pixels, 1, 16_384);
    t.is(new Set(kept).size, 16_384);
    const columns = new Float64Array(16);
    const rows = new Float64Array(16);
    for (const pixel of kept) {
      columns[Math.floor(((pixel % width) / width) * 16)]! += 16 / 16_384;
      rows[Math.floor((pixel / width / height) * 16)]! += 16 / 16_384;
    }
    for (const share of [...columns, ...rows]) t.true(Math.abs(share - 1) < 0.05, `${share}`);
  }
});
