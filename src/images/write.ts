/** One file, written whole or not at all. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';

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
 * Replaces a file by the given bytes: a temporary file beside it, fsync, rename, fsync of the folder. A reader, or a
 * machine that loses power, sees the old file or the new one, never a part.
 *
 * @throws NeckarError (exit code 1) in one sentence when the folder is missing, read-only or full; no temporary file
 *   is left behind and an existing file keeps its content
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(
    dirname(path),
    `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    await handle.writeFile(bytes);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await handle?.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    const why = refusals[(cause as NodeJS.ErrnoException).code ?? '']?.(path);
    throw new NeckarError(`"${path}" cannot be written: ${why ?? messageOf(cause).replace(/\.$/, '')}.`, {
      cause,
      exitCode: 1,
    });
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows has no handle on folders to sync.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
