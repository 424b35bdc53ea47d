import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { dists } from '../../metrics/dists.ts';
import { heldOutMetrics, openJudge } from '../../metrics/held-out.ts';
import { lpips } from '../../metrics/lpips.ts';
import { isRefusal, type Metric } from '../../metrics/metric.ts';
import { perceptualMetric } from '../../metrics/perceptual.ts';
import { aboutScore, chosenMetrics, metricNames, perceptualMetrics } from '../../metrics/registry.ts';
import type { Score } from '../../metrics/score.ts';
import { courseOf, measureSnapshots, type SnapshotTrial } from '../../metrics/snapshots.ts';
import { expectedTensors } from '../../src/encoders/network.ts';
import { type NetworkName, networkStages } from '../../src/encoders/networks.ts';
import { resolveEncoder } from '../../src/encoders/registry.ts';
import { startEngine } from '../../src/engines/start.ts';
import { decodeImage, readImage } from '../../src/images/decode.ts';
import { encodeImage } from '../../src/images/encode.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { resizeImage } from '../../src/images/resize.ts';
import { float32, type TensorValue } from '../../src/tensor.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { writeTorchZip } from '../weights/_formats.ts';
import { inputOf, noiseImage } from './pictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-perceptual-'));
const empty = mkdtempSync(join(tmpdir(), 'neckar-no-weights-'));
process.env.NECKAR_WEIGHTS = folder;
const engine = await startEngine({ name: 'onnx', provider: 'cpu', threads: 2 });
test.after.always(async () => {
  await engine.dispose();
  for (const each of [folder, empty]) rmSync(each, { recursive: true });
});

/** Numbers in [−½, ½) by a linear congruence: millions of them at once. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);

async function writeBackbone(network: NetworkName): Promise<Map<string, TensorValue>> {
  const tensors = new Map(
    expectedTensors(networkStages(network)).map(({ name, shape }, i) => {
      // A uniform number has the variance 1/12; biases are to matter.
      const spread = shape.length === 4 ? Math.sqrt((12 * 2 * shape[0]!) / size(shape)) : 0.3;
      const values = numbers(size(shape), i + 1).map((value) => spread * value);
      return [name, float32(shape, values)] as const;
    }),
  );
  await writeSafetensors(join(folder, `${network}-torchvision.safetensors`), tensors);
  return tensors;
}

async function writeHeads(backbone: string, channels: readonly number[]): Promise<Float32Array[]> {
  const heads = channels.map((count, i) => numbers(count, 100 + i).map((value) => value + 0.5));
  await writeTorchZip(
    join(folder, `lpips-0.1-${backbone}.pth`),
    new Map(heads.map((head, i) => [`lin${i}.model.1.weight`, float32([1, head.length, 1, 1], head)])),
  );
  return heads;
}

/** A map of positions × channels, channels innermost, in double precision. */
interface Map3 {
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly data: Float64Array;
}

const relu = (map: Map3): Map3 => ({ ...map, data: map.data.map((value) => Math.max(0, value)) });

/** A convolution as its definition has it; weights as files hold them. */
function convolve(map: Map3, weight: TensorValue, bias: TensorValue, stride: number, pad: number): Map3 {
  const [outputs, inputs, kernel] = weight.shape as [number, number, number, number];
  const [h, w] = [map.h, map.w].map((n) => Math.floor((n + 2 * pad - kernel) / stride) + 1) as [
    number,
    number,
  ];
  const data = new Float64Array(h * w * outputs);
  const taps = new Float64Array(inputs);
  for (let o = 0; o < outputs; o++) {
    for (let at = o; at < data.length; at += outputs) data[at] = bias.data[o]!;
    for (let u = 0; u < kernel; u++) {
      for (let v = 0; v < kernel; v++) {
        for (let i = 0; i < inputs; i++) taps[i] = weight.data[((o * inputs + i) * kernel + u) * kernel + v]!;
        for (let y = 0; y < h; y++) {
          const row = y * stride + u - pad;
          if (row < 0 || row >= map.h) continue;
          for (let x = 0; x < w; x++) {
            const column = x * stride + v - pad;
            if (column < 0 || column >= map.w) continue;
            const from = (row * map.w + column) * inputs;
            let sum = 0;
            for (let i = 0; i < inputs; i++) sum += taps[i]! * map.data[from + i]!;
            data[(y * w + x) * outputs + o]! += sum;
          }
        }
      }
    }
  }
  return { h, w, c: outputs, data };
}

/** `fold` over each window's values and their places in it; windows begin at −pad and end where `count` says. */
function pooled(
  map: Map3,
  count: (extent: number) => number,
  window: { size: number; stride: number; pad: number },
  fold: (values: readonly { value: number; u: number; v: number }[]) => number,
): Map3 {
  const [h, w] = [count(map.h), count(map.w)];
  const data = new Float64Array(h * w * map.c);
  for (let at = 0; at < data.length; at++) {
    const [y, x, k] = [Math.floor(at / (w * map.c)), Math.floor(at / map.c) % w, at % map.c];
    const values = [];
    for (let u = 0; u < window.size; u++) {
      for (let v = 0; v < window.size; v++) {
        const row = y * window.stride + u - window.pad;
        const column = x * window.stride + v - window.pad;
        if (row < 0 || column < 0 || row >= map.h || column >= map.w) continue;
        values.push({ value: map.data[(row * map.w + column) * map.c + k]!, u, v });
      }
    }
    data[at] = fold(values);
  }
  return { h, w, c: map.c, data };
}

const most = (values: readonly { value: number }[]) => Math.max(...values.map(({ value }) => value));
const max2 = (map: Map3) => pooled(map, (n) => Math.floor(n / 2), { size: 2, stride: 2, pad: 0 }, most);
const max3 = (map: Map3) =>
  pooled(map, (n) => Math.floor((n - 3) / 2) + 1, { size: 3, stride: 2, pad: 0 }, most);
const max3Partial = (map: Map3) =>
  pooled(map, (n) => Math.ceil((n - 3) / 2) + 1, { size: 3, stride: 2, pad: 0 }, most);
const hann = (map: Map3) =>
  pooled(
    map,
    (n) => Math.ceil(n / 2),
    { size: 3, stride: 2, pad: 1 },
    (values) =>
      Math.sqrt(
        1e-12 +
          values.reduce(
            (sum, { value, u, v }) => sum + (value ** 2 * (2 - Math.abs(u - 1)) * (2 - Math.abs(v - 1))) / 16,
            0,
          ),
      ),
  );

type Weights = ReadonlyMap<string, TensorValue>;

const conv = (weights: Weights, name: string, map: Map3, stride = 1, pad = 1) =>
  convolve(map, weights.get(`${name}.weight`)!, weights.get(`${name}.bias`)!, stride, pad);

/** From [0,1] to [−1,1], and then by LPIPS's own shift and scale. */
function scaled({ width, height, data }: RgbImage): Map3 {
  const shift = [-0.03, -0.088, -0.188];
  const scale = [0.458, 0.448, 0.45];
  const values = Float64Array.from(data, (value, i) => (2 * value - 1 - shift[i % 3]!) / scale[i % 3]!);
  return { h: height, w: width, c: 3, data: values };
}

function alexMaps(weights: Weights, image: RgbImage): Map3[] {
  const first = relu(conv(weights, 'features.0', scaled(image), 4, 2));
  const second = relu(conv(weights, 'features.3', max3(first), 1, 2));
  const third = relu(conv(weights, 'features.6', max3(second)));
  const fourth = relu(conv(weights, 'features.8', third));
  return [first, second, third, fourth, relu(conv(weights, 'features.10', fourth))];
}

function vggMaps(weights: Weights, input: Map3, pool: (map: Map3) => Map3): Map3[] {
  const maps: Map3[] = [];
  let map = input;
  for (const block of [
    [0, 2],
    [5, 7],
    [10, 12, 14],
    [17, 19, 21],
    [24, 26, 28],
  ]) {
    if (block[0] !== 0) map = pool(map);
    for (const index of block) map = relu(conv(weights, `features.${index}`, map));
    maps.push(map);
  }
  return maps;
}

function squeezeMaps(weights: Weights, image: RgbImage): Map3[] {
  const fire = (index: number, map: Map3): Map3 => {
    const name = `features.${index}`;
    const squeezed = relu(conv(weights, `${name}.squeeze`, map, 1, 0));
    const narrow = relu(conv(weights, `${name}.expand1x1`, squeezed, 1, 0));
    const wide = relu(conv(weights, `${name}.expand3x3`, squeezed));
    const data = new Float64Array(2 * narrow.data.length);
    for (let at = 0; at < narrow.h * narrow.w; at++) {
      data.set(narrow.data.subarray(at * narrow.c, (at + 1) * narrow.c), 2 * at * narrow.c);
      data.set(wide.data.subarray(at * wide.c, (at + 1) * wide.c), (2 * at + 1) * wide.c);
    }
    return { ...narrow, c: 2 * narrow.c, data };
  };
  const first = relu(conv(weights, 'features.0', scaled(image), 2, 0));
  const fire3 = fire(4, fire(3, max3Partial(first)));
  const fire5 = fire(7, fire(6, max3Partial(fire3)));
  const fire6 = fire(9, max3Partial(fire5));
  const fire7 = fire(10, fire6);
  const fire8 = fire(11, fire7);
  return [first, fire3, fire5, fire6, fire7, fire8, fire(12, fire8)];
}

/** Zhang et al., eq. 1, position by position. */
function lpipsByHand(a: readonly Map3[], b: readonly Map3[], heads: readonly Float32Array[]): number {
  let distance = 0;
  for (const [l, { h, w, c, data }] of a.entries()) {
    for (let at = 0; at < data.length; at += c) {
      const length = (map: Map3) => Math.hypot(...map.data.subarray(at, at + c)) + 1e-10;
      const [ours, theirs] = [length(a[l]!), length(b[l]!)];
      for (let k = 0; k < c; k++) {
        const difference = data[at + k]! / ours - b[l]!.data[at + k]! / theirs;
        distance += (heads[l]![k]! * difference ** 2) / (h * w);
      }
    }
  }
  return distance;
}

function distsByHand(
  a: readonly Map3[],
  b: readonly Map3[],
  alpha: Float32Array,
  beta: Float32Array,
): number {
  const total = [...alpha, ...beta].reduce((sum, value) => sum + value);
  let similarity = 0;
  let channel = 0;
  for (const [l, { h, w, c }] of a.entries()) {
    for (let k = 0; k < c; k++, channel++) {
      const values = (map: Map3) => Array.from({ length: h * w }, (_, at) => map.data[at * c + k]!);
      const [x, y] = [values(a[l]!), values(b[l]!)];
      const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
      const [mx, my] = [mean(x), mean(y)];
      const vx = mean(x.map((value) => (value - mx) ** 2));
      const vy = mean(y.map((value) => (value - my) ** 2));
      const cov = mean(x.map((value, i) => (value - mx) * (y[i]! - my)));
      const texture = (2 * mx * my + 1e-6) / (mx ** 2 + my ** 2 + 1e-6);
      const structure = (2 * cov + 1e-6) / (vx + vy + 1e-6);
      similarity += (alpha[channel]! * texture + beta[channel]! * structure) / total;
    }
  }
  return 1 - similarity;
}

/** Two pictures that share something. */
function pair(width: number, height: number): { a: RgbImage; b: RgbImage } {
  const [a, other] = [noiseImage(width, height, 1), noiseImage(width, height, 2)];
  const data = a.data.map((value, i) => 0.6 * value + 0.4 * other.data[i]!);
  return { a, b: { ...a, data } };
}

async function distanceBy(metric: Metric, a: RgbImage, b: RgbImage): Promise<number> {
  const value = await metric.measure(inputOf(a, { content: b }));
  if (isRefusal(value)) throw new Error(value.refused);
  return value;
}

function near(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= 2e-6 * Math.abs(expected) + 1e-7;
}

// Sizes at which windows end inside the picture on one side, and at its edge on another.
test.serial('LPIPS with AlexNet is the sum by hand', async (t) => {
  const weights = await writeBackbone('alexnet');
  const heads = await writeHeads('alex', [64, 192, 384, 256, 256]);
  const { a, b } = pair(75, 66);
  const metric = await perceptualMetric(lpips('alex'), engine);
  const expected = lpipsByHand(alexMaps(weights, a), alexMaps(weights, b), heads);
  t.true(expected > 0.05);
  const value = await distanceBy(metric, a, b);
  t.true(near(value, expected), `${value}, expected ${expected}`);
  t.is(await distanceBy(metric, a, a), 0);
  t.regex(metric.id, /^lpips;net=alex;version=0\.1;weights=[0-9a-f]{12};content=lanczos3-to-result$/);
  const small = await metric.measure(inputOf(noiseImage(30, 80, 1)));
  t.regex(isRefusal(small) ? small.refused : '', /30×80\) is too small: .* needs 31 pixels a side\.$/);
});

test.serial('LPIPS with SqueezeNet 1.1 is the sum by hand', async (t) => {
  const weights = await writeBackbone('squeezenet1_1');
  const heads = await writeHeads('squeeze', [64, 128, 256, 384, 384, 512, 512]);
  const { a, b } = pair(54, 43);
  const metric = await perceptualMetric(lpips('squeeze'), engine);
  const expected = lpipsByHand(squeezeMaps(weights, a), squeezeMaps(weights, b), heads);
  t.true(expected > 0.05);
  const value = await distanceBy(metric, a, b);
  t.true(near(value, expected), `${value}, expected ${expected}`);
});

test.serial(
  'pictures on the way are measured by LPIPS and by a held-out encoder as final ones are',
  async (t) => {
    await writeBackbone('squeezenet1_1');
    await writeHeads('squeeze', [64, 128, 256, 384, 384, 512, 512]);
    const heldOut = resolveEncoder('wavelet');
    const [onEngine, judge] = [
      { name: 'onnx', provider: 'cpu', threads: 1 } as const,
      await openJudge(heldOut, { name: 'onnx' }),
    ];
    const metrics = [await perceptualMetric(lpips('squeeze'), engine), heldOutMetrics(judge)[0]!];
    const files = { content: join(folder, 'content.png'), style: join(folder, 'style.png') };
    const early = await encodeImage(noiseImage(54, 43, 3), 'png');
    for (const [seed, file] of Object.values(files).entries()) {
      await writeFile(file, await encodeImage(noiseImage(54, 43, seed + 1), 'png'));
    }
    const trial = {
      id: 'abc',
      config: {
        ...files,
        encoder: resolveEncoder('wavelet'),
        engine: onEngine,
        heldOut,
        losses: [],
        sizes: [54],
      },
      result: {
        state: 'complete',
        images: {
          width: 54,
          height: 43,
          final: 'final.png',
          snapshots: [{ evaluation: 1, path: 'at-1.png' }],
        },
        artefacts: { 'at-1.png': 'hash' },
        inputs: { encoder: 'none' },
        cost: { evaluations: 2, steps: 2 },
        scores: Object.fromEntries(metrics.map(({ id, better, label }) => [id, { value: 7, better, label }])),
      },
    } as unknown as SnapshotTrial;
    const kept: Record<string, Record<string, Score>> = {};
    const options = {
      metrics: metrics.map(({ id }) => id),
      picture: async () => early,
      trace: async () =>
        [1, 2].map((evaluation) => ({
          evaluation,
          step: 1,
          level: 0,
          seconds: evaluation,
          total: 1,
          terms: {},
        })),
      memory: { read: async () => kept, write: async () => {} },
    };
    const [first] = (await measureSnapshots([trial], options)).get('abc')!;
    const input = inputOf(await decodeImage(early, 'early'), {
      content: await readImage(files.content),
      style: await readImage(files.style),
    });
    for (const { id, measure } of metrics) {
      const [score, expected] = [first!.scores[id]!, await measure(input)];
      t.true('value' in score && !isRefusal(expected) && near(score.value, expected), id);
    }
    // What is remembered of one counts, whatever of another is not.
    delete kept.hash![metrics[0]!.id];
    const remembered = (await measureSnapshots([trial], { ...options, rememberedOnly: true })).get('abc')!;
    t.is(courseOf(remembered, metrics[0]!.id), undefined);
    t.is(courseOf(remembered, metrics[1]!.id)!.length, 2);
    await judge.dispose();
  },
);

test.serial('LPIPS and DISTS with VGG-16 are the sums by hand', async (t) => {
  const weights = await writeBackbone('vgg16');
  const heads = await writeHeads('vgg', [64, 128, 256, 512, 512]);
  const { a, b } = pair(19, 16);
  const vgg = await perceptualMetric(lpips('vgg'), engine);
  const maps = (image: RgbImage) => vggMaps(weights, scaled(image), max2);
  const expected = lpipsByHand(maps(a), maps(b), heads);
  t.true(expected > 0.05);
  const value = await distanceBy(vgg, a, b);
  t.true(near(value, expected), `${value}, expected ${expected}`);

  const alpha = numbers(1475, 7).map((number) => number + 0.6);
  const beta = numbers(1475, 8).map((number) => number + 0.6);
  await writeTorchZip(
    join(folder, 'DISTS_weights-f5e65c96.pth'),
    new Map([
      ['alpha', float32([1, 1475, 1, 1], alpha)],
      ['beta', float32([1, 1475, 1, 1], beta)],
    ]),
  );
  const metric = await perceptualMetric(dists, engine);
  const larger = pair(19, 17);
  const picture = (image: RgbImage): Map3 => ({ h: 17, w: 19, c: 3, data: Float64Array.from(image.data) });
  const [x, y] = [larger.a, larger.b].map((image) => [
    picture(image),
    ...vggMaps(weights, scaled(image), hann),
  ]);
  const similarity = distsByHand(x!, y!, alpha, beta);
  t.true(similarity > 0.01);
  const measured = await distanceBy(metric, larger.a, larger.b);
  t.true(Math.abs(measured - similarity) < 1e-6, `${measured}, expected ${similarity}`);
  t.true(Math.abs(await distanceBy(metric, larger.a, larger.a)) < 1e-6);

  const large = resizeImage(larger.a, 300, 260);
  const wide = resizeImage(larger.b, 300, 260);
  const reduced = [large, wide].map((image) => resizeImage(image, 295, 256, 'bilinear'));
  t.is(await distanceBy(metric, large, wide), await distanceBy(metric, reduced[0]!, reduced[1]!));
  const small = await metric.measure(inputOf(noiseImage(40, 16, 1)));
  t.regex(isRefusal(small) ? small.refused : '', /needs 17 pixels a side/);
});

test.serial('weights that are missing, of another network or negative are said', async (t) => {
  process.env.NECKAR_WEIGHTS = empty;
  const all = await perceptualMetrics(['all'], engine);
  t.is(all.length, 5);
  const sentences = await Promise.all(all.map((metric) => metric.measure(inputOf(noiseImage(64, 64, 1)))));
  t.deepEqual(
    sentences.map((sentence) => isRefusal(sentence) && sentence.refused),
    [
      'The weights squeezenet1_1-torchvision and lpips-squeeze are not installed. Fetch them with "neckar weights pull squeezenet1_1-torchvision lpips-squeeze" (5 MB and 11 kB).',
      'The weights alexnet-torchvision and lpips-alex are not installed. Fetch them with "neckar weights pull alexnet-torchvision lpips-alex" (244 MB and 6 kB).',
      'The weights vgg16-torchvision and lpips-vgg are not installed. Fetch them with "neckar weights pull vgg16-torchvision lpips-vgg" (553 MB and 7 kB).',
      'The weights vgg16-torchvision and dists are not installed. Fetch them with "neckar weights pull vgg16-torchvision dists" (553 MB and 12 kB).',
      'The weights vgg19-torchvision are not installed. Fetch them with "neckar weights pull vgg19-torchvision" (575 MB).',
    ],
  );
  process.env.NECKAR_WEIGHTS = folder;
  const alex = async () => {
    const said = await (await perceptualMetric(lpips('alex'), engine)).measure(
      inputOf(noiseImage(64, 64, 1)),
    );
    return isRefusal(said) ? said.refused : '';
  };
  // What was read stays; an imported file is another one.
  const heads = join(folder, 'lpips-alex.safetensors');
  const write = (values: (count: number) => Float32Array, counts: readonly number[]) =>
    writeSafetensors(
      heads,
      new Map(counts.map((n, i) => [`lin${i}.model.1.weight`, float32([1, n, 1, 1], values(n))])),
    );
  await write((n) => new Float32Array(n).fill(1), [64, 128, 256, 512, 512]);
  t.regex(await alex(), /lin1\.model\.1\.weight has 128 weights, but relu2 has 192 channels/);
  await write((n) => numbers(n, 1), [64, 192, 384, 256, 256]);
  t.regex(await alex(), /lin0\.model\.1\.weight holds values that are negative/);
  await write((n) => new Float32Array(n), [64, 192]);
  t.regex(await alex(), /has no tensor lin2\.model\.1\.weight/);
  rmSync(heads);
});

test.serial('they are asked for by name, network or whole id, and are read only then', async (t) => {
  process.env.NECKAR_WEIGHTS = empty;
  const names = async (...wanted: string[]) =>
    (await perceptualMetrics(wanted, engine)).map(({ id }) => id.split(';', 2).join(';'));
  t.deepEqual(await names('ssim', 'frechet'), []);
  t.deepEqual(await names('lpips'), ['lpips;net=squeeze', 'lpips;net=alex', 'lpips;net=vgg']);
  t.deepEqual(await names('lpips;net=alex'), ['lpips;net=alex']);
  t.deepEqual(await names('dists;net=vgg16;weights=0123456789ab'), ['dists;net=vgg16']);
  const [metric] = await perceptualMetrics(['lpips;net=vgg'], engine);
  const { metrics, unknown } = chosenMetrics(['lpips;net=vgg'], [], [metric!]);
  t.true(metrics.includes(metric!));
  t.deepEqual(unknown, []);
  t.true(['lpips', 'dists'].every((name) => metricNames().includes(name)));
  t.like(aboutScore(metric!.id), { purpose: 'content', unit: 'LPIPS (VGG-16)' });
  t.not(aboutScore('lpips;net=alex;weights=1')!.unit, aboutScore('lpips;net=vgg;weights=1')!.unit);
});

test.serial('pictures of another shape than the content’s are refused', async (t) => {
  process.env.NECKAR_WEIGHTS = folder;
  const metric = await perceptualMetric(lpips('alex'), engine);
  const value = await metric.measure(inputOf(noiseImage(64, 64, 1), { content: noiseImage(64, 80, 2) }));
  t.regex(isRefusal(value) ? value.refused : '', /another shape than the content/);
});
