/** CFSD against its definition in double precision, on the features of a network of random weights. */
import test from 'ava';
import { cfsdDistance } from '../../metrics/cfsd.ts';
import { distanceOn } from '../../metrics/perceptual.ts';
import { expectedTensors, type NetworkWeights, networkFeatures } from '../../src/encoders/network.ts';
import { networkStages } from '../../src/encoders/networks.ts';
import { preprocess, preprocessings } from '../../src/encoders/preprocessing.ts';
import { startEngine } from '../../src/engines/start.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { createRandom } from '../../src/random.ts';
import { float32, type TensorValue, tf } from '../../src/tensor.ts';
import { noiseImage } from './pictures.ts';

const engine = await startEngine({ name: 'onnx', provider: 'cpu', threads: 2 });
test.after.always(() => engine.dispose());

const stages = networkStages('vgg19', { pooling: 'max' });
const { uniform } = createRandom(3);
/** Filters of shallow layers alone: the deeper ones are never read. */
const tensors = new Map<string, TensorValue>(
  expectedTensors(stages)
    .filter(({ name }) => /^features\.(0|2|5|7|10)\./.test(name))
    .map(({ name, shape }) => {
      // As networks keep filters: [h,w,in,out].
      const kept = shape.length === 4 ? [shape[2]!, shape[3]!, shape[1]!, shape[0]!] : shape;
      const count = shape.reduce((product, extent) => product * extent, 1);
      const spread = shape.length === 4 ? Math.sqrt((24 * shape[0]!) / count) : 0.3;
      return [
        name,
        float32(
          kept,
          Float32Array.from({ length: count }, () => spread * (uniform() - 0.5)),
        ),
      ];
    }),
);
const weights: NetworkWeights = { get: (name) => tensors.get(name) } as NetworkWeights;

function features(image: RgbImage): number[][] {
  const input = tf.tensor4d(image.data, [1, image.height, image.width, 3]);
  const map = networkFeatures(stages, weights, preprocess(input, preprocessings.torchvision), ['relu3_1'])
    .relu3_1!;
  const [, h, w, c] = map.shape;
  return tf.reshape(map, [h * w, c]).arraySync() as number[][];
}

/** Σ_i KL(softmax(S_i of the content) ‖ softmax(S_i of the picture)), as it is written. */
function brute(picture: number[][], content: number[][]): number {
  const channels = content[0]!.length;
  const rowOf = (all: number[][], i: number) => {
    const row = all.map((other) =>
      other.reduce((sum, value, k) => sum + (value / channels) * (all[i]![k]! / channels), 0),
    );
    const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
    return row.map((value) => Math.exp(value) / total);
  };
  let sum = 0;
  for (const i of content.keys()) {
    const [p, q] = [rowOf(content, i), rowOf(picture, i)];
    for (const [j, value] of p.entries()) sum += value * Math.log(value / q[j]!);
  }
  return sum;
}

for (const rowsAtOnce of [512, 7]) {
  test(`the sum of the definition, ${rowsAtOnce} rows at once`, async (t) => {
    const [picture, content] = [noiseImage(26, 21, 1), noiseImage(26, 21, 2)];
    const pair = { hashes: [], distance: cfsdDistance(weights, rowsAtOnce) };
    const found = await distanceOn(engine, pair, picture, content, 'CFSD');
    const expected = brute(features(picture), features(content));
    t.true(expected > 0);
    t.true(Math.abs(found / expected - 1) < 1e-3, `${found} for ${expected}`);
    t.true((await distanceOn(engine, pair, picture, picture, 'CFSD')) < 1e-3 * expected);
  });
}
