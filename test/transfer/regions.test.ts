import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { encoderDefaults, loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import { startEngine } from '../../src/engines/start.ts';
import { writeImage } from '../../src/images/encode.ts';
import { createImage } from '../../src/images/image.ts';
import { resizeImage } from '../../src/images/resize.ts';
import { resolveLoss } from '../../src/losses/registry.ts';
import { createRandom } from '../../src/random.ts';
import { assembleProblem, type ProblemEvaluation, type StyleInput } from '../../src/transfer/problem.ts';
import { readRegionMaps, regionPairs } from '../../src/transfer/regions.ts';
import { runTrial } from '../../src/transfer/trial.ts';
import { tensorOf } from '../../src/transfer/trial-images.ts';
import { base, contentImage, removePictures, styleImage, writePictures } from './_trial.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-region-maps-'));
test.before(writePictures);
test.after.always(() => {
  removePictures();
  rmSync(folder, { recursive: true, force: true });
});

type Label = readonly [number, number, number];
const red: Label = [255, 0, 0];
const blue: Label = [0, 0, 255];
const black: Label = [0, 0, 0];

async function map(
  name: string,
  [width, height]: readonly [number, number],
  label: (x: number, y: number) => Label,
): Promise<string> {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(label(i % width, Math.floor(i / width)), 3 * i);
  const file = join(folder, name);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
  return file;
}

const content = { file: 'content.jpg', image: { width: 8, height: 4 } };
const style = { file: 'style.jpg', image: { width: 6, height: 6 } };
const pictures = [content, style];
const read = (contentMap: string, styleMap: string) =>
  readRegionMaps({ content: contentMap, styles: [styleMap] }, pictures);

test('every colour is a region, black too; weights sum to one, softened or not', async (t) => {
  const maps = await read(
    await map('three.png', [8, 4], (x) => (x < 3 ? red : x < 6 ? black : blue)),
    await map('three-style.png', [6, 6], (_, y) => (y < 2 ? blue : y < 4 ? black : red)),
  );
  for (const deviation of [0, 1.5]) {
    const regions = regionPairs(maps, 0, { size: [4, 8], styleSize: [3, 3], deviation });
    t.deepEqual(
      regions.map(({ name }) => name),
      ['black', '#0000ff', '#ff0000'],
    );
    for (const [side, height, width] of [
      ['picture', 4, 8],
      ['picture', 2, 4],
      ['picture', 1, 3],
      ['style', 3, 3],
    ] as const) {
      const sums = new Float64Array(height * width);
      for (const region of regions) {
        const { positions, weights } = region[side].at(height, width);
        for (const [i, position] of positions.entries()) sums[position]! += weights[i]!;
      }
      for (const sum of sums) t.true(Math.abs(sum - 1) < 1e-5);
    }
    const shares = regions.map(({ picture }) => picture.share);
    if (deviation === 0) t.deepEqual(shares, [3 / 8, 2 / 8, 3 / 8]);
    // Softness is the picture's alone: the style's blue is its first third.
    t.deepEqual([...regions[1]!.style.at(3, 3).positions], [0, 1, 2]);
    t.deepEqual([...regions[1]!.style.at(3, 3).weights], [1, 1, 1]);
  }
});

test('maps that do not fit are refused in a sentence that says what to do', async (t) => {
  const two = await map('two.png', [8, 4], (x) => (x < 4 ? red : blue));
  const twoStyle = await map('two-style.png', [6, 6], (x) => (x < 4 ? red : blue));
  const one = await map('one.png', [8, 4], () => red);
  const oneStyle = await map('one-style.png', [6, 6], () => red);
  const empty = await map('empty.png', [6, 6], () => black);
  const small = await map('small.png', [3, 3], (x) => (x < 2 ? red : blue));
  await t.notThrowsAsync(read(two, twoStyle));
  await t.throwsAsync(read(two, small), {
    message: /"[^"]*small\.png" has 3×3 pixels, but its picture "style\.jpg" has 6×6\. .*nearest neighbour/,
  });
  await t.throwsAsync(read(two, oneStyle), {
    message:
      /content's region map "[^"]*two\.png" has the label #0000ff, which the style's "[^"]*one-style\.png" has not.*Paint a part of the style's map/,
  });
  await t.throwsAsync(read(one, twoStyle), {
    message: /style's region map "[^"]*two-style\.png" has the label #0000ff, which the content's .* has not/,
  });
  await t.throwsAsync(read(two, empty), {
    message: /The style's region map "[^"]*empty\.png" is empty: it is black all over\. .*#ff0000, #0000ff/,
  });
  await t.throwsAsync(read(join(folder, 'none.png'), twoStyle), { message: /none\.png" does not exist/ });
});

const losses = [
  { type: 'content', layers: ['scale2'] },
  { type: 'gram', layers: ['scale1', 'scale2'], cross: 'adjacent' },
  { type: 'histogram', layers: ['scale1'], bins: 32, refreshEvery: 1 },
  { type: 'mrf', layers: ['scale2'], refreshEvery: 1 },
  { type: 'correlations', layers: ['scale1'], shifts: [2] },
  { type: 'mmd', kernel: 'gaussian', layers: ['scale2'], frequencies: 32 },
  { type: 'sliced-wasserstein', layers: ['scale2'], directions: 8, refreshEvery: 1 },
  { type: 'strotss', layers: ['scale2'], samples: 128, refreshEvery: 1 },
].map((loss) => resolveLoss(loss, encoderDefaults(resolveEncoder('wavelet'))));

test.serial('both engines agree on losses in soft regions toward two styles', async (t) => {
  // Small, as the second engine is slow.
  const [content, style, other] = [
    resizeImage(contentImage, 24, 18),
    resizeImage(styleImage, 20, 20),
    createImage(20, 20, (x, y) => [y / 20, ((x * y) % 9) / 9, 0.3]),
  ];
  const contentMap = await map('half.png', [24, 18], (x, y) => (x + y < 20 ? red : blue));
  const styleMap = await map('half-style.png', [20, 20], (x) => (x < 11 ? red : blue));
  const maps = await readRegionMaps({ content: contentMap, styles: [styleMap, styleMap] }, [
    { file: 'c', image: content },
    { file: 's', image: style },
    { file: 's', image: style },
  ]);
  const styles = [style, other].map((image, index): StyleInput => {
    const sizes = { size: [18, 24], styleSize: [20, 20], deviation: 2 } as const;
    return {
      image: tensorOf(image),
      weight: [0.75, 0.25][index]!,
      transform: () => tensorOf(image),
      regions: regionPairs(maps, index, sizes),
    };
  });
  // No pattern: its features would lie on the kinks of rectifiers, where rounding decides.
  const random = createRandom(1, 'start');
  const begun = createImage(24, 18, () => [random.uniform(), random.uniform(), random.uniform()]);
  const start = tensorOf(begun).data as Float32Array;
  const evaluated: ProblemEvaluation[] = [];
  for (const spec of [
    { name: 'onnx', provider: 'cpu' },
    { name: 'tensorflow', provider: 'wasm' },
  ] as const) {
    const engine = await startEngine(spec);
    try {
      const assembled = await assembleProblem({
        engine,
        encoder: await loadEncoder(resolveEncoder('wavelet'), { images: [], engine }),
        losses,
        content: tensorOf(content),
        style: tensorOf(style),
        transformStyle: () => tensorOf(style),
        styles,
      });
      const problem = await assembled.compile();
      await problem.refresh(start, 0);
      evaluated.push(await problem.evaluate(start));
      await problem.dispose();
    } finally {
      await engine.dispose();
    }
  }
  const [onnx, wasm] = evaluated as [ProblemEvaluation, ProblemEvaluation];
  for (const [name, value] of Object.entries(onnx.terms)) {
    t.true(
      value > 0 && Math.abs(value - wasm.terms[name]!) <= 1e-4 * value,
      `${name}: ${value}, ${wasm.terms[name]}`,
    );
  }
  const scale = Math.max(...onnx.gradient.map(Math.abs));
  const apart = Math.max(...onnx.gradient.map((g, i) => Math.abs(g - wasm.gradient[i]!)));
  t.true(apart <= 1e-4 * scale, `${apart} of ${scale}`);
});

test.serial('a guided trial in two styles lowers its total, and its log says what is left out', async (t) => {
  const contentMap = await map('spot.png', [40, 30], (x, y) => (x < 3 && y < 3 ? red : blue));
  const styleMap = await map('spot-style.png', [36, 36], (x) => (x < 20 ? red : blue));
  const other = join(folder, 'other.png');
  await writeImage(
    other,
    createImage(36, 36, (x, y) => [y / 36, ((x * y) % 9) / 9, 0.3]),
  );
  const totals: number[] = [];
  const lines: string[] = [];
  const { engine, final, inputs } = await runTrial(
    {
      ...base,
      budget: { evaluations: 6 },
      styles: [
        { file: base.style, weight: 0.6 },
        { file: other, weight: 0.4 },
      ],
      regions: { content: contentMap, styles: [styleMap, styleMap], soften: 1 },
    },
    {
      trace: ({ total }) => totals.push(total),
      async snapshot() {},
      async checkpoint() {},
      progress() {},
      log: (line) => lines.push(line),
    },
  );
  await engine.dispose();
  t.true(totals.at(-1)! < totals[0]!);
  t.deepEqual(Object.keys(final.terms), ['content', 'gram']);
  t.deepEqual(Object.keys(inputs).sort(), [
    'content',
    'content regions',
    'encoder',
    'style',
    'style 1 regions',
    'style 2',
    'style 2 regions',
  ]);
  t.is(lines.length, 1);
  t.regex(lines[0]!, /^at 32×24, the region #ff0000 is smaller than 2 feature positions of scale2/);
});
