/**
 * What each step of a training sees. All of it is a function of the seed and the step alone, so that a training that is
 * taken up again sees what it would have seen.
 */
import type { TrainingConfig } from '../experiment/training.ts';
import { cropImage, type RgbImage } from '../images/image.ts';
import { resizeImage } from '../images/resize.ts';
import { createRandom, type Random } from '../random.ts';
import { float32, type TensorValue } from '../tensor.ts';
import { largestReduction, type Pictures } from './pictures.ts';
import { recolored } from './recolor.ts';

type Drawn = Pick<TrainingConfig, 'seed' | 'batch' | 'size' | 'augment'>;

/** The crops of each step. */
export class Batches {
  readonly #config: Drawn;
  readonly #pictures: Pictures;
  /** The order of the pictures in an epoch. */
  #order: { readonly epoch: number; readonly places: readonly number[] } | undefined;

  constructor(config: Drawn, pictures: Pictures) {
    this.#config = config;
    this.#pictures = pictures;
  }

  /**
   * The crops of a step, [B,S,S,3].
   * @param step - 0-based
   * @throws NeckarError when no picture is left
   */
  async contents(step: number): Promise<TensorValue> {
    const { batch, size } = this.#config;
    const values = new Float32Array(batch * size * size * 3);
    for (let index = 0; index < batch; index++) {
      const crop = await this.#crop(step * batch + index);
      values.set(crop.data, index * size * size * 3);
    }
    return float32([batch, size, size, 3], values);
  }

  /** The crop with a number, counted over all steps: every picture comes once before any comes again. */
  async #crop(number: number): Promise<RgbImage> {
    const { seed, size, augment } = this.#config;
    const { count } = this.#pictures;
    const places = this.#placesIn(Math.floor(number / count));
    const picture = await this.#pictures.pick((attempt) => places[(number + attempt) % count]!);
    const random = createRandom(seed, 'crop', number);
    const crop = drawnSquare(picture, size, random);
    const mirror = random.uniform() < 0.5;
    const colored = recolored(crop, augment.recolor, random);
    return mirror && augment.mirror ? mirrored(colored) : colored;
  }

  #placesIn(epoch: number): readonly number[] {
    if (this.#order?.epoch !== epoch) {
      const all = Array.from({ length: this.#pictures.count }, (_, place) => place);
      this.#order = { epoch, places: createRandom(this.#config.seed, 'epoch', epoch).shuffle(all) };
    }
    return this.#order.places;
  }
}

/**
 * A square of a picture, drawn at random, at a side of `size` pixels: as large as the shorter side at most, and at most
 * `largestReduction` times what it becomes.
 */
export function drawnSquare(picture: RgbImage, size: number, random: Random): RgbImage {
  const { width, height } = picture;
  const most = Math.min(width, height, largestReduction * size);
  const side = size + random.integer(most - size + 1);
  const left = random.integer(width - side + 1);
  const top = random.integer(height - side + 1);
  return resizeImage(cropImage(picture, left, top, side, side), size, size);
}

/** The largest square in the middle of a picture, at a side of `size` pixels. */
export function middleSquare(picture: RgbImage, size: number): RgbImage {
  const { width, height } = picture;
  const side = Math.min(width, height);
  const square = cropImage(picture, (width - side) >> 1, (height - side) >> 1, side, side);
  return resizeImage(square, size, size);
}

/** For each picture of a step the style that it is given, of so many. */
export function drawnStyles(
  { seed, batch }: Pick<Drawn, 'seed' | 'batch'>,
  count: number,
  step: number,
): number[] {
  const random = createRandom(seed, 'styles', step);
  return Array.from({ length: batch }, () => random.integer(count));
}

/** Random maps of a step, each value uniform in [0,1): [B,h,w,c]. */
export function drawnNoise(
  { seed, batch }: Pick<Drawn, 'seed' | 'batch'>,
  name: string,
  shape: readonly [number, number, number],
  step: number,
): TensorValue {
  const random = createRandom(seed, 'noise', name, step);
  const size = shape.reduce((product, extent) => product * extent, batch);
  return float32(
    [batch, ...shape],
    Float32Array.from({ length: size }, () => random.uniform()),
  );
}

function mirrored({ width, height, data }: RgbImage): RgbImage {
  const flipped = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + width - 1 - x);
      flipped.set(data.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { width, height, data: flipped };
}
