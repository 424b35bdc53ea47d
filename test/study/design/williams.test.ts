import test from 'ava';
import { williamsRows } from '../../../src/study/design/williams.ts';

test('four items', (t) => {
  t.deepEqual(
    williamsRows(4).map((row) => row.join('')),
    ['0132', '1203', '2310', '3021'],
  );
});

test('each position and each ordered neighbourhood comes equally often', (t) => {
  for (let n = 2; n <= 9; n++) {
    const rows = williamsRows(n);
    t.is(rows.length, n % 2 === 0 ? n : 2 * n);
    const positions = new Map<string, number>();
    const neighbors = new Map<string, number>();
    for (const row of rows) {
      t.is(new Set(row).size, n);
      for (const [at, item] of row.entries()) {
        positions.set(`${at} ${item}`, (positions.get(`${at} ${item}`) ?? 0) + 1);
        if (at > 0) {
          const key = `${row[at - 1]} ${item}`;
          neighbors.set(key, (neighbors.get(key) ?? 0) + 1);
        }
      }
    }
    t.is(positions.size, n * n);
    t.is(neighbors.size, n * (n - 1));
    t.is(new Set(positions.values()).size, 1);
    t.is(new Set(neighbors.values()).size, 1);
  }
});
