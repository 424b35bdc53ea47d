import test from 'ava';
import { encoderDefaults, loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import { prepareLosses, resolveLoss, termNamesOf } from '../../src/losses/registry.ts';
import { factorAt, resolveSchedule } from '../../src/losses/schedule.ts';

const wavelet = encoderDefaults(resolveEncoder('wavelet'));
const course = (written: Parameters<typeof resolveSchedule>[0], evaluations: number) =>
  Array.from({ length: evaluations }, (_, i) => factorAt(resolveSchedule(written), i, evaluations));

test('a linear course is cut into stages that begin and end where it does', (t) => {
  // Five stages at shares 0, 1/4, 1/2, 3/4 and 1, two evaluations each.
  t.deepEqual(
    course(
      {
        points: [
          [0, 1],
          [0.5, 2],
          [1, 0.2],
        ],
        stages: 5,
      },
      10,
    ),
    [1, 1, 1.5, 1.5, 2, 2, 1.1, 1.1, 0.2, 0.2].map((value) => value),
  );
  t.deepEqual(
    course(
      {
        points: [
          [0, 0],
          [1, 3],
        ],
        stages: 4,
      },
      4,
    ),
    [0, 1, 2, 3],
  );
});

test('ten stages unless said otherwise, of five evaluations at least, and never more than evaluations', (t) => {
  const falling: [number, number][] = [
    [0, 1],
    [1, 0],
  ];
  t.is(new Set(course(falling, 150)).size, 10);
  t.deepEqual(course(falling, 17), [1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0]);
  t.deepEqual(course(falling, 4), [1, 1, 0, 0]);
  t.deepEqual(course(falling, 1), [1]);
  t.deepEqual(course({ points: falling, stages: 3 }, 3), [1, 0.5, 0]);
});

test('a course is constant before its first point and after its last', (t) => {
  t.deepEqual(
    course(
      {
        points: [
          [0.5, 4],
          [0.75, 8],
        ],
        stages: 5,
      },
      5,
    ),
    [4, 4, 4, 8, 8],
  );
  t.deepEqual(course([[0.3, 2]], 4), [2, 2, 2, 2]);
});

test('steps hold each factor from its point to the next', (t) => {
  const points: [number, number][] = [
    [0, 1],
    [0.3, 0],
    [0.7, 5],
  ];
  const expected = Array.from({ length: 10 }, (_, i) => (i < 3 ? 1 : i < 7 ? 0 : 5));
  t.deepEqual(course({ points, shape: 'steps' }, 10), expected);
  t.deepEqual(
    course(
      {
        points: [
          [0.5, 2],
          [0.9, 3],
        ],
        shape: 'steps',
      },
      10,
    ),
    [2, 2, 2, 2, 2, 2, 2, 2, 2, 3],
  );
});

test('every loss takes a schedule, and the fused loss one for each part', async (t) => {
  const encoder = await loadEncoder(resolveEncoder('wavelet'));
  const context = { encoder, size: [64, 64], styleSize: [64, 64] } as const;
  const plain = resolveLoss({ type: 'gram' }, wavelet);
  t.false('schedule' in plain);
  t.false(prepareLosses([plain], context).some((term) => 'schedules' in term));
  const fused = resolveLoss(
    {
      type: 'fused',
      schedule: [
        [0, 1],
        [1, 2],
      ],
      local: {
        schedule: {
          points: [
            [0, 0],
            [1, 1],
          ],
          over: 'level',
        },
      },
    },
    wavelet,
  );
  const terms = prepareLosses([fused], context);
  const whole = {
    points: [
      [0, 1],
      [1, 2],
    ],
    over: 'trial',
    shape: 'linear',
    stages: 'auto',
  };
  const local = {
    points: [
      [0, 0],
      [1, 1],
    ],
    over: 'level',
    shape: 'linear',
    stages: 'auto',
  };
  t.deepEqual(
    terms.map(({ name, schedules }) => [name, schedules]),
    [
      ['fused.content', [whole]],
      ['fused.gram', [whole]],
      ['fused.mrf', [local, whole]],
    ] as never,
  );
});

test('factors leave losses and terms out, or multiply their weights', async (t) => {
  const encoder = await loadEncoder(resolveEncoder('wavelet'));
  const context = { encoder, size: [64, 64], styleSize: [64, 64] } as const;
  const losses = [
    resolveLoss({ type: 'content', weight: 3 }, wavelet),
    resolveLoss({ type: 'fused', weight: 2, local: { weight: 5 } }, wavelet),
  ];
  const weights = (factors?: Record<string, number>) =>
    Object.fromEntries(prepareLosses(losses, context, factors).map(({ name, weight }) => [name, weight]));
  const all = { content: 3, 'fused.content': 2, 'fused.gram': 2, 'fused.mrf': 10 };
  t.deepEqual(weights(), all);
  t.deepEqual(weights({ 'fused.mrf': 0, content: 2 }), { content: 6, 'fused.content': 2, 'fused.gram': 2 });
  t.deepEqual(weights({ fused: 0 }), { content: 3 });
  t.deepEqual(weights({ fused: 0.5, 'fused.gram': 4 }), {
    ...all,
    'fused.content': 1,
    'fused.gram': 4,
    'fused.mrf': 5,
  });
});

test('the names of terms are known without preparing them', async (t) => {
  const encoder = await loadEncoder(resolveEncoder('wavelet'));
  const context = { encoder, size: [64, 64], styleSize: [64, 64] } as const;
  for (const written of [
    { type: 'gram', name: 'style' },
    { type: 'fused' },
    { type: 'fused', name: 'all', variation: {} },
    { type: 'strotss' },
    { type: 'laplacian' },
    { type: 'moments' },
  ]) {
    const loss = resolveLoss(written, wavelet);
    t.deepEqual(
      termNamesOf(loss),
      prepareLosses([loss], context).map(({ name }) => name),
    );
  }
});

test('a schedule that is none is refused, naming what is wrong', (t) => {
  const refused = (schedule: unknown) =>
    t.throws(() => resolveLoss({ type: 'gram', schedule }, wavelet, 'losses[0]')).message;
  t.regex(
    refused([
      [0, 1],
      [0, 2],
    ]),
    /shares go from 0 to 1: each must be larger/,
  );
  t.regex(refused([[0, -1]]), /losses\[0\]\.schedule\[0\]\[1\]/);
  t.regex(refused([[1.5, 1]]), /losses\[0\]\.schedule\[0\]\[0\]: 1\.5 is too large; expected at most 1$/);
  t.regex(refused([]), /schedule/);
  t.regex(refused({ points: [[0, 1]], shape: 'step' }), /schedule\.shape.*Did you mean "steps"/);
});
