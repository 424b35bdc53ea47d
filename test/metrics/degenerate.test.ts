/** Every metric on pictures that show nothing, or have hardly any pixels: a number that is right, or a sentence. */
import test from 'ava';
import { heldOutMetrics, type Judge, openJudge } from '../../metrics/held-out.ts';
import { type Measuring, openMeasuringEncoder } from '../../metrics/measuring-encoder.ts';
import { defectOfMetric, type Metric, type MetricInput } from '../../metrics/metric.ts';
import { msSsim } from '../../metrics/ms-ssim.ts';
import { allMetrics, measureAll } from '../../metrics/registry.ts';
import type { Score } from '../../metrics/score.ts';
import { isUniform } from '../../metrics/uniform.ts';
import { resolveEncoder } from '../../src/encoders/registry.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { constantImage, noiseImage } from './pictures.ts';

let wavelet: Measuring;
const judges: Judge[] = [];
let metrics: Metric[];

test.before(async () => {
  const engine = { name: 'onnx' } as const;
  wavelet = await openMeasuringEncoder(resolveEncoder('wavelet'), engine);
  const network = resolveEncoder({ name: 'squeezenet1_1', weights: { random: 0 } });
  for (const spec of [resolveEncoder('wavelet'), network]) judges.push(await openJudge(spec, engine));
  metrics = allMetrics([wavelet.encoder], judges.flatMap(heldOutMetrics));
});

test.after.always(async () => {
  await wavelet?.dispose();
  for (const judge of judges) await judge.dispose();
});

/** What a family of metrics can be, whatever the pictures. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  ssim: [-1, 1],
  'ms-ssim': [0, 1],
  gmsd: [0, 1],
  fsim: [0, 1],
  vif: [0, 100],
  nmi: [1, 2],
  psnr: [0, 100],
  'edge-f': [0, 1],
  'lab-histogram': [0, 1],
  // The longest way in the L*a*b* solid of sRGB, from green to blue.
  'lab-wasserstein': [0, 259],
  palette: [0, 120],
  // CIEDE2000 of black and white is 100; of saturated colours it is not much more.
  'mean-color': [0, 120],
  'patch-distance': [0, 1],
  'patch-coverage': [0, 1],
  'long-range': [0, 2],
  saturation: [0, 1],
  'high-frequency': [0, 40],
  checkerboard: [0, 1e6],
  'patch-placement': [0, 1],
  // Relative to a style that is no flat picture: a picture without structure is at 1 or a little above.
  'held-out-gram': [0, 100],
  'held-out-moments': [0, 100],
  'gram-relative': [0, 100],
  'moments-relative': [0, 100],
  'features-relative': [0, 100],
  'sliced-wasserstein': [0, 100],
  frechet: [0, 100],
};

const family = (id: string): string => id.split(';', 1)[0]!;

async function measured(input: MetricInput): Promise<Record<string, Score>> {
  return await measureAll(input, [wavelet.encoder], metrics);
}

function check(t: import('ava').ExecutionContext, scores: Record<string, Score>, what: string): void {
  for (const [id, score] of Object.entries(scores)) {
    if ('refused' in score) {
      t.regex(score.refused, /^[A-Z][^\n]+\.$/, `${what}: ${id}`);
      t.false(score.refused.includes('came out as'), `${what}: ${id} ${score.refused}`);
      t.false(score.refused.startsWith(defectOfMetric), `${what}: ${id} ${score.refused}`);
      continue;
    }
    const [least, most] = ranges[family(id)]!;
    t.true(score.value >= least && score.value <= most, `${what}: ${id} is ${score.value}`);
  }
}

const [width, height] = [48, 40];
/** Of 8-bit levels, as every file has. */
const levels = (image: RgbImage): RgbImage => ({
  ...image,
  data: image.data.map((value) => Math.round(value * 255) / 255),
});
/** With hues and lightness of its own everywhere, and edges, but quickly compared patch by patch. */
const photo = levels(
  createImage(width, height, (x, y) => [
    0.5 + 0.4 * Math.sin(x / 9) * Math.cos(y / 17),
    (x < 24 ? 0.3 : 0.6) + 0.2 * Math.sin(y / 5),
    (((7 * x) ^ (3 * y)) % 64) / 80,
  ]),
);
const colors = {
  black: constantImage(width, height, [0, 0, 0]),
  white: constantImage(width, height, [1, 1, 1]),
  gray: levels(constantImage(width, height, [0.5, 0.5, 0.5])),
  red: constantImage(width, height, [1, 0, 0]),
};

/** What is exact of pictures that equal each other. */
const whenEqual: Readonly<Record<string, number>> = {
  ssim: 1,
  'ms-ssim': 1,
  gmsd: 0,
  fsim: 1,
  vif: 1,
  nmi: 2,
  'lab-histogram': 0,
  'lab-wasserstein': 0,
  'mean-color': 0,
  palette: 0,
  'patch-distance': 0,
  'long-range': 0,
  saturation: 0,
  'high-frequency': 0,
  'held-out-gram': 0,
  'held-out-moments': 0,
  'gram-relative': 0,
  'moments-relative': 0,
  'features-relative': 0,
  'sliced-wasserstein': 0,
  frechet: 0,
  'edge-f': 1,
};

test('every family has a range, and what equal pictures score is known', (t) => {
  t.deepEqual([...new Set(metrics.map(({ id }) => family(id)))].sort(), Object.keys(ranges).sort());
});

test('identical pictures, with structure and of one colour', async (t) => {
  for (const [name, image] of Object.entries({ photo, ...colors })) {
    const scores = await measured({ result: image, content: image, style: image });
    check(t, scores, name);
    let numbers = 0;
    for (const [id, score] of Object.entries(scores)) {
      const expected = whenEqual[family(id)];
      if (expected === undefined || 'refused' in score) continue;
      numbers++;
      t.true(Math.abs(score.value - expected) < 1e-6, `${name}: ${id} is ${score.value}`);
    }
    t.true(numbers >= 7, `${name}: ${numbers} numbers`);
  }
});

for (const [name, color] of Object.entries(colors)) {
  test(`${name} as result, content or style`, async (t) => {
    const other = name === 'white' ? colors.black : colors.white;
    const cases: Record<string, MetricInput> = {
      result: { result: color, content: photo, style: photo },
      content: { result: photo, content: color, style: photo },
      style: { result: photo, content: photo, style: color },
      'both references': { result: photo, content: color, style: color },
      'all, of two colours': { result: other, content: color, style: color },
    };
    for (const [what, input] of Object.entries(cases)) {
      const scores = await measured(input);
      check(t, scores, `${name} as ${what}`);
      const scoreOf = (wanted: string) => {
        const found = Object.entries(scores).find(([id]) => family(id) === wanted)![1];
        return 'value' in found ? found.value : undefined;
      };
      if (what === 'result') {
        // A picture without features is as far from the style as the style from nothing.
        for (const one of ['gram-relative', 'moments-relative', 'features-relative']) {
          t.true(Math.abs(scoreOf(one)! - 1) < 1e-5, one);
        }
      }
      if (what.startsWith('style') || what.startsWith('both')) {
        for (const one of ['frechet', 'sliced-wasserstein', 'gram-relative', 'held-out-gram', 'long-range']) {
          t.is(scoreOf(one), undefined, one);
        }
      }
    }
  });
}

test('black against white: 100 of L*, nothing shared, no structure alike', async (t) => {
  const { black, white } = colors;
  const scores = await measured({ result: black, content: white, style: white });
  const expected: Record<string, number> = {
    'lab-wasserstein': 100,
    palette: 100,
    'lab-histogram': 1,
    'patch-distance': 1,
    psnr: 0,
    saturation: 0,
    // Of constants c·s is 1 and l = C₁/(1 + C₁).
    ssim: 1e-4 / (1 + 1e-4),
  };
  for (const [name, value] of Object.entries(expected)) {
    const score = Object.entries(scores).find(([id]) => family(id) === name)![1];
    t.true('value' in score && Math.abs(score.value - value) < 1e-4, `${name}: ${JSON.stringify(score)}`);
  }
});

test('MS-SSIM of pictures of one colour', (t) => {
  const [black, white, gray] = [0, 1, 128 / 255].map((value) =>
    constantImage(170, 162, [value, value, value]),
  );
  t.is(msSsim(black!, black!), 1);
  t.true(Math.abs(msSsim(gray!, gray!) - 1) < 1e-9);
  t.true(Math.abs(msSsim(black!, white!) - (1e-4 / (1 + 1e-4)) ** 0.1333) < 1e-9);
});

test('pictures of hardly any pixels, and long ones, lose single metrics only', async (t) => {
  for (const [w, h] of [
    [1, 1],
    [2, 3],
    [16, 16],
    [16, 300],
    [300, 16],
    [5000, 16],
  ] as const) {
    const result = levels(noiseImage(w, h, 2));
    const content = levels(noiseImage(w, h, 3));
    for (const style of w > 1000 ? [content] : [photo, content]) {
      const scores = await measured({ result, content, style });
      t.is(Object.keys(scores).length, metrics.length);
      check(t, scores, `${w}×${h}`);
      const numbers = Object.values(scores).filter((score) => 'value' in score).length;
      t.true(numbers >= 4, `${w}×${h}: ${numbers} numbers`);
    }
  }
});

test('of one colour is what 8 bits cannot tell apart', (t) => {
  const touched = (by: number): RgbImage => {
    const image = constantImage(20, 20, [0.2, 0.4, 0.6]);
    image.data[100] = image.data[100]! + by;
    return image;
  };
  t.true(isUniform(touched(0)));
  t.true(isUniform(touched(1 / 255)));
  t.false(isUniform(touched(2 / 255)));
});
