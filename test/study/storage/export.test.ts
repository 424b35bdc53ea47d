import test from 'ava';
import fc from 'fast-check';
import { formOf, shippedLanguages } from '../../../src/study/form/shipped.ts';
import { conditionBands, offeredAnswers } from '../../../src/study/storage/answer.ts';
import { merged, mergeSmallGroups } from '../../../src/study/storage/export.ts';

const answers = (id: string) =>
  offeredAnswers(formOf({ questions: [] }).background.find((question) => question.id === id)!);

const person = fc.record({
  age: fc.constantFrom(...answers('age')),
  occupation: fc.constantFrom(...answers('occupation')),
  education: fc.constantFrom(...answers('education')),
  artTraining: fc.constantFrom(...answers('artTraining')),
  vision: fc.constantFrom(...answers('vision')),
  colourVision: fc.constantFrom(...answers('colourVision')),
  device: fc.constantFrom(...conditionBands.device),
  language: fc.constantFrom(...shippedLanguages),
  origin: fc.constantFrom('web', 'file'),
});

test('every combination that is exported is shared by at least k raters', (t) => {
  fc.assert(
    fc.property(
      fc.array(person, { minLength: 5, maxLength: 120 }),
      fc.integer({ min: 2, max: 5 }),
      (people, k) => {
        const counts = new Map<string, number>();
        const rows = mergeSmallGroups(people, k);
        for (const row of rows) counts.set(JSON.stringify(row), (counts.get(JSON.stringify(row)) ?? 0) + 1);
        for (const [i, row] of rows.entries()) {
          for (const [name, value] of Object.entries(row)) {
            if (value !== merged && value !== people[i]![name as keyof (typeof people)[number]]) return false;
          }
        }
        return [...counts.values()].every((count) => count >= k);
      },
    ),
    { numRuns: 200 },
  );
  t.pass();
});

test('large groups keep their detail', (t) => {
  const one = {
    age: '18-29',
    occupation: 'arts',
    education: 'master',
    artTraining: 'degree',
    vision: 'normal',
    colourVision: 'normal',
    device: 'laptop',
    language: 'en',
    origin: 'web',
  };
  const other = { ...one, artTraining: 'none' };
  const odd = { ...one, artTraining: 'hobby' };
  const rows = mergeSmallGroups([one, one, one, one, one, other, other, other, other, other, odd], 5);
  // The odd one out cannot stand alone: one of the groups goes with it.
  t.deepEqual(new Set(rows.map(({ artTraining }) => artTraining)).size, 2);
  t.is(rows[10]!.artTraining, merged);
  t.deepEqual(mergeSmallGroups([one, one, one, one, one], 5)[0], one);
});
