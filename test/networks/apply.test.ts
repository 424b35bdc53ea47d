import test from 'ava';
import type { Engine } from '../../src/engines/engine.ts';
import { startEngine } from '../../src/engines/start.ts';
import { cropImage, type RgbImage } from '../../src/images/image.ts';
import { openNetwork, preparePass } from '../../src/networks/apply.ts';
import type { PassRequest } from '../../src/networks/define.ts';
import { extend } from '../../src/networks/extend.ts';
import { networks, resolveNetwork } from '../../src/networks/registry.ts';
import { float32, type NamedValues, tf } from '../../src/tensor.ts';
import { relativeDifference } from '../engines/compare.ts';
import { flat, mixer, noisy, palette, randomParameters, tiles, tiny } from './_networks.ts';

let engine: Engine;
test.before(async () => {
  engine = await startEngine({ name: 'onnx', threads: 1 });
});
test.after.always(() => engine.dispose());

async function made(
  spec: Parameters<typeof preparePass>[0],
  parameters: NamedValues,
  request: Partial<PassRequest> & { content: RgbImage },
): Promise<RgbImage> {
  const pass = await preparePass(spec, parameters, { styles: [], seed: 0, ...request }, engine);
  const picture = await pass.run();
  await pass.dispose();
  return picture;
}

/** The picture by a loop that mirrors each position where it leaves the picture. */
function mirrored({ width, height, data }: RgbImage, to: { width: number; height: number }): Float32Array {
  const back = (at: number, extent: number) => (at < extent ? at : 2 * (extent - 1) - at);
  return Float32Array.from({ length: to.width * to.height * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % to.width, Math.floor(i / 3 / to.width), i % 3];
    return data[(back(y, height) * width + back(x, width)) * 3 + c]!;
  });
}

test('a pass is what tfjs itself computes of the picture and the parameters', async (t) => {
  const content = noisy(29, 21, 1);
  const parameters = randomParameters(tiny);
  const { name, ...settings } = tiny;
  await tf.setBackend('cpu');
  const reference = tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(parameters).map(([key, { data, shape }]) => [key, tf.tensor(data, [...shape])]),
    );
    return networks
      .get(name)
      .apply(settings, { content: tf.tensor4d(content.data, [1, 21, 29, 3]) }, tensors)
      .dataSync();
  });
  const picture = await made(tiny, parameters, { content });
  t.deepEqual([picture.width, picture.height], [29, 21]);
  const shape = [1, 21, 29, 3];
  const difference = relativeDifference(
    float32(shape, picture.data),
    float32(shape, reference as Float32Array),
  );
  t.true(difference < 1e-5, String(difference));
});

test('what a network takes in multiples is extended by reflection and cut again', async (t) => {
  const content = noisy(11, 10, 2);
  const picture = await made(resolveNetwork(tiles()), {}, { content });
  t.deepEqual([picture.width, picture.height], [11, 10]);
  const extended = mirrored(content, { width: 16, height: 16 });
  for (const [x, y] of [
    [0, 0],
    [10, 0],
    [3, 9],
    [10, 9],
  ] as const) {
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let dy = 0; dy < 8; dy++)
        for (let dx = 0; dx < 8; dx++)
          sum += extended[(((y >> 3) * 8 + dy) * 16 + (x >> 3) * 8 + dx) * 3 + c]!;
      t.true(Math.abs(picture.data[(y * 11 + x) * 3 + c]! - sum / 64) < 1e-6);
    }
  }
});

test('what is much smaller than wanted is mirrored to and fro, a single row repeated', (t) => {
  const size = (width: number, height: number) => ({ width, height });
  const row = Float32Array.of(1, 2, 3);
  t.deepEqual([...extend(row, size(3, 1), size(8, 2), 1)], [1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2]);
  t.is(extend(row, size(3, 1), size(3, 1), 1), row);
});

test('styles, their weights, regions and alpha reach a network for any style', async (t) => {
  const spec = resolveNetwork(mixer());
  const parameters = { gain: float32([1], Float32Array.of(0.5)) };
  const content = noisy(10, 6, 3);
  const styles = [flat(5, 7, [1, 0, 0.2]), flat(9, 4, [0, 0.6, 0.2])];
  const first = await made(spec, parameters, { content, styles });
  t.deepEqual(
    [...first.data.slice(0, 3)].map((value) => value.toFixed(5)),
    ['0.50000', '0.00000', '0.10000'],
  );
  const blended = await made(spec, parameters, { content, styles, weights: [0.25, 0.75], alpha: 0.5 });
  for (const at of [0, 100, 179]) {
    const color = [0.25, 0.45, 0.2][at % 3]!;
    t.true(Math.abs(blended.data[at]! - (0.5 * 0.5 * color + 0.5 * content.data[at]!)) < 1e-5);
  }
  // The left half in the first style, the right half in the second, at the content's own size.
  const half = Float32Array.from({ length: 60 }, (_, i) => (i % 10 < 5 ? 1 : 0));
  const other = half.map((one) => 1 - one);
  const plane = (data: Float32Array) => ({ width: 10, height: 6, data });
  const parted = await made(spec, parameters, { content, styles, regions: [plane(half), plane(other)] });
  const pixel = (x: number, y: number) =>
    [...parted.data.slice((y * 10 + x) * 3, (y * 10 + x) * 3 + 3)].map((value) => Number(value.toFixed(4)));
  t.deepEqual(pixel(4, 5), [0.5, 0, 0.1]);
  t.deepEqual(pixel(5, 0), [0, 0.3, 0.1]);
});

test('of many learnt styles the weighted one; noise is the seed’s', async (t) => {
  const colors = float32([2, 3], Float32Array.of(1, 0, 0, 0, 1, 0));
  const content = noisy(6, 5, 4);
  const plain = await made(resolveNetwork(palette()), { colors }, { content, weights: [0.25, 0.75] });
  t.deepEqual([...plain.data.slice(0, 3)], [0.25, 0.75, 0]);
  const grainy = (seed: number) =>
    made(resolveNetwork(palette({ noisy: true })), { colors }, { content, weights: [1, 0], seed });
  const [one, again, other] = await Promise.all([grainy(1), grainy(1), grainy(2)]);
  t.deepEqual(one!.data, again!.data);
  t.notDeepEqual(one!.data, other!.data);
  const grain = one!.data.filter((_, i) => i % 3 === 2);
  t.true(grain.every((value) => value >= 0 && value < 1));
  t.true(Math.abs(grain.reduce((sum, value) => sum + value, 0) / grain.length - 0.5) < 0.2);
});

test('a content or a style that is too small is refused in a sentence that says what is needed', async (t) => {
  const parameters = { gain: float32([1], Float32Array.of(1)) };
  await t.throwsAsync(made(tiny, randomParameters(tiny), { content: noisy(40, 15, 1) }), {
    message: /the content has 40×15 pixels, too few for the network johnson, which needs 16 a side/,
  });
  await t.throwsAsync(
    made(resolveNetwork(mixer()), parameters, { content: noisy(8, 8, 1), styles: [noisy(3, 9, 1)] }),
    { message: /the style has 3×9 pixels, too few for the network test-mixer, which needs 4 a side/ },
  );
});

test('an opened network counts its parameters, and passes of it are alike', async (t) => {
  const parameters = randomParameters(tiny);
  const opened = await openNetwork(tiny, { name: 'onnx', threads: 1 }, { parameters, bytes: 77 });
  const content = noisy(20, 20, 5);
  const pass = await opened.prepare({ content, styles: [], seed: 0 });
  const pictures = [await pass.run(), await pass.run()];
  t.deepEqual(pictures[0]!.data, pictures[1]!.data);
  t.is(opened.bytes, 77);
  t.is(
    opened.parameters,
    Object.values(parameters).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
  );
  await pass.dispose();
  await opened.dispose();
  t.deepEqual(cropImage(content, 0, 0, 20, 20).data, content.data, 'the content is left as it is');
});
