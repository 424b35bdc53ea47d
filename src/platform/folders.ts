/** Folders, made with their parents. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and whatever parents it lacks, like `mkdir` with `recursive`, which however never returns where
 * the system answers ENOENT for a folder whose parent is there (as Linux does under /proc).
 *
 * @returns the topmost folder that had to be made, or undefined when the folder was there
 * @throws the system's error (ENOTDIR, EACCES, ENOSPC, …) otherwise
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isFolder(path))) return undefined;
    if (code !== 'ENOENT' || dirname(path) === path || (await isFolder(dirname(path)))) throw cause;
  }
  const first = await makeFolders(dirname(path));
  try {
    await mkdir(path);
  } catch (cause) {
    // Another process may have made it meanwhile.
    if (!((cause as NodeJS.ErrnoException).code === 'EEXIST' && (await isFolder(path)))) throw cause;
  }
  return first ?? path;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
