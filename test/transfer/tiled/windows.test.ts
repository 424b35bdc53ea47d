import test from 'ava';
import { windowsOf } from '../../../src/transfer/tiled/windows.ts';

const conv = { stride: 1, above: 1, below: 1 };

test('every row of every output belongs to one strip, which has all the rows it is computed from', (t) => {
  for (let rows = 9; rows <= 40; rows++) {
    const outputs = [
      { key: 'conv', rows, ...conv },
      { key: 'pool', rows: Math.floor(rows / 2), stride: 2, above: 2, below: 3 },
      { key: 'ceil', rows: Math.ceil(rows / 4), stride: 4, above: 3, below: 6 },
    ];
    for (let height = 14; height < rows + 4; height += 3) {
      const windows = windowsOf(rows, 4, height, outputs);
      if (windows === undefined) {
        t.true(height < 20, `${rows} rows in strips of ${height}`);
        continue;
      }
      const heights = new Set(windows.map(({ map }) => map.end - map.begin));
      t.is(heights.size, 1);
      t.true([...heights][0]! <= Math.max(height, rows));
      for (const output of outputs) {
        const counted = new Array(output.rows).fill(0);
        for (const { map, own } of windows) {
          t.is(map.begin % 4, 0);
          for (let row = own[output.key]!.begin; row < own[output.key]!.end; row++) {
            counted[row]++;
            const first = Math.max(0, row * output.stride - output.above);
            const last = Math.min(rows - 1, row * output.stride + output.below);
            t.true(first >= map.begin && last < map.end, `${output.key} ${row} of ${rows} in ${height}`);
          }
        }
        t.true(counted.every((count) => count === 1));
      }
    }
  }
});

test('strips are no higher than their number needs, and as high as the map modulo the stride', (t) => {
  const windows = windowsOf(101, 2, 64, [{ key: 'pool', rows: 50, stride: 2, above: 2, below: 3 }])!;
  t.is(windows.length, 2);
  const height = windows[0]!.map.end;
  t.is(height % 2, 1);
  // 50 pooled rows, 25 each: the second strip's first row 24 needs rows from 46, so it has at least 55.
  t.true(height <= 57, String(height));
  t.is(windows[1]!.map.end, 101);
});

test('one strip that is the whole map when it may be as high', (t) => {
  t.deepEqual(windowsOf(7, 2, 9, [{ key: 'conv', rows: 7, ...conv }]), [
    { map: { begin: 0, end: 7 }, own: { conv: { begin: 0, end: 7 } } },
  ]);
});

test('strips lower than what a row sees are none', (t) => {
  t.is(windowsOf(100, 1, 2, [{ key: 'conv', rows: 100, ...conv }]), undefined);
  t.is(windowsOf(100, 4, 6, [{ key: 'conv', rows: 25, stride: 4, above: 4, below: 7 }]), undefined);
});
