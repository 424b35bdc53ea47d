/** Whether a picture is computed strip by strip. */
import { totalmem } from 'node:os';
import type { Tiling } from '../../experiment/trial.ts';

/** Bytes per pixel of picture or style that one graph of value and gradient stays under, VGG-19's with Gram losses. */
const bytesPerPixel = 9000;
/** The part of the machine's memory that one graph may take before `auto` goes over to strips. */
const mostOfMemory = 0.6;

/**
 * The strips a setting asks for at a size: none for `off`; for `auto` none where one graph fits into memory. That is
 * judged by the memory the machine has, not by what is free, so that a trial goes on as it began.
 *
 * @param pixels - of the picture and of each style
 * @param memory - bytes
 */
export function stripsFor(
  tiling: Tiling,
  pixels: readonly number[],
  memory: number = totalmem(),
): { readonly rows?: number } | undefined {
  if (tiling === 'off') return undefined;
  if (tiling === 'strips') return {};
  if (typeof tiling === 'number') return { rows: tiling };
  return graphBytes(pixels) > memory * mostOfMemory ? {} : undefined;
}

/** Bytes that one graph of value and gradient stays under, for the pixels of picture and styles. */
export function graphBytes(pixels: readonly number[]): number {
  return Math.max(...pixels) * bytesPerPixel;
}
