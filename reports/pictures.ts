/** The report's pictures: encoded for the page, either into it or beside it. */
import sharp from 'sharp';
import { messageOf } from '../src/errors.ts';
import { decodeImage } from '../src/images/decode.ts';
import { toBytes } from '../src/images/encode.ts';
import { groupBy, mapLimited } from './group.ts';
import type { ReportedTrial, ReportInput } from './input.ts';
import { noMemory, type PictureMemory } from './picture-memory.ts';

export interface Picture {
  /** What the grid shows: a data URI, or a path relative to the page. */
  readonly src: string;
  /** The large one for the comparison view, when it is another. */
  readonly full?: string;
  /** Pixels of the picture itself, whatever size `src` has. */
  readonly width: number;
  readonly height: number;
}

/** A picture that could not be read is replaced by the sentence that says why. */
export type PictureOrProblem = Picture | { readonly problem: string };

export interface TrialPictures {
  readonly final: PictureOrProblem;
  /** In the order of their evaluations; those that could not be read are left out. */
  readonly snapshots: readonly { readonly evaluation: number; readonly src: string }[];
}

export interface Pictures {
  /** Trial id -> its pictures, for trials with a result. */
  readonly trials: ReadonlyMap<string, TrialPictures>;
  /** Content and style pictures by the file they come from. */
  readonly sources: ReadonlyMap<string, PictureOrProblem>;
}

/** Where encoded bytes go: gives back what `src` must say. */
export type Place = (name: string, bytes: Buffer) => Promise<string>;

/** Into the page itself. */
export const embedded: Place = async (_name, bytes) => `data:image/webp;base64,${bytes.toString('base64')}`;

/** Longest sides in pixels. */
export interface Sizes {
  /** What the grid shows of a picture that is larger than `own`. */
  readonly thumbnail: number;
  /** A picture up to this size is shown as it is. */
  readonly own: number;
  /** More than this is not shown. */
  readonly largest: number;
}

const resultSizes: Sizes = { thumbnail: 384, own: 640, largest: Number.POSITIVE_INFINITY };
/** Content and style stand small beside every table, and are there to compare with. */
const sourceSizes: Sizes = { thumbnail: 224, own: 224, largest: 1024 };
/** Of WebP. More effort makes files little smaller and takes much longer. */
const quality = 90;
const effort = 2;

/**
 * All pictures of all trials, four at a time.
 * @param memory - where pictures are looked up, by the hashes that results keep of their files, before they are read
 */
export async function encodePictures(
  input: ReportInput,
  place: Place,
  memory: PictureMemory = noMemory,
): Promise<Pictures> {
  const finished = input.trials.filter(({ result }) => result !== undefined);
  const trials = await mapLimited(finished, 4, async (trial) => {
    const { images, artefacts } = trial.result!;
    const kept = (path: string): Kept => ({
      file: path,
      read: () => input.picture(trial.id, path),
      hash: artefacts[path],
      memory,
    });
    const final = await encodePicture({ ...kept(images.final), size: images }, place, trial.id, resultSizes);
    const snapshots: { evaluation: number; src: string }[] = [];
    for (const { evaluation, path } of images.snapshots) {
      if (path === images.final) continue;
      try {
        const bytes = await remembered(kept(path), `q${quality}`, async () =>
          sharp(await input.picture(trial.id, path))
            .webp({ quality, effort })
            .toBuffer(),
        );
        snapshots.push({ evaluation, src: await place(`${safe(trial.id)}-${evaluation}.webp`, bytes) });
      } catch {
        // The scrubber goes without it; the trial's own picture is what counts.
      }
    }
    return [trial.id, { final, snapshots }] as const;
  });

  const files = [...groupBy(input.trials.flatMap(sourcesOf), ({ key }) => key).values()];
  const sources = await mapLimited(files, 4, async ([first], index) => {
    const { trial, which, key } = first!;
    const kept = {
      file: trial.config[which],
      read: () => input.source(trial.id, which),
      memory: noMemory,
    };
    return [key, await encodePicture(kept, place, `${which}-${index}`, sourceSizes)] as const;
  });
  return { trials: new Map(trials), sources: new Map(sources) };
}

/** A picture's file, which need not be read where what is made of it is remembered. */
export interface Kept {
  /** What error messages call it. */
  readonly file: string;
  readonly read: () => Promise<Uint8Array>;
  readonly memory: PictureMemory;
  /** SHA-256 of the file, where it is known. */
  readonly hash?: string;
  /** Pixels, where they are known. */
  readonly size?: { readonly width: number; readonly height: number };
}

/** What an earlier report made of the same bytes in the same way, or else what is made now. */
async function remembered(
  { hash, memory }: Pick<Kept, 'hash' | 'memory'>,
  way: string,
  make: () => Promise<Buffer>,
): Promise<Buffer> {
  if (hash === undefined || !/^[0-9a-f]{64}$/.test(hash)) return make();
  const key = `${hash}-${way}-e${effort}`;
  const known = await memory.get(key);
  if (known !== undefined) return known;
  const bytes = await make();
  await memory.put(key, bytes);
  return bytes;
}

/** The key of a trial's content or style picture in `Pictures.sources`: the same file, the same picture. */
export function sourceKey(trial: ReportedTrial, which: 'content' | 'style'): string {
  return `${which} ${trial.config[which]}`;
}

function sourcesOf(trial: ReportedTrial) {
  return (['content', 'style'] as const).map((which) => ({ trial, which, key: sourceKey(trial, which) }));
}

/** One picture in the sizes that are shown of it, or the sentence that says why there is none. */
export async function encodePicture(
  kept: Kept,
  place: Place,
  name: string,
  sizes: Sizes,
): Promise<PictureOrProblem> {
  try {
    return await encode(kept, place, safe(name), sizes);
  } catch (thrown) {
    return { problem: messageOf(thrown) };
  }
}

async function encode(kept: Kept, place: Place, name: string, sizes: Sizes): Promise<Picture> {
  let decoded: Promise<Upright> | undefined;
  const pixels = () => {
    decoded ??= upright(kept);
    return decoded;
  };
  const { width, height } = kept.size ?? (await pixels());
  const sized = (side: number) =>
    remembered(kept, `${side}-q${quality}`, async () => {
      const { data, ...raw } = await pixels();
      return sharp(data, { raw })
        .resize(side, side, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality, effort })
        .toBuffer();
    });
  const longest = Math.max(width, height);
  if (longest <= sizes.own) {
    return { src: await place(`${name}.webp`, await sized(longest)), width, height };
  }
  const src = await place(`${name}-small.webp`, await sized(sizes.thumbnail));
  const full = await place(`${name}.webp`, await sized(Math.min(longest, sizes.largest)));
  return { src, full, width, height };
}

interface Upright {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

/** The picture's pixels the right way up, in sRGB, as the trials see them. */
async function upright({ file, read }: Kept): Promise<Upright> {
  const image = await decodeImage(await read(), file, { minimumSide: 1 });
  return { data: toBytes(image), width: image.width, height: image.height, channels: 3 };
}

function safe(name: string): string {
  return name.replace(/[^\w-]/g, '_');
}
