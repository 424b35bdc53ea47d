/** The pictures raters see, and what they are called: by their own hash, and nothing else. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { readImage } from '../../images/decode.ts';
import { toBytes } from '../../images/encode.ts';
import { writeFileAtomically } from '../../platform/write.ts';
import { type Stimulus, stimulusFile } from './manifest.ts';

/** Writes stimuli into a folder as lossless WebP, without any metadata of the files they come from. */
export class StimulusFolder {
  readonly #folder: string;
  /** All that was written, by hash. */
  readonly #written = new Map<string, Stimulus>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A result as it is. */
  async result(path: string): Promise<Stimulus> {
    return await this.#write(path, (image) => image);
  }

  /** The content at the results' size: above them, and as the anchor that keeps the content best. */
  async content(path: string, { width, height }: Size): Promise<Stimulus> {
    return await this.#write(path, (image) => image.resize(width, height, { fit: 'fill' }));
  }

  /** The whole style, its longest side that of the results. */
  async style(path: string, { width, height }: Size): Promise<Stimulus> {
    const side = Math.max(width, height);
    return await this.#write(path, (image) => image.resize(side, side, { fit: 'inside' }));
  }

  /** The middle of the style in the results' shape and size: the anchor that looks most like the style. */
  async styleCrop(path: string, { width, height }: Size): Promise<Stimulus> {
    return await this.#write(path, (image) => image.resize(width, height, { fit: 'cover' }));
  }

  async #write(path: string, shape: (image: Sharp) => Sharp): Promise<Stimulus> {
    // As the methods saw it: its profile applied, and what is transparent over white.
    const image = await readImage(path, { minimumSide: 1 });
    const raw = { width: image.width, height: image.height, channels: 3 } as const;
    const { data, info } = await shape(sharp(toBytes(image), { raw, limitInputPixels: false }))
      .webp({ lossless: true, effort: 4 })
      .toBuffer({ resolveWithObject: true });
    const hash = createHash('sha256').update(data).digest('hex');
    const stimulus = { hash, width: info.width, height: info.height, bytes: data.length };
    if (!this.#written.has(hash)) {
      await writeFileAtomically(join(this.#folder, stimulusFile(stimulus)), data);
      this.#written.set(hash, stimulus);
    }
    return stimulus;
  }
}

export interface Size {
  readonly width: number;
  readonly height: number;
}
