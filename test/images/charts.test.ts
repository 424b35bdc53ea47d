/**
 * A chart of twelve patches in every depth, kind of pixel and profile, against what the profiles' definitions say. The
 * files and the profiles are made here, byte by byte; the expected colours come from chromaticities and curves alone.
 */
import test from 'ava';
import sharp from 'sharp';
import { decodeImage } from '../../src/images/decode.ts';
import {
  cmykProfile,
  encoded,
  grayProfile,
  type Ink,
  inSrgb,
  labInSrgb,
  png,
  type Raster,
  rgbProfile,
  spaces,
  tiff,
} from './_files.ts';

/** In [0,1]: black, white, greys, primaries and what lies between; some beyond sRGB in the wider spaces. */
const patches = [
  [0, 0, 0],
  [1, 1, 1],
  [0.5, 0.5, 0.5],
  [0.02, 0.02, 0.02],
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0.8, 0.2, 0.1],
  [0.1, 0.7, 0.9],
  [0.45, 0.32, 0.27],
  [0.76, 0.59, 0.51],
  [0.94, 0.78, 0.1],
] as const;
const side = 8;
const tops = { 8: 255, 16: 65535, 32: 1 } as const;
type Bits = keyof typeof tops;

/** The samples of 4 × 3 patches, and the colours that the numbers in the file stand for. */
function chart(ink: Ink, bits: Bits, colors: readonly (readonly number[])[], alpha?: number) {
  const stored = colors.map((color) =>
    color.map((value) => (bits === 32 ? Math.fround(value) : Math.round(value * tops[bits]))),
  );
  const [width, height] = [4 * side, 3 * side];
  const samples = Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const color = stored[4 * Math.floor(y / side) + Math.floor(x / side)]!;
    return alpha === undefined ? color : [...color, Math.round(alpha * tops[bits])];
  }).flat();
  const raster: Raster = { width, height, ink, bits, samples, alpha: alpha !== undefined };
  return { raster, colors: stored.map((color) => color.map((value) => value / tops[bits])) };
}

/** The mean of the patch's middle, in levels of 255. */
function patchOf({ width, data }: { width: number; data: Float32Array }, patch: number): number[] {
  const [x, y] = [side * (patch % 4) + side / 2, side * Math.floor(patch / 4) + side / 2];
  return [0, 1, 2].map((channel) => 255 * data[3 * (y * width + x) + channel]!);
}

async function worst(file: Uint8Array, expected: readonly (readonly number[])[]): Promise<number> {
  const image = await decodeImage(file, 'chart');
  const differences = expected.flatMap((color, patch) => {
    const got = patchOf(image, patch);
    return color.map((value, channel) => Math.abs(value - got[channel]!));
  });
  return Math.max(...differences);
}

const writers = { png, tiff } as const;
const profiles = ['none', 'srgb', 'adobe', 'p3', 'linear'] as const;

for (const [format, write] of Object.entries(writers)) {
  for (const bits of format === 'png' ? ([8, 16] as const) : ([8, 16, 32] as const)) {
    for (const name of profiles) {
      const space = spaces[name === 'none' ? 'srgb' : name];
      test(`RGB of ${bits} bits in ${format.toUpperCase()}, profile: ${name}`, async (t) => {
        const { raster, colors } = chart('rgb', bits, patches);
        const file = write({ ...raster, ...(name !== 'none' && { profile: rgbProfile(space) }) });
        const off = await worst(
          file,
          colors.map((color) => inSrgb(space, color)),
        );
        t.true(off <= 0.1, `${off} levels`);
      });
      test(`grey of ${bits} bits in ${format.toUpperCase()}, profile: ${name}`, async (t) => {
        const { raster, colors } = chart(
          'gray',
          bits,
          patches.map(([gray]) => [gray]),
        );
        const expected = colors.map(([gray]) => encoded([gray!, gray!, gray!].map(space.light)));
        const gray = write({ ...raster, ...(name !== 'none' && { profile: grayProfile(space) }) });
        const off = await worst(gray, expected);
        t.true(off <= 0.1, `${off} levels`);
        // Some programs leave the profile of the colours that a grey picture was made from.
        if (name === 'none') return;
        const other = await worst(write({ ...raster, profile: rgbProfile(space) }), expected);
        t.true(other <= 0.1, `${other} levels`);
      });
    }
  }
}

for (const bits of [8, 16, 32] as const) {
  test(`a profile and transparency together, ${bits} bits`, async (t) => {
    for (const ink of ['rgb', 'gray'] as const) {
      const alpha = 51 / 255;
      const { raster, colors } = chart(
        ink,
        bits,
        ink === 'rgb' ? patches : patches.map(([gray]) => [gray]),
        alpha,
      );
      const profile = ink === 'rgb' ? rgbProfile(spaces.adobe) : grayProfile(spaces.adobe);
      const opacity = bits === 32 ? 0 : alpha;
      const expected = colors.map((color) => {
        const light = color.map(spaces.adobe.light);
        const opaque =
          ink === 'rgb' ? inSrgb(spaces.adobe, color) : encoded([light[0]!, light[0]!, light[0]!]);
        return opaque.map((value) => opacity * value + (1 - opacity) * 255);
      });
      const off = await worst(tiff({ ...raster, profile }), expected);
      t.true(off <= 0.1, `${ink}: ${off} levels`);
    }
  });
}

/** Inks at which the profile's table has entries, so that nothing depends on how it is read between them. */
const inks = [
  [0, 0, 0, 0],
  [0, 0, 0, 1],
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
  [1, 1, 0, 0],
  [1, 0, 1, 0],
  [0, 1, 1, 0],
  [1, 1, 1, 0],
  [1, 1, 1, 1],
  [0, 1, 0, 1],
  [1, 0, 1, 1],
] as const;

/**
 * The CIELAB (D50) of inks on a made-up press: each takes away some lightness, and pulls the colour its way. Relative to
 * the paper, as profiles are, and with a black of all inks that is none: the conversion leaves both where they are.
 */
function press(ink: readonly number[]): [number, number, number] {
  const [cyan, magenta, yellow, black] = ink as [number, number, number, number];
  const light = (1 - 0.4 * cyan) * (1 - 0.45 * magenta) * (1 - 0.1 * yellow) * (1 - 0.85 * black);
  const left = 1 - cyan * magenta * yellow * black;
  const color = left * (1 - 0.9 * black);
  return [100 * light * left, color * (-28 * cyan + 55 * magenta), color * (62 * yellow - 35 * cyan)];
}

for (const bits of [8, 16] as const) {
  test(`CMYK of ${bits} bits with the profile of a press`, async (t) => {
    const { raster, colors } = chart('cmyk', bits, inks);
    const off = await worst(
      tiff({ ...raster, profile: cmykProfile(press) }),
      colors.map((color) => labInSrgb(press(color))),
    );
    t.true(off <= 1, `${off} levels`);
  });

  test(`CMYK of ${bits} bits without a profile is as with the image library's own`, async (t) => {
    const white = { create: { width: 16, height: 16, channels: 3 as const, background: 'white' } };
    const printed = await sharp(white).toColorspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer();
    const { icc } = await sharp(printed).metadata();
    const { raster } = chart('cmyk', bits, inks);
    const plain = await decodeImage(tiff(raster), 'plain');
    t.deepEqual(plain, await decodeImage(tiff({ ...raster, profile: icc! }), 'profile'));
    // Paper, ink of all kinds, and a blue that is one.
    t.true(patchOf(plain, 0).every((level) => level > 250));
    t.true(patchOf(plain, 9).every((level) => level < 40));
    const [red, green, blue] = patchOf(plain, 5) as [number, number, number];
    t.true(blue > red && blue > green);
  });
}

test('a profile made of tables is applied, in 8 bits and in 16', async (t) => {
  // White and black stay, and the rest is far from what the pixels' numbers are.
  const odd = ([red, green, blue]: readonly number[]): [number, number, number] => {
    const gray = red === green && green === blue;
    return [
      gray ? 100 * red! : 30 + 50 * green!,
      gray ? 0 : 40 * (red! - 0.5),
      gray ? 0 : 40 * (blue! - 0.5),
    ];
  };
  const corners = [0, 1, 2, 3, 4, 5, 6, 7, 0, 7, 1, 6].map((i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1]);
  for (const bits of [8, 16] as const) {
    const { raster, colors } = chart('rgb', bits, corners);
    const off = await worst(
      tiff({ ...raster, profile: cmykProfile(odd, 'RGB ') }),
      colors.map((color) => labInSrgb(odd(color))),
    );
    t.true(off <= 1, `${bits} bits: ${off} levels`);
  }
});
