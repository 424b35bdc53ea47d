import test from 'ava';
import { bytes, duration, list, number } from '../../reports/format.ts';

for (const [value, text] of [
  [0, '0'],
  [0.5, '0.500'],
  [12.345, '12.3'],
  [999.9, '1000'],
  [-0.001234, '−0.00123'],
  [123456, '123456'],
  [0.00012345, '1.23 × 10⁻⁴'],
  [-2.5e9, '−2.50 × 10⁹'],
  [-0, '0'],
  [Number.NaN, '–'],
  [Number.NEGATIVE_INFINITY, '−∞'],
] as const) {
  test(`${value} is written ${text}`, (t) => t.is(number(value), text));
}

for (const [seconds, text] of [
  [0.0123, '12.3 ms'],
  [12.34, '12.3 s'],
  [59.6, '59.6 s'],
  [250, '4 min 10 s'],
  [7500, '2 h 5 min'],
] as const) {
  test(`${seconds} seconds are ${text}`, (t) => t.is(duration(seconds), text));
}

test('bytes and lists', (t) => {
  t.is(bytes(620_400_000), '620 MB');
  t.is(bytes(1.64e9), '1.6 GB');
  t.is(list([]), '');
  t.is(list(['a']), 'a');
  t.is(list(['a', 'b', 'c']), 'a, b and c');
});
