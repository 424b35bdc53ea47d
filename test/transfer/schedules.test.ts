import test from 'ava';
import { loadEncoder } from '../../src/encoders/registry.ts';
import { startEngine } from '../../src/engines/start.ts';
import type { TrialConfig } from '../../src/experiment/trial.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { assembleProblem } from '../../src/transfer/problem.ts';
import { base, contentImage, loss, removePictures, run, styleImage, writePictures } from './_trial.ts';

test.before(writePictures);
test.after.always(removePictures);

const scheduled: TrialConfig = {
  ...base,
  sizes: [20, 32],
  // Not the content itself: there the content loss alone, which the schedule begins with, has nothing to do.
  initialization: { from: 'content', noise: 0.1 },
  budget: { evaluations: 16 },
  losses: [
    loss({
      type: 'content',
      layers: ['scale2'],
      schedule: {
        points: [
          [0, 2],
          [0.5, 1],
        ],
        shape: 'steps',
        over: 'level',
      },
    }),
    loss({
      type: 'gram',
      layers: ['scale1', 'scale2'],
      weight: 10,
      schedule: {
        points: [
          [0, 0],
          [1, 3],
        ],
        stages: 4,
      },
    }),
  ],
};

test.serial('weights follow their schedules, over the trial and over each level', async (t) => {
  const { trace } = await run(scheduled);
  const factors = trace.map(({ terms }) => [
    terms.content!.weighted / terms.content!.value,
    terms.gram!.weighted / terms.gram!.value,
  ]);
  // Level by level 8 evaluations: content 2 for four, then 1; gram in four stages of the whole: 0, 1, 2, 3 times 10.
  const expected = Array.from({ length: 16 }, (_, i) => [i % 8 < 4 ? 2 : 1, 10 * Math.floor(i / 4)]);
  for (const [i, [content, gram]] of factors.entries()) {
    if (trace[i]!.terms.content!.value > 0)
      t.true(Math.abs(content! - expected[i]![0]!) < 1e-9, `content at ${i}`);
    t.true(Math.abs(gram! - expected[i]![1]!) < 1e-9, `gram at ${i}`);
  }
  for (const { total, terms } of trace) {
    const sum = Object.values(terms).reduce((all, { weighted }) => all + weighted, 0);
    t.true(Math.abs(sum - total) <= 1e-5 * Math.abs(total) + 1e-12);
  }
});

for (const optimizer of [
  { name: 'lbfgs', history: 5 },
  { name: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
] as const) {
  test.serial(
    `${optimizer.name}: interrupted around changes of weights, a trial ends with the same bytes`,
    async (t) => {
      const config: TrialConfig = {
        ...scheduled,
        optimizer,
        losses: [
          ...scheduled.losses,
          loss({ type: 'mrf', layers: ['scale2'], refreshEvery: 3, styleStride: 1 }),
        ],
      };
      const undisturbed = await run(config);
      for (const stops of [[3], [4], [5], [7, 8, 9], [11, 12, 13]]) {
        const resumed = await run(config, stops);
        t.deepEqual(resumed.trace, undisturbed.trace);
        t.deepEqual(resumed.picture, undisturbed.picture);
      }
    },
  );
}

test.serial('a factor of 1 throughout is no change at all', async (t) => {
  const plain = await run(base);
  const losses = base.losses.map((one) => ({
    ...one,
    schedule: { points: [[0, 1]], over: 'trial', shape: 'linear', stages: 10 } as const,
  }));
  const same = await run({ ...base, losses });
  t.deepEqual(same.trace, plain.trace);
  t.deepEqual(same.picture, plain.picture);
});

test.serial('after a change L-BFGS evaluates the point it stands at anew', async (t) => {
  const losses = [
    base.losses[0]!,
    loss({
      type: 'gram',
      layers: ['scale1'],
      weight: 10,
      schedule: {
        points: [
          [0, 1],
          [0.5, 4],
        ],
        shape: 'steps',
      },
    }),
  ];
  const { trace } = await run({ ...base, losses });
  const [before, at] = [trace.slice(0, 6), trace[6]!];
  t.true(
    before.some(
      ({ terms }) =>
        terms.gram!.value === at.terms.gram!.value && terms.content!.value === at.terms.content!.value,
    ),
    'the terms are those of a point evaluated before, under other weights',
  );
  t.is(at.terms.gram!.weighted, 40 * at.terms.gram!.value);
});

test.serial('where the optimiser can go no further, the next weights come at once', async (t) => {
  const losses = [
    loss({ type: 'content', layers: ['scale2'] }),
    loss({
      type: 'gram',
      layers: ['scale1'],
      weight: 10,
      schedule: {
        points: [
          [0, 0],
          [0.5, 1],
        ],
        shape: 'steps',
      },
    }),
  ];
  // From the content itself the content loss is at its least: nothing to do until the style counts.
  for (const stops of [[], [1], [1, 2]]) {
    const { trace, reason } = await run({ ...base, losses }, stops);
    t.is(trace[0]!.terms.gram!.weighted, 0);
    t.true(trace.slice(1).every(({ terms }) => terms.gram!.weighted > 0));
    t.is(reason, 'budget');
    t.true(trace.at(-1)!.total < trace[1]!.total / 2);
  }
});

test.serial('plateau and target wait for the last weights', async (t) => {
  const losses = [
    loss({ type: 'content', layers: ['scale2'] }),
    loss({
      type: 'gram',
      layers: ['scale1'],
      weight: 10,
      schedule: {
        points: [
          [0, 1e-6],
          [0.5, 1],
        ],
        shape: 'steps',
      },
    }),
  ];
  const noisy = { ...base, losses, initialization: { from: 'content', noise: 0.05 } } as const;
  const target = await run({ ...noisy, budget: { evaluations: 12, target: 1e9 } });
  t.like(target, { reason: 'target', evaluations: 7 });
  // 0.999: hardly any fall is steep enough, so that it stops as soon as it may look back two evaluations.
  const plateau = await run({
    ...noisy,
    budget: { evaluations: 12, plateau: { evaluations: 2, relative: 0.999 } },
  });
  t.like(plateau, { reason: 'plateau', evaluations: 9 });
});

const engines = [
  { name: 'onnx', provider: 'cpu', threads: 1 },
  { name: 'tensorflow', provider: 'cpu', threads: 1 },
] as const;
for (const spec of engines) {
  test.serial(`${spec.name}: factors set later give what factors compiled in give`, async (t) => {
    const engine = await startEngine(spec);
    const tensor = ({ width, height, data }: RgbImage) =>
      ({ shape: [1, height, width, 3], dtype: 'float32', data }) as const;
    const assemble = (losses: TrialConfig['losses']) =>
      loadEncoder(base.encoder).then((encoder) =>
        assembleProblem({
          engine,
          encoder,
          losses,
          content: tensor(contentImage),
          style: tensor(styleImage),
          transformStyle: () => tensor(styleImage),
        }),
      );
    const start = contentImage.data.map((value) => 0.9 * value);
    const later = await (await assemble(scheduled.losses)).compile();
    const fixed = await assemble(
      scheduled.losses.map(({ schedule: _, ...one }) => one as typeof one & TrialConfig['losses'][number]),
    );
    const sets: Record<string, number>[] = [{}, { content: 0.3, gram: 2 }, { content: 0, gram: 1 }];
    for (const factors of sets) {
      const compiled = await fixed.compile(factors);
      later.setFactors(factors);
      t.deepEqual(later.terms, compiled.terms);
      const [one, other] = [await later.evaluate(start), await compiled.evaluate(start)];
      t.true(Math.abs(one.total - other.total) <= 1e-6 * other.total);
      const norm = Math.sqrt(other.gradient.reduce((sum, value) => sum + value * value, 0));
      const apart = Math.sqrt(
        other.gradient.reduce((sum, value, i) => sum + (value - one.gradient[i]!) ** 2, 0),
      );
      t.true(apart <= 1e-5 * norm, `${apart} of ${norm}`);
      await compiled.dispose();
    }
    await later.dispose();
    await engine.dispose();
  });
}
