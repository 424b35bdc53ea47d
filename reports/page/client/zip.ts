/** A ZIP archive whose files are stored as they are: pictures are compressed already. */
import { centralHeader, checksumOf, endOfArchive, localHeader } from '../../../src/platform/zip-parts.ts';

/**
 * @param files - path -> bytes
 * @returns the archive's bytes
 */
export function zipOf(
  files: readonly (readonly [path: string, bytes: Uint8Array])[],
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let length = 0;
  for (const [path, bytes] of files) {
    const entry = {
      name: encoder.encode(path),
      checksum: checksumOf(bytes),
      size: bytes.length,
      at: length,
    };
    const head = localHeader(entry);
    parts.push(head, bytes);
    directory.push(centralHeader(entry));
    length += head.length + bytes.length;
  }
  const size = directory.reduce((sum, { length: one }) => sum + one, 0);
  const all = [...parts, ...directory, endOfArchive(files.length, size, length)];
  const whole = new Uint8Array(all.reduce((sum, { length: one }) => sum + one, 0));
  let at = 0;
  for (const bytes of all) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
