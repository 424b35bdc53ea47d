import test from 'ava';
import type { EngineSpec } from '../../src/engines/engine.ts';
import { convolutionPeak } from '../../src/engines/peak.ts';
import { probeEngine, probeEngines } from '../../src/engines/probe.ts';
import { providersOf, startEngine } from '../../src/engines/start.ts';
import { NeckarError } from '../../src/errors.ts';

test('auto is onnx on cpu', async (t) => {
  const { identity } = await startEngine({ name: 'auto', threads: 1 });
  t.is(identity.engine, 'onnx');
  t.is(identity.provider, 'cpu');
  t.is(identity.threads, 1);
  t.regex(identity.device, /, 1 thread$/);
  t.regex(identity.versions['onnxruntime-node'] ?? '', /^\d+\.\d+\.\d+/);
});

test('wrong names are answered with the nearest right one', async (t) => {
  const wrong: [EngineSpec, RegExp][] = [
    [{ name: 'onx' as 'onnx' }, /unknown engine "onx"\. Did you mean "onnx"\? Known: auto, onnx, tensorflow/],
    [
      { name: 'onnx', provider: 'webgl' },
      /unknown provider "webgl" of engine onnx\. Did you mean "webgpu"\?/,
    ],
    [
      { name: 'tensorflow', provider: 'nodegpu' },
      /Did you mean "node-gpu"\? Known: auto, node-gpu, node, wasm, cpu/,
    ],
    [{ name: 'auto', provider: 'cpu' }, /set engine\.name/],
    [{ name: 'onnx', threads: 0 }, /engine\.threads is 0/],
    [{ name: 'auto', threads: 1.5 }, /engine\.threads is 1\.5/],
  ];
  for (const [spec, message] of wrong) {
    await t.throwsAsync(startEngine(spec), { instanceOf: NeckarError, message });
  }
});

test('every provider is probed; one that cannot run says why', async (t) => {
  const probes = await probeEngines();
  t.deepEqual(
    probes.map(({ engine, provider }) => `${engine} ${provider}`),
    Object.entries(providersOf).flatMap(([engine, providers]) =>
      providers.map((provider) => `${engine} ${provider}`),
    ),
  );
  for (const probe of probes) {
    if (probe.starts) t.is(probe.identity.provider, probe.provider);
    else t.regex(probe.reason, /\w.*\.$/);
  }
  for (const sure of ['onnx cpu', 'tensorflow wasm', 'tensorflow cpu']) {
    t.true(
      probes.some(({ engine, provider, starts }) => starts && `${engine} ${provider}` === sure),
      sure,
    );
  }
});

test('a probe of what does not exist is an answer, not an exception', async (t) => {
  const probe = await probeEngine('onnx', 'abacus');
  t.false(probe.starts);
  t.regex(probe.starts ? '' : probe.reason, /unknown provider "abacus"/);
});

test('the convolution peak is measured on cpu', async (t) => {
  const { gflops, provider, seconds } = await convolutionPeak({ name: 'auto' }, 1);
  t.is(provider, 'cpu');
  t.true(gflops > 0.1 && seconds > 0);
  await t.throwsAsync(convolutionPeak({ name: 'auto' }, 0), { instanceOf: NeckarError });
});
