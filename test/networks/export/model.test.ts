/** Whole networks as files, beside what the engine makes of them. */
import test from 'ava';
import { decodeModel } from '../../../src/engines/onnx/proto.ts';
import type { NetworkSpec } from '../../../src/networks/define.ts';
import { exportNetwork } from '../../../src/networks/export/model.ts';
import { networkSchema } from '../../../src/networks/registry.ts';
import { filled } from '../../engines/compare.ts';
import { applied, channelsFirst, drawn, largestDifference, runFile } from './_run.ts';

const written = [
  { name: 'johnson', width: 0.25, blocks: 2 },
  { name: 'johnson', width: 0.25, blocks: 2, upsampling: 'transposed', norm: 'batch' },
  { name: 'johnson', width: 0.25, padding: 'around', norm: 'stored' },
];

for (const one of written) {
  test(`${JSON.stringify(one)}: one file, pictures of two sizes`, async (t) => {
    const spec = networkSchema.parse(one) as NetworkSpec;
    const parameters = drawn(spec);
    const { bytes, inputs } = exportNetwork(spec, parameters);
    t.deepEqual(inputs, ['content']);
    for (const [height, width] of [
      [52, 76],
      [68, 48],
    ] as const) {
      const content = filled([1, height, width, 3], height, 0, 1);
      const { stylised } = await runFile(bytes, { content: channelsFirst(content) });
      const wanted = channelsFirst(await applied(spec, parameters, content));
      t.true(wanted.data.some((value) => value > 0.2 && value < 0.8));
      const difference = largestDifference(stylised!, wanted);
      t.log(`${height}×${width}: ${difference}`);
      t.true(difference <= 1e-4, `${height}×${width}: ${difference}`);
    }
  });
}

test('a file says what it is, where it is from, and what it wants', (t) => {
  const spec = networkSchema.parse({ name: 'johnson', width: 0.25, blocks: 1 }) as NetworkSpec;
  const model = decodeModel(
    exportNetwork(spec, drawn(spec), { weights: 'a.safetensors', training: '4e9e' }).bytes,
  );
  const said = Object.fromEntries(model.metadataProps!.map(({ key, value }) => [key, value]));
  t.is(said['neckar.network'], 'johnson');
  t.deepEqual(JSON.parse(said['neckar.settings']!), {
    width: 0.25,
    blocks: 1,
    norm: 'instance',
    padding: 'same',
    upsampling: 'nearest',
  });
  t.is(said['neckar.source'], 'Johnson, Alahi & Fei-Fei, ECCV 2016');
  t.is(said['neckar.weights'], 'a.safetensors');
  t.is(said['neckar.training'], '4e9e');
  t.is(model.producerName, 'neckar');
  const dims = model.graph.input[0]!.type.tensorType.shape.dim.map((dim) => dim.dimParam || dim.dimValue);
  t.deepEqual(dims, [1, 3, 'height', 'width']);
});
