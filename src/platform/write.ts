/** Files that are replaced whole or not at all. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';

/** Told before each step on the way to the disk, whose failure it can thereby play; see the run store's files. */
export type WriteStep = (operation: 'rename' | 'fsync-folder', path: string) => Promise<void>;

export interface Replacing {
  /** Whether it must outlive a loss of power. False for what can be made again, as it takes far less time. */
  readonly durable?: boolean;
  readonly step?: WriteStep;
}

/**
 * Replaces a file: whoever reads sees the old one or the new one, never a part. After a failure the old one is there, and
 * nothing beside it.
 *
 * @param make - makes the new file at the path that it is given, beside the old one, and synchronises it where it is to be
 *   durable, as `writeSynced` does
 * @throws the system's error, or whatever `make` throws
 */
export async function replaceFile(
  path: string,
  make: (temporary: string) => Promise<void>,
  { durable = true, step = async () => {} }: Replacing = {},
): Promise<void> {
  // Hidden, so that whoever lists the folder passes it over; cut, so that a long name is none the longer.
  const temporary = join(
    dirname(path),
    `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  try {
    await make(temporary);
    await step('rename', path);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw cause;
  }
  if (durable) await syncFolder(dirname(path), step);
}

/** Writes a file that is not there yet, and waits until the disk has it. */
export async function writeSynced(path: string, bytes: Uint8Array | string): Promise<void> {
  await withFile(await open(path, 'wx'), async (handle) => {
    await handle.writeFile(bytes);
    await handle.sync();
  });
}

/** Waits until the disk has a file that was written by other means. */
export async function syncFile(path: string): Promise<void> {
  await withFile(await open(path, 'r+'), (handle) => handle.sync());
}

/** Waits until the disk has the names that a folder holds. */
export async function syncFolder(path: string, step?: WriteStep): Promise<void> {
  await step?.('fsync-folder', path);
  // Windows has no handle on folders to sync.
  if (process.platform === 'win32') return;
  await withFile(await open(path, 'r'), (handle) => handle.sync());
}

async function withFile(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

/** Replaces a file of which there is no need after a loss of power, as it can be made again. */
export function replaceLightly(path: string, bytes: Uint8Array | string): Promise<void> {
  return replaceFile(path, (temporary) => writeFile(temporary, bytes, { flag: 'wx' }), { durable: false });
}

const refusals: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `the folder "${dirname(path)}" does not exist. Create it first`,
  ENOTDIR: (path) => `"${dirname(path)}" is not a folder`,
  EISDIR: () => 'it is a folder. Give the name of a file',
  EACCES: (path) => `this user may not write to "${dirname(path)}". Choose another folder`,
  EPERM: (path) => `this user may not write to "${dirname(path)}". Choose another folder`,
  EROFS: () => 'the disk is read-only. Choose another folder',
  ENOSPC: () => 'the disk is full. Make room and try again',
  EDQUOT: () => 'the disk quota is used up. Make room and try again',
  EIO: () => 'the disk reports an input/output error',
  ENAMETOOLONG: () => 'the name is too long for this file system',
};

/**
 * Replaces a file by the given bytes, durably.
 *
 * @throws NeckarError (exit code 1) in one sentence when the folder is missing, read-only or full; no temporary file
 *   is left behind and an existing file keeps its content
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    await replaceFile(path, (temporary) => writeSynced(temporary, bytes));
  } catch (cause) {
    const why = refusals[(cause as NodeJS.ErrnoException).code ?? '']?.(path);
    throw new NeckarError(`"${path}" cannot be written: ${why ?? messageOf(cause).replace(/\.$/, '')}.`, {
      cause,
      exitCode: 1,
    });
  }
}
