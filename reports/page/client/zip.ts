/** A ZIP archive whose files are stored as they are: pictures are compressed already. */

/**
 * @param files - path -> bytes
 * @returns the archive's bytes
 */
export function zipOf(
  files: readonly (readonly [path: string, bytes: Uint8Array])[],
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let length = 0;
  for (const [path, bytes] of files) {
    const name = encoder.encode(path);
    const about: Field[] = [
      // Version, names in UTF-8, stored; a date that says nothing of when it was made.
      [20, 2],
      [0x800, 2],
      [0, 2],
      [0, 2],
      [0x21, 2],
      [checksum(bytes), 4],
      [bytes.length, 4],
      [bytes.length, 4],
      [name.length, 2],
      [0, 2],
    ];
    const head = fields([[0x04034b50, 4], ...about]);
    parts.push(head);
    parts.push(name);
    parts.push(bytes);
    entries.push(fields([[0x02014b50, 4], [20, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [length, 4]]));
    entries.push(name);
    length += head.length + name.length + bytes.length;
  }
  const size = entries.reduce((sum, { length: one }) => sum + one, 0);
  const end = fields([
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [files.length, 2],
    [files.length, 2],
    [size, 4],
    [length, 4],
    [0, 2],
  ]);
  const whole = new Uint8Array(length + size + end.length);
  let at = 0;
  for (const bytes of [...parts, ...entries, end]) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

type Field = readonly [value: number, bytes: number];

/** Numbers of so many bytes each, the least byte first. */
function fields(list: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(list.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of list) {
    for (let k = 0; k < size; k++) bytes[at++] = (value >>> (8 * k)) & 255;
  }
  return bytes;
}

/** CRC-32, as ZIP and PNG have it. */
function checksum(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let k = 0; k < 8; k++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}
