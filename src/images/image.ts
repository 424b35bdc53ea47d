/** The one form a picture has between decoding and encoding. */

/** `data` holds H·W·3 values, row by row, R G B interleaved, sRGB-encoded in [0,1]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** One plane of a picture: `data` holds H·W values, row by row. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * A picture whose pixels are given by a function, or black without one.
 *
 * @param pixel - R, G and B in [0,1] at column x and row y
 */
export function createImage(
  width: number,
  height: number,
  pixel?: (x: number, y: number) => readonly [number, number, number],
): RgbImage {
  const data = new Float32Array(width * height * 3);
  if (pixel !== undefined) {
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 3) data.set(pixel(x, y), at);
    }
  }
  return { width, height, data };
}

/** The picture with every value limited to [0,1]. */
export function clampImage(image: RgbImage): RgbImage {
  return { ...image, data: image.data.map((value) => Math.min(1, Math.max(0, value))) };
}

/** The rectangle of `width`×`height` pixels whose top left corner is at (`left`, `top`). */
export function cropImage(
  image: RgbImage,
  left: number,
  top: number,
  width: number,
  height: number,
): RgbImage {
  if (left < 0 || top < 0 || left + width > image.width || top + height > image.height) {
    throw new RangeError(
      `a ${width}×${height} crop at (${left}, ${top}) leaves the ${image.width}×${image.height} image`,
    );
  }
  const data = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}
