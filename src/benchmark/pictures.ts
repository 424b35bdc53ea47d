/** The pictures of a protocol: where their files are, whether they are the protocol's, and how they are had. */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { NeckarError } from '../errors.ts';
import { imageFileHash } from '../images/decode.ts';
import { count, list } from '../platform/format.ts';
import { type DownloadOptions, download } from '../weights/download.ts';
import { type LoadedProtocol, type Part, picturesOf } from './protocol.ts';
import type { ProtocolPicture } from './protocol-schema.ts';

export type Role = 'content' | 'style';

/** A picture of a protocol on this machine. */
export interface LocatedPicture {
  readonly role: Role;
  readonly picture: ProtocolPicture;
  /** Absolute; there need be nothing. */
  readonly path: string;
  /** `good`: its bytes are the protocol's; `unverified`: the protocol does not say what they are. */
  readonly state: 'good' | 'unverified' | 'wrong' | 'absent';
  /** SHA-256 of the file that is there. */
  readonly sha256?: string;
}

/** A folder with `<name>.<ending>`, or with files called as those of the protocol, instead of where they belong. */
export interface PicturesFrom {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Where pictures that are not Neckar's own are kept: `NECKAR_BENCHMARKS`, else `neckar/benchmarks` in the user's cache. */
export function benchmarksFolder(environment: PicturesFrom['environment'] = process.env): string {
  const { NECKAR_BENCHMARKS: chosen, XDG_CACHE_HOME: cache } = environment;
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  const base = cache !== undefined && isAbsolute(cache) ? cache : join(homedir(), '.cache');
  return join(base, 'neckar', 'benchmarks');
}

/** The file of a picture; for one that has an address alone, where `fetch` puts it. */
export function placeOf(
  { protocol, file }: LoadedProtocol,
  role: Role,
  picture: ProtocolPicture,
  { folder, environment }: PicturesFrom = {},
): string {
  if (picture.file !== undefined) return resolve(dirname(file), picture.file);
  const ending = endingOf(picture.address!);
  const own = folder ?? join(benchmarksFolder(environment), protocol.name);
  return resolve(own, role === 'content' ? 'contents' : 'styles', `${picture.name}${ending}`);
}

function endingOf(address: string): string {
  const ending = extname(address.replace(/[?#].*$/, '')).toLowerCase();
  return /^\.(png|jpe?g|webp|tiff?)$/.test(ending) ? ending : '.png';
}

/** Every picture of a part, and whether its file is the protocol's. */
export async function locatePictures(
  loaded: LoadedProtocol,
  part: Part,
  from: PicturesFrom = {},
): Promise<LocatedPicture[]> {
  const { contents, styles } = picturesOf(loaded.protocol, part);
  const all = [
    ...contents.map((picture) => ({ role: 'content' as const, picture })),
    ...styles.map((picture) => ({ role: 'style' as const, picture })),
  ];
  return await Promise.all(
    all.map(async ({ role, picture }): Promise<LocatedPicture> => {
      const path = placeOf(loaded, role, picture, from);
      const there = await stat(path).then(
        (stats) => stats.isFile(),
        () => false,
      );
      if (!there) return { role, picture, path, state: 'absent' };
      const sha256 = await imageFileHash(path);
      const state = picture.sha256 === null ? 'unverified' : picture.sha256 === sha256 ? 'good' : 'wrong';
      return { role, picture, path, state, sha256 };
    }),
  );
}

/**
 * The same, where all must be there and the protocol's.
 * @throws NeckarError that names those that are missing, or whose bytes are others
 */
export async function requirePictures(
  loaded: LoadedProtocol,
  part: Part,
  from: PicturesFrom = {},
): Promise<LocatedPicture[]> {
  const located = await locatePictures(loaded, part, from);
  const { name } = loaded.protocol;
  const wrong = located.filter(({ state }) => state === 'wrong');
  if (wrong.length > 0) {
    const [{ path, sha256, picture }] = wrong as [LocatedPicture];
    const more = wrong.length === 1 ? '' : ` (and ${wrong.length - 1} more)`;
    throw new NeckarError(
      `"${path}" is not the picture "${picture.name}" of the protocol "${name}": its SHA-256 begins with ${sha256!.slice(0, 12)}, not ${picture.sha256!.slice(0, 12)}${more}. Put the right file there, or remove it and use "neckar benchmark fetch ${name}"`,
    );
  }
  const absent = located.filter(({ state }) => state === 'absent');
  if (absent.length > 0) {
    const some = absent.slice(0, 3).map(({ path }) => path);
    throw new NeckarError(
      `${count(absent.length, 'picture')} of the protocol "${name}" ${absent.length === 1 ? 'is' : 'are'} not here: ${list(some)}${absent.length > 3 ? ' …' : ''}. Use "neckar benchmark fetch ${name}", or put the files there`,
    );
  }
  return located;
}

/**
 * Fetches what is not here. A file whose bytes are not the protocol's is not kept.
 * @param told - called after each
 * @throws NeckarError for a picture without an address that can be fetched, and as `download`
 */
export async function fetchPictures(
  loaded: LoadedProtocol,
  told: (picture: LocatedPicture, fetched: boolean) => void,
  options: DownloadOptions & PicturesFrom = {},
): Promise<void> {
  for (const one of await locatePictures(loaded, 'all', options)) {
    if (one.state === 'good' || one.state === 'unverified') {
      told(one, false);
      continue;
    }
    const { picture, path } = one;
    if (picture.address === undefined || !/^https?:\/\//.test(picture.address)) {
      throw new NeckarError(
        `the picture "${picture.name}" (${picture.title}) has no address that can be fetched (${picture.address ?? 'none'}). Put it into ${path}`,
      );
    }
    const draft = `${path}.part`;
    await mkdir(dirname(path), { recursive: true });
    await rm(draft, { force: true });
    await download(picture.address, draft, options);
    const sha256 = await imageFileHash(draft);
    if (picture.sha256 !== null && picture.sha256 !== sha256) {
      await rm(draft, { force: true });
      throw new NeckarError(
        `${picture.address} is not the picture "${picture.name}": its SHA-256 begins with ${sha256.slice(0, 12)}, not ${picture.sha256.slice(0, 12)}. It was discarded`,
        { exitCode: 1 },
      );
    }
    await rename(draft, path);
    told({ ...one, state: picture.sha256 === null ? 'unverified' : 'good', sha256 }, true);
  }
}
