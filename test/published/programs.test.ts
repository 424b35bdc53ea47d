/**
 * The numbers of published presets against the programs and papers they cite: facts transcribed from the sources, and
 * gradients of the presets' losses against what the programs pass back, written out as loops.
 */
import test, { type ExecutionContext } from 'ava';
import { type LossInput, prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import type { PublishedName } from '../../src/published/method.ts';
import { tf } from '../../src/tensor.ts';
import {
  at,
  close,
  encoder,
  evaluate,
  type FeatureMap,
  type Maps,
  randomMap,
  rowsOf,
} from '../losses/maps.ts';
import { findPublished } from './find.ts';

test.before(() => tf.setBackend('cpu'));

function lossesOf(name: PublishedName): readonly LossInput[] {
  return findPublished(name).losses;
}

function lossOf<Type extends LossInput['type']>(name: PublishedName, type: Type) {
  return lossesOf(name).find((loss) => loss.type === type) as Extract<LossInput, { type: Type }>;
}

const style19 = ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1'];
/** Names of the modules of torchvision's vgg16.features by index, as its configuration D lays them out. */
const vgg16Modules = ([2, 2, 3, 3, 3] as const).flatMap((convolutions, block) => [
  ...Array.from({ length: convolutions }, (_, i) => [
    `conv${block + 1}_${i + 1}`,
    `relu${block + 1}_${i + 1}`,
  ]).flat(),
  `pool${block + 1}`,
]);
/** Those of Caffe's VGG-19, which Lua counts from 1. */
const vgg19Modules = ([2, 2, 4, 4, 4] as const).flatMap((convolutions, block) => [
  ...Array.from({ length: convolutions }, (_, i) => [
    `conv${block + 1}_${i + 1}`,
    `relu${block + 1}_${i + 1}`,
  ]).flat(),
  `pool${block + 1}`,
]);

const facts: readonly [source: string, actual: () => unknown, expected: unknown][] = [
  [
    'Gatys et al. 2016, section 2.2: w_l = 1/5 in five layers, eqs. 2 and 6: gradients of inactive units are 0',
    () => lossOf('gatys-2016', 'gram').layers,
    Object.fromEntries(style19.map((layer) => [layer, 0.2])),
  ],
  [
    'Gatys et al. 2016, section 2: normalised network, average pooling',
    () => findPublished('gatys-2016').encoder,
    { name: 'vgg19', pooling: 'average', normalized: true },
  ],
  [
    'pystiche/papers, gatys_ecker_bethge_2016/_utils.py@0b6847d: score_weight 1e0 and 1e3',
    () => [lossOf('gatys-2016', 'content').weight, lossOf('gatys-2016', 'gram').weight],
    [1, 1000],
  ],
  [
    'neural_style.lua@d58853c, lines 45 and 46',
    () => [lossOf('neural-style', 'content').layers, lossOf('neural-style', 'gram').layers],
    [['relu4_2'], style19],
  ],
  [
    'neural_style.lua@d58853c, line 38: -pooling max',
    () => findPublished('neural-style').encoder,
    { name: 'vgg19', pooling: 'max' },
  ],
  [
    'lapstyle, README.md@0edfdb6: -content_weight 20; lap_style.lua@50d69d2, line 24: -style_weight 1e2',
    () => [lossOf('lapstyle-2017', 'content').weight, lossOf('lapstyle-2017', 'gram').weight],
    [20, 100],
  ],
  [
    'lap_style.lua@50d69d2: ps = math.pow(2, lap_layers[i]), lap_layers 2',
    () => lossOf('lapstyle-2017', 'laplacian').pools,
    [{ size: 2 ** 2 }],
  ],
  [
    'cnnmrf.lua@3f42a4b, line 25: -mrf_layers {12, 21}; line 34: -content_layers {21}',
    () => [lossOf('cnnmrf', 'mrf').layers, lossOf('cnnmrf', 'content').layers],
    [[vgg19Modules[12 - 1], vgg19Modules[21 - 1]], [vgg19Modules[21 - 1]]],
  ],
  [
    'cnnmrf.lua@3f42a4b, lines 26, 27, 30, 32, 35: 1e-4, patches of 3, strides 2 and 2, content 2e1',
    () => {
      const { weight, patch, stride, styleStride } = lossOf('cnnmrf', 'mrf');
      return [weight, patch, stride, styleStride, lossOf('cnnmrf', 'content').weight];
    },
    [1e-4, 3, 2, 2, 20],
  ],
  [
    'deep-painterly-harmonization, neural_paint.lua@6493de7: content_layers, style_layers, hist_layers',
    () => lossesOf('risser-2017').map((loss) => 'layers' in loss && loss.layers),
    [['relu4_1'], ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'], ['relu1_1', 'relu4_1']],
  ],
  [
    'rejunity/neural-style-tf, neural_style.py@15ef2c5: --histogram_layers, --histogram_bins',
    () => [lossOf('risser-2017', 'histogram').layers, lossOf('risser-2017', 'histogram').bins],
    [['relu1_1', 'relu4_1'], 256],
  ],
  [
    'texture_generation_master, utils.py@c557737, buid_cc_loss_lays: shifts by layer; vgg_model.py: tf.nn.relu in every conv',
    () =>
      lossesOf('berger-2017').flatMap((loss) =>
        loss.type === 'correlations' ? [[loss.layers, loss.shifts]] : [],
      ),
    [
      [['relu1_1'], [4, 8, 16, 32, 64]],
      [['relu2_1'], [4, 8, 16, 32]],
      [['relu3_1'], [4, 8, 16]],
      [['relu4_1'], [4, 8]],
    ],
  ],
  [
    'texture_generation_master, main.py and utils.py@c557737: 20000 beside 500, tf.multiply(…, 0.2 | 0.25 | 0.33 | 0.5), / 4.0',
    () =>
      lossesOf('berger-2017').flatMap((loss) =>
        loss.type === 'correlations' ? [Math.round(loss.weight! * 500)] : [],
      ),
    [0.2, 0.25, 0.33, 0.5].map((factor) => (20000 * factor) / 4),
  ],
  [
    'Neural-Style-MMD, neural-style.py@a0cf46d: --mmd-poly-c 0; model_vgg19.py@9c63009: pool_type avg',
    () => [lossOf('li-2017-polynomial', 'mmd').offset, findPublished('li-2017-polynomial').encoder],
    [0, { name: 'vgg19', pooling: 'average' }],
  ],
  [
    'STROTSS, vgg_pt.py@41937e2: i in [1,3,6,8,11,13,15,22,29] of vgg16.features',
    () => lossOf('kolkin-2019', 'strotss').layers,
    [1, 3, 6, 8, 11, 13, 15, 22, 29].map((i) => vgg16Modules[i]),
  ],
  [
    'STROTSS, styleTransfer.py@87c8f7e: float(sys.argv[3])*16.0; get_feature_inds cnt=32**2; RESAMPLE_FREQ = 1',
    () => {
      const { alpha, samples, refreshEvery } = lossOf('kolkin-2019', 'strotss');
      return [alpha, samples, refreshEvery];
    },
    [1.0 * 16.0, 32 ** 2, 1],
  ],
  [
    'texture_optimization_slicing.py@491ee6d: block1_conv1 to block4_conv4 after relu; Ndirection = dim',
    () => [
      lossOf('heitz-2021', 'sliced-wasserstein').layers,
      lossOf('heitz-2021', 'sliced-wasserstein').directions,
    ],
    [
      ['1_1', '1_2', '2_1', '2_2', '3_1', '3_2', '3_3', '3_4', '4_1', '4_2', '4_3', '4_4'].map(
        (place) => `relu${place}`,
      ),
      'channels',
    ],
  ],
];

for (const [source, actual, expected] of facts) {
  test(source, (t) => t.deepEqual(actual(), expected));
}

const size = [6, 7] as const;
const current: Maps = {
  fine: randomMap(...size, 3, 1, { rectified: true }),
  image: randomMap(...size, 3, 2, { mean: 0.5 }),
};
const other: Maps = {
  fine: randomMap(...size, 3, 3, { rectified: true }),
  image: randomMap(...size, 3, 4, { mean: 0.5 }),
};
const positions = size[0] * size[1];
const [x, y] = [rowsOf(current.fine!), rowsOf(other.fine!)];
const channels = 3;

/** The gradient of a preset's loss, read at the layer `fine`, and of its weight in the total. */
function gradientOf(loss: LossInput, map: 'fine' | 'image'): number[] {
  const read = map === 'fine' ? { ...loss, layers: { fine: 1 } } : loss;
  const spec = resolveLoss(read, encoder);
  const [term] = prepareLosses([spec], { encoder, size, styleSize: size });
  const { gradients } = evaluate(term!, current, other, { content: other });
  return gradients[map]!.map((gradient) => term!.weight * gradient);
}

function gramOf(rows: number[][]): number[][] {
  return rows[0]!.map((_, i) =>
    rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  );
}

/** d/dx of f·Σ (XᵀX/s − YᵀY/s)², an entry for each position and channel. */
function gramGradient(factor: number, scale: number): number[] {
  const [own, target] = [gramOf(x), gramOf(y)];
  return x.flatMap((row) =>
    row.map((_, c) =>
      row.reduce(
        (sum, value, d) => sum + ((4 * factor) / scale) * value * ((own[d]![c]! - target[d]![c]!) / scale),
        0,
      ),
    ),
  );
}

/** d/dx of f·mean (x − y)². */
function meanSquareGradient(factor: number): number[] {
  return x.flatMap((row, i) =>
    row.map((value, c) => (2 * factor * (value - y[i]![c]!)) / (positions * channels)),
  );
}

test('neural-style: ContentLoss and StyleLoss at 5e0 and 1e2, nn.MSECriterion of G over nElement', (t) => {
  close(t, gradientOf(lossOf('neural-style', 'content'), 'fine'), meanSquareGradient(5));
  const elements = positions * channels;
  close(t, gradientOf(lossOf('neural-style', 'gram'), 'fine'), gramGradient(100 / channels ** 2, elements));
});

test('gatys-pytorch: MSELoss at 1e0, GramMSELoss over h·w at 1e3/n²', (t) => {
  close(t, gradientOf(lossOf('gatys-pytorch', 'content'), 'fine'), meanSquareGradient(1));
  const factor = 1e3 / channels ** 2 / channels ** 2;
  close(t, gradientOf(lossOf('gatys-pytorch', 'gram'), 'fine'), gramGradient(factor, positions));
});

test('gatys-normalised: MSE at 1e6, GramMSE over h·w at 1e9/5', (t) => {
  close(t, gradientOf(lossOf('gatys-normalised', 'content'), 'fine'), meanSquareGradient(1e6));
  close(
    t,
    gradientOf(lossOf('gatys-normalised', 'gram'), 'fine'),
    gramGradient(1e9 / 5 / channels ** 2, positions),
  );
});

/** The gradient that TVLoss of neural_style.lua adds for pixels times 256, with respect to pixels in [0,1]. */
function torchVariationGradient(image: FeatureMap, strength: number): number[] {
  const gradient = new Float64Array(image.data.length);
  const place = (i: number, j: number, c: number) => (i * image.width + j) * 3 + c;
  for (let i = 0; i + 1 < image.height; i++) {
    for (let j = 0; j + 1 < image.width; j++) {
      for (let c = 0; c < 3; c++) {
        const across = 256 * (at(image, i, j, c) - at(image, i, j + 1, c));
        const down = 256 * (at(image, i, j, c) - at(image, i + 1, j, c));
        gradient[place(i, j, c)]! += across + down;
        gradient[place(i, j + 1, c)]! -= across;
        gradient[place(i + 1, j, c)]! -= down;
      }
    }
  }
  return Array.from(gradient, (value) => 256 * strength * value);
}

/** What lies neither in the last row nor in the last column, whose differences only one of the two counts. */
function inner(values: readonly number[]): number[] {
  return values.filter(
    (_, i) => Math.floor(i / 3) % size[1] < size[1] - 1 && i < (size[0] - 1) * size[1] * 3,
  );
}

for (const name of ['neural-style', 'lapstyle-2017', 'cnnmrf'] as const) {
  test(`${name}: -tv_weight 1e-3 passes back the gradient of TVLoss within the picture`, (t) => {
    const own = gradientOf(lossOf(name, 'variation'), 'image');
    close(t, inner(own), inner(torchVariationGradient(current.image!, 1e-3)));
  });
}

/**
 * What a layer of Neural-Style-MMD@a0cf46d passes back; `weight` as get_loss makes it of --style-weight 5 and w_style, for
 * gscale = (N·M, N).
 */
const mmdPrograms: Record<'li-2017-linear' | 'li-2017-polynomial' | 'li-2017-bn', () => number[]> = {
  'li-2017-linear': () => {
    const weight = (5 * 2e3) / (channels * positions);
    const difference = x[0]!.map((_, c) => x.reduce((sum, row, i) => sum + row[c]! - y[i]![c]!, 0));
    return x.flatMap(() => difference.map((value) => weight * value));
  },
  'li-2017-polynomial': () => {
    const weight = (5 * 1e-1) / (channels * positions * channels);
    const [own, target] = [gramOf(x), gramOf(y)];
    return x.flatMap((row) =>
      row.map(
        (_, c) => weight * row.reduce((sum, value, d) => sum + value * (own[d]![c]! - target[d]![c]!), 0),
      ),
    );
  },
  'li-2017-bn': () => {
    const weight = (5 * 1e3 * (channels * positions)) / channels;
    const n = 2 * positions;
    const mean = (rows: number[][], c: number) => (rows.reduce((sum, row) => sum + row[c]!, 0) * 2) / n;
    const spread = (rows: number[][], c: number) =>
      Math.sqrt((rows.reduce((sum, row) => sum + (row[c]! - mean(rows, c)) ** 2, 0) * 2) / n);
    return x.flatMap((row) =>
      row.map((value, c) => {
        const dux = (2 / n) * (mean(x, c) - mean(y, c));
        const dvx = (2 / n) * ((spread(x, c) - spread(y, c)) / spread(x, c)) * (value - mean(x, c));
        return (dux + dvx) * (weight / channels);
      }),
    );
  },
};

for (const [name, program] of Object.entries(mmdPrograms) as [keyof typeof mmdPrograms, () => number[]][]) {
  test(`${name}: what the program passes back over H·W, at a layer of as many positions as the picture`, (t) => {
    const loss = name === 'li-2017-bn' ? lossOf(name, 'moments') : lossOf(name, 'mmd');
    closeRelative(
      t,
      gradientOf(loss, 'fine'),
      program().map((value) => value / positions),
    );
    // M, on which all three depend alike, is a quarter at every pooling.
    t.deepEqual(loss.layers, Object.fromEntries(style19.map((layer, depth) => [layer, 1 / 4 ** depth])));
    // Σ (F − P)² over H·W, at 512 channels and an eighth of each side.
    t.is(lossOf(name, 'content').weight, 512 / 8 ** 2);
  });
}

function closeRelative(t: ExecutionContext, actual: readonly number[], expected: readonly number[]): void {
  const scale = Math.max(...expected.map(Math.abs));
  close(
    t,
    actual.map((value) => value / scale),
    expected.map((value) => value / scale),
  );
}

test('li-2017-gaussian: half the gradient of sums over M/2 pairs, times 5 · 3e14/(N·M), at 512×512', (t) => {
  const loss = lossOf('li-2017-gaussian', 'mmd');
  const counts = { relu1_1: 64, relu2_1: 128, relu3_1: 256, relu4_1: 512, relu5_1: 512 };
  for (const [depth, [layer, count]] of Object.entries(counts).entries()) {
    const places = (512 / 2 ** depth) ** 2;
    const pairs = places / 2;
    const expected = (((5 * 3e14) / (count * places)) * pairs) / 2 / 512 ** 2;
    const weights = loss.layers as Record<string, number>;
    t.true(Math.abs((loss.weight! * weights[layer]!) / expected - 1) < 1e-12, layer);
  }
});

for (const name of ['li-2017-linear', 'li-2017-gaussian'] as const) {
  test(`${name}: get_tv_grad_executor, (4x − neighbours)/8 at 1e-2 and pixels times 256, over 512²`, (t) => {
    const own = gradientOf(lossOf(name, 'variation'), 'image');
    const image = current.image!;
    for (let i = 1; i + 1 < image.height; i++) {
      for (let j = 1; j + 1 < image.width; j++) {
        const around =
          at(image, i - 1, j, 0) + at(image, i + 1, j, 0) + at(image, i, j - 1, 0) + at(image, i, j + 1, 0);
        const program = ((1e-2 / 8) * 256 * (4 * at(image, i, j, 0) - around) * 256) / 512 ** 2;
        t.true(Math.abs(own[(i * image.width + j) * 3]! - program) < 1e-6);
      }
    }
  });
}
