/** The colour profile within an image file. */
import { inflateSync } from 'node:zlib';
import type { Metadata } from 'sharp';
import { ProfileError } from './profile.ts';

/**
 * The bytes of a file's colour profile, or undefined where it has none.
 *
 * @throws ProfileError when it cannot be unpacked
 */
export function embeddedProfile(bytes: Uint8Array, { icc, format }: Metadata): Uint8Array | undefined {
  // The PNG library drops profiles it finds fault with, in silence.
  return (
    icc ??
    (format === 'png' ? pngProfile(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) : undefined)
  );
}

/** The content of a PNG's iCCP chunk (ISO 15948, 11.3.2.3): a name, a zero, the method 0, the profile compressed. */
function pngProfile(bytes: Buffer): Uint8Array | undefined {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const name = bytes.toString('latin1', at + 4, at + 8);
    // The profile comes before the pixels.
    if (name === 'IDAT') return undefined;
    if (name === 'iCCP') {
      const data = bytes.subarray(at + 8, at + 8 + length);
      try {
        return inflateSync(data.subarray(data.indexOf(0) + 2));
      } catch {
        throw new ProfileError('it cannot be unpacked');
      }
    }
    at += 12 + length;
  }
  return undefined;
}
