import test from 'ava';
import { defectOfMetric, type MeasuringEncoder } from '../../metrics/metric.ts';
import { psnr, psnrToContent } from '../../metrics/psnr.ts';
import {
  aboutScore,
  allMetrics,
  essentialMetrics,
  featureMetrics,
  measureAll,
  pixelMetrics,
} from '../../metrics/registry.ts';
import { ssimNative } from '../../metrics/ssim.ts';
import { NeckarError } from '../../src/errors.ts';
import { decodeImage } from '../../src/images/decode.ts';
import { encodeImage } from '../../src/images/encode.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { constantImage, inputOf, noiseImage } from './pictures.ts';

const encoder: MeasuringEncoder = {
  name: 'colors',
  hash: '0123456789abcdef',
  layers: ['rgb'],
  async encode(image) {
    return { rgb: { height: image.height, width: image.width, channels: 3, data: image.data } };
  },
};

test('spec ids are unique, and say all in one line', (t) => {
  const metrics = allMetrics([encoder, { ...encoder, name: 'others', hash: 'fedcba' }]);
  t.is(new Set(metrics.map(({ id }) => id)).size, metrics.length);
  t.is(new Set(metrics.map(({ label }) => label)).size, metrics.length);
  for (const { id } of metrics) t.regex(id, /^[a-z-]+(;[a-z]+=[^;=\s,"]+)+$/);
});

test('the essential metrics are some of all', (t) => {
  const all = new Set(allMetrics([encoder]).map(({ id }) => id));
  const essential = essentialMetrics([encoder]);
  t.true(essential.length < all.size);
  for (const { id } of essential) t.true(all.has(id));
});

test('every metric answers on pictures of any size with a number or a sentence', async (t) => {
  const pictures: RgbImage[] = [
    noiseImage(200, 170, 1),
    noiseImage(64, 48, 2),
    noiseImage(16, 16, 3),
    noiseImage(1, 1, 4),
    noiseImage(300, 2, 5),
    constantImage(64, 64, [0, 0, 0]),
    constantImage(64, 64, [1, 0.5, 0]),
  ];
  let values = 0;
  let refusals = 0;
  for (const [i, result] of pictures.entries()) {
    // Itself, one of its own size, and two of other sizes and kinds.
    const { height, width } = result;
    const others = [1, 3].map((step) => pictures[(i + step) % pictures.length]!);
    for (const reference of [result, noiseImage(width, height, 10 + i), ...others]) {
      const scores = await measureAll({ result, content: reference, style: reference }, encoder);
      for (const [id, score] of Object.entries(scores)) {
        if ('value' in score) {
          values++;
          if (!Number.isFinite(score.value)) t.fail(`${id}: ${score.value}`);
        } else {
          refusals++;
          t.regex(score.refused, /^[^\n]+\.$/, id);
        }
      }
    }
  }
  t.true(values > 100 && refusals > 100);
});

test('a picture is measured as it is written', async (t) => {
  const fine = { ...noiseImage(40, 30, 6) };
  const content = noiseImage(40, 30, 7);
  const written = await decodeImage(await encodeImage(fine, 'png'), 'written');
  const scores = await measureAll(inputOf(fine, { content }), [], [psnrToContent]);
  const score = scores[psnrToContent.id]!;
  t.true('value' in score && Math.abs(score.value - psnr(written, content)) < 1e-9);
});

test('values that are no numbers are refused by all', async (t) => {
  const broken = noiseImage(40, 30, 6);
  broken.data[17] = Number.NaN;
  for (const score of Object.values(
    await measureAll(
      inputOf(broken, { content: noiseImage(40, 30, 1), style: noiseImage(40, 30, 1) }),
      encoder,
    ),
  )) {
    t.regex('refused' in score ? score.refused : '', /not numbers/);
  }
});

test('another shape than the content’s: style and artefacts are still measured', async (t) => {
  const scores = await measureAll(
    { result: noiseImage(64, 64, 1), content: noiseImage(64, 32, 2), style: noiseImage(50, 90, 3) },
    [encoder],
  );
  for (const metric of allMetrics([encoder])) {
    const score = scores[metric.id]!;
    if (metric.purpose === 'content') t.true('refused' in score, metric.id);
    if (metric.purpose === 'style' || metric.purpose === 'colour') t.true('value' in score, metric.id);
  }
});

test('an encoder that refuses a picture is a refusal; a defect is said to be one', async (t) => {
  const failing = (error: Error): MeasuringEncoder => ({ ...encoder, encode: () => Promise.reject(error) });
  const metrics = featureMetrics(failing(new NeckarError('The picture is too small for "colors".')));
  const scores = await measureAll(inputOf(noiseImage(20, 20, 1)), [], [...metrics, ssimNative]);
  t.true('value' in scores[ssimNative.id]!);
  for (const { id } of metrics) {
    const score = scores[id]!;
    t.regex('refused' in score ? score.refused : '', /too small for "colors"/);
  }
  const broken = featureMetrics(failing(new TypeError('a defect')));
  const said = await measureAll(inputOf(noiseImage(20, 20, 1)), [], broken);
  for (const { id } of broken) t.like(said[id], { refused: `${defectOfMetric}: a defect.` });
});

test('pixel metrics need no encoder', (t) => {
  const ids = allMetrics().map(({ id }) => id);
  t.deepEqual(
    ids,
    pixelMetrics().map(({ id }) => id),
  );
  t.true(ids.includes(ssimNative.id));
});

test('a stored score’s spec id tells what it is about', (t) => {
  for (const { id, purpose, unit, range } of allMetrics([encoder]))
    t.deepEqual(aboutScore(id), { purpose, unit, range }, id);
  t.is(aboutScore('beauty;eye=beholder'), undefined);
});
