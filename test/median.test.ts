import test from 'ava';
import { median } from '../src/median.ts';

test('the middle value, or the mean of the two in the middle, of values in any order', (t) => {
  const values = [10, 2, 33, 4];
  t.is(median(values), 7);
  t.deepEqual(values, [10, 2, 33, 4]);
  t.is(median([9, -1, 100]), 9);
  t.is(median([5]), 5);
  t.is(median([]), Number.NaN);
});
