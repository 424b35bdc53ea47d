import { join } from 'node:path';
import test from 'ava';
import { rgbToYiq } from '../../src/images/color.ts';
import { readImage } from '../../src/images/decode.ts';
import { writeImage } from '../../src/images/encode.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { colorStatistics } from '../../src/images/recolor.ts';
import { resizeLongestSide } from '../../src/images/resize.ts';
import { encodedColors, shownColors, startColors } from '../../src/transfer/colors.ts';
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

test.before(writePictures);
test.after.always(removePictures);

/** The largest difference in I or Q over pixels whose colours are all inside of [0,1], and how many those are. */
function chromaDifference(picture: RgbImage, other: RgbImage): { largest: number; inside: number } {
  let largest = 0;
  let inside = 0;
  for (let at = 0; at < picture.data.length; at += 3) {
    const own = picture.data.subarray(at, at + 3);
    if (own.some((value) => value <= 0 || value >= 1)) continue;
    inside++;
    const [, i, q] = rgbToYiq(own[0]!, own[1]!, own[2]!);
    const [, otherI, otherQ] = rgbToYiq(other.data[at]!, other.data[at + 1]!, other.data[at + 2]!);
    largest = Math.max(largest, Math.abs(i - otherI), Math.abs(q - otherQ));
  }
  return { largest, inside };
}

for (const initialization of [{ from: 'content', noise: 0.2 }, { from: 'noise' }] as const) {
  test.serial(
    `luminance: from ${initialization.from}, result and snapshots have the content's chroma`,
    async (t) => {
      const { picture, snapshotPictures } = await run({
        ...base,
        color: 'luminance',
        initialization,
        sizes: [20, 32],
        snapshots: [4, 12],
      });
      for (const shown of [...snapshotPictures, picture]) {
        const content = resizeLongestSide(await readImage(base.content), shown.width);
        const { largest, inside } = chromaDifference(shown, content);
        t.true(inside > 0.2 * (shown.data.length / 3), `${inside} pixels`);
        t.true(largest < 1e-4, `${largest}`);
        t.notDeepEqual(shown, content);
      }
      t.is(snapshotPictures.length, 2);
      t.deepEqual(snapshotPictures[1], picture);
    },
  );
}

test.serial(
  'luminance: an interrupted trial goes on from what was optimised, not from what was shown',
  async (t) => {
    const config = { ...base, color: 'luminance', sizes: [20, 32] } as const;
    const undisturbed = await run(config);
    const resumed = await run(config, [4, 9]);
    t.deepEqual(resumed.trace, undisturbed.trace);
    t.deepEqual(resumed.picture, undisturbed.picture);
  },
);

test.serial("recoloured styles bring the result's colours nearer to the content's", async (t) => {
  const losses = [
    loss({ type: 'moments', convention: 'relative', layers: ['low1', 'low2'], covariance: ['low1', 'low2'] }),
  ];
  const style = join(folder, 'red.png');
  await writeImage(
    style,
    createImage(36, 36, (x, y) => [
      0.7 + 0.3 * Math.sin(x * 0.9),
      0.2 * Math.cos(y) ** 2,
      ((x * 7 + y) % 11) / 30,
    ]),
  );
  const content = colorStatistics(resizeLongestSide(contentImage, 32)).mean;
  const distance = async (color?: 'match-statistics' | 'match-statistics-cholesky' | 'match-histogram') => {
    const { picture } = await run({
      ...base,
      style,
      losses,
      initialization: { from: 'noise' },
      ...(color && { color }),
    });
    return Math.hypot(...colorStatistics(picture).mean.map((value, i) => value - content[i]!));
  };
  const free = await distance();
  for (const color of ['match-statistics', 'match-statistics-cholesky', 'match-histogram'] as const) {
    const kept = await distance(color);
    t.true(kept < free / 3, `${color}: ${kept} against ${free}`);
  }
});

test('free leaves pictures as they are; the encoded ones stay in [0,1]', (t) => {
  t.like(encodedColors('free', contentImage, styleImage), { content: contentImage, style: styleImage });
  t.is(startColors('free', styleImage), styleImage);
  t.is(shownColors('match-histogram', styleImage, contentImage), styleImage);
  for (const mode of [
    'luminance',
    'match-statistics',
    'match-statistics-cholesky',
    'match-histogram',
  ] as const) {
    const { content, style } = encodedColors(mode, contentImage, styleImage);
    t.true([...content.data, ...style.data].every((value) => value >= 0 && value <= 1));
    t.is(style.width, styleImage.width);
  }
});
