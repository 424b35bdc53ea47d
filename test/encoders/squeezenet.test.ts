import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { networkStages } from '../../src/encoders/networks.ts';
import { loadEncoder } from '../../src/encoders/registry.ts';
import { NeckarError } from '../../src/errors.ts';
import { tf } from '../../src/tensor.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { createMap, type FeatureMap, referenceNetwork, relativeDifference, toTensor } from './reference.ts';

const shared = join(import.meta.dirname, '../../../shared');
const file = join(shared, 'weights/squeezenet1_0.safetensors');
const present = existsSync(file) && existsSync(join(shared, 'images'));
const maybe = present ? test : test.skip;
const reason = present ? '' : ' (skipped: no pretrained weights beside the project)';

async function picture(name: string, size: number, mirrored = false): Promise<FeatureMap> {
  const resized = sharp(join(shared, `images/${name}.jpg`))
    .resize(size, size, { fit: 'fill' })
    .removeAlpha();
  const bytes = await (mirrored ? resized.flop() : resized).raw().toBuffer();
  return createMap(size, size, 3, (y, x, k) => Math.fround(bytes[(y * size + x) * 3 + k]! / 255));
}

maybe(`pretrained features equal loops over the file's own numbers${reason}`, async (t) => {
  const encoder = await loadEncoder({ name: 'squeezenet1_0', weights: { file }, border: 'none' });
  const { tensors } = await readSafetensors(file);
  const image = await picture('golden_gate', 43);
  // The file's convention: RGB from 0 to 255 minus (123, 117, 104).
  const prepared = { ...image, data: image.data.map((value, i) => 255 * value - [123, 117, 104][i % 3]!) };
  const reference = referenceNetwork(
    networkStages('squeezenet1_0', { border: 'none' }),
    (name) => tensors.get(name)!,
    prepared,
  );
  const layers = ['conv1', 'relu1', 'pool1', 'fire2', 'fire4', 'pool4', 'fire6', 'fire9'];
  const features = encoder.encode(toTensor(image), layers);
  for (const layer of layers) {
    t.true(relativeDifference(features[layer]!.dataSync(), reference.get(layer)!.data) < 1e-5, layer);
  }
});

maybe(`pretrained features tell pictures apart and know a picture in the mirror${reason}`, async (t) => {
  const encoder = await loadEncoder({ name: 'squeezenet1_0', weights: { file }, border: 'none' });
  const names = ['golden_gate', 'hoovertowernight', 'starry_night', 'the_scream', 'tubingen'];
  const describe = async (name: string, mirrored: boolean) => {
    const image = toTensor(await picture(name, 96, mirrored));
    return tf.mean(encoder.encode(image, ['fire9']).fire9!, [0, 1, 2]).dataSync();
  };
  const plain = await Promise.all(names.map((name) => describe(name, false)));
  const mirrored = await Promise.all(names.map((name) => describe(name, true)));
  for (const [i, a] of plain.entries()) {
    for (const [j, b] of mirrored.entries()) {
      const similarity = cosine(a, b);
      // With random weights all of these are close to one.
      if (i === j) t.true(similarity > 0.9, `${names[i]} in the mirror: ${similarity}`);
      else t.true(similarity < 0.75, `${names[i]} and ${names[j]}: ${similarity}`);
    }
  }
});

maybe(
  `another network's weights are refused with tensor, shapes and the encoder they fit${reason}`,
  async (t) => {
    await t.throwsAsync(loadEncoder({ name: 'squeezenet1_1', weights: { file }, border: 'none' }), {
      instanceOf: NeckarError,
      message:
        /features\.0\.weight should have the shape \[64, 3, 3, 3\], found \[96, 3, 7, 7\]\..*squeezenet1_0/,
    });
  },
);

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = 0;
  let first = 0;
  let second = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    first += a[i]! ** 2;
    second += b[i]! ** 2;
  }
  return product / Math.sqrt(first * second);
}
