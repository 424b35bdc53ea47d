import test from 'ava';
import { intervalCoverage, populations } from '../../src/bench/intervals.ts';
import { createRandom } from '../../src/random.ts';

for (const { title, mean, range, draw } of populations) {
  test(`draws lie about the mean that intervals are held against, and in their range: ${title}`, (t) => {
    const random = createRandom('draws', title);
    const values = Array.from({ length: 60_000 }, () => draw(random));
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
    const error = Math.sqrt(variance / values.length);
    t.true(Math.abs(average - mean) < 4.5 * error, `${average} ± ${error}, not ${mean}`);
    t.true(values.every((value) => range[0] <= value && value <= range[1]));
  });
}

test('a study of few samples finds what the whole one does: covered, inside, and none without spread', (t) => {
  const [normal] = populations;
  const found = intervalCoverage(normal!, 6, 300, 200);
  t.true(found.covered > 0.91 && found.covered <= 1, `${found.covered}`);
  t.like(found, { alike: 0, outside: false });
  const whole = populations.find(({ title }) => title.startsWith('whole numbers'))!;
  t.true(intervalCoverage(whole, 2, 300).alike > 0.2, 'equal values are no interval');
});
