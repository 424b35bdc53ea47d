/** Pictures of the visitor's as samples, and samples as pictures. */
import type { EmbeddedPicture } from '../data.ts';
import type { Pixels } from './messages.ts';

/** A decoded picture, whole; drawn from anew for each size. */
export interface Source {
  readonly name: string;
  readonly kind: 'photograph' | 'example' | 'camera';
  readonly image: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** @throws Error in a sentence for whoever chose the file */
export async function readPicture(file: Blob, name: string, kind: Source['kind']): Promise<Source> {
  try {
    const image = await createImageBitmap(file);
    return { name, kind, image, width: image.width, height: image.height };
  } catch {
    throw new Error(`“${name}” is no picture that this browser can read; choose a JPEG, PNG or WebP file.`);
  }
}

/** @throws Error as `readPicture` */
export function readEmbedded({ name, type, base64 }: EmbeddedPicture, kind: Source['kind']): Promise<Source> {
  return readPicture(new Blob([bytesOf(base64)], { type }), name, kind);
}

/**
 * The samples of a picture, no side longer than `longest`, over white where it is transparent; never enlarged.
 *
 * @throws Error in a sentence when a side is shorter than `least`
 */
export function samplesOf(source: Source, longest: number, least: number): Pixels {
  const factor = Math.min(1, longest / Math.max(source.width, source.height));
  const [width, height] = [source.width, source.height].map((side) =>
    Math.max(1, Math.round(side * factor)),
  ) as [number, number];
  if (Math.min(width, height) < least) {
    throw new Error(
      `At this size “${source.name}” has ${width} × ${height} pixels, but this network needs ${least} a side; choose a larger size or another picture.`,
    );
  }
  const brush = canvasOf(width, height).getContext('2d', { willReadFrequently: true })!;
  brush.fillStyle = '#fff';
  brush.fillRect(0, 0, width, height);
  brush.imageSmoothingQuality = 'high';
  brush.drawImage(source.image, 0, 0, width, height);
  const { data } = brush.getImageData(0, 0, width, height);
  return { width, height, data: data as Uint8ClampedArray<ArrayBuffer> };
}

/** Puts samples into a canvas of the page, which takes their size. */
export function show(canvas: HTMLCanvasElement, { width, height, data }: Pixels): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0);
}

/** Hands the visitor a file. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** What a script element of the page holds, compressed by gzip, in base64. */
export async function unpacked(id: string): Promise<ArrayBuffer> {
  const packed = new Blob([bytesOf(document.getElementById(id)!.textContent)]);
  return new Response(packed.stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
