import test from 'ava';
import { compositionCsv, compositionLatex } from '../../../reports/people/composition.ts';
import { createRandom } from '../../../src/random.ts';
import { compositionOf, mergedRow, suppress } from '../../../src/study/storage/composition.ts';
import { background, bareStudy } from '../_study.ts';

/** Every way in which n raters can give one of m answers. */
function* countsOf(m: number, n: number): Generator<number[]> {
  if (m === 1) {
    yield [n];
    return;
  }
  for (let first = 0; first <= n; first++)
    for (const rest of countsOf(m - 1, n - first)) yield [first, ...rest];
}

test('who knows the rules and the table cannot tell the count of any cell below k', (t) => {
  let small = 0;
  for (const [k, m, most] of [
    [3, 3, 14],
    [3, 4, 12],
    [5, 2, 24],
    [5, 3, 22],
    [5, 4, 18],
  ] as const) {
    for (let n = k; n <= most; n++) {
      // All that lead to the same table: what an attacker is left with.
      const alike = new Map<string, number[][]>();
      for (const counts of countsOf(m, n)) {
        const { shown, merged } = suppress(counts, k);
        t.true(shown.every((i) => counts[i]! >= k) && (merged === 0 || merged >= k), `${counts}`);
        t.is(
          shown.reduce((sum, i) => sum + counts[i]!, merged),
          n,
        );
        const table = JSON.stringify([shown.map((i) => [i, counts[i]]), merged]);
        alike.set(table, [...(alike.get(table) ?? []), counts]);
      }
      for (const [table, all] of alike) {
        for (const counts of all) {
          for (const [i, count] of counts.entries()) {
            if (count === 0 || count >= k) continue;
            small++;
            if (new Set(all.map((other) => other[i])).size < 2) t.fail(`${counts} is told by ${table}`);
          }
        }
      }
    }
  }
  t.true(small > 10_000, `${small}`);
});

test('large cells are shown as they are, and nothing is merged that need not be', (t) => {
  t.deepEqual(suppress([12, 0, 7, 5], 5), { shown: [0, 2, 3], merged: 0 });
  t.deepEqual(suppress([20, 15, 3, 2, 0, 4], 5), { shown: [0, 1], merged: 9 });
  // One alone takes the next smallest with it.
  t.deepEqual(suppress([20, 15, 9, 2], 5), { shown: [0, 1], merged: 11 });
  t.deepEqual(suppress([6, 1], 5), { shown: [], merged: 7 });
});

test('the table of a sample: every part adds up, no row is smaller than k', (t) => {
  const study = bareStudy();
  const random = createRandom(3);
  const pick = (words: readonly string[]) =>
    words[Math.min(random.integer(words.length), random.integer(words.length))]!;
  const raters = Array.from({ length: 43 }, () => ({
    background: {
      ...background,
      age: pick(['18-29', '30-44', '45-59', '60+', 'undisclosed']),
      artTraining: pick(['none', 'hobby', 'courses', 'degree', 'profession']),
    },
    conditions: { device: pick(['laptop', 'phone', 'desktop']) },
    language: pick(['en', 'de']),
    origin: 'web',
  }));
  const composition = compositionOf(study, raters);
  t.deepEqual(
    composition.parts.map(({ attribute }) => attribute),
    [
      'age',
      'occupation',
      'education',
      'artTraining',
      'vision',
      'colourVision',
      'device',
      'language',
      'origin',
    ],
  );
  for (const { rows, attribute } of composition.parts) {
    t.is(
      rows.reduce((sum, row) => sum + row.raters, 0),
      43,
      attribute,
    );
    t.true(
      rows.every((row) => row.raters >= 5),
      attribute,
    );
    for (const { value, raters: count } of rows) {
      if (value === mergedRow) continue;
      const facts = raters.map((rater) => ({
        ...rater.background,
        ...rater.conditions,
        language: rater.language,
        origin: rater.origin,
      }));
      t.is(
        facts.filter((one) => (one as Record<string, string>)[attribute] === value).length,
        count,
        `${attribute} ${value}`,
      );
    }
  }
  t.deepEqual(compositionOf(study, raters.slice(0, 4)), { raters: 4, smallest: 5, parts: [] });
  const csv = compositionCsv(composition).trim().split('\r\n');
  t.is(csv[0], 'attribute,title,answer,label,raters,percent');
  t.is(csv.length, 1 + composition.parts.reduce((sum, { rows }) => sum + rows.length, 0));
  t.true(csv.includes('occupation,Occupation,arts,"Art, design or media",43,100'), csv.join('\n'));
  const latex = compositionLatex(composition, 'my study');
  t.regex(latex, /Age & 18 to 29 & \d+ & \d+\\,\\% \\\\/);
  t.is(latex.split('\\begin').length, latex.split('\\end').length);
  t.regex(compositionLatex(compositionOf(study, raters.slice(0, 4)), 'x'), /^% No table\. Of 4 raters/);
});
