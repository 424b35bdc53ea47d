/** Image files and colour profiles written byte by byte, so that a test knows what they hold. */
import { deflateSync } from 'node:zlib';

export type Ink = 'gray' | 'rgb' | 'cmyk' | 'lab';

/** Samples that are interleaved, in the numbers of the file: 0 to 255, 0 to 65 535, or floats as they are. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly ink: Ink;
  readonly bits: 8 | 16 | 32;
  readonly samples: readonly number[];
  readonly alpha?: boolean;
  readonly profile?: Uint8Array;
  /** EXIF's, in TIFF only: 1 upright, 6 to be turned clockwise. */
  readonly orientation?: number;
}

const inks: Readonly<Record<Ink, number>> = { gray: 1, rgb: 3, cmyk: 4, lab: 3 };

/** A PNG (ISO 15948), grey or RGB in 8 or 16 bits, with its profile in an iCCP chunk. */
export function png({ width, height, ink, bits, samples, alpha = false, profile }: Raster): Buffer {
  const channels = inks[ink] + (alpha ? 1 : 0);
  const row = width * channels;
  const lines = Buffer.concat(
    Array.from({ length: height }, (_, y) => {
      const values = samples.slice(y * row, (y + 1) * row);
      const line = Buffer.alloc(1 + (row * bits) / 8);
      values.forEach((value, i) => {
        if (bits === 8) line.writeUInt8(value, 1 + i);
        else line.writeUInt16BE(value, 1 + 2 * i);
      });
      return line;
    }),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bits;
  header[9] = (ink === 'rgb' ? 2 : 0) + (alpha ? 4 : 0);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...(profile === undefined
      ? []
      : [chunk('iCCP', Buffer.concat([Buffer.from('made\0\0'), deflateSync(profile)]))]),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** The check value of PNG's chunks (ISO 3309). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A TIFF 6.0 of one strip, not compressed; 32 bits are floats, of which SampleFormat tells. */
export function tiff(raster: Raster): Buffer {
  const { width, height, ink, bits, samples, alpha = false, profile, orientation = 1 } = raster;
  const channels = inks[ink] + (alpha ? 1 : 0);
  const strip = Buffer.alloc((samples.length * bits) / 8);
  samples.forEach((value, i) => {
    if (bits === 8) strip.writeUInt8(value, i);
    else if (bits === 16) strip.writeUInt16LE(value, 2 * i);
    else strip.writeFloatLE(value, 4 * i);
  });
  const short = 3;
  const long = 4;
  const unknown = 7;
  const photometric = { gray: 1, rgb: 2, cmyk: 5, lab: 8 }[ink];
  const each = (value: number) => Array<number>(channels).fill(value);
  const entries: [tag: number, type: number, values: readonly number[] | Uint8Array][] = [
    [256, long, [width]],
    [257, long, [height]],
    [258, short, each(bits)],
    [259, short, [1]],
    [262, short, [photometric]],
    [273, long, [8]],
    [274, short, [orientation]],
    [277, short, [channels]],
    [278, long, [height]],
    [279, long, [strip.length]],
    ...(ink === 'cmyk' ? ([[332, short, [1]]] as [number, number, number[]][]) : []),
    ...(alpha ? ([[338, short, [2]]] as [number, number, number[]][]) : []),
    [339, short, each(bits === 32 ? 3 : 1)],
    ...(profile === undefined ? [] : ([[34675, unknown, profile]] as [number, number, Uint8Array][])),
  ];
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length, 0);
  const head = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  const at = 8 + strip.length + (strip.length % 2);
  head.writeUInt32LE(at, 4);
  const beyond: Buffer[] = [];
  let end = at + directory.length;
  entries.forEach(([tag, type, values], i) => {
    const size = type === short ? 2 : type === long ? 4 : 1;
    const bytes = Buffer.alloc(Math.max(4, values.length * size + ((values.length * size) % 2)));
    values.forEach((value, j) => {
      if (size === 2) bytes.writeUInt16LE(value, 2 * j);
      else if (size === 4) bytes.writeUInt32LE(value, 4 * j);
      else bytes.writeUInt8(value, j);
    });
    const entry = 2 + 12 * i;
    directory.writeUInt16LE(tag, entry);
    directory.writeUInt16LE(type, entry + 2);
    directory.writeUInt32LE(values.length, entry + 4);
    if (bytes.length === 4) bytes.copy(directory, entry + 8);
    else {
      directory.writeUInt32LE(end, entry + 8);
      beyond.push(bytes);
      end += bytes.length;
    }
  });
  return Buffer.concat([head, strip, Buffer.alloc(strip.length % 2), directory, ...beyond]);
}

/** Chromaticities of red, green and blue, x and y; and how a channel's value v in [0,1] becomes light in [0,1]. */
export interface RgbSpace {
  readonly primaries: readonly (readonly [x: number, y: number])[];
  readonly light: (value: number) => number;
  /** The same as a tag of a profile. */
  readonly curve: Buffer;
}

const d65 = [0.3127, 0.329] as const;
/** The white of the profile connection space, as ICC.1 writes it. */
const d50 = [0.9642, 1, 0.8249] as const;

/** IEC 61966-2-1. */
const srgbLight = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

export const spaces = {
  srgb: {
    primaries: [
      [0.64, 0.33],
      [0.3, 0.6],
      [0.15, 0.06],
    ],
    light: srgbLight,
    curve: parametric(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
  },
  /** Adobe RGB (1998) image encoding: its gamma is 2 + 51/256. */
  adobe: {
    primaries: [
      [0.64, 0.33],
      [0.21, 0.71],
      [0.15, 0.06],
    ],
    light: (v) => v ** (563 / 256),
    curve: tag('curv', uint32(1), uint16(563), uint16(0)),
  },
  /** Display P3: the primaries of SMPTE RP 431-2 with sRGB's white and curve; here as a table of 1025 steps. */
  p3: {
    primaries: [
      [0.68, 0.32],
      [0.265, 0.69],
      [0.15, 0.06],
    ],
    light: srgbLight,
    curve: tag(
      'curv',
      uint32(1025),
      ...Array.from({ length: 1025 }, (_, i) => uint16(Math.round(65535 * srgbLight(i / 1024)))),
    ),
  },
  linear: {
    primaries: [
      [0.64, 0.33],
      [0.3, 0.6],
      [0.15, 0.06],
    ],
    light: (v) => v,
    curve: tag('curv', uint32(0)),
  },
} satisfies Record<string, RgbSpace>;

function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value, 4 * i);
  });
  return bytes;
}
function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
function fixed(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeInt32BE(Math.round(value * 65536), 4 * i);
  });
  return bytes;
}
/** A tag's content: its type, four zeros, what it says, zeros up to a multiple of four. */
function tag(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.from(type), Buffer.alloc(4), ...parts]);
  return Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
}
/** (a·v + b)^g from d on, c·v below (ICC.1:2022, 10.18, function 3). */
function parametric(g: number, a: number, b: number, c: number, d: number): Buffer {
  return tag('para', uint16(3), uint16(0), fixed(g, a, b, c, d));
}

/** A profile (ICC.1:2022, 7) from its tags. */
export function icc(
  space: 'GRAY' | 'RGB ' | 'CMYK',
  pcs: 'XYZ ' | 'Lab ',
  tags: Record<string, Buffer>,
): Buffer {
  const all: Record<string, Buffer> = {
    desc: tag('desc', uint32(5), Buffer.from('made\0'), Buffer.alloc(78)),
    cprt: tag('text', Buffer.from('none\0')),
    wtpt: tag('XYZ ', fixed(...d50)),
    ...tags,
  };
  const names = Object.keys(all);
  const table = Buffer.alloc(4 + 12 * names.length);
  table.writeUInt32BE(names.length, 0);
  let at = 128 + table.length;
  names.forEach((name, i) => {
    table.write(name, 4 + 12 * i, 'latin1');
    table.writeUInt32BE(at, 8 + 12 * i);
    table.writeUInt32BE(all[name]!.length, 12 + 12 * i);
    at += all[name]!.length;
  });
  const header = Buffer.alloc(128);
  header.writeUInt32BE(at, 0);
  header.writeUInt32BE(0x02400000, 8);
  header.write(space === 'CMYK' ? 'prtr' : 'mntr', 12);
  header.write(space, 16);
  header.write(pcs, 20);
  header.writeUInt16BE(2026, 24);
  header.writeUInt16BE(1, 26);
  header.writeUInt16BE(1, 28);
  header.write('acsp', 36);
  fixed(...d50).copy(header, 68);
  return Buffer.concat([header, table, ...Object.values(all)]);
}

type Matrix = readonly (readonly number[])[];
const times = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
function inverse(m: Matrix): number[][] {
  const [[a, b, c], [d, e, f], [g, h, i]] = m as [
    number[],
    number[],
    number[],
  ] as never as number[][][] as never as [
    [number, number, number],
    [number, number, number],
    [number, number, number],
  ];
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / determinant));
}
const xyz = ([x, y]: readonly [number, number]): number[] => [x / y, 1, (1 - x - y) / y];

/** From light of red, green and blue to XYZ, white at Y = 1 (SMPTE RP 177). */
export function toXyz({ primaries }: RgbSpace): number[][] {
  const columns = primaries.map(xyz);
  const matrix = [0, 1, 2].map((row) => columns.map((column) => column[row]!));
  const amounts = times(
    inverse(matrix),
    xyz(d65).map((value) => [value]),
  );
  return matrix.map((row) => row.map((value, j) => value * amounts[j]![0]!));
}

/** From the colours of daylight of 6500 K to those of the profile connection space (Bradford's cones; ICC.1, annex E). */
function adapted(matrix: Matrix): number[][] {
  const cones = [
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
  ];
  const of = (white: readonly number[]) =>
    times(
      cones,
      white.map((value) => [value]),
    ).map(([value]) => value!);
  const [from, to] = [of(xyz(d65)), of(d50)];
  const scaled = cones.map((row, i) => row.map((value) => (value * to[i]!) / from[i]!));
  return times(times(inverse(cones), scaled), matrix);
}

/** The profile of an RGB space: three colours and three curves. */
export function rgbProfile(space: RgbSpace): Buffer {
  const matrix = adapted(toXyz(space));
  const column = (j: number) => tag('XYZ ', fixed(...matrix.map((row) => row[j]!)));
  const { curve } = space;
  return icc('RGB ', 'XYZ ', {
    rXYZ: column(0),
    gXYZ: column(1),
    bXYZ: column(2),
    rTRC: curve,
    gTRC: curve,
    bTRC: curve,
  });
}

/** The profile of a grey whose lightness follows the space's curve. */
export function grayProfile({ curve }: RgbSpace): Buffer {
  return icc('GRAY', 'XYZ ', { kTRC: curve });
}

/** What a colour of a space is in sRGB, by the definitions of both: levels of 255, limited to what sRGB can show. */
export function inSrgb(space: RgbSpace, color: readonly number[]): number[] {
  const light = color.map((value) => [space.light(value)]);
  return encoded(times(inverse(toXyz(spaces.srgb)), times(toXyz(space), light)).map(([value]) => value!));
}

/** Levels of 255 of light in sRGB's primaries. */
export function encoded(light: readonly number[]): number[] {
  return light.map((value) => {
    const limited = Math.min(1, Math.max(0, value));
    return 255 * (limited <= 0.0031308 ? 12.92 * limited : 1.055 * limited ** (1 / 2.4) - 0.055);
  });
}

/** The profile of an output device as a table of CIELAB (D50), given where each ink is none or all (lut16Type). */
export function cmykProfile(
  lab: (inks: readonly number[]) => readonly [lightness: number, a: number, b: number],
  space: 'CMYK' | 'RGB ' = 'CMYK',
): Buffer {
  const channels = space === 'CMYK' ? 4 : 3;
  const straight = [uint16(0), uint16(65535)];
  const curves = (count: number) => Array.from({ length: count }, () => straight).flat();
  const corners = Array.from({ length: 2 ** channels }, (_, i) =>
    // The last channel changes fastest.
    Array.from({ length: channels }, (_, channel) => (i >> (channels - 1 - channel)) & 1),
  );
  // The encoding of version 2: L* of 100 is 0xff00, a* and b* of 0 are 0x8000 (ICC.1:2022, 6.3.4.2).
  const table = corners
    .map(lab)
    .flatMap(([lightness, a, b]) => [
      uint16(Math.round((lightness / 100) * 0xff00)),
      uint16(Math.round((a + 128) * 256)),
      uint16(Math.round((b + 128) * 256)),
    ]);
  const a2b = tag(
    'mft2',
    Buffer.from([channels, 3, 2, 0]),
    fixed(1, 0, 0, 0, 1, 0, 0, 0, 1),
    uint16(2),
    uint16(2),
    ...curves(channels),
    ...table,
    ...curves(3),
  );
  return icc(space, 'Lab ', { A2B0: a2b });
}

/** What a CIELAB colour under D50 is in sRGB: levels of 255, limited to what sRGB can show. */
export function labInSrgb([lightness, a, b]: readonly [number, number, number]): number[] {
  const y = (lightness + 16) / 116;
  const [dx, dy, dz] = [y + a / 500, y, y - b / 200].map((root) =>
    root > 6 / 29 ? root ** 3 : 3 * (6 / 29) ** 2 * (root - 4 / 29),
  ) as [number, number, number];
  const light = times(inverse(adapted(toXyz(spaces.srgb))), [[dx * d50[0]], [dy * d50[1]], [dz * d50[2]]]);
  return encoded(light.map(([value]) => value!));
}
