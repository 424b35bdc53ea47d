import test from 'ava';
import { startEngine } from '../../src/engines/start.ts';
import type { NamedTensors } from '../../src/tensor.ts';
import { assertClose, referenceEngine, runOnce, withGradients } from './compare.ts';
import { kernelCases } from './kernel-cases.ts';

const onnx = startEngine({ name: 'onnx', provider: 'cpu', threads: 1 });

/** Both sides compute in float32; sums of a few hundred terms in another order differ by this much. */
const tolerance = 2e-5;

for (const { name, inputs, compute, gradients } of kernelCases) {
  const names = gradients ?? Object.keys(inputs);
  const title = names.length > 0 ? 'value and gradient' : 'value';
  test(`${name}: ${title} as tfjs computes them`, async (t) => {
    const program =
      names.length > 0
        ? withGradients(compute, names)
        : (tensors: NamedTensors) => ({ value: compute(tensors) });
    const expected = await runOnce(await referenceEngine(), program, inputs);
    const actual = await runOnce(await onnx, program, inputs);
    assertClose(t, actual, expected, tolerance);
  });
}
