/** The parts of a ZIP archive of stored files, for programs and for pages: nothing here needs Node. */

/** A file of an archive, and where it begins. */
export interface ZipEntry {
  /** In UTF-8. */
  readonly name: Uint8Array;
  readonly checksum: number;
  readonly size: number;
  readonly at: number;
}

/** What stands before a file's bytes. */
export function localHeader(entry: ZipEntry): Uint8Array {
  return joined(fields([[0x04034b50, 4], ...about(entry)]), entry.name);
}

/** What the directory at the archive's end says of a file. */
export function centralHeader(entry: ZipEntry): Uint8Array {
  const rest: Field[] = [
    [0, 2],
    [0, 2],
    [0, 2],
    [0, 4],
    [entry.at, 4],
  ];
  return joined(fields([[0x02014b50, 4], [20, 2], ...about(entry), ...rest]), entry.name);
}

/**
 * The end of the archive.
 * @param files - how many
 * @param size - bytes of the directory
 * @param at - where it begins
 */
export function endOfArchive(files: number, size: number, at: number): Uint8Array {
  return fields([
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [files, 2],
    [files, 2],
    [size, 4],
    [at, 4],
    [0, 2],
  ]);
}

function about({ name, checksum, size }: ZipEntry): Field[] {
  return [
    // Version, names in UTF-8, stored; a date that says nothing of when it was made.
    [20, 2],
    [0x800, 2],
    [0, 2],
    [0, 2],
    [0x21, 2],
    [checksum, 4],
    [size, 4],
    [size, 4],
    [name.length, 2],
    [0, 2],
  ];
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

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let k = 0; k < 8; k++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum >>> 0;
});

/** CRC-32, as ZIP and PNG have it. */
export function checksumOf(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ table[(sum ^ byte) & 255]!;
  return (sum ^ 0xffffffff) >>> 0;
}
