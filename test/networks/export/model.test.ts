/** Whole networks as files, beside what the engine makes of them. */
import test from 'ava';
import { decodeModel } from '../../../src/engines/onnx/proto.ts';
import type { NetworkSpec } from '../../../src/networks/define.ts';
import { exportNetwork } from '../../../src/networks/export/model.ts';
import { networkSchema } from '../../../src/networks/registry.ts';
import { float32 } from '../../../src/tensor.ts';
import { filled } from '../../engines/compare.ts';
import { applied, channelsFirst, drawn, largestDifference, noiseOf, runFile } from './_run.ts';

/** What of a network the file wants beside the content. */
const written: readonly (readonly [network: unknown, inputs: readonly string[]])[] = [
  [{ name: 'johnson', width: 0.25, blocks: 2 }, []],
  [{ name: 'johnson', width: 0.25, blocks: 2, upsampling: 'transposed', norm: 'batch', input: 'caffe' }, []],
  [{ name: 'johnson', width: 0.25, padding: 'around', norm: 'stored', output: 'tanh150' }, []],
  [{ name: 'johnson', width: 0.25, blocks: 1, skip: true, output: 'bytes-bgr' }, []],
  [{ name: 'cartoongan', width: 0.125, blocks: 1 }, []],
  [{ name: 'ulyanov', scales: 4 }, []],
  [{ name: 'ulyanov', scales: 3, noise: 0, norm: 'stored', output: 'caffe' }, []],
  [{ name: 'dumoulin', styles: 3, width: 0.25, blocks: 1 }, ['weights']],
  [{ name: 'dumoulin', styles: 3, width: 0.25, blocks: 1, skip: true }, ['weights']],
  [{ name: 'stylebank', styles: 2, width: 0.125 }, ['weights', 'alpha']],
  [{ name: 'adain', width: 0.125 }, ['style', 'alpha']],
  [{ name: 'adain', width: 0.125, variance: 'lua' }, ['style', 'alpha']],
  [{ name: 'microast', width: 0.25 }, ['style', 'alpha']],
  [{ name: 'microast', width: 0.25, skip: true }, ['style', 'alpha']],
];

for (const [one, beside] of written) {
  test(`${JSON.stringify(one)}: one file, pictures of two odd sizes`, async (t) => {
    const spec = networkSchema.parse(one) as NetworkSpec;
    const parameters = drawn(spec);
    const model = exportNetwork(spec, parameters);
    t.deepEqual([...model.inputs].sort(), ['content', ...beside].sort());
    const style = filled([1, 37, 29, 3], 5, 0, 1);
    const weights = [0.25, 0.75, 0].slice(0, model.styles);
    for (const [height, width] of [
      [53, 78],
      [67, 41],
    ] as const) {
      const content = filled([1, height, width, 3], height, 0, 1);
      const wanted = await applied(spec, parameters, content, {
        ...(beside.includes('style') && { style }),
        ...(beside.includes('weights') && { weights }),
        ...(beside.includes('alpha') && { alpha: 0.7 }),
      });
      const { stylised: stylized } = await runFile(model.bytes, {
        content: channelsFirst(content),
        ...(beside.includes('style') && { style: channelsFirst(style) }),
        ...(beside.includes('weights') && {
          weights: float32([1, weights.length], Float32Array.from(weights)),
        }),
        ...(beside.includes('alpha') && { alpha: float32([1], Float32Array.of(0.7)) }),
        ...noiseOf(model, height, width),
      });
      const expected = channelsFirst(wanted);
      // A picture of black and white alone would hide what is wrong.
      const gray = expected.data.filter((value) => value > 0.02 && value < 0.98).length;
      t.true(gray > expected.data.length / 5, `${gray} of ${expected.data.length}`);
      const difference = largestDifference(stylized!, expected);
      t.log(`${height}×${width}: ${difference}`);
      t.true(difference <= 1e-4, `${height}×${width}: ${difference}`);
    }
  });
}

test('what does not say what its graph is, is refused with those that do', (t) => {
  t.throws(() => exportNetwork(networkSchema.parse({ name: 'wct' }) as NetworkSpec, {}), {
    message: /^the network "wct" cannot be written as ONNX: .*These do: .*johnson/,
  });
});

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
    input: 'unit',
    output: 'tanh',
  });
  t.is(said['neckar.source'], 'Johnson, Alahi & Fei-Fei, ECCV 2016');
  t.is(said['neckar.weights'], 'a.safetensors');
  t.is(said['neckar.training'], '4e9e');
  t.is(model.producerName, 'neckar');
  const dims = model.graph.input[0]!.type.tensorType.shape.dim.map((dim) => dim.dimParam || dim.dimValue);
  t.deepEqual(dims, [1, 3, 'height', 'width']);
});
