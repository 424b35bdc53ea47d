/**
 * Every byte the run store writes goes through here, one small I/O step at a time, so that a test can stop, refuse
 * or delay any of them. What the functions promise: a file is replaced whole or not at all, and a rename that
 * has returned survives a power cut.
 */
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';
import { makeFolders } from '../platform/folders.ts';
import { replaceFile, syncFolder } from '../platform/write.ts';

/** One step towards the disk. `write-rest` is the second half of a write: a fault there leaves a torn file. */
export interface IoStep {
  /** 1-based count of the steps of this layer. */
  readonly number: number;
  readonly operation:
    | 'mkdir'
    | 'create'
    | 'write'
    | 'write-rest'
    | 'fsync'
    | 'rename'
    | 'fsync-folder'
    | 'remove';
  readonly path: string;
}

/** Called before each step. What it throws, the step throws; while its promise is pending, the step waits. */
export type FaultHook = (step: IoStep) => void | Promise<void>;

/** A file that grows. */
export interface Appender {
  /** Bytes appended so far. */
  readonly length: number;
  append(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The store's view of a file system. Every writing function throws StorageError when the disk refuses. */
export interface Files {
  /** The bytes of a file, or undefined when there is none. */
  read(path: string): Promise<Buffer | undefined>;
  /** Names in a folder, sorted, temporary files left out; empty when there is no such folder. */
  list(path: string): Promise<string[]>;
  /** Bytes of a file, or undefined when there is none. */
  size(path: string): Promise<number | undefined>;
  /** Replaces a file: temporary file beside it → fsync → rename → fsync of the folder. */
  write(path: string, bytes: Uint8Array | string): Promise<void>;
  /** Writes a file in place, without fsync: for what may be lost, such as a heartbeat. */
  scribble(path: string, bytes: string): Promise<void>;
  /** Makes a folder and its parents, durably. */
  folder(path: string): Promise<void>;
  /**
   * Renames a file or folder, durably. False when the source is gone or a folder's destination is taken: of several
   * processes that move the same thing, exactly one gets true.
   */
  move(from: string, to: string): Promise<boolean>;
  /** Removes a file or a whole folder, if it is there. */
  remove(path: string): Promise<void>;
  /** Starts a new file to append to (an old one of that name is emptied). */
  appender(path: string): Promise<Appender>;
}

/** The disk refused: full, read-only, forbidden, broken. What the store held before is untouched. */
export class StorageError extends NeckarError {
  override readonly name = 'StorageError';
  /** The system's code, such as `ENOSPC`. */
  readonly code: string;

  constructor(message: string, code: string, cause: unknown) {
    super(message, { cause, exitCode: 1 });
    this.code = code;
  }
}

const refusals: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Make room',
  EDQUOT: 'the disk quota is used up. Make room',
  EROFS: 'the disk is read-only. Choose another folder with --runs, or mount it writable',
  EACCES: 'this user may not write there. Choose another folder with --runs, or change its permissions',
  EPERM: 'this user may not write there. Choose another folder with --runs, or change its permissions',
  EIO: 'the disk reports an input/output error. Check it, or choose another folder with --runs',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n)',
  ENFILE: 'too many files are open on this machine. Close some programs',
  ENOTDIR: 'a part of the path is a file, not a folder. Choose another folder with --runs',
  ENAMETOOLONG: 'the name is too long for this file system. Choose a shorter folder with --runs',
};

/** The run store's one sentence for what the system refused; other errors pass through unchanged. */
export function storageError(path: string, cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException)?.code;
  if (code === undefined || cause instanceof NeckarError) return cause;
  const why = refusals[code] ?? `${messageOf(cause).replace(/\.$/, '')}. Mend that`;
  return new StorageError(
    `The run store cannot write "${path}": ${why} and run the same command again; what is finished is kept.`,
    code,
    cause,
  );
}

/** The file system of this machine, with an optional hook before every step. */
export function diskFiles(hook?: FaultHook): Files {
  let count = 0;
  const step = async (operation: IoStep['operation'], path: string): Promise<void> => {
    count++;
    if (hook !== undefined) await hook({ number: count, operation, path });
  };
  const put = async (handle: FileHandle, path: string, bytes: Uint8Array): Promise<void> => {
    await step('write', path);
    if (hook === undefined || bytes.length < 2) {
      await handle.writeFile(bytes);
      return;
    }
    const half = bytes.length >> 1;
    await handle.writeFile(bytes.subarray(0, half));
    await step('write-rest', path);
    await handle.writeFile(bytes.subarray(half));
  };
  const synced = (path: string) => syncFolder(path, step);
  const refusing = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw storageError(path, cause);
    }
  };

  return {
    read: (path) => orUndefined(readFile(path)),
    list: async (path) => {
      const names = (await orUndefined(readdir(path))) ?? [];
      return names.filter((name) => !name.startsWith('.')).sort();
    },
    size: async (path) => (await orUndefined(stat(path)))?.size,
    write: (path, bytes) =>
      refusing(path, () => {
        const make = async (temporary: string) => {
          await step('create', temporary);
          const handle = await open(temporary, 'wx');
          try {
            await put(handle, temporary, asBytes(bytes));
            await step('fsync', temporary);
            await handle.sync();
          } finally {
            await handle.close();
          }
        };
        return replaceFile(path, make, { step });
      }),
    scribble: (path, bytes) =>
      refusing(path, async () => {
        await step('create', path);
        const handle = await open(path, 'w');
        try {
          await put(handle, path, asBytes(bytes));
        } finally {
          await handle.close();
        }
      }),
    folder: (path) =>
      refusing(path, async () => {
        await step('mkdir', path);
        const first = await makeFolders(path);
        // The names of new folders are durable once the folders they stand in are synced.
        for (let made = path; first !== undefined; made = dirname(made)) {
          await synced(dirname(made));
          if (made === first) break;
        }
      }),
    move: (from, to) =>
      refusing(to, async () => {
        await step('rename', to);
        try {
          await rename(from, to);
        } catch (cause) {
          const code = (cause as NodeJS.ErrnoException).code ?? '';
          if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(code)) return false;
          throw cause;
        }
        await synced(dirname(to));
        if (dirname(from) !== dirname(to)) await syncFolderIfThere(dirname(from), synced);
        return true;
      }),
    remove: (path) =>
      refusing(path, async () => {
        await step('remove', path);
        await rm(path, { recursive: true, force: true });
      }),
    appender: (path) =>
      refusing(path, async () => {
        await step('create', path);
        const handle = await open(path, 'w');
        let length = 0;
        return {
          get length() {
            return length;
          },
          append: (bytes) =>
            refusing(path, async () => {
              await put(handle, path, bytes);
              length += bytes.length;
            }),
          sync: () =>
            refusing(path, async () => {
              await step('fsync', path);
              await handle.sync();
            }),
          close: () => handle.close(),
        };
      }),
  };
}

/** Only the last folder of a move may vanish in between: someone else moved it, with the file it held before. */
async function syncFolderIfThere(path: string, sync: (path: string) => Promise<void>): Promise<void> {
  try {
    await sync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
}

function asBytes(bytes: Uint8Array | string): Uint8Array {
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
}

async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ENOTDIR'].includes(code)) return undefined;
    throw cause;
  }
}
