import test from 'ava';
import {
  bytes,
  count,
  duration,
  list,
  number,
  percent,
  plainNumber,
  roughDuration,
  signed,
  twoDecimals,
  wholePercent,
  writerFor,
} from '../../src/platform/format.ts';

for (const [value, text] of [
  [0, '0'],
  [0.5, '0.500'],
  [12.345, '12.3'],
  [999.9, '1000'],
  [-0.001234, '−0.00123'],
  [123456, '123456'],
  [0.00012345, '1.23 × 10⁻⁴'],
  [-2.5e9, '−2.50 × 10⁹'],
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
  [7500, '2 h 05 min'],
  [59.96, '1 min 00 s'],
  [3 * 86400 + 4 * 3600, '3 d 4 h'],
  [Number.NaN, '–'],
] as const) {
  test(`${seconds} seconds are ${text}`, (t) => t.is(duration(seconds), text));
}

for (const [seconds, text] of [
  [0.04, '0 s'],
  [1.23, '1.2 s'],
  [9.96, '10 s'],
  [59.6, '1 min 00 s'],
  [61, '1 min 01 s'],
  [3599, '59 min 59 s'],
  [7260, '2 h 01 min'],
  [3 * 86400 + 4 * 3600, '3 d 4 h'],
  [Number.POSITIVE_INFINITY, 'unknown'],
] as const) {
  test(`${seconds} seconds are about ${text}`, (t) => t.is(roughDuration(seconds), text));
}

test('numbers in the signs of a keyboard', (t) => {
  const numbers: [number, string][] = [
    [0, '0'],
    [0.12345, '0.123'],
    [12.345, '12.3'],
    [1234.5, '1235'],
    [1e-7, '1.00e-7'],
    [-2.5e7, '-2.50e+7'],
  ];
  for (const [value, text] of numbers) t.is(plainNumber(value), text);
});

test('shares, counts, and numbers of two decimals', (t) => {
  t.deepEqual([0, 0.0004, 0.012, 0.0994, 0.0996, 1].map(percent), [
    '0 %',
    '0 %',
    '1.2 %',
    '9.9 %',
    '10 %',
    '100 %',
  ]);
  t.deepEqual([0.004, 0.125, 1, Number.NaN].map(wholePercent), ['0 %', '13 %', '100 %', '–']);
  t.deepEqual(
    [1, 2, 0].map((n) => count(n, 'trial')),
    ['1 trial', '2 trials', '0 trials'],
  );
  t.is(count(2, 'query', 'queries'), '2 queries');
  t.deepEqual([0.426, -0.1, -0.001, Number.NaN].map(twoDecimals), ['0.43', '−0.10', '0.00', '–']);
  t.deepEqual([0.426, -0.1, 0, -0.001, Number.NaN].map(signed), ['+0.43', '−0.10', '+0.00', '+0.00', '–']);
});

test('bytes and lists', (t) => {
  t.is(bytes(620_400_000), '620 MB');
  t.is(bytes(1.64e9), '1.6 GB');
  t.is(bytes(6_400), '6 kB');
  t.is(bytes(12), '1 kB');
  t.is(bytes(0), '0 MB');
  t.is(list([]), '');
  t.is(list(['a']), 'a');
  t.is(list(['a', 'b', 'c']), 'a, b and c');
});

test('numbers of one row share their decimals, or their power of ten', (t) => {
  const row = (values: readonly number[], shown: readonly number[] = values) =>
    values.length > 0 && shown.map(writerFor(values)).join(' ');
  t.is(row([0.512, 0.4981, 0.5]), '0.512 0.498 0.500');
  t.is(row([0.0123, 0.456]), '0.012 0.456');
  t.is(row([0.00123, 0.456]), '0.0012 0.4560');
  t.is(row([380], [380, 12.34, 977.2]), '380 12 977');
  t.is(row([12.3, 1.2345]), '12.3 1.2');
  t.is(row([99.99]), '100');
  t.is(row([2.5e9, 3e8], [2.5e9, 3e8, -1e7]), '2.50 × 10⁹ 0.30 × 10⁹ −0.01 × 10⁹');
  t.is(row([1.23e-5, 4e-6]), '1.23 × 10⁻⁵ 0.40 × 10⁻⁵');
  t.is(row([0.5], [-0.0001, Number.NaN, Number.POSITIVE_INFINITY, 1.5e8]), '0.000 – ∞ 1.50 × 10⁸');
  t.is(row([0.175], [0.175, 0, 170645.3, 4.2e9]), '0.175 0.000 170645 4.20 × 10⁹');
  t.is(row([1.5e-5], [1.5e-5, 0.25]), '1.50 × 10⁻⁵ 0.250');
  t.is(writerFor([])(2.345678), '2.35');
});
