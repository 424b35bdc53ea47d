import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { encodeModel, type ModelProto, type NodeProto } from '../../src/engines/onnx/proto.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { openNetwork } from '../../src/networks/apply.ts';
import type { PassRequest } from '../../src/networks/define.ts';
import { decodePicture } from '../../src/networks/onnx-pictures.ts';
import {
  networkAbilities,
  networkClass,
  networkStyles,
  resolveNetwork,
} from '../../src/networks/registry.ts';
import { integer, ints, node } from '../weights/_formats.ts';
import { flat, noisy } from './_networks.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-onnx-networks-'));
test.after.always(() => rmSync(folder, { recursive: true }));

type Dims = readonly number[];

/** A file of a model with these inputs and outputs by name, and constants. */
function model(
  name: string,
  nodes: NodeProto[],
  {
    inputs,
    outputs,
    constants = {},
  }: {
    readonly inputs: Readonly<Record<string, Dims>>;
    readonly outputs: Readonly<Record<string, Dims>>;
    readonly constants?: Readonly<Record<string, readonly [dims: Dims, values: readonly number[]]>>;
  },
): string {
  const info = ([port, dims]: [string, Dims]) =>
    ({
      name: port,
      // An extent of 0 is left out: any.
      type: {
        tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => (dimValue ? { dimValue } : {})) } },
      },
    }) as ModelProto['graph']['input'][number];
  const bytes = encodeModel({
    irVersion: 8,
    producerName: 'test',
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'test',
      node: nodes,
      initializer: Object.entries(constants).map(([constant, [dims, values]]) => ({
        name: constant,
        dims,
        dataType: 1,
        floatData: values,
      })),
      input: Object.entries(inputs).map(info),
      output: Object.entries(outputs).map(info),
    },
  });
  const file = join(folder, `${name}.onnx`);
  writeFileSync(file, bytes);
  return file;
}

const any = { nchw: [1, 3, 0, 0], nhwc: [1, 0, 0, 3] } as const;

/** 255 − x, in whatever order: with declared ranges of 0 to 255 it is the negative. */
const negative = (name: string, layout: 'nchw' | 'nhwc') =>
  model(name, [node('Sub', ['white', 'x'], 'y')], {
    inputs: { x: any[layout] },
    outputs: { y: any[layout] },
    constants: { white: [[1], [255]] },
  });

const bytes = { range: [0, 255] };

async function made(
  settings: object,
  request: Partial<PassRequest> & { content: RgbImage },
): Promise<RgbImage> {
  const opened = await openNetwork(resolveNetwork({ name: 'onnx', ...settings }), {
    name: 'auto',
    threads: 1,
  });
  try {
    const pass = await opened.prepare({ styles: [], seed: 0, ...request });
    return await pass.run();
  } finally {
    await opened.dispose();
  }
}

function near(t: import('ava').ExecutionContext, picture: RgbImage, at: (i: number) => number) {
  const worst = picture.data.reduce((most, value, i) => Math.max(most, Math.abs(value - at(i))), 0);
  t.true(worst < 1e-5, String(worst));
}

for (const layout of ['nchw', 'nhwc'] as const) {
  test(`ranges of bytes and the layout ${layout}, told by the file: a negative is a negative`, async (t) => {
    const content = noisy(7, 5, 1);
    const picture = await made(
      { file: negative(layout, layout), content: bytes, output: bytes },
      { content },
    );
    t.deepEqual([picture.width, picture.height], [7, 5]);
    near(t, picture, (i) => 1 - content.data[i]!);
  });
}

test('channels, means and deviations are the file’s: what goes in and comes out by them is the picture', async (t) => {
  // Only its first channel is let through: that of blue where the file counts in BGR.
  const file = model('first', [node('Mul', ['x', 'mask'], 'y')], {
    inputs: { x: any.nchw },
    outputs: { y: any.nchw },
    constants: {
      mask: [
        [1, 3, 1, 1],
        [1, 0, 0],
      ],
    },
  });
  const content = noisy(6, 4, 2);
  const ends = { range: [0, 1], channels: 'bgr' };
  const blue = await made({ file, content: ends, output: ends }, { content });
  near(t, blue, (i) => (i % 3 === 2 ? content.data[i]! : 0));
  // (x − mean) / std of the file's first channel, which comes out as it went in: −1 … 1 is undone alone.
  const coded = { range: [-1, 1], mean: [0.5, 0, 0], std: [2, 1, 1] };
  const red = await made({ file, content: coded, output: { range: [-1, 1] } }, { content });
  near(t, red, (i) => (i % 3 === 0 ? ((2 * content.data[i]! - 1 - 0.5) / 2 + 1) / 2 : 0.5));
});

test('weights of learnt styles go in by their input', async (t) => {
  const file = model(
    'learnt',
    [
      node('MatMul', ['w', 'colors'], 'row'),
      node('Mul', ['x', 'zero'], 'none'),
      node('Add', ['none', 'row'], 'y'),
    ],
    {
      inputs: { x: any.nhwc, w: [2] },
      outputs: { y: any.nhwc },
      constants: {
        colors: [
          [2, 3],
          [1, 0, 0, 0, 0.5, 1],
        ],
        zero: [[1], [0]],
      },
    },
  );
  const settings = {
    file,
    content: { range: [0, 1] },
    weights: { input: 'w', count: 2 },
    output: { range: [0, 1] },
  };
  const spec = resolveNetwork({ name: 'onnx', ...settings });
  t.is(networkClass(spec), 'many-styles');
  t.is(networkStyles(spec), 2);
  t.deepEqual(networkAbilities(spec), { blend: true, alpha: false });
  const picture = await made(settings, { content: noisy(4, 4, 1), weights: [0.5, 0.5] });
  near(t, picture, (i) => [0.5, 0.25, 0.5][i % 3]!);
  await t.throwsAsync(made({ ...settings, weights: { input: 'w', count: 3 } }, { content: noisy(4, 4, 1) }), {
    message: /the input "w" of .*learnt\.onnx has the shape \[2\], but weights\.count says 3 styles/,
  });
});

test('two files, one that reads the style: blended by weights, and alpha mixes the content’s own', async (t) => {
  // The first gives the mean colour, [1,1,1,3] as a picture of one pixel; the second paints with it.
  const reader = model(
    'reader',
    [node('ReduceMean', ['s'], 'mean', [ints('axes', 1, 2), integer('keepdims', 1)])],
    { inputs: { s: [1, 4, 4, 3] }, outputs: { mean: [1, 1, 1, 3] } },
  );
  const painter = model('painter', [node('Mul', ['x', 'zero'], 'none'), node('Add', ['none', 'v'], 'y')], {
    inputs: { x: any.nhwc, v: [1, 1, 1, 3] },
    outputs: { y: any.nhwc },
    constants: { zero: [[1], [0]] },
  });
  const settings = {
    file: painter,
    content: { input: 'x', range: [0, 1] },
    style: { file: reader, range: [0, 1] },
    output: { range: [0, 1] },
  };
  t.is(networkClass(resolveNetwork({ name: 'onnx', ...settings })), 'any-style');
  const content = flat(9, 6, [0, 0, 1]);
  const styles = [flat(8, 5, [1, 0, 0]), flat(20, 11, [0, 1, 0])];
  near(t, await made(settings, { content, styles }), (i) => [1, 0, 0][i % 3]!);
  const mixed = await made(settings, { content, styles, weights: [0.25, 0.75], alpha: 0.5 });
  near(t, mixed, (i) => [0.125, 0.375, 0.5][i % 3]!);
});

test('a file of a fixed size sees the picture as large as fits in, and its own comes back at the content’s size', async (t) => {
  const file = model('fixed', [node('Sub', ['white', 'x'], 'y')], {
    inputs: { x: [1, 3, 16, 16] },
    outputs: { y: [1, 3, 16, 16] },
    constants: { white: [[1], [1]] },
  });
  const content = flat(24, 10, [0.2, 0.4, 0.9]);
  const picture = await made({ file, content: { range: [0, 1] }, output: { range: [0, 1] } }, { content });
  t.deepEqual([picture.width, picture.height], [24, 10]);
  near(t, picture, (i) => [0.8, 0.6, 0.1][i % 3]!);
});

test('what is no picture, a forgotten input and a wrong declaration are one sentence each', async (t) => {
  const content = noisy(6, 6, 1);
  const ends = { content: { range: [0, 1] }, output: { range: [0, 1] } };
  const refused = (settings: object, message: RegExp) =>
    t.throwsAsync(made(settings, { content, styles: [content] }), { name: 'NeckarError', message });
  const vector = model(
    'vector',
    [node('ReduceMean', ['x'], 'y', [ints('axes', 2, 3), integer('keepdims', 0)])],
    {
      inputs: { x: any.nchw },
      outputs: { y: [1, 3] },
    },
  );
  await refused(
    { file: vector, ...ends },
    /the output "y" of .*vector\.onnx has the rank 2 \(\[1, 3\]\); a picture has 4 axes/,
  );
  const pair = model('pair', [node('Add', ['x', 'z'], 'y')], {
    inputs: { x: any.nchw, z: [1, 1, 1, 1] },
    outputs: { y: any.nchw },
  });
  await refused(
    { file: pair, ...ends },
    /wants the input "z" \[1, 1, 1, 1\] as well, and nothing says what goes into it/,
  );
  await refused(
    { file: pair, ...ends, content: { range: [0, 1], input: 'X1' } },
    /network\.content\.input: .*pair\.onnx has no input "X1"\. Did you mean "x"\?|Its inputs are x, z/,
  );
  const gray = model('grey', [node('ReduceMean', ['x'], 'y', [ints('axes', 1), integer('keepdims', 1)])], {
    inputs: { x: any.nchw },
    outputs: { y: [1, 0, 0, 0] },
  });
  await refused(
    { file: gray, ...ends, output: { range: [0, 1], layout: 'nchw' } },
    /the output "y" of .*grey\.onnx has 1 channels in the layout nchw \(\[1, 1, \?, \?\]\); a picture has 3/,
  );
  const holes = model(
    'holes',
    [
      node('Log', ['x'], 'l'),
      node('Mul', ['l', 'minus'], 'm'),
      node('Log', ['m'], 'n'),
      node('Sub', ['n', 'big'], 'o'),
      node('Log', ['o'], 'y'),
    ],
    {
      inputs: { x: any.nchw },
      outputs: { y: any.nchw },
      constants: { minus: [[1], [-1]], big: [[1], [1000]] },
    },
  );
  await refused(
    { file: holes, ...ends },
    /the output "y" of .*holes\.onnx holds values that are no finite numbers/,
  );
  await refused(
    { file: negative('bytes', 'nchw'), content: bytes, output: { range: [0, 1] } },
    /does not lie in the declared range 0 to 1: with it the picture's mean is .* Correct output\.range/,
  );
  const text = join(folder, 'text.onnx');
  writeFileSync(text, 'no model at all, only words');
  await refused(
    { file: text, ...ends },
    /text\.onnx is no file of weights, or broken: it begins with the text "no model at all,"/,
  );
  await refused({ file: join(folder, 'none.onnx'), ...ends }, /There is no weights file .*none\.onnx/);
});

test('ranges must be declared', (t) => {
  const error = t.throws(() =>
    resolveNetwork({ name: 'onnx', file: 'x.onnx', content: {}, output: { range: [0, 0] } }),
  );
  t.regex(error!.message, /network\.content\.range: missing/);
  t.regex(error!.message, /network\.output\.range: black and white are two different values/);
});

test('what a file makes in the end must be one picture of three channels', (t) => {
  const coding = { range: [0, 1], channels: 'rgb' } as const;
  for (const shape of [[2, 3, 1, 1], [1, 2, 1, 3], [6]]) {
    t.throws(() => decodePicture({ shape, data: new Float32Array(6) }, 'nchw', coding, 'the output'), {
      message: /^the output is no picture: it has the shape \[.*\]; expected \[1, 3, height, width\]\.$/,
    });
  }
});
