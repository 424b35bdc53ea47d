/** Whole networks as files, beside what the engine makes of them. */
import test from 'ava';
import { decodeModel } from '../../../src/engines/onnx/proto.ts';
import { startEngine } from '../../../src/engines/start.ts';
import type { NetworkSpec } from '../../../src/networks/define.ts';
import { exportNetwork } from '../../../src/networks/export/model.ts';
import { networkSchema, networks } from '../../../src/networks/registry.ts';
import type { NamedValues, TensorValue, tf } from '../../../src/tensor.ts';
import { filled } from '../../engines/compare.ts';
import { channelsFirst, largestDifference, runFile } from './_run.ts';

/** Random parameters of a size that keeps maps near 1. */
function drawn(spec: NetworkSpec): NamedValues {
  const { name, ...settings } = spec;
  return Object.fromEntries(
    networks
      .get(name)
      .parameters(settings)
      .map(({ name, shape, role, fanIn }, i) => {
        const reach = Math.sqrt(3 / fanIn);
        if (role === 'filter') return [name, filled(shape, i, -reach, reach)];
        if (role === 'variance' || role === 'scale') return [name, filled(shape, i, 0.5, 1.5)];
        return [name, filled(shape, i, -0.2, 0.2)];
      }),
  );
}

async function applied(
  spec: NetworkSpec,
  parameters: NamedValues,
  content: TensorValue,
): Promise<TensorValue> {
  const { name, ...settings } = spec;
  const engine = await startEngine({ name: 'onnx', threads: 1 });
  const program = await engine.compile(
    ({ content, ...named }) => ({
      picture: networks.get(name).apply(settings, { content: content as tf.Tensor4D }, named),
    }),
    { inputs: { content: { shape: content.shape } }, constants: parameters, label: name },
  );
  const { picture } = await program.run({ content });
  await program.dispose();
  await engine.dispose();
  return { ...picture!, data: picture!.data.map((value) => Math.min(1, Math.max(0, value))) };
}

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
