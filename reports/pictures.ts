/** The report's pictures: encoded for the page, either into it or beside it. */
import sharp from 'sharp';
import { messageOf } from '../src/errors.ts';
import { groupBy, mapLimited } from './group.ts';
import type { ReportedTrial, ReportInput } from './input.ts';

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
interface Sizes {
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
const quality = 90;

/** All pictures of all trials, four at a time. */
export async function encodePictures(input: ReportInput, place: Place): Promise<Pictures> {
  const finished = input.trials.filter(({ result }) => result !== undefined);
  const trials = await mapLimited(finished, 4, async (trial) => {
    const { images } = trial.result!;
    const final = await attempt(() => input.picture(trial.id, images.final), place, trial.id, resultSizes);
    const snapshots: { evaluation: number; src: string }[] = [];
    for (const { evaluation, path } of images.snapshots) {
      if (path === images.final) continue;
      try {
        const bytes = await sharp(await input.picture(trial.id, path))
          .webp({ quality })
          .toBuffer();
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
    return [
      key,
      await attempt(() => input.source(trial.id, which), place, `${which}-${index}`, sourceSizes),
    ] as const;
  });
  return { trials: new Map(trials), sources: new Map(sources) };
}

/** The key of a trial's content or style picture in `Pictures.sources`: the same file, the same picture. */
export function sourceKey(trial: ReportedTrial, which: 'content' | 'style'): string {
  return `${which} ${trial.config[which]}`;
}

function sourcesOf(trial: ReportedTrial) {
  return (['content', 'style'] as const).map((which) => ({ trial, which, key: sourceKey(trial, which) }));
}

async function attempt(
  read: () => Promise<Uint8Array>,
  place: Place,
  name: string,
  sizes: Sizes,
): Promise<PictureOrProblem> {
  try {
    return await encode(await read(), place, safe(name), sizes);
  } catch (thrown) {
    return { problem: messageOf(thrown) };
  }
}

async function encode(bytes: Uint8Array, place: Place, name: string, sizes: Sizes): Promise<Picture> {
  const upright = await sharp(bytes)
    .autoOrient()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = upright.info;
  const sized = (side: number) =>
    sharp(upright.data, { raw: { width, height, channels } })
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality, effort: 3 })
      .toBuffer();
  const longest = Math.max(width, height);
  if (longest <= sizes.own) {
    return { src: await place(`${name}.webp`, await sized(longest)), width, height };
  }
  const src = await place(`${name}-small.webp`, await sized(sizes.thumbnail));
  const full = await place(`${name}.webp`, await sized(Math.min(longest, sizes.largest)));
  return { src, full, width, height };
}

function safe(name: string): string {
  return name.replace(/[^\w-]/g, '_');
}
