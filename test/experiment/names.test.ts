import test from 'ava';
import { distinctNames } from '../../src/experiment/names.ts';
import { planTrials } from '../../src/experiment/plan.ts';

const named = (files: readonly string[]) =>
  distinctNames(files.map((file) => ({ name: file.split('/').at(-1)!.split('.')[0]!, file })));

test('names stay short unless different files share one, and then get folders until they differ', (t) => {
  t.deepEqual(named(['a/town.png', 'b/face.png']), ['town', 'face']);
  t.deepEqual(named(['set1/content.png', 'set2/content.png', 'set1/other.png']), [
    'set1/content',
    'set2/content',
    'other',
  ]);
  t.deepEqual(named(['x/1/in/c.png', 'x/2/in/c.png', 'c.png']), ['1/in/c', '2/in/c', 'c']);
  t.deepEqual(named(['set1/c.png', 'set1/c.png']), ['c', 'c'], 'one file is one picture');
});

test('what folders do not tell apart is numbered; one picture in two places keeps its name', (t) => {
  const at = (file: string, identity: string) => ({ name: 'c', file, identity });
  t.deepEqual(distinctNames([at('s/c.png', 'one'), at('s/c.png', 'two'), at('s/c.png', 'one')]), [
    's/c',
    's/c (2)',
    's/c',
  ]);
  t.deepEqual(distinctNames([at('s/c.png', 'one'), at('t/c.png', 'one')]), ['c', 'c']);
  // A name that a longer one runs into is another picture's.
  const clash = [
    { name: 'set1/c', file: 'elsewhere.png' },
    { name: 'c', file: 'set1/c.png' },
    { name: 'c', file: 'set2/c.png' },
  ];
  t.is(new Set(distinctNames(clash)).size, 3);
});

const variants = { gram: ['content', 'gram'] as never };
const labels = (experiment: object) =>
  planTrials({ name: 'x', variants, ...experiment } as never, { folder: '/study' }).trials.map(
    ({ label }) => label,
  );

test('pairs, lists of images and blends are named so that no two pictures are taken for one', (t) => {
  t.deepEqual(
    labels({
      pairs: [1, 2, 3].map((i) => [`set${i}/content.png`, `set${i}/style.png`]),
    }),
    [1, 2, 3].map((i) => `set${i}/content×set${i}/style`),
  );
  t.deepEqual(labels({ contents: ['a/c.png', 'b/c.png'], styles: ['s.png'] }), ['a/c', 'b/c']);
  t.deepEqual(
    labels({
      contents: { c: 'a/x.png' },
      pairs: [
        ['c', 's.png'],
        ['b/c.png', 's.png'],
      ],
    }),
    ['a/c', 'b/c'],
  );
  t.deepEqual(
    labels({
      pairs: [
        ['c.png', ['a/s.png', 'b/s.png']],
        ['c.png', 'b/s.png'],
      ],
    }),
    ['a/s+b/s', 'b/s'],
  );
  // The same file by two spellings is one picture.
  t.deepEqual(
    labels({
      pairs: [
        ['./a/c.png', 's.png'],
        ['/study/a/c.png', 't.png'],
      ],
    }),
    ['s', 't'],
  );
});

test('filters know the long names; pictures made elsewhere are looked for under them', (t) => {
  const experiment = {
    name: 'x',
    variants: { theirs: { images: 'made' } },
    pairs: [1, 2].map((i) => [`set${i}/c.png`, 's.png']),
  } as never;
  const { selected } = planTrials(experiment, { folder: '/study', filter: 'content=set2/c' });
  t.deepEqual(
    selected.map(({ config }) => config.method),
    [{ kind: 'images', pattern: '{content}-{style}.png', file: '/study/made/set2-c-s.png' }],
  );
});
