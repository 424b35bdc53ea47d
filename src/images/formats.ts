/** What a file claims to be, by its first bytes. */

/** Formats that are known and not read, as what the file is. */
export const unreadFormats: Readonly<Record<string, string>> = {
  jxl: 'a JPEG XL file',
  jp2: 'a JPEG 2000 file',
  bmp: 'a Windows bitmap (BMP)',
  psd: 'a Photoshop document',
  exr: 'an OpenEXR file',
  hdr: 'a Radiance HDR file',
  pdf: 'a PDF document',
};

/** Which format a file claims to be, for the difference between a broken image and no image at all. */
export function formatByFirstBytes(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.length)).toString('latin1');
  const begins = (...beginnings: string[]) => beginnings.some((beginning) => head.startsWith(beginning));
  if (begins('\x89PNG')) return 'png';
  if (begins('\xff\xd8\xff')) return 'jpeg';
  if (begins('GIF8')) return 'gif';
  if (begins('II*\0', 'MM\0*', 'II+\0', 'MM\0+')) return 'tiff';
  if (begins('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp';
  if (head.slice(4, 8) === 'ftyp') return 'avif/heif';
  if (begins('\xff\x0a', '\0\0\0\x0cJXL ')) return 'jxl';
  if (begins('\0\0\0\x0cjP  ', '\xff\x4f\xff\x51')) return 'jp2';
  if (begins('BM')) return 'bmp';
  if (begins('8BPS')) return 'psd';
  if (begins('\x76\x2f\x31\x01')) return 'exr';
  if (begins('#?RADIANCE', '#?RGBE')) return 'hdr';
  if (begins('%PDF-')) return 'pdf';
  return undefined;
}
