/** The pictures of a training: read when they are wanted, kept while there is room, left out when they cannot be read. */
import { messageOf, NeckarError } from '../errors.ts';
import { readImage } from '../images/decode.ts';
import type { RgbImage } from '../images/image.ts';
import { resizeImage } from '../images/resize.ts';

/** Pictures in memory take at most so much. */
const mostBytes = 384e6;

/** A crop is at most so much of a side larger than what it becomes; a picture is kept no larger than that takes. */
export const largestReduction = 2;

/** What reads the files; a test may give another. */
export type ReadPicture = (file: string) => Promise<RgbImage>;

/** Pictures by their place in a list. */
export class Pictures {
  readonly #files: readonly string[];
  readonly #size: number;
  readonly #log: (line: string) => void;
  readonly #read: ReadPicture;
  /** In the order in which they were last wanted. */
  readonly #kept = new Map<number, RgbImage>();
  readonly #refused = new Map<number, string>();
  #bytes = 0;

  /**
   * @param size - side of the crops in pixels
   * @param log - told of each picture that is left out, once
   */
  constructor(
    files: readonly string[],
    size: number,
    log: (line: string) => void,
    read: ReadPicture = (file) => readImage(file),
  ) {
    this.#files = files;
    this.#size = size;
    this.#log = log;
    this.#read = read;
  }

  get count(): number {
    return this.#files.length;
  }

  /**
   * The picture that a crop is taken from, reduced to what the largest crop needs. Where that at `index` cannot be read or
   * is too small, the next in the list that can.
   *
   * @param order - places in the list, in the order in which they are tried from the wanted one on
   * @throws NeckarError when none is left
   */
  async pick(order: (attempt: number) => number): Promise<RgbImage> {
    for (let attempt = 0; attempt < this.#files.length; attempt++) {
      const index = order(attempt);
      if (this.#refused.has(index)) continue;
      const picture = this.#kept.get(index) ?? (await this.#prepared(index));
      if (picture === undefined) continue;
      this.#keep(index, picture);
      return picture;
    }
    const reasons = [...this.#refused.values()];
    const shown = reasons.slice(0, 3).join(' ');
    const more = reasons.length > 3 ? ` And so on: ${reasons.length} pictures in all.` : '';
    throw new NeckarError(`No picture is left to be trained on. ${shown}${more}`);
  }

  async #prepared(index: number): Promise<RgbImage | undefined> {
    const file = this.#files[index]!;
    try {
      const picture = await this.#read(file);
      const { width, height } = picture;
      const shorter = Math.min(width, height);
      if (shorter < this.#size) {
        throw new NeckarError(
          `The image "${file}" has ${width}×${height} pixels, too few for crops of ${this.#size}.`,
        );
      }
      const factor = Math.min(1, (largestReduction * this.#size) / shorter);
      const side = (extent: number) => Math.max(this.#size, Math.round(extent * factor));
      return resizeImage(picture, side(width), side(height));
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      const reason = messageOf(error);
      this.#refused.set(index, reason);
      this.#log(`left out: ${reason}`);
      return undefined;
    }
  }

  #keep(index: number, picture: RgbImage): void {
    if (this.#kept.delete(index)) this.#bytes -= picture.data.byteLength;
    this.#kept.set(index, picture);
    this.#bytes += picture.data.byteLength;
    for (const [oldest, other] of this.#kept) {
      if (this.#bytes <= mostBytes || oldest === index) break;
      this.#kept.delete(oldest);
      this.#bytes -= other.data.byteLength;
    }
  }
}
