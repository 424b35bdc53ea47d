/** ZIP archives whose files are stored as they are, written to the disk one after the other. */
import { type FileHandle, open } from 'node:fs/promises';
import { NeckarError } from '../errors.ts';
import { centralHeader, checksumOf, endOfArchive, localHeader, type ZipEntry } from './zip-parts.ts';

/** What the plain format can hold. */
const most = { bytes: 0xffffffff, files: 0xffff };

export class ZipWriter {
  readonly #file: FileHandle;
  readonly #entries: ZipEntry[] = [];
  #length = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Begins an archive; the file must not be there yet. */
  static async create(path: string): Promise<ZipWriter> {
    return new ZipWriter(await open(path, 'wx'));
  }

  /**
   * @param path - within the archive, with `/`
   * @throws NeckarError when the archive would become larger than the format can hold
   */
  async add(path: string, bytes: Uint8Array): Promise<void> {
    const entry: ZipEntry = {
      name: new TextEncoder().encode(path),
      checksum: checksumOf(bytes),
      size: bytes.length,
      at: this.#length,
    };
    const head = localHeader(entry);
    if (this.#length + head.length + bytes.length > most.bytes || this.#entries.length >= most.files) {
      throw new NeckarError(
        'The archive would hold more than 4 GB or 65 535 files, which is the most that a ZIP holds. Export a part of it with --filter, or copy the folder of its runs.',
        { exitCode: 1 },
      );
    }
    await this.#write(head);
    await this.#write(bytes);
    this.#entries.push(entry);
  }

  /** Ends the archive durably. */
  async finish(): Promise<void> {
    const at = this.#length;
    for (const entry of this.#entries) await this.#write(centralHeader(entry));
    await this.#write(endOfArchive(this.#entries.length, this.#length - at, at));
    await this.#file.sync();
    await this.close();
  }

  async close(): Promise<void> {
    await this.#file.close().catch(() => {});
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#file.writeFile(bytes);
    this.#length += bytes.length;
  }
}

/** Writes an archive of a few files at once. */
export async function zipFiles(
  file: string,
  files: readonly (readonly [path: string, bytes: Uint8Array])[],
): Promise<void> {
  const archive = await ZipWriter.create(file);
  try {
    for (const [path, bytes] of files) await archive.add(path, bytes);
    await archive.finish();
  } catch (error) {
    await archive.close();
    throw error;
  }
}
