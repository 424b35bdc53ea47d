import test from 'ava';
import { loadEncoder } from '../../src/encoders/registry.ts';
import { startEngine } from '../../src/engines/start.ts';
import type { TrialConfig } from '../../src/experiment/trial.ts';
import { readImage } from '../../src/images/decode.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { resizeLongestSide } from '../../src/images/resize.ts';
import { decodeState, encodeState, type StateValue } from '../../src/platform/state.ts';
import { assembleProblem } from '../../src/transfer/problem.ts';
import { runTrial, type TrialHooks } from '../../src/transfer/trial.ts';
import { tensorOf } from '../../src/transfer/trial-images.ts';
import { base, contentImage, loss, removePictures, run, styleImage, writePictures } from './_trial.ts';

test.before(writePictures);
test.after.always(removePictures);

test.serial('a trial lowers its total, stays in the box and traces every evaluation', async (t) => {
  const { picture, trace, reason, evaluations, snapshots } = await run({ ...base, snapshots: [3, 12, 99] });
  t.is(reason, 'budget');
  t.is(evaluations, 12);
  t.deepEqual(
    trace.map(({ evaluation }) => evaluation),
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  t.deepEqual(snapshots, [3, 12]);
  t.is(picture.width, 32);
  t.is(picture.height, 24);
  t.true(picture.data.every((value) => value >= 0 && value <= 1));
  t.true(trace.at(-1)!.total < trace[0]!.total / 2);
  for (const { total, terms } of trace) {
    const sum = Object.values(terms).reduce((all, { weighted }) => all + weighted, 0);
    t.true(Math.abs(sum - total) <= 1e-4 * Math.abs(total));
    t.is(terms.gram!.weighted, terms.gram!.value * 10);
  }
});

for (const optimizer of [
  { name: 'lbfgs', history: 5 },
  { name: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
] as const) {
  test.serial(
    `${optimizer.name}: interrupted anywhere and resumed, a trial ends with the same bytes`,
    async (t) => {
      const config: TrialConfig = {
        ...base,
        optimizer,
        sizes: [20, 32],
        initialization: { from: 'content', noise: 0.1 },
        losses: [
          loss({ type: 'content', layers: ['scale2'] }),
          loss({ type: 'mrf', layers: ['scale2'], refreshEvery: 3, styleStride: 1 }),
        ],
      };
      const undisturbed = await run(config);
      for (const stops of [[1], [5], [6], [7, 9, 11]]) {
        const resumed = await run(config, stops);
        t.deepEqual(resumed.trace, undisturbed.trace);
        t.deepEqual(resumed.picture, undisturbed.picture);
      }
    },
  );
}

test.serial('levels share the budget and each starts from the one before', async (t) => {
  const { trace, picture } = await run({
    ...base,
    sizes: [16, 32],
    budget: { evaluations: 12, perLevel: [8, 4] },
  });
  t.deepEqual(
    trace.map(({ level }) => level),
    [...new Array(8).fill(0), ...new Array(4).fill(1)],
  );
  t.is(picture.width, 32);
});

test.serial(
  'a total beyond all numbers ends the trial, names the term and keeps a good picture',
  async (t) => {
    const { state, reason, picture } = await run({
      ...base,
      losses: [loss({ type: 'content', layers: ['scale2'] }), loss({ type: 'gram', weight: 1e38 })],
      optimizer: { name: 'gradient-descent', learningRate: 1, momentum: 0 },
    });
    t.is(state, 'diverged');
    t.regex(reason, /at evaluation 1$/);
    t.true(picture.data.every((value) => value >= 0 && value <= 1));
  },
);

test.serial('gradient-norm weighting makes every term pull as hard as its weight says', async (t) => {
  const engine = await startEngine({ name: 'onnx', provider: 'cpu', threads: 1 });
  const encoder = await loadEncoder(base.encoder);
  const tensor = ({ width, height, data }: RgbImage) =>
    ({ shape: [1, height, width, 3], dtype: 'float32', data }) as const;
  const problem = await assembleProblem({
    engine,
    encoder,
    losses: base.losses,
    content: tensor(contentImage),
    style: tensor(styleImage),
    transformStyle: () => tensor(styleImage),
  });
  const start = { ...contentImage, data: contentImage.data.map((value) => 0.9 * value) };
  const norms = await problem.gradientNorms(tensor(start));
  // Independent of the norms: the gradient of one term alone, weighted by its factor.
  for (const { name, weight } of problem.terms) {
    const others = Object.fromEntries(problem.terms.map((term) => [term.name, 0]));
    const single = await problem.compile({ ...others, [name]: 1 / norms[name]! });
    const { gradient } = await single.evaluate(start.data);
    const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    t.true(Math.abs(norm / weight - 1) < 1e-4, `${name}: ${norm} for weight ${weight}`);
    await single.dispose();
  }
  await engine.dispose();
});

test.serial('the factors that a trial finds make its terms pull as hard as their weights say', async (t) => {
  const config: TrialConfig = { ...base, weighting: 'gradient-norm', budget: { evaluations: 2 } };
  const { weightFactors } = await run(config);
  const engine = await startEngine({ name: 'onnx', provider: 'cpu', threads: 1 });
  const encoder = await loadEncoder(base.encoder);
  // The trial's own pictures, from the files that it read, at the size at which it encoded them.
  const [content, style] = await Promise.all(
    [base.content, base.style].map(async (path) => tensorOf(resizeLongestSide(await readImage(path), 32))),
  );
  const problem = await assembleProblem({
    engine,
    encoder,
    losses: base.losses,
    content: content!,
    style: style!,
    transformStyle: () => style!,
  });
  // The content's own features have no distance to themselves, and with it no direction: the factor stays 1.
  t.is(weightFactors!.content, 1);
  const single = await problem.compile({ content: 0, gram: weightFactors!.gram! });
  const { gradient } = await single.evaluate(content!.data as Float32Array);
  const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
  t.true(Math.abs(norm / 10 - 1) < 1e-3, `${norm} for weight 10`);
  await single.dispose();
  await engine.dispose();
});

test.serial(
  'noise and style starts differ from the content and are the same for the same seed',
  async (t) => {
    const noise = { ...base, initialization: { from: 'noise' }, budget: { evaluations: 2 } } as const;
    const [first, again, other] = [await run(noise), await run(noise), await run({ ...noise, seed: 2 })];
    t.deepEqual(first.picture, again.picture);
    t.notDeepEqual(first.picture, other.picture);
  },
);

test('what fails after the optimisation costs nothing of it, on any number of threads', async (t) => {
  const config = { ...base, sizes: [24, 32], budget: { evaluations: 8 } };
  let saved: Record<string, StateValue> | undefined;
  const hooks: TrialHooks = {
    trace() {},
    async snapshot() {},
    async checkpoint(state) {
      saved = decodeState(encodeState(state));
    },
    progress() {},
  };
  const first = await runTrial(config, hooks);
  await first.engine.dispose();
  const lines: string[] = [];
  const again = await runTrial(
    { ...config, engine: { ...config.engine, threads: 2 } },
    {
      ...hooks,
      restored: saved,
      trace: () => t.fail('nothing is evaluated again'),
      checkpoint: async () => t.fail('there is nothing new to keep'),
      log: (line) => lines.push(line),
    },
  );
  await again.engine.dispose();
  t.deepEqual(again.picture, first.picture);
  t.deepEqual([again.content, again.style], [first.content, first.style]);
  const { state, reason, cost, final, weightFactors } = first;
  t.like(again, { state, reason, cost, final, weightFactors });
  t.true(again.timing.total > first.timing.total, 'the time of before counts');
  t.is(lines.length, 1);
  t.regex(lines[0]!, /^goes on with 2 threads where it was left with 1:/);
});

test('a trial is asked at its rungs, shows what it has, and stops when it is told to', async (t) => {
  const pruning = { metric: 'total', rungs: [3, 7], reduction: 2 };
  const config = { ...base, sizes: [24, 32], budget: { evaluations: 12, pruning } };
  const asked: [number, number, number][] = [];
  const totals: number[] = [];
  const outcome = await runTrial(config, {
    trace: ({ level, total }) => totals.push(level === 1 ? total : Number.POSITIVE_INFINITY),
    async snapshot() {},
    async checkpoint() {},
    progress() {},
    async rung({ evaluation, total, picture, content: source }) {
      asked.push([evaluation, picture.width, source.width]);
      if (evaluation === 3) return undefined;
      t.is(total, Math.min(...totals));
      return 'others are better';
    },
  });
  await outcome.engine.dispose();
  t.deepEqual(asked, [
    [3, 24, 24],
    [7, 32, 32],
  ]);
  t.like(outcome, { state: 'pruned', reason: 'others are better', cost: { evaluations: 7 } });
  t.is(outcome.picture.width, 32);
});
