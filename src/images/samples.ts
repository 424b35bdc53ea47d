/** What an image file stores: its samples upright, before any colour profile. */
import sharp, { type Metadata } from 'sharp';
import { type PixelKind, ProfileError } from './profile.ts';

export interface StoredSamples {
  readonly width: number;
  readonly height: number;
  /** R G B, or R G B and opacity, interleaved; grey is three times the same. */
  readonly channels: 3 | 4;
  readonly samples: Uint8Array | Uint16Array | Float32Array;
  /** The sample that stands for full intensity: 255, 65 535 (10 or 12 bits: a little less), 1 for floats. */
  readonly top: number;
}

/** What the pixels of a file are, or undefined when they are of a kind that is not read. */
export function pixelKind({ space }: Metadata): PixelKind | undefined {
  if (space === 'b-w' || space === 'grey16') return 'grey';
  if (space === 'srgb' || space === 'rgb16' || space === 'scrgb' || space === 'rgb') return 'rgb';
  return space === 'cmyk' ? 'cmyk' : undefined;
}

/** Whether the samples are floating-point numbers. */
function isFloat({ depth }: Metadata): boolean {
  return depth === 'float' || depth === 'double';
}

/** Why the samples of a file are not read, as the rest of a sentence that begins with its name, with what to do. */
export function whyNotRead(metadata: Metadata): string | undefined {
  const { format, space, depth, compression } = metadata;
  if (format === 'heif' && compression === 'hevc') {
    return 'is a HEIC file, as telephones write them, for which there is no decoder here. Save it as JPEG or PNG and give that file';
  }
  const again = 'Save it as RGB, 8 or 16 bits a channel, and give that file';
  const kind = pixelKind(metadata);
  if (kind === undefined) {
    const called = /^lab/.test(space ?? '') ? 'CIELAB' : `"${space}"`;
    return `has its colours in ${called}, which is not read. ${again}`;
  }
  const integer = depth === 'uchar' || depth === 'ushort';
  if (!integer && !isFloat(metadata)) {
    const names: Readonly<Record<string, string>> = {
      char: 'signed 8-bit numbers',
      short: 'signed 16-bit numbers',
      int: 'signed 32-bit numbers',
      uint: '32-bit integers',
    };
    return `holds ${names[depth ?? ''] ?? `samples of the kind "${depth}"`}, which are not read. ${again}`;
  }
  if (kind === 'cmyk' && !integer) return `is CMYK in floating-point numbers, which is not read. ${again}`;
  return undefined;
}

/**
 * Decodes grey and RGB files into the samples as they are stored, whatever their colour profile.
 *
 * @throws what the decoder throws; NotReadError for floats outside of [0,1], where what stands for white is unknown
 */
export async function readSamples(bytes: Uint8Array, metadata: Metadata): Promise<StoredSamples> {
  const float = isFloat(metadata);
  const wide = metadata.depth === 'ushort';
  // Each of these leaves the samples as they are; a float's grey is only widened to three channels by sRGB's name.
  const space = wide ? 'rgb16' : metadata.space === 'scrgb' ? 'scrgb' : 'srgb';
  const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: false, ignoreIcc: true })
    .autoOrient()
    .toColorspace(space)
    .raw({ depth: float ? 'float' : wide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4) throw new Error(`${channels} channels where 3 or 4 were expected`);
  const samples = float
    ? new Float32Array(aligned(data, 4))
    : wide
      ? new Uint16Array(aligned(data, 2))
      : data;
  if (float) limit(samples as Float32Array);
  return { width, height, channels, samples, top: float ? 1 : wide ? wideTop(metadata) : 255 };
}

/**
 * Decodes CMYK, and files whose profile is made of tables, into 8 bits of sRGB; CMYK without a profile by that of the
 * image library, a press of ordinary offset inks.
 *
 * @throws what the decoder throws; ProfileError when the profile does not fit
 */
export async function readByLibrary(bytes: Uint8Array, metadata: Metadata): Promise<StoredSamples> {
  const options = { failOn: 'error', limitInputPixels: false } as const;
  let input = bytes;
  if (metadata.space !== 'cmyk' && metadata.depth !== 'uchar') {
    if (metadata.space !== 'rgb16')
      throw new ProfileError('it is made of tables, for which the pixels must have 8 bits');
    // The library would go by way of Display P3, which cuts off what lies outside of it.
    input = await sharp(bytes, options)
      .toColorspace('srgb')
      .keepMetadata()
      .tiff({ compression: 'none' })
      .toBuffer();
  }
  const { data, info } = await sharp(input, options)
    .autoOrient()
    .toColorspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    channels: info.channels as 3 | 4,
    samples: data,
    top: 255,
  };
}

/** The bytes in memory of their own where they do not begin at a multiple of the samples' size. */
function aligned(data: Buffer, size: number): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = data;
  const whole = byteOffset % size === 0 && byteOffset === 0 && byteLength === buffer.byteLength;
  return (whole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;
}

/** AVIF's 10 and 12 bits are the upper ones of 16. */
function wideTop({ format, bitsPerSample = 16 }: Metadata): number {
  if (format !== 'heif' || bitsPerSample >= 16) return 65535;
  return (2 ** bitsPerSample - 1) * 2 ** (16 - bitsPerSample);
}

/** Samples that are not read; the message is the rest of a sentence that begins with the file's name. */
export class NotReadError extends Error {}

/** What rounding may leave outside of [0,1]: half a level of 255. */
const slack = 0.5 / 255;

function limit(samples: Float32Array): void {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (Number.isNaN(value)) throw new NotReadError('holds values that are not a number');
    if (value < least) least = value;
    if (value > most) most = value;
    samples[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
  if (least < -slack || most > 1 + slack) {
    const [from, to] = [least, most].map((value) => Number(value.toPrecision(4)));
    throw new NotReadError(
      `holds floating-point values from ${from} to ${to}; expected 0 for black to 1 for white. Rescale them, or save it with 8 or 16 bits a channel`,
    );
  }
}
