/**
 * The default encoder: rectified wavelet features of a colour pyramid. It needs no weights.
 *
 * After Brochard, Zhang & Mallat, Generalized Rectifier Wavelet Covariance Models for Texture Synthesis (ICLR 2022),
 * and the pyramid of Portilla & Simoncelli, A Parametric Texture Model (IJCV 2000).
 */
import { float32, frozen, type TensorValue, tf } from '../tensor.ts';
import { defineEncoder } from './define.ts';
import type { Encoder, EncoderOutline, Features } from './encoder.ts';
import { contentHash } from './hash.ts';
import { checkImage, checkLayer, emptyLayer } from './layers.ts';
import type { Link } from './links.ts';
import { type MorletDesign, type RectifiedBank, rectifiedBank, rectifiedResponses } from './morlet.ts';
import { reflectionPad } from './reflection.ts';

const octaves = 5;
const heldOctaves = 3;
const planes = 3;

/** The bank of `scale1` … `scale5`: 8 orientations, centred at 0.55π. */
const design: MorletDesign = {
  orientations: 8,
  offset: 0,
  sigma: 1.6,
  frequency: 0.55 * Math.PI,
  slant: 0.6,
  size: 9,
};

/**
 * The bank of `held1` … `held3`: between the other bank's orientations and at a lower frequency, so that a picture
 * optimised at every scale can still be measured by features no loss has seen.
 */
const heldDesign: MorletDesign = {
  orientations: 6,
  offset: 0.5,
  sigma: 1.8,
  frequency: 0.4 * Math.PI,
  slant: 0.7,
  size: 9,
};

/** How much stronger than luminance the two opponent axes count. */
const chroma = 2;

/** Columns: (R+G+B)/√3, chroma·(R−G)/√2 and chroma·(R+G−2B)/√6. */
const colorAxes = [
  [1 / Math.sqrt(3), chroma / Math.sqrt(2), chroma / Math.sqrt(6)],
  [1 / Math.sqrt(3), -chroma / Math.sqrt(2), chroma / Math.sqrt(6)],
  [1 / Math.sqrt(3), 0, (-2 * chroma) / Math.sqrt(6)],
] as const;

const binomial = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16] as const;
const blurMargin = 2;

type LayerKind = 'scale' | 'low' | 'held';

const layers: readonly string[] = Array.from({ length: octaves }, (_, i) => {
  const octave = i + 1;
  const names = [`scale${octave}`, `low${octave}`];
  return octave <= heldOctaves ? [...names, `held${octave}`] : names;
}).flat();

/**
 * Layer names, defaults and shapes of the wavelet encoder. Octave j has ⌈H/2^(j−1)⌉ × ⌈W/2^(j−1)⌉ positions:
 * an odd octave is completed by its last row or column before it is halved, so that no pixel is seen by fewer scales
 * than its neighbours.
 * `scalej`: 96 channels, ReLU of the responses of 3 colour planes × 8 orientations × 4 phases (0, π/2, π, 3π/2).
 * `lowj`: 3 channels, the octave's blurred colours. `heldj` (j ≤ 3): 72 channels of a second bank of 6 orientations
 * at a lower frequency, for measuring only.
 */
export const waveletOutline: EncoderOutline = {
  name: 'wavelet',
  layers,
  minimumSize: 2 ** (octaves - 1),
  // One 8-bit level. Photographs and paintings have 50 to 1000 times as much at every layer, one colour some 1e-15.
  leastEnergy: 1 / 255 ** 2,
  defaults: {
    content: { scale2: 0.2, scale3: 1, scale4: 1, scale5: 1 },
    style: { scale1: 1, scale2: 1, scale3: 1, scale4: 1, scale5: 1 },
    patches: { scale2: 1, scale3: 1, scale4: 1 },
    histogram: { low1: 1, low2: 1, low3: 1, scale2: 1 },
    heldBack: Array.from({ length: heldOctaves }, (_, i) => `held${i + 1}`),
    colors: Array.from({ length: octaves }, (_, i) => `low${i + 1}`),
  },
  shapeOf(layer, height, width) {
    const { kind, octave } = partsOf(layer);
    const factor = 2 ** (octave - 1);
    if (height < factor || width < factor) throw emptyLayer('wavelet', layer, factor, height, width);
    return [Math.ceil(height / factor), Math.ceil(width / factor), channelsOf(kind)];
  },
};

/** The wavelet encoder. */
export function waveletEncoder(): Encoder {
  const banks: Banks = { scale: rectifiedBank(design), held: rectifiedBank(heldDesign) };
  return {
    ...waveletOutline,
    hash: contentHash({
      // To be raised when the features change for a reason these values do not show.
      architecture: 'wavelet/3',
      octaves,
      design,
      heldOctaves,
      heldDesign,
      colorAxes,
      binomial,
      padding: 'reflection',
    }),
    encode(image, wanted) {
      checkImage('wavelet', image);
      const [, height, width] = image.shape;
      for (const layer of wanted) waveletOutline.shapeOf(layer, height, width);
      return encodePyramid(image, new Set(wanted), banks);
    },
    links: octaveLinks(banks),
  };
}

export const wavelet = defineEncoder({
  name: 'wavelet',
  description: 'Rectified wavelet features of a colour pyramid (after Brochard, Zhang & Mallat, ICLR 2022).',
  settings: {},
  // Filters of one input channel reach about an eighth of what dense convolutions do: measured at its 9×9 filters on
  // AVX-512.
  slowness: 8,
  outline: () => waveletOutline,
  chain: () => waveletEncoder().links,
  load: async () => waveletEncoder(),
});

interface Banks {
  readonly scale: RectifiedBank;
  readonly held: RectifiedBank;
}

function encodePyramid(image: tf.Tensor4D, wanted: ReadonlySet<string>, banks: Banks): Features {
  const features: Features = {};
  const deepest = Math.max(0, ...[...wanted].map((layer) => partsOf(layer).octave));
  let pixels = colorPlanes(image);
  for (let octave = 1; octave <= deepest; octave++) {
    const { features: own, next } = encodeOctave(pixels, octave, wanted, banks, octave < deepest);
    Object.assign(features, own);
    if (next !== undefined) pixels = next;
  }
  return features;
}

function colorPlanes(image: tf.Tensor4D): tf.Tensor4D {
  return tf.conv2d(image, frozen(colorFilter) as tf.Tensor4D, 1, 'valid');
}

/** The wanted layers of one octave, and, when `further` says so, the pixels of the next. */
function encodeOctave(
  pixels: tf.Tensor4D,
  octave: number,
  wanted: ReadonlySet<string>,
  banks: Banks,
  further: boolean,
): { features: Features; next?: tf.Tensor4D } {
  const features: Features = {};
  const margin = banks.scale.margin;
  const padded = reflectionPad(pixels, margin);
  for (const kind of ['scale', 'held'] as const) {
    const layer = `${kind}${octave}`;
    if (wanted.has(layer)) features[layer] = rectifiedResponses(padded, banks[kind]);
  }
  const low = `low${octave}`;
  if (!further && !wanted.has(low)) return { features };
  const [batch, height, width] = pixels.shape;
  const inner = margin - blurMargin;
  // Odd sides are blurred one position beyond, into the reflection: what halving needs to use the last pixel.
  const [rows, columns] = [height + (height % 2), width + (width % 2)];
  const forBlur = tf.slice(
    padded,
    [0, inner, inner, 0],
    [batch, rows + 2 * blurMargin, columns + 2 * blurMargin, planes],
  );
  const vertical = tf.conv2d(forBlur as tf.Tensor4D, frozen(verticalBlur) as tf.Tensor4D, 1, 'valid');
  const blurred = tf.conv2d(vertical, frozen(horizontalBlur) as tf.Tensor4D, 1, 'valid');
  if (wanted.has(low)) features[low] = tf.slice(blurred, [0, 0, 0, 0], [batch, height, width, planes]);
  return { features, ...(further && { next: tf.avgPool(blurred, 2, 2, 'valid') }) };
}

/** The octaves as a chain; each hands on the pixels of the next. */
function octaveLinks(banks: Banks): Link[] {
  const margin = { above: design.size >> 1, below: design.size >> 1 };
  return Array.from({ length: octaves }, (_, index): Link => {
    const octave = index + 1;
    return {
      layers: layers
        .filter((layer) => partsOf(layer).octave === octave)
        .map((name) => ({
          name,
          ...(name.startsWith('low') ? { above: blurMargin, below: blurMargin } : margin),
        })),
      ...(octave < octaves && {
        next: {
          stride: 2,
          above: blurMargin,
          below: blurMargin + 1,
          shapeAfter: ([height, width]) => [Math.ceil(height / 2), Math.ceil(width / 2), planes],
          operations: 2 * 2 * binomial.length * planes ** 2,
        },
      }),
      operations: 2 * 2 * planes * design.orientations * design.size ** 2,
      apply: (map, wanted, further) =>
        encodeOctave(octave === 1 ? colorPlanes(map) : map, octave, new Set(wanted), banks, further),
    };
  });
}

function partsOf(layer: string): { kind: LayerKind; octave: number } {
  checkLayer('wavelet', layer, layers);
  return { kind: layer.slice(0, -1) as LayerKind, octave: Number(layer.at(-1)) };
}

function channelsOf(kind: LayerKind): number {
  if (kind === 'low') return planes;
  return planes * 4 * (kind === 'scale' ? design : heldDesign).orientations;
}

const colorFilter: TensorValue = float32([1, 1, planes, planes], Float32Array.from(colorAxes.flat()));
const verticalBlur = blurFilter([binomial.length, 1]);
const horizontalBlur = blurFilter([1, binomial.length]);

/** One pass of the binomial blur of every plane by itself, [5,1,3,3] or [1,5,3,3]. */
function blurFilter([height, width]: readonly [number, number]): TensorValue {
  const values = new Float32Array(height * width * planes * planes);
  for (const [tap, weight] of binomial.entries()) {
    for (let plane = 0; plane < planes; plane++) {
      values[(tap * planes + plane) * planes + plane] = weight;
    }
  }
  return float32([height, width, planes, planes], values);
}
