/** Banks of Morlet wavelets and their rectified responses. */
import { float32, frozen, type TensorValue, tf } from '../tensor.ts';

/** What a bank is made of. Orientations are (k + offset)·π/count, k = 0 … count − 1. */
export interface MorletDesign {
  readonly orientations: number;
  /** Turn of the whole bank, in steps between neighbouring orientations. */
  readonly offset: number;
  /** Standard deviation of the envelope along the wave, in pixels. */
  readonly sigma: number;
  /** Frequency in radians per pixel. */
  readonly frequency: number;
  /** Ratio of the envelope's widths along and across the wave; below 1 the wavelet is longer along its crests. */
  readonly slant: number;
  /** Side of the square support in pixels, odd. */
  readonly size: number;
}

/** Real and imaginary part of one wavelet, each `size`² values, row by row. */
export interface Wavelet {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/**
 * The complex Morlet wavelets of a design, ψ(u) = c·exp(−(u₁² + slant²·u₂²)/2σ²)·(exp(iξu₁) − κ) with u turned to the
 * wavelet's orientation (u₁ along the wave). κ makes the sum over the support zero, c makes Σ|ψ|² one.
 * After Mallat, Group Invariant Scattering (2012), and Brochard, Zhang & Mallat (ICLR 2022).
 */
export function morletWavelets(design: MorletDesign): Wavelet[] {
  return Array.from({ length: design.orientations }, (_, k) =>
    morlet(design, ((k + design.offset) * Math.PI) / design.orientations),
  );
}

function morlet({ size, sigma, frequency, slant }: MorletDesign, angle: number): Wavelet {
  const reach = (size - 1) / 2;
  const envelope = new Float64Array(size * size);
  const real = new Float64Array(size * size);
  const imaginary = new Float64Array(size * size);
  let envelopeSum = 0;
  let realSum = 0;
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const i = (y + reach) * size + x + reach;
      const along = x * Math.cos(angle) + y * Math.sin(angle);
      const across = y * Math.cos(angle) - x * Math.sin(angle);
      const weight = Math.exp(-(along ** 2 + (slant * across) ** 2) / (2 * sigma ** 2));
      envelope[i] = weight;
      real[i] = weight * Math.cos(frequency * along);
      imaginary[i] = weight * Math.sin(frequency * along);
      envelopeSum += weight;
      realSum += real[i]!;
    }
  }
  const kappa = realSum / envelopeSum;
  let energy = 0;
  for (let i = 0; i < real.length; i++) {
    real[i]! -= kappa * envelope[i]!;
    energy += real[i]! ** 2 + imaginary[i]! ** 2;
  }
  const norm = Math.sqrt(energy);
  return { real: real.map((value) => value / norm), imaginary: imaginary.map((value) => value / norm) };
}

/** A bank ready to be applied: 4 phases per orientation, channel = 4·orientation + phase. */
export interface RectifiedBank {
  /** Channels per colour plane. */
  readonly channels: number;
  /** What to pad an image by for responses of its own size. */
  readonly margin: number;
  /** The correlation filters [size, size, 1, channels]. */
  readonly filters: TensorValue;
  /** The filters of the gradient: see `adjointFilters`. */
  readonly adjoint: TensorValue;
}

/**
 * The filters whose rectified responses are ReLU(Re(e^{−iα}(x ⋆ ψ))) at the phases α = 0, π/2, π, 3π/2: ±Re ψ and ±Im ψ.
 *
 * The opposite phases are filters of their own, although they repeat the products: a convolution's rectification is
 * free where it is fused, while negating, rectifying and joining halves are passes over the largest tensors there are
 * (2.7 against 3.4 ms at 256² on two cores).
 */
export function rectifiedBank(design: MorletDesign): RectifiedBank {
  const { size } = design;
  const area = size * size;
  const wavelets = morletWavelets(design);
  const channels = wavelets.length * 4;
  const filters = new Float32Array(area * channels);
  for (const [orientation, { real, imaginary }] of wavelets.entries()) {
    for (let i = 0; i < area; i++) {
      const at = i * channels + orientation * 4;
      filters[at] = real[i]!;
      filters[at + 1] = imaginary[i]!;
      filters[at + 2] = -real[i]!;
      filters[at + 3] = -imaginary[i]!;
    }
  }
  return {
    channels,
    margin: (size - 1) / 2,
    filters: float32([size, size, 1, channels], filters),
    adjoint: adjointFilters(filters, size, channels),
  };
}

/** Side of the square of input pixels whose gradients one application of the adjoint filters gives. */
const block = 4;

/**
 * Filters that give the gradient with respect to 4×4 input pixels at a time, [size+3, size+3, channels, 16], to be
 * applied with stride 4. The plain transposed convolution ends in a single channel per plane, for which convolution
 * kernels are built badly: at 256² it took 48 ms, this takes 6.
 *
 * Input pixel 4b+r (r = 0 … 3) got y[4b+r−u]·f[u] for u = 0 … size−1, so in the window of outputs from
 * 4b−(size−1) on, position t carries f[r+size−1−t].
 */
function adjointFilters(filters: Float32Array, size: number, channels: number): TensorValue {
  const window = size + block - 1;
  const values = new Float32Array(window * window * channels * block * block);
  for (let ty = 0; ty < window; ty++) {
    for (let tx = 0; tx < window; tx++) {
      for (let ry = 0; ry < block; ry++) {
        for (let rx = 0; rx < block; rx++) {
          const uy = ry + size - 1 - ty;
          const ux = rx + size - 1 - tx;
          if (uy < 0 || uy >= size || ux < 0 || ux >= size) continue;
          for (let channel = 0; channel < channels; channel++) {
            const at = ((ty * window + tx) * channels + channel) * block * block + ry * block + rx;
            values[at] = filters[(uy * size + ux) * channels + channel]!;
          }
        }
      }
    }
  }
  return float32([window, window, channels, block * block], values);
}

/**
 * The rectified responses of every plane of images to a bank.
 *
 * @param padded - [B, H+2·margin, W+2·margin, planes]
 * @returns [B, H, W, planes·channels], channel = plane·channels + bank channel
 */
export function rectifiedResponses(padded: tf.Tensor4D, bank: RectifiedBank): tf.Tensor4D {
  const [batch, height, width, planes] = padded.shape;
  const size = 2 * bank.margin + 1;
  const outHeight = height - size + 1;
  const outWidth = width - size + 1;
  const apply = tf.customGrad((x, save) => {
    // Planes as the batch: one input channel each, so that no product with the zeros of a block filter is made.
    const asBatch = planesAsBatch(x as tf.Tensor4D);
    const responses = tf.relu(tf.conv2d(asBatch, frozen(bank.filters) as tf.Tensor4D, 1, 'valid'));
    (save as tf.GradSaveFunc)([responses]);
    return {
      value: joinPlanes(responses, batch),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const rectified = tf.mul(splitPlanes(dy as tf.Tensor4D, planes), tf.step(saved[0]!));
        return adjoint(rectified as tf.Tensor4D);
      },
    };
  });
  return apply(padded) as tf.Tensor4D;

  /** [B·planes, outHeight, outWidth, channels] -> [B, height, width, planes]. */
  function adjoint(dy: tf.Tensor4D): tf.Tensor4D {
    const rows = Math.ceil(height / block);
    const columns = Math.ceil(width / block);
    const before = size - 1;
    const blocks = tf.conv2d(dy, frozen(bank.adjoint) as tf.Tensor4D, block, [
      [0, 0],
      [before, rows * block - outHeight],
      [before, columns * block - outWidth],
      [0, 0],
    ]);
    const squares = tf.reshape(blocks, [batch * planes, rows, columns, block, block]);
    if (batch > 1) {
      const whole = tf.reshape(tf.transpose(squares, [0, 1, 3, 2, 4]), [
        batch,
        planes,
        rows * block,
        columns * block,
      ]);
      const kept = tf.slice(whole, [0, 0, 0, 0], [batch, planes, height, width]) as tf.Tensor4D;
      return tf.transpose(kept, [0, 2, 3, 1]);
    }
    const whole = tf.reshape(tf.transpose(squares, [1, 3, 2, 4, 0]), [
      1,
      rows * block,
      columns * block,
      planes,
    ]);
    return tf.slice(whole, [0, 0, 0, 0], [1, height, width, planes]) as tf.Tensor4D;
  }
}

// The way between planes as a batch and planes as channels goes through one transposition of a matrix, with the
// other one being that of a convolution between NHWC and NCHW, which a compiled graph cancels against it.

/** [B,H,W,planes] -> [B·planes,H,W,1] */
function planesAsBatch(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, planes] = x.shape;
  if (batch === 1) return tf.transpose(x, [3, 1, 2, 0]);
  return tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [batch * planes, height, width, 1]);
}

function joinPlanes(x: tf.Tensor4D, batch: number): tf.Tensor4D {
  const [all, height, width, channels] = x.shape;
  const planes = all / batch;
  if (batch > 1) {
    const joined = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [batch, planes * channels, height, width]);
    return tf.transpose(joined as tf.Tensor4D, [0, 2, 3, 1]);
  }
  const flat = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [planes * channels, height * width]);
  return tf.reshape(tf.transpose(flat, [1, 0]), [1, height, width, planes * channels]);
}

function splitPlanes(x: tf.Tensor4D, planes: number): tf.Tensor4D {
  const [batch, height, width, depth] = x.shape;
  const channels = depth / planes;
  if (batch > 1) {
    const apart = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [batch * planes, channels, height, width]);
    return tf.transpose(apart as tf.Tensor4D, [0, 2, 3, 1]);
  }
  const flat = tf.transpose(tf.reshape(x, [height * width, depth]), [1, 0]);
  return tf.transpose(tf.reshape(flat, [planes, channels, height, width]), [0, 2, 3, 1]);
}
