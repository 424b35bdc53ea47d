/** Numbers as weight files store them, to float32. */

/** The floating-point kinds that can be read, with their bytes per value. */
export const floatWidths = { F16: 2, BF16: 2, F32: 4, F64: 8 } as const;

export type FloatKind = keyof typeof floatWidths;

export function isFloatKind(kind: string): kind is FloatKind {
  return Object.hasOwn(floatWidths, kind);
}

/**
 * Little-endian values as float32; F64 is rounded to the nearest.
 *
 * @param bytes - as many as fill whole values
 */
export function toFloat32(bytes: Uint8Array, kind: FloatKind): Float32Array {
  const width = floatWidths[kind];
  // Typed arrays want their bytes aligned, and a part of a larger buffer need not be.
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  const length = byteLength / width;
  if (kind === 'F32') return new Float32Array(buffer, byteOffset, length);
  if (kind === 'F64') return Float32Array.from(new Float64Array(buffer, byteOffset, length));
  const halves = new Uint16Array(buffer, byteOffset, length);
  if (kind === 'F16') return Float32Array.from(halves, halfToNumber);
  const words = Uint32Array.from(halves, (half) => half << 16);
  return new Float32Array(words.buffer);
}

/** An IEEE 754 half: 1 sign, 5 exponent and 10 fraction bits. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
