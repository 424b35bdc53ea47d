/** What of the colours a transfer keeps: what is done to the pictures before they are encoded, and to the result. */
import type { ColorMode } from '../experiment/trial.ts';
import { clampImage, type RgbImage } from '../images/image.ts';
import {
  grayImage,
  matchColorHistograms,
  matchColorStatistics,
  matchLuminance,
  withChromaOf,
} from '../images/recolor.ts';

/** Content and style as the encoder sees them, in [0,1]; `free` leaves both as they are. */
export function encodedColors(
  mode: ColorMode,
  content: RgbImage,
  style: RgbImage,
): { content: RgbImage; style: RgbImage } {
  switch (mode) {
    case 'free':
      return { content, style };
    case 'luminance':
      return { content: grayImage(content), style: clampImage(matchLuminance(style, content)) };
    case 'match-statistics':
      return { content, style: clampImage(matchColorStatistics(style, content, 'symmetric')) };
    case 'match-statistics-cholesky':
      return { content, style: clampImage(matchColorStatistics(style, content, 'cholesky')) };
    case 'match-histogram':
      return { content, style: clampImage(matchColorHistograms(style, content)) };
  }
}

/** A start in colours that the mode can bring forth: grey where only luminance is transferred. */
export function startColors(mode: ColorMode, start: RgbImage): RgbImage {
  return mode === 'luminance' ? clampImage(grayImage(start)) : start;
}

/** The optimised picture as it is shown and measured: with the content's chroma where only luminance was transferred. */
export function shownColors(mode: ColorMode, picture: RgbImage, content: RgbImage): RgbImage {
  return mode === 'luminance' ? clampImage(withChromaOf(picture, content)) : picture;
}
