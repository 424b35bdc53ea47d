import test, { type ExecutionContext } from 'ava';
import { loadEncoder, resolveEncoder } from '../../../src/encoders/registry.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { startEngine } from '../../../src/engines/start.ts';
import { type LossInput, resolveLoss } from '../../../src/losses/registry.ts';
import { assembleProblem, type ProblemEvaluation } from '../../../src/transfer/problem.ts';
import { filled, numbers } from '../../engines/compare.ts';

interface Case {
  readonly encoder: unknown;
  readonly losses: readonly LossInput[];
  readonly size: readonly [number, number];
  readonly rows: number;
}

const random = { random: 1 };

async function assemble(engine: Engine, { encoder: written, losses, size }: Case, rows: number | undefined) {
  const encoder = await loadEncoder(resolveEncoder(written));
  const [height, width] = size;
  const image = (seed: number, h = height, w = width) => filled([1, h, w, 3], seed, 0, 1);
  return assembleProblem({
    engine,
    encoder,
    losses: losses.map((loss) => resolveLoss(loss, encoder)),
    content: image(41),
    // Of another size, odd where the picture's is even.
    style: image(42, height + 7, width - 5),
    transformStyle: ({ rotation }) => image(43 + rotation, width + 2, height + 3),
    tiling: rows === undefined ? 'off' : { rows },
  });
}

async function evaluated(engine: Engine, one: Case, rows: number | undefined): Promise<ProblemEvaluation> {
  const [height, width] = one.size;
  const picture = numbers(height * width * 3, 40, 0, 1);
  const problem = await (await assemble(engine, one, rows)).compile({ gram: 3 });
  await problem.refresh(picture, 0);
  const evaluation = await problem.evaluate(picture);
  await problem.dispose();
  return evaluation;
}

/** Largest difference over the largest absolute value. */
function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let gap = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    gap = Math.max(gap, Math.abs(actual[i]! - expected[i]!));
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return gap / scale;
}

async function sameAsWhole(t: ExecutionContext, engine: Engine, one: Case): Promise<void> {
  const whole = await evaluated(engine, one, undefined);
  const strips = await evaluated(engine, one, one.rows);
  t.true(difference([strips.total], [whole.total]) < 1e-5, `total ${strips.total}, not ${whole.total}`);
  t.deepEqual(Object.keys(strips.terms).sort(), Object.keys(whole.terms).sort());
  for (const [name, value] of Object.entries(whole.terms)) {
    t.true(difference([strips.terms[name]!], [value]) < 1e-5, `${name} ${strips.terms[name]}, not ${value}`);
  }
  const gap = difference(strips.gradient, whole.gradient);
  t.true(gap < 1e-5, `the gradient differs by ${gap}`);
}

const onnx = startEngine({ name: 'onnx', provider: 'cpu' });

for (const pooling of ['average', 'max', 'l2'] as const) {
  test(`vgg19 with ${pooling} pooling: strips give the value, the terms and the gradient of one graph`, async (t) => {
    await sameAsWhole(t, await onnx, {
      encoder: { name: 'vgg19', pooling, weights: random },
      losses: [
        { type: 'content', layers: ['relu2_2', 'relu4_2'] },
        { type: 'gram', layers: ['conv1_1', 'relu2_1', 'relu3_1', 'conv4_1'] },
        { type: 'variation', weight: 1e-5 },
      ],
      size: [83, 52],
      rows: 31,
    });
  });
}
