import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { encoderDefaults, loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { startEngine } from '../../src/engines/start.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { resizeImage } from '../../src/images/resize.ts';
import { resolveLoss } from '../../src/losses/registry.ts';
import { createRandom } from '../../src/random.ts';
import { tf } from '../../src/tensor.ts';
import { readMasks } from '../../src/transfer/masks.ts';
import { assembleProblem, type ProblemEvaluation } from '../../src/transfer/problem.ts';
import { type RegionSources, readRegionMaps, regionPairs } from '../../src/transfer/regions.ts';
import { runTrial } from '../../src/transfer/trial.ts';
import { tensorOf } from '../../src/transfer/trial-images.ts';
import { base, contentImage, removePictures, styleImage, writePictures } from './_trial.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-masks-'));
test.before(writePictures);
test.after.always(() => {
  removePictures();
  rmSync(folder, { recursive: true, force: true });
});

type Size = readonly [width: number, height: number];

/** A grey PNG; levels are 0 to 255. */
async function mask(
  name: string,
  [width, height]: Size,
  level: (x: number, y: number) => number,
): Promise<string> {
  const data = Buffer.from(
    Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width))),
  );
  const file = join(folder, name);
  await sharp(data, { raw: { width, height, channels: 1 } })
    .png()
    .toFile(file);
  return file;
}

const size: Size = [24, 18];
const styleSize: Size = [20, 20];
const [content, style] = [resizeImage(contentImage, ...size), resizeImage(styleImage, ...styleSize)];
const pictures = [
  { file: 'content.jpg', image: content },
  { file: 'style.jpg', image: style },
];
// No pattern: its features would lie on the kinks of rectifiers, where rounding decides.
const random = createRandom(1, 'start');
const start = createImage(...size, () => [random.uniform(), random.uniform(), random.uniform()]);

const defaults = encoderDefaults(resolveEncoder('wavelet'));
const losses = [
  { type: 'gram', layers: ['scale1', 'scale2'], cross: 'adjacent' },
  { type: 'moments', layers: ['scale1'] },
  { type: 'histogram', layers: ['scale1'], bins: 32, refreshEvery: 1 },
  { type: 'mrf', layers: ['scale2'], refreshEvery: 1 },
  { type: 'correlations', layers: ['scale1'], shifts: [2] },
  { type: 'mmd', kernel: 'gaussian', layers: ['scale2'], frequencies: 32 },
  { type: 'bures', layers: ['scale2'] },
  { type: 'sliced-wasserstein', layers: ['scale2'], directions: 8, refreshEvery: 1 },
  { type: 'strotss', layers: ['scale2'], samples: 128, refreshEvery: 1 },
].map((loss) => resolveLoss(loss, defaults));

let engine: Engine;
test.before(async () => {
  engine = await startEngine({ name: 'onnx', provider: 'cpu' });
});
test.after.always(() => engine.dispose());

async function evaluate(
  regions: RegionSources | undefined,
  wanted = losses,
  pair: { content: RgbImage; style: RgbImage } = { content, style },
): Promise<ProblemEvaluation> {
  const image = tensorOf(pair.style);
  const assembled = await assembleProblem({
    engine,
    encoder: await loadEncoder(resolveEncoder('wavelet'), { images: [], engine }),
    losses: wanted,
    content: tensorOf(pair.content),
    style: image,
    transformStyle: () => image,
    ...(regions && {
      styles: [
        {
          image,
          weight: 1,
          transform: () => image,
          regions: regionPairs(regions, 0, {
            size: [size[1], size[0]],
            styleSize: [styleSize[1], styleSize[0]],
            deviation: 0,
          }),
        },
      ],
    }),
  });
  const problem = await assembled.compile();
  try {
    await problem.refresh(start.data, 0);
    return await problem.evaluate(start.data);
  } finally {
    await problem.dispose();
  }
}

test.serial('masks in black and white are to every style loss what a label map is', async (t) => {
  const left = (x: number, y: number): boolean => x + y < 20;
  const above = (x: number, y: number): boolean => x - y < 2;
  // The map's labels in ascending order, #808080 before #ffffff, as the masks' names.
  const maps = await readRegionMaps(
    {
      content: await mask('map.png', size, (x, y) => (left(x, y) ? 128 : 255)),
      styles: [await mask('map-style.png', styleSize, (x, y) => (above(x, y) ? 128 : 255))],
    },
    pictures,
  );
  const masks = await readMasks(
    {
      // Named in another order than they are computed in.
      content: {
        b: await mask('b.png', size, (x, y) => (left(x, y) ? 0 : 255)),
        a: await mask('a.png', size, (x, y) => (left(x, y) ? 255 : 0)),
      },
      styles: [
        {
          a: await mask('a-style.png', styleSize, (x, y) => (above(x, y) ? 255 : 0)),
          b: await mask('b-style.png', styleSize, (x, y) => (above(x, y) ? 0 : 255)),
        },
      ],
    },
    pictures,
  );
  const [byMap, byMasks] = [await evaluate(maps), await evaluate(masks)];
  t.is(Object.keys(byMasks.terms).length, losses.length + 1, 'strotss has a part for the content');
  for (const value of Object.values(byMasks.terms)) t.true(value > 0);
  t.deepEqual(byMasks, byMap);
});

test.serial('a grey mask of the whole picture is the loss without masks times its grey', async (t) => {
  // Of as many pixels as a region is worth are drawn in strotss: half of them are others than all.
  const wanted = losses.filter(({ type }) => type !== 'strotss');
  const masks = await readMasks(
    {
      content: { all: await mask('half.png', size, () => 128) },
      // Within a style all weights count relative to each other.
      styles: [{ all: await mask('half-style.png', styleSize, () => 60) }],
    },
    pictures,
  );
  const [whole, half] = [await evaluate(undefined, wanted), await evaluate(masks, wanted)];
  for (const { name } of wanted) {
    const ratio = half.terms[name]! / whole.terms[name]!;
    t.true(Math.abs(ratio - 128 / 255) < 1e-5, `${name}: ${ratio}`);
  }
  const scale = Math.max(...whole.gradient.map(Math.abs));
  const apart = Math.max(...half.gradient.map((g, i) => Math.abs(g - (128 / 255) * whole.gradient[i]!)));
  t.true(apart < 1e-4 * scale, `${apart} of ${scale}`);
});

test.serial('overlapping masks of any sum count as they are', async (t) => {
  const levels = {
    // Together up to 1.4, and less than 0.2 at the right edge.
    a: (x: number, y: number) => Math.max(0, 255 - 12 * x - 2 * y),
    b: (x: number, y: number) => (x < 16 ? 100 + 2 * y : 20),
  };
  const styleLevels = { a: (x: number) => 255 - 10 * x, b: (_: number, y: number) => 13 * y };
  const masks = await readMasks(
    {
      content: { a: await mask('sa.png', size, levels.a), b: await mask('sb.png', size, levels.b) },
      styles: [
        {
          a: await mask('sa-style.png', styleSize, styleLevels.a),
          b: await mask('sb-style.png', styleSize, styleLevels.b),
        },
      ],
    },
    pictures,
  );
  const gram = [resolveLoss({ type: 'gram', convention: 'relative', layers: ['scale1'] }, defaults)];
  const { terms } = await evaluate(masks, gram);

  // The first octave has a position for every pixel, so that weights are the masks themselves.
  const encoder = await loadEncoder(resolveEncoder('wavelet'), { images: [], engine });
  const featuresOf = async ({ width, height, data }: RgbImage): Promise<number[][]> => {
    await tf.setBackend('cpu');
    const map = tf.tidy(() => encoder.encode(tf.tensor4d(data, [1, height, width, 3]), ['scale1']).scale1!);
    const [, rows, columns, channels] = map.shape as [number, number, number, number];
    t.deepEqual([rows, columns], [height, width]);
    const values = map.dataSync();
    return Array.from({ length: rows * columns }, (_, p) => [
      ...values.slice(p * channels, (p + 1) * channels),
    ]);
  };
  const guidedGram = (features: readonly number[][], weights: readonly number[]): number[] => {
    const channels = features[0]!.length;
    const sums = new Array<number>(channels * channels).fill(0);
    const area = weights.reduce((a, b) => a + b, 0);
    for (const [p, f] of features.entries()) {
      for (let i = 0; i < channels; i++) {
        for (let j = 0; j < channels; j++) sums[i * channels + j]! += (weights[p]! / area) * f[i]! * f[j]!;
      }
    }
    return sums;
  };
  const weightsOf = ([width, height]: Size, level: (x: number, y: number) => number): number[] =>
    Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width)) / 255);
  const [own, theirs] = [await featuresOf(start), await featuresOf(style)];
  let expected = 0;
  for (const name of ['a', 'b'] as const) {
    const weights = weightsOf(size, levels[name]);
    const target = guidedGram(theirs, weightsOf(styleSize, styleLevels[name]));
    const squares = guidedGram(own, weights).reduce((sum, value, i) => sum + (value - target[i]!) ** 2, 0);
    const share = weights.reduce((a, b) => a + b, 0) / weights.length;
    expected += (share * squares) / target.reduce((sum, value) => sum + value ** 2, 0);
  }
  t.true(Math.abs(terms.gram! - expected) < 1e-4 * expected, `${terms.gram} for ${expected}`);
});

test('masks that do not fit are refused in a sentence that says what to do', async (t) => {
  const white = () => 255;
  const fits = await mask('fits.png', size, white);
  const fitsStyle = await mask('fits-style.png', styleSize, white);
  const read = (content: Record<string, string>, ...styles: Record<string, string>[]) =>
    readMasks({ content, styles }, [...pictures, ...styles.slice(1).map(() => pictures[1]!)]);
  await t.notThrowsAsync(read({ sky: fits }, { sky: fitsStyle }));
  await t.throwsAsync(read({ sky: fits }, { sky: fits }), {
    message:
      /The mask "[^"]*fits\.png" has 24×18 pixels, but its picture "style\.jpg" has 20×20\. Give every pixel/,
  });
  await t.throwsAsync(read({ sky: fits, sea: fits }, { sky: fitsStyle }), {
    message: /The content has a mask of "sea", which a style has not, .*; it has sky\.$/,
  });
  await t.throwsAsync(read({ sky: fits }, { sky: fitsStyle }, { Sky: fitsStyle }), {
    message: /The content has a mask of "sky", which a style has not.*; it has Sky\.$/,
  });
  await t.throwsAsync(read({ sky: fits }, { sky: fitsStyle, sea: fitsStyle, land: fitsStyle }), {
    message: /A style has masks of "land", "sea", which the content has not.*; the content has sky\.$/,
  });
  const empty = await mask('empty.png', size, () => 0);
  const emptyStyle = await mask('empty-style.png', styleSize, () => 0);
  await t.throwsAsync(read({ sky: fits }, { sky: emptyStyle }), {
    message: /The style's mask "[^"]*empty-style\.png" of "sky" is empty: .*Paint white what/,
  });
  await t.throwsAsync(read({ sky: empty }, { sky: fitsStyle }), {
    message: /The content's mask "[^"]*empty\.png" of "sky" is empty: .*leave "sky" out on both sides/,
  });
});

test.serial('a trial guided by masks lowers its total, and names its masks among its inputs', async (t) => {
  const sides: Size[] = [
    [40, 30],
    [36, 36],
  ];
  const [contentMask, styleMask] = [
    await mask('fade.png', sides[0]!, (x) => Math.round((255 * x) / 39)),
    await mask('fade-style.png', sides[1]!, (x) => (x < 20 ? 255 : 90)),
  ];
  const totals: number[] = [];
  const { engine: own, inputs } = await runTrial(
    {
      ...base,
      budget: { evaluations: 6 },
      regions: { masks: { content: { right: contentMask }, styles: [{ right: styleMask }] }, soften: 0 },
    },
    {
      trace: ({ total }) => totals.push(total),
      async snapshot() {},
      async checkpoint() {},
      progress() {},
    },
  );
  await own.dispose();
  t.true(totals.at(-1)! < totals[0]!);
  t.deepEqual(Object.keys(inputs).sort(), [
    'content',
    'content mask right',
    'encoder',
    'style',
    'style 1 mask right',
  ]);
});
