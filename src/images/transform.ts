/** Turned and rescaled copies of a picture without borders. */
import { cropImage, type RgbImage } from './image.ts';
import { resizeImage } from './resize.ts';

/**
 * The picture rescaled by a factor and turned, cropped to the largest upright rectangle that lies wholly inside it,
 * so that no border or invented pixel appears.
 *
 * Multiples of 90° are exact; other angles read the picture bilinearly. The result may have another size and aspect
 * ratio than the picture's.
 *
 * @param transform - `rotation` in degrees, counter-clockwise as seen; `scale` a factor on both sides
 */
export function transformImage(
  image: RgbImage,
  transform: { readonly rotation?: number; readonly scale?: number },
): RgbImage {
  const { rotation = 0, scale = 1 } = transform;
  if (!(scale > 0) || !Number.isFinite(scale) || !Number.isFinite(rotation)) {
    throw new RangeError(`cannot turn by ${rotation}° and scale by ${scale}: the factor must be positive`);
  }
  const scaled = resizeImage(
    image,
    Math.max(1, Math.round(image.width * scale)),
    Math.max(1, Math.round(image.height * scale)),
  );
  const degrees = ((rotation % 360) + 360) % 360;
  if (degrees % 90 === 0) return quarterTurns(scaled, degrees / 90);
  return turn(scaled, (degrees * Math.PI) / 180);
}

/**
 * The largest upright rectangle inside a `width`×`height` rectangle turned by `angle` (radians) about its centre,
 * centred too. Either it touches the two long sides only (the turned rectangle is long and narrow), or all four.
 */
export function inscribedRectangle(
  width: number,
  height: number,
  angle: number,
): { width: number; height: number } {
  const sine = Math.abs(Math.sin(angle));
  const cosine = Math.abs(Math.cos(angle));
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  if (short <= 2 * sine * cosine * long || Math.abs(sine - cosine) < 1e-12) {
    const half = short / 2;
    return width >= height
      ? { width: half / sine, height: half / cosine }
      : { width: half / cosine, height: half / sine };
  }
  const determinant = cosine * cosine - sine * sine;
  return {
    width: (width * cosine - height * sine) / determinant,
    height: (height * cosine - width * sine) / determinant,
  };
}

function quarterTurns(image: RgbImage, turns: number): RgbImage {
  if (turns === 0) return image;
  const { width, height } = image;
  const [newWidth, newHeight] = turns === 2 ? [width, height] : [height, width];
  const data = new Float32Array(image.data.length);
  for (let y = 0, to = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++, to += 3) {
      // Where the pixel came from: undo a counter-clockwise turn as seen with y pointing down.
      const [fromX, fromY] =
        turns === 1
          ? [width - 1 - y, x]
          : turns === 2
            ? [width - 1 - x, height - 1 - y]
            : [y, height - 1 - x];
      const from = (fromY * width + fromX) * 3;
      data[to] = image.data[from]!;
      data[to + 1] = image.data[from + 1]!;
      data[to + 2] = image.data[from + 2]!;
    }
  }
  return { width: newWidth, height: newHeight, data };
}

function turn(image: RgbImage, angle: number): RgbImage {
  // Half a pixel on each side is kept free, so that all four neighbours of every sample exist.
  const inner = inscribedRectangle(image.width - 1, image.height - 1, angle);
  const width = Math.floor(inner.width + 1e-9) + 1;
  const height = Math.floor(inner.height + 1e-9) + 1;
  if (image.width < 3 || image.height < 3 || width < 1 || height < 1) {
    const side = Math.min(image.width, image.height);
    return cropImage(image, 0, 0, side, side);
  }
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  const data = new Float32Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const dy = y - (height - 1) / 2;
    for (let x = 0; x < width; x++, to += 3) {
      const dx = x - (width - 1) / 2;
      const fromX = within((image.width - 1) / 2 + cosine * dx - sine * dy, image.width - 1);
      const fromY = within((image.height - 1) / 2 + sine * dx + cosine * dy, image.height - 1);
      const left = Math.min(Math.floor(fromX), image.width - 2);
      const top = Math.min(Math.floor(fromY), image.height - 2);
      const right = fromX - left;
      const down = fromY - top;
      const at = (top * image.width + left) * 3;
      const below = at + image.width * 3;
      for (let channel = 0; channel < 3; channel++) {
        const upper = (1 - right) * image.data[at + channel]! + right * image.data[at + 3 + channel]!;
        const lower = (1 - right) * image.data[below + channel]! + right * image.data[below + 3 + channel]!;
        data[to + channel] = (1 - down) * upper + down * lower;
      }
    }
  }
  return { width, height, data };
}

/** Rounding may push a sample on the edge outside by an ulp. */
function within(value: number, top: number): number {
  return Math.min(top, Math.max(0, value));
}
