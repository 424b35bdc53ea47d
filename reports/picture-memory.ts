/** Encoded pictures that an earlier report made: what has not changed is not encoded again. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../src/platform/folders.ts';
import { replaceLightly } from '../src/platform/write.ts';

/** Encoded pictures by a key that names their bytes and how they were encoded. */
export interface PictureMemory {
  get(key: string): Promise<Buffer | undefined>;
  put(key: string, bytes: Buffer): Promise<void>;
  /** Forgets what nobody asked for. */
  prune(): Promise<void>;
}

/** Remembers nothing. */
export const noMemory: PictureMemory = {
  get: async () => undefined,
  put: async () => {},
  prune: async () => {},
};

const ending = '.webp';

/**
 * Remembers in a folder, one file for each picture. It only saves time: what cannot be read is encoded again, and
 * what cannot be written is not remembered.
 */
export function pictureMemory(folder: string): PictureMemory {
  const wanted = new Set<string>();
  let made: Promise<unknown> | undefined;
  return {
    async get(key) {
      wanted.add(key + ending);
      return readFile(join(folder, key + ending)).catch(() => undefined);
    },
    async put(key, bytes) {
      try {
        made ??= makeFolders(folder);
        await made;
        await replaceLightly(join(folder, key + ending), bytes);
      } catch {
        // It is encoded again next time.
      }
    },
    async prune() {
      for (const name of await readdir(folder).catch(() => [])) {
        if (!wanted.has(name)) await rm(join(folder, name), { force: true }).catch(() => {});
      }
    },
  };
}
