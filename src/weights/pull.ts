/** Getting published weights: downloaded, checked, and put in place whole or not at all. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';
import { checksumText, matchesChecksum, type PublishedFile } from './catalog.ts';
import { type DownloadOptions, download } from './download.ts';
import { type FileHashes, hashFile, openFile, readExactly, sizeOf, strayKind } from './files.ts';
import { weightsFolder } from './folder.ts';
import { megabytes, placeOf } from './installed.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a file turned out to be. */
export type Verdict =
  | { readonly state: 'good'; readonly hashes: FileHashes }
  | { readonly state: 'wrong'; readonly hashes: FileHashes; readonly problem: string }
  | { readonly state: 'absent' };

/** The address an entry is fetched from: its own, or its file name at `NECKAR_WEIGHTS_MIRROR`. */
function addressOf(entry: PublishedFile, environment: Environment = process.env): string {
  const mirror = environment.NECKAR_WEIGHTS_MIRROR;
  if (mirror === undefined || mirror === '') return entry.url;
  if (!/^https?:\/\//.test(mirror)) {
    throw new NeckarError(
      `NECKAR_WEIGHTS_MIRROR is "${mirror}"; expected the address of a folder, such as https://host/weights. A folder on disk is what NECKAR_WEIGHTS is for.`,
    );
  }
  return `${mirror.replace(/\/+$/, '')}/${entry.file}`;
}

/**
 * Fetches an entry's file into the folder of weights, unless it is there. A download that was broken off goes on where it
 * stopped; the file gets its name only when its checksum is right.
 *
 * @returns the file's path, and whether it had to be fetched
 * @throws NeckarError when it cannot be fetched or is another file than expected (it is then discarded)
 */
export async function pullWeights(
  entry: PublishedFile,
  options: DownloadOptions & { readonly force?: boolean } = {},
): Promise<{ path: string; fetched: boolean }> {
  const environment = options.environment ?? process.env;
  const place = placeOf(entry, environment);
  if (!options.force && (await verifyWeights(entry, environment)).state === 'good') {
    return { path: place, fetched: false };
  }
  const url = addressOf(entry, environment);
  const part = `${place}.part`;
  await makeFolder(dirname(place));
  const release = await lock(`${part}.lock`, entry);
  try {
    const resumed = (await sizeOf(part)) > 0;
    await fetched(entry, url, part, options);
    let problem = await problemOf(entry, part);
    if (problem !== undefined && resumed) {
      // The beginning may have been another version's; what is whole from one source decides.
      await rm(part, { force: true });
      await fetched(entry, url, part, options);
      problem = await problemOf(entry, part);
    }
    if (problem !== undefined) {
      await rm(part, { force: true });
      throw new NeckarError(
        `${url} is not the file expected: ${problem}. It was discarded; try another mirror (NECKAR_WEIGHTS_MIRROR).`,
        { exitCode: 1 },
      );
    }
    await rename(part, place);
    return { path: place, fetched: true };
  } finally {
    await release();
  }
}

/** @throws NeckarError when the file cannot be had, with which one to put where by hand */
async function fetched(
  entry: PublishedFile,
  url: string,
  part: string,
  options: DownloadOptions,
): Promise<void> {
  try {
    await download(url, part, options);
  } catch (cause) {
    if (!(cause instanceof NeckarError) || options.signal?.aborted) throw cause;
    throw new NeckarError(
      `${cause.message} Offline, put ${entry.file} (${megabytes(entry)}) into ${dirname(part)}.`,
      { cause, exitCode: cause.exitCode },
    );
  }
}

/** Compares an entry's file, where it is there, with what was published. */
export async function verifyWeights(entry: PublishedFile, environment?: Environment): Promise<Verdict> {
  const place = placeOf(entry, environment);
  try {
    const { handle } = await openFile(place);
    await handle.close();
  } catch {
    return { state: 'absent' };
  }
  const hashes = await hashFile(place);
  const problem = matchesChecksum(entry, hashes) ? undefined : await problemOf(entry, place, hashes);
  return problem === undefined ? { state: 'good', hashes } : { state: 'wrong', hashes, problem };
}

/** What is wrong with a file that should be an entry's, or undefined. */
export async function problemOf(
  entry: PublishedFile,
  path: string,
  known?: FileHashes,
): Promise<string | undefined> {
  const hashes = known ?? (await hashFile(path));
  if (matchesChecksum(entry, hashes)) return undefined;
  const file = await openFile(path);
  const stray = strayKind(await readExactly(file, 0, Math.min(512, file.size)));
  await file.handle.close();
  if (stray !== undefined) return `it is ${stray}`;
  if (entry.exact !== false && hashes.bytes !== entry.bytes) {
    return `it has ${hashes.bytes} bytes, expected ${entry.bytes}`;
  }
  if (entry.checksum === undefined) return undefined;
  const found = 'md5' in entry.checksum ? `MD5 ${hashes.md5}` : `SHA-256 ${hashes.sha256}`;
  return `it has ${found}, expected ${checksumText(entry.checksum)}`;
}

/** @throws NeckarError when it is not there and cannot be made */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new NeckarError(
      `The folder of weights ${folder} cannot be made: ${messageOf(cause)}. Set NECKAR_WEIGHTS to one that can be written to.`,
      { cause, exitCode: 1 },
    );
  }
}

/** Two downloads into one file would mix their bytes. A lock whose process is gone counts for nothing. */
async function lock(path: string, entry: PublishedFile): Promise<() => Promise<void>> {
  for (let tries = 0; ; tries++) {
    try {
      const handle = await open(path, 'wx');
      await handle.writeFile(String(process.pid)).finally(() => handle.close());
      return () => rm(path, { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new NeckarError(
          `Cannot write into ${weightsFolder()}: ${messageOf(cause)}. Set NECKAR_WEIGHTS to a folder that can be written to.`,
          { cause, exitCode: 1 },
        );
      }
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      if (tries > 0 || isRunning(holder)) {
        throw new NeckarError(
          `${entry.name} is being downloaded already, by process ${holder}. Wait for it; if there is none, remove ${path}.`,
          { cause, exitCode: 1 },
        );
      }
      await rm(path, { force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
