import test from 'ava';
import { inOwnProcess } from '../../src/bench/bench.ts';
import type { NetworkMeasurement } from '../../src/bench/network-case.ts';
import { layerOperations } from '../../src/bench/operations.ts';
import { johnson } from '../../src/networks/johnson.ts';
import { johnsonLayers } from '../../src/networks/johnson-layers.ts';
import { resolveNetwork } from '../../src/networks/registry.ts';

test('operations of a chain are those of each of its convolutions', (t) => {
  const { all, first } = layerOperations(
    [
      { kind: 'convolution', name: 'a', channels: 5, size: 3, stride: 2 },
      { kind: 'relu' },
      { kind: 'upsample', factor: 2, how: 'nearest' },
      {
        kind: 'residual',
        layers: [{ kind: 'convolution', name: 'b', channels: 5, size: 3, surround: 'none' }],
      },
      { kind: 'transposed', name: 'c', channels: 2, size: 3, stride: 2, cut: 1, extra: 1 },
    ],
    8,
  );
  t.is(first, 2 * 9 * 3 * 5 * 4 * 4);
  // 4 positions a side, enlarged to 8, of which 6 are left; each of those stamps a filter.
  t.is(all, first + 2 * 9 * 5 * 5 * 6 * 6 + 2 * 9 * 5 * 2 * 6 * 6);
});

test("Johnson's network at 256² takes what its layers' sizes say", (t) => {
  const { definition } = johnson;
  const { name: _, ...settings } = resolveNetwork('johnson');
  t.is(definition.name, 'johnson');
  const side = 256 ** 2;
  const ends = 2 * (81 * 3 * 32 * side) * 2;
  const down = 2 * 9 * (32 * 64 * (side / 4) + 64 * 128 * (side / 16));
  const blocks = 10 * 2 * 9 * 128 * 128 * (side / 16);
  const up = 2 * 9 * (128 * 64 * (side / 4) + 64 * 32 * side);
  t.is(layerOperations(johnsonLayers(settings as never), 256).all, ends + down + blocks + up);
});

test('a step and a pass are timed in processes of their own', async (t) => {
  const network = resolveNetwork(johnson({ width: 1 / 16, blocks: 1 }));
  const engine = { name: 'onnx', provider: 'cpu', threads: 1 } as const;
  for (const one of [
    { kind: 'network-pass', engine, network, size: 32, runs: 2 },
    { kind: 'training-step', engine, network, size: 32, batch: 2, runs: 2 },
  ] as const) {
    const measured = (await inOwnProcess(one.kind, one)) as NetworkMeasurement;
    t.is(measured.seconds.length, 2);
    t.true(measured.seconds.every((seconds) => seconds > 0));
    t.true(measured.peakMemory > 1e7);
    t.is(measured.provider, 'onnx/cpu');
  }
});
