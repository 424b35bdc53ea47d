import test from 'ava';
import fc from 'fast-check';
import { front } from '../../../reports/charts/pareto.ts';
import type { ReportedTrial } from '../../../reports/input.ts';
import type { ScoreColumn } from '../../../reports/metrics.ts';

function column(better: 'higher' | 'lower', values: readonly number[]): ScoreColumn {
  return {
    id: better,
    label: better,
    better,
    purpose: 'content',
    unit: '',
    values: new Map(values.map((value, i) => [String(i), value])),
  };
}

const trials = (n: number) => Array.from({ length: n }, (_, i) => ({ id: String(i) }) as ReportedTrial);

test('the front is what nothing beats at both', (t) => {
  // First higher, second lower is better: 0 and 2 are the extremes, 1 is beaten by 3, 4 equals 3.
  const found = front(trials(5), column('higher', [9, 4, 1, 5, 5]), column('lower', [9, 6, 1, 5, 5]));
  t.deepEqual(
    found.map(({ id }) => id),
    ['0', '2', '3', '4'],
  );
});

test('on the front nobody beats anybody, and everyone off it is beaten by someone on it', (t) => {
  const point = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }));
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 12 }), (points) => {
      const all = trials(points.length);
      const on = front(
        all,
        column(
          'higher',
          points.map(([x]) => x),
        ),
        column(
          'higher',
          points.map(([, y]) => y),
        ),
      ).map(({ id }) => Number(id));
      const beats = (i: number, j: number) => {
        const [[a, b], [c, d]] = [points[i]!, points[j]!];
        return a >= c && b >= d && (a > c || b > d);
      };
      return all.every((_, i) =>
        on.includes(i) ? !on.some((j) => beats(j, i)) : on.some((j) => beats(j, i)),
      );
    }),
  );
  t.pass();
});
