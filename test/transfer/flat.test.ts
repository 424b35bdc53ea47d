/** Pictures of one colour as content, as style and as a region: losses stay measurable, and the colour is painted. */
import { join } from 'node:path';
import test from 'ava';
import { resolveEncoder } from '../../src/encoders/registry.ts';
import { writePng } from '../../src/images/encode.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { type LossInput, lossTypes } from '../../src/losses/registry.ts';
import {
  base,
  contentImage,
  folder,
  loss,
  removePictures,
  run,
  styleImage,
  writePictures,
} from './_trial.ts';

const color = [200 / 255, 40 / 255, 30 / 255] as const;
const file = (name: string): string => join(folder, `${name}.png`);

test.before(async () => {
  await writePictures();
  await writePng(
    file('red'),
    createImage(36, 30, () => color),
  );
  await writePng(
    file('black'),
    createImage(36, 30, () => [0, 0, 0]),
  );
  await writePng(
    file('grey'),
    createImage(40, 30, () => [0.5, 0.5, 0.5]),
  );
  // A style of which one half, which a map keeps for one half of the picture, is of one colour.
  const half = createImage(36, 36, (x, y) => (x < 18 ? color : pixelOf(styleImage, x, y)));
  await writePng(file('half'), half);
  for (const [name, { width, height }] of Object.entries({ content: contentImage, half })) {
    await writePng(
      file(`${name}.regions`),
      createImage(width, height, (x) => (x < width / 2 ? [1, 0, 0] : [0, 0, 1])),
    );
  }
});
test.after.always(removePictures);

function pixelOf({ width, data }: RgbImage, x: number, y: number): [number, number, number] {
  const at = 3 * (y * width + x);
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

const layers = { layers: ['scale1', 'scale2'] };
/** Every loss with every convention and kernel that divides by something of a picture. */
const losses: readonly LossInput[] = [
  { type: 'content' },
  { type: 'content', convention: 'mean' },
  { type: 'gram', ...layers, cross: 'adjacent' },
  { type: 'gram', ...layers, convention: 'gatys' },
  { type: 'moments', ...layers, covariance: 'layers' },
  { type: 'moments', ...layers, convention: 'bn' },
  { type: 'moments', layers: ['colors'], covariance: 'layers' },
  { type: 'histogram' },
  { type: 'histogram', convention: 'risser', weight: 1e-3 },
  { type: 'mrf', layers: ['scale2'] },
  { type: 'mrf', layers: ['scale2'], convention: 'cnnmrf' },
  { type: 'fused', local: { layers: ['scale2'] } },
  { type: 'correlations', ...layers },
  { type: 'mmd', ...layers, kernel: 'linear' },
  { type: 'mmd', ...layers, kernel: 'polynomial', offset: 0.1 },
  { type: 'mmd', ...layers, kernel: 'gaussian' },
  { type: 'bures', ...layers },
  { type: 'sliced-wasserstein', ...layers },
  { type: 'strotss', ...layers, samples: 256 },
  { type: 'strotss', ...layers, samples: 256, convention: 'kolkin' },
  { type: 'laplacian' },
  { type: 'activation', layers: ['scale2'] },
  { type: 'variation' },
];

test('no type of loss is left out', (t) => {
  t.deepEqual([...new Set(losses.map(({ type }) => type))].sort(), [...lossTypes].sort());
});

/** Beyond what a picture and a style of structure ever have, far below ratios to rounding. */
const absurd = 1e4;

const cases = {
  'a style of one colour': { style: file('red') },
  'a black style': { style: file('black') },
  'a content of one colour': { content: file('grey') },
  'both of one colour': { content: file('grey'), style: file('red') },
  'a region of one colour': {
    style: file('half'),
    regions: {
      content: file('content.regions'),
      styles: [file('half.regions')] as [string],
      soften: 0,
    },
  },
};

for (const [name, pictures] of Object.entries(cases)) {
  test(`${name}: every loss is finite, measurable and falls`, async (t) => {
    for (const input of losses) {
      const { trace, picture } = await run({
        ...base,
        ...pictures,
        losses: [loss(input), loss({ type: 'moments', name: 'mean colour', layers: ['colors'] })],
        sizes: [32],
        budget: { evaluations: 6 },
      } as typeof base);
      const totals = trace.map(({ total }) => total);
      const what = `${JSON.stringify(input)}: ${totals}`;
      t.true(
        totals.every((total) => Number.isFinite(total) && Math.abs(total) < absurd),
        what,
      );
      t.true(
        picture.data.every((value) => value >= 0 && value <= 1),
        what,
      );
      // What is matched anew is another function from then on; these hold their matches for so few evaluations.
      t.true(Math.min(...totals) <= totals[0]!, what);
      t.true(totals.length === 6 || totals.at(-1)! < totals[0]! || totals[0]! < 1e-3, what);
    }
  });
}

test('a style of one colour is painted in that colour', async (t) => {
  const { picture } = await run({
    ...base,
    style: file('red'),
    losses: [
      loss({ type: 'content' }),
      loss({ type: 'gram', weight: 30 }),
      loss({ type: 'moments', name: 'mean colour', layers: ['colors'], weight: 30 }),
    ],
    encoder: resolveEncoder('wavelet'),
    budget: { evaluations: 150 },
  });
  for (const [channel, wanted] of color.entries()) {
    const values = picture.data.filter((_, i) => i % 3 === channel);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    t.true(Math.abs(mean - wanted) < 6 / 255, `channel ${channel}: ${255 * mean} for ${255 * wanted}`);
  }
});
