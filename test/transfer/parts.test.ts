import test from 'ava';
import type { EngineIdentity } from '../../src/engines/engine.ts';
import { evaluationParts, noParts, PartsWatch } from '../../src/transfer/parts.ts';
import type { Problem, ProblemProfile } from '../../src/transfer/problem.ts';

const onCpu: EngineIdentity = {
  engine: 'onnx',
  provider: 'cpu',
  device: 'test',
  versions: {},
  threads: 1,
};

function problem(answer: () => ProblemProfile | undefined): { problem: Problem; asked: () => number } {
  let asked = 0;
  const profile = async () => {
    asked++;
    return answer();
  };
  return { problem: { profile } as unknown as Problem, asked: () => asked };
}

async function level(
  memory: ReturnType<typeof noParts>,
  evaluations: number,
  clock: number,
  answer: () => ProblemProfile | undefined,
): Promise<number> {
  const { problem: one, asked } = problem(answer);
  const watch = new PartsWatch(one);
  for (let i = 0; i < evaluations; i++) await watch.evaluated();
  await watch.finish(memory, clock);
  return asked();
}

const half = (total: number): ProblemProfile => ({
  evaluations: 2,
  total,
  encoder: 0.5 * total,
  losses: { gram: 0.25 * total, content: 0.125 * total },
});

test('what is timed on a few evaluations stands for all of a level, and levels weigh by their seconds', async (t) => {
  const memory = noParts();
  t.is(await level(memory, 10, 4, () => half(0.5)), 1);
  const all = (): ProblemProfile => ({ evaluations: 2, total: 1, encoder: 1, losses: { gram: 0 } });
  t.is(await level(memory, 10, 8, all), 1);
  const parts = evaluationParts(memory, onCpu);
  if ('refused' in parts) return t.fail(parts.refused);
  // 4 s of which half, and 4 s of which all, are the encoder's.
  t.is(parts.encoder, 0.75);
  t.deepEqual(parts.losses, { gram: 0.125, content: 0.0625 });
  t.is(parts.rest, 0.0625);
  t.is(parts.evaluations, 4);
});

test('a level that ends early is timed on what there was, one of a single evaluation not at all', async (t) => {
  const memory = noParts();
  t.is(await level(memory, 1, 0, () => half(1)), 0);
  t.like(evaluationParts(memory, onCpu), {
    refused: 'Not measured: no picture size had an evaluation after its first.',
  });
  t.is(await level(memory, 2, 3, () => half(1)), 1);
  t.like(evaluationParts(memory, onCpu), { encoder: 0.5 });
});

test('what goes wrong costs the knowledge, not the trial, and engines that cannot tell are named', async (t) => {
  const memory = noParts();
  await level(memory, 5, 1, () => {
    throw new Error('no space left on device');
  });
  t.like(evaluationParts(memory, onCpu), { refused: 'Not measured: no space left on device.' });
  const parts = evaluationParts(memory, { ...onCpu, provider: 'webgpu' });
  t.regex('refused' in parts ? parts.refused : '', /onnx on webgpu does not tell/);
});
