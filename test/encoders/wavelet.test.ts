import test from 'ava';
import { waveletEncoder, waveletOutline } from '../../src/encoders/wavelet.ts';
import { NeckarError } from '../../src/errors.ts';
import { tf } from '../../src/tensor.ts';
import {
  at,
  createMap,
  type FeatureMap,
  noiseImage,
  normalMap,
  numericGradient,
  reflected,
  relativeDifference,
  toTensor,
  weightedSum,
} from './reference.ts';

const encoder = waveletEncoder();

test('shapes at odd and even sizes are those of the features', (t) => {
  for (const [h, w] of [
    [16, 16],
    [33, 50],
    [47, 64],
  ] as const) {
    const features = encoder.encode(toTensor(noiseImage(h, w, 1)), encoder.layers);
    t.deepEqual(Object.keys(features).sort(), [...encoder.layers].sort());
    for (const layer of encoder.layers) {
      t.deepEqual(features[layer]!.shape, [1, ...encoder.shapeOf(layer, h, w)], `${layer} of ${h}×${w}`);
    }
  }
  t.deepEqual(encoder.shapeOf('scale3', 101, 64), [26, 16, 96]);
  t.deepEqual(encoder.shapeOf('low5', 101, 64), [7, 4, 3]);
  t.deepEqual(encoder.shapeOf('held1', 7, 9), [7, 9, 72]);
});

test('features equal the definition computed by loops', (t) => {
  const image = noiseImage(21, 18, 2);
  const wanted = ['scale1', 'scale2', 'scale3', 'low1', 'low2', 'low3', 'held1', 'held2'];
  const features = encoder.encode(toTensor(image), wanted);
  for (const layer of wanted) {
    t.true(relativeDifference(features[layer]!.dataSync(), reference(image, layer).data) < 1e-5, layer);
  }
});

test('gradients equal central differences of the definition', (t) => {
  const image = noiseImage(7, 10, 3);
  // Both sides of every border and the middle, in all three colours.
  const indices = [0, 4, 29, 31, 64, 92, 104, 151, 180, 209];
  for (const layer of ['scale1', 'scale2', 'low2', 'held1']) {
    const weights = normalMap(reference(image, layer), 4);
    const gradient = tf.grad((x) =>
      tf.sum(tf.mul(encoder.encode(x as tf.Tensor4D, [layer])[layer]!, toTensor(weights))),
    )(toTensor(image));
    const values = gradient.dataSync();
    const numeric = numericGradient(image, (of) => weightedSum(reference(of, layer), weights), indices);
    t.true(
      relativeDifference(
        indices.map((index) => values[index]!),
        numeric,
      ) < 1e-5,
      layer,
    );
  }
});

test('a constant picture has no wavelet features anywhere, the border included', (t) => {
  for (const color of [
    [1, 1, 1],
    [0.9, 0.2, 0.4],
  ] as const) {
    const image = createMap(37, 32, 3, (_y, _x, k) => color[k]!);
    const features = encoder.encode(toTensor(image), encoder.layers);
    for (const layer of encoder.layers) {
      const values = features[layer]!.dataSync();
      if (layer.startsWith('low')) {
        const [luminance, redGreen, blue] = rotated(color);
        const constant = createMap(
          values.length / 3,
          1,
          3,
          (_y, _x, k) => [luminance!, redGreen!, blue!][k]!,
        );
        t.true(relativeDifference(values, constant.data) < 1e-5, layer);
      } else {
        t.true(Math.max(...values) < 3e-6, layer);
      }
    }
  }
});

test('features move with the picture, away from the border', (t) => {
  const large = noiseImage(40, 44, 5);
  const crop = (top: number, left: number) =>
    createMap(32, 32, 3, (y, x, k) => at(large, y + top, x + left, k));
  const here = encoder.encode(toTensor(crop(0, 0)), ['scale1', 'scale2']);
  const there = encoder.encode(toTensor(crop(4, 6)), ['scale1', 'scale2']);
  // scale1 sees 4 pixels around, scale2 on top of that 2·4 and the blur's 2 and one.
  const compare = (layer: 'scale1' | 'scale2', down: number, right: number, margin: number) => {
    const extent = here[layer]!.shape[1];
    const inner = extent - 2 * margin;
    const a = tf.slice(
      here[layer]!,
      [0, margin + down, margin + right, 0],
      [1, inner - down, inner - right, 96],
    );
    const b = tf.slice(there[layer]!, [0, margin, margin, 0], [1, inner - down, inner - right, 96]);
    t.true(relativeDifference(a.dataSync(), b.dataSync()) < 1e-5, layer);
  };
  compare('scale1', 4, 6, 4);
  compare('scale2', 2, 3, 6);
});

test('the least size encodes every layer, one less is refused with the size needed', (t) => {
  t.is(encoder.minimumSize, 16);
  t.notThrows(() => encoder.encode(toTensor(noiseImage(16, 16, 1)), encoder.layers));
  t.throws(() => encoder.encode(toTensor(noiseImage(15, 16, 1)), ['scale5']), {
    instanceOf: NeckarError,
    message: /16×15 pixels is too small for layer scale5 .* at least 16 pixels/,
  });
  t.notThrows(() => encoder.encode(toTensor(noiseImage(15, 16, 1)), ['scale4']));
});

test('an unknown layer is refused with the nearest name', (t) => {
  const error = { instanceOf: NeckarError, message: /no layer "scal3".*Did you mean "scale3"/ };
  t.throws(() => encoder.encode(toTensor(noiseImage(16, 16, 1)), ['scal3']), error);
  t.throws(() => waveletOutline.shapeOf('scal3', 16, 16), error);
  t.throws(() => encoder.encode(tf.zeros([1, 16, 16, 1]) as tf.Tensor4D, ['scale1']), {
    instanceOf: NeckarError,
    message: /\[batch, height, width, 3\], got \[1, 16, 16, 1\]/,
  });
});

test('no layer of the defaults is held back, and all exist', (t) => {
  const { content, style, patches, histogram, heldBack } = encoder.defaults;
  const optimized = [content, style, patches, histogram].flatMap((weights) => Object.keys(weights));
  for (const layer of [...optimized, ...heldBack]) t.true(encoder.layers.includes(layer), layer);
  for (const layer of heldBack) t.false(optimized.includes(layer), layer);
});

/** A colour along luminance, red–green and blue–yellow, the latter two doubled. */
function rotated([r, g, b]: readonly number[]): number[] {
  return [
    (r! + g! + b!) / Math.sqrt(3),
    (2 * (r! - g!)) / Math.sqrt(2),
    (2 * (r! + g! - 2 * b!)) / Math.sqrt(6),
  ];
}

/** The layer's definition: reflection outside the octave's pixels, complex responses at four phases. */
function reference(image: FeatureMap, layer: string): FeatureMap {
  const kind = layer.slice(0, -1);
  const octave = Number(layer.at(-1));
  let pixels = createMap(
    image.h,
    image.w,
    3,
    (y, x, k) => rotated([at(image, y, x, 0), at(image, y, x, 1), at(image, y, x, 2)])[k]!,
  );
  for (let j = 1; j < octave; j++) {
    const blurred = blur(pixels);
    // Two by two, an odd side completed by its last row or column.
    const [bottom, right] = [pixels.h - 1, pixels.w - 1];
    pixels = createMap(Math.ceil(pixels.h / 2), Math.ceil(pixels.w / 2), 3, (y, x, k) => {
      const rows = [2 * y, Math.min(2 * y + 1, bottom)];
      const columns = [2 * x, Math.min(2 * x + 1, right)];
      return (
        rows.reduce((sum, v) => sum + columns.reduce((part, u) => part + at(blurred, v, u, k), 0), 0) / 4
      );
    });
  }
  if (kind === 'low') return blur(pixels);
  const [count, offset, sigma, frequency, slant] =
    kind === 'scale' ? [8, 0, 1.6, 0.55 * Math.PI, 0.6] : [6, 0.5, 1.8, 0.4 * Math.PI, 0.7];
  const complex = Array.from({ length: count }, (_, l) =>
    wavelet(((l + offset) * Math.PI) / count, sigma, frequency, slant),
  );
  const response = (part: 're' | 'im') =>
    createMap(pixels.h, pixels.w, 3 * count, (y, x, k) => {
      const plane = Math.floor(k / count);
      return complex[k % count]!.reduce(
        (sum, tap) =>
          sum +
          at(pixels, reflected(y + tap.dy, pixels.h), reflected(x + tap.dx, pixels.w), plane) * tap[part],
        0,
      );
    });
  const re = response('re');
  const im = response('im');
  return createMap(pixels.h, pixels.w, 3 * count * 4, (y, x, channel) => {
    const k = Math.floor(channel / 4);
    const phase = ((channel % 4) * Math.PI) / 2;
    return Math.max(0, at(re, y, x, k) * Math.cos(phase) + at(im, y, x, k) * Math.sin(phase));
  });
}

/** The taps of one 9×9 Morlet wavelet. */
function wavelet(angle: number, sigma: number, frequency: number, slant: number) {
  const taps: { dy: number; dx: number; re: number; im: number; envelope: number }[] = [];
  for (let dy = -4; dy <= 4; dy++) {
    for (let dx = -4; dx <= 4; dx++) {
      const along = dx * Math.cos(angle) + dy * Math.sin(angle);
      const across = -dx * Math.sin(angle) + dy * Math.cos(angle);
      const envelope = Math.exp(
        -(along ** 2) / (2 * sigma ** 2) - (slant ** 2 * across ** 2) / (2 * sigma ** 2),
      );
      const phase = frequency * along;
      taps.push({ dy, dx, re: envelope * Math.cos(phase), im: envelope * Math.sin(phase), envelope });
    }
  }
  const total = (of: (tap: (typeof taps)[number]) => number) => taps.reduce((sum, tap) => sum + of(tap), 0);
  const mean = {
    re: total(({ re }) => re),
    im: total(({ im }) => im),
    of: total(({ envelope }) => envelope),
  };
  for (const tap of taps) {
    tap.re -= (tap.envelope * mean.re) / mean.of;
    tap.im -= (tap.envelope * mean.im) / mean.of;
  }
  const norm = Math.sqrt(total(({ re, im }) => re ** 2 + im ** 2));
  return taps.map((tap) => ({ ...tap, re: tap.re / norm, im: tap.im / norm }));
}

function blur(map: FeatureMap): FeatureMap {
  const taps = [1, 4, 6, 4, 1];
  return createMap(map.h, map.w, map.c, (y, x, k) => {
    let sum = 0;
    for (let u = 0; u < 5; u++) {
      for (let v = 0; v < 5; v++)
        sum +=
          (taps[u]! * taps[v]! * at(map, reflected(y + u - 2, map.h), reflected(x + v - 2, map.w), k)) / 256;
    }
    return sum;
  });
}
