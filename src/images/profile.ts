/**
 * Colour profiles (ICC.1:2022) that are made of a matrix and curves, applied in floating point.
 *
 * The image library applies profiles in 8 bits, or by way of Display P3 in 16, where what lies outside that space is cut
 * off first; it leaves 16-bit grey and floats alone. Almost every profile in a picture is of this simple kind, so it is
 * read here, and every depth gets the same colours. Profiles made of tables (presses, some scanners) are left to the library.
 */
import { linearToSrgb } from './color.ts';

/** A value of one channel in [0,1] as light in [0,1]. */
type Curve = (value: number) => number;

export interface MatrixProfile {
  readonly kind: 'matrix';
  readonly curves: readonly [Curve, Curve, Curve];
  /** Light of the profile's red, green and blue into light of sRGB's, row by row. */
  readonly matrix: readonly number[];
}

export type ColorProfile =
  /** It is sRGB, but for less than half a level of 255: nothing is to be done. */
  { readonly kind: 'srgb' } | MatrixProfile | { readonly kind: 'tables' };

/** What the pixels are that a profile is for. */
export type PixelKind = 'grey' | 'rgb' | 'cmyk';

const kinds: Readonly<Record<string, PixelKind>> = { GRAY: 'grey', 'RGB ': 'rgb', CMYK: 'cmyk' };

/** What is wrong with a profile, as the part of a sentence. */
export class ProfileError extends Error {}

/**
 * Reads a profile that was found with pixels of some kind. A profile for RGB may describe grey pixels: as its own greys.
 *
 * @throws ProfileError when it is broken, or for pixels of another kind
 */
export function readProfile(bytes: Uint8Array, pixels: PixelKind): ColorProfile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 132 || text(view, 36) !== 'acsp') throw new ProfileError('it is no ICC profile');
  if (view.getUint32(0) > bytes.length) throw new ProfileError('it is cut short');
  const signature = text(view, 16);
  const kind = kinds[signature];
  if (kind !== pixels && !(kind === 'rgb' && pixels === 'grey')) {
    throw new ProfileError(`it is for ${kind ?? signature.trim()}, but the pixels are ${pixels}`);
  }
  const tags = tagsOf(view);
  // Tables come before the matrix where a profile has both (ICC.1:2022, 9.2).
  if (kind === 'cmyk' || tags.has('A2B0')) {
    checkTable(tags.get('A2B0'), kind === 'cmyk' ? 4 : kind === 'rgb' ? 3 : 1);
    return { kind: 'tables' };
  }
  if (text(view, 20) !== 'XYZ ') throw new ProfileError('it has curves, but does not lead to XYZ');
  const profile = kind === 'grey' ? grayProfile(tags) : rgbProfile(tags);
  return isSrgb(profile) ? { kind: 'srgb' } : profile;
}

/** A color's light in sRGB's primaries, encoded and limited to [0,1]; exact, and slow. */
function convertColor({ curves, matrix }: MatrixProfile, color: readonly number[]): number[] {
  const light = curves.map((curve, channel) => curve(color[channel]!));
  return [0, 3, 6].map((row) => {
    const sum = matrix[row]! * light[0]! + matrix[row + 1]! * light[1]! + matrix[row + 2]! * light[2]!;
    return linearToSrgb(Math.min(1, Math.max(0, sum)));
  });
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

/** The tags by name, each from its type's name on. */
function tagsOf(view: DataView): Map<string, DataView> {
  const count = view.getUint32(128);
  if (132 + 12 * count > view.byteLength) throw new ProfileError('it is cut short');
  const tags = new Map<string, DataView>();
  for (let i = 0; i < count; i++) {
    const at = 132 + 12 * i;
    const [offset, size] = [view.getUint32(at + 4), view.getUint32(at + 8)];
    if (offset + size > view.byteLength) throw new ProfileError('it is cut short');
    tags.set(text(view, at), new DataView(view.buffer, view.byteOffset + offset, size));
  }
  return tags;
}

/** The library passes over tables it cannot use in silence, so what can be seen from their outside is checked here. */
function checkTable(tag: DataView | undefined, channels: number): void {
  const broken = new ProfileError('its table A2B0 is missing or broken');
  if (tag === undefined || tag.byteLength < 32) throw broken;
  if (tag.getUint8(8) !== channels || tag.getUint8(9) !== 3) throw broken;
  const type = text(tag, 0);
  if (type === 'mAB ') {
    // Where its five parts begin; 0: there is none.
    for (let at = 12; at < 32; at += 4) if (tag.getUint32(at) >= tag.byteLength) throw broken;
    return;
  }
  const entries = tag.getUint8(10) ** channels * 3;
  if (type === 'mft1') {
    if (48 + 256 * (channels + 3) + entries > tag.byteLength) throw broken;
  } else if (type !== 'mft2' || tag.byteLength < 52) {
    throw broken;
  } else if (52 + 2 * (channels * tag.getUint16(48) + entries + 3 * tag.getUint16(50)) > tag.byteLength) {
    throw broken;
  }
}

function grayProfile(tags: ReadonlyMap<string, DataView>): MatrixProfile {
  const curve = readCurve(tags, 'kTRC');
  return { kind: 'matrix', curves: [curve, curve, curve], matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
}

/**
 * From XYZ under the connection space's D50 (ICC.1:2022, 7.2.16) to light of sRGB: the inverse of the matrix of sRGB's
 * chromaticities (IEC 61966-2-1), adapted from D65 after Bradford (ICC.1:2022, annex E).
 */
const fromXyz = [
  3.1341864, -1.617209, -0.4906941, -0.9787485, 1.9161301, 0.0334334, 0.0719639, -0.2289939, 1.4057537,
];

function rgbProfile(tags: ReadonlyMap<string, DataView>): MatrixProfile {
  const columns = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => {
    const tag = tags.get(name);
    if (tag === undefined || tag.byteLength < 20 || text(tag, 0) !== 'XYZ ') {
      throw new ProfileError(`its tag ${name} is missing or broken`);
    }
    return [8, 12, 16].map((at) => tag.getInt32(at) / 65536);
  });
  const matrix = [0, 3, 6].flatMap((row) => {
    const line = columns.map(
      ([x, y, z]) => fromXyz[row]! * x! + fromXyz[row + 1]! * y! + fromXyz[row + 2]! * z!,
    );
    // Both spaces call their white (1, 1, 1); the tags' 16 bits would leave a tint.
    const white = line.reduce((sum, value) => sum + value, 0);
    if (!(white > 0)) throw new ProfileError('its white is black');
    return line.map((value) => value / white);
  });
  const [red, green, blue] = ['rTRC', 'gTRC', 'bTRC'].map((name) => readCurve(tags, name));
  return { kind: 'matrix', curves: [red!, green!, blue!], matrix };
}

/** How many parameters each function of a parametric curve has (ICC.1:2022, table 68). */
const parameterCounts = [1, 3, 4, 5, 7];

function readCurve(tags: ReadonlyMap<string, DataView>, name: string): Curve {
  const tag = tags.get(name);
  const broken = new ProfileError(`its curve ${name} is missing or broken`);
  if (tag === undefined || tag.byteLength < 12) throw broken;
  const type = text(tag, 0);
  if (type === 'curv') {
    const count = tag.getUint32(8);
    if (12 + 2 * count > tag.byteLength) throw broken;
    if (count === 0) return limited((v) => v);
    if (count === 1) {
      const gamma = tag.getUint16(12) / 256;
      return limited((v) => v ** gamma);
    }
    const table = Float64Array.from({ length: count }, (_, i) => tag.getUint16(12 + 2 * i) / 65535);
    return limited((v) => {
      const at = Math.min(count - 2, Math.floor(v * (count - 1)));
      const beyond = v * (count - 1) - at;
      return table[at]! * (1 - beyond) + table[at + 1]! * beyond;
    });
  }
  const kind = type === 'para' ? tag.getUint16(8) : -1;
  const parameters = parameterCounts[kind];
  if (parameters === undefined || 12 + 4 * parameters > tag.byteLength) throw broken;
  const [g, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from(
    { length: parameters },
    (_, i) => tag.getInt32(12 + 4 * i) / 65536,
  ) as [number, ...number[]];
  switch (kind) {
    case 0:
      return limited((v) => v ** g);
    case 1:
      return limited((v) => (v >= -b / a ? (a * v + b) ** g : 0));
    case 2:
      return limited((v) => (v >= -b / a ? (a * v + b) ** g + c : c));
    case 3:
      return limited((v) => (v >= d ? (a * v + b) ** g : c * v));
    default:
      return limited((v) => (v >= d ? (a * v + b) ** g + e : c * v + f));
  }
}

/** A curve from [0,1] into [0,1]. */
function limited(curve: Curve): Curve {
  return (value) => Math.min(1, Math.max(0, curve(Math.min(1, Math.max(0, value)))));
}

/** Whether no color of a grid, and no grey of 8 bits, moves by half a level of 255. */
function isSrgb(profile: MatrixProfile): boolean {
  const steps = 8;
  const same = (color: readonly number[]) =>
    convertColor(profile, color).every((value, channel) => Math.abs(value - color[channel]!) < 0.5 / 255);
  for (let level = 0; level < 256; level++) {
    if (!same([level / 255, level / 255, level / 255])) return false;
  }
  for (let i = 0; i <= steps; i++) {
    for (let j = 0; j <= steps; j++) {
      for (let k = 0; k <= steps; k++) if (!same([i / steps, j / steps, k / steps])) return false;
    }
  }
  return true;
}
