/** Charts as PNG, in a font that comes along: the same pixels on every machine. */
import { createRequire } from 'node:module';
import { renderAsync } from '@resvg/resvg-js';
import sharp from 'sharp';

const require = createRequire(import.meta.url);

/** Inter (SIL Open Font License), in the two weights that charts are set in. */
const fontFiles = ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf'].map((file) =>
  require.resolve(`@expo-google-fonts/inter/${file}`),
);

/** Pixels for each of the drawing's units: sharp in a paper's column and on any screen. */
const scale = 2;

/** A chart has some dozen colours and their mixtures at edges: a palette of them is a third of the bytes. */
const palette = { palette: true, colors: 256, dither: 0, effort: 7, compressionLevel: 9 } as const;
/** A scale of colours that run into each other would show steps. */
const allColors = { compressionLevel: 9 } as const;

/**
 * A drawing as PNG, twice its size in pixels, drawn beside whatever else is done meanwhile. The fonts that the machine
 * has are not looked at.
 * @param svg - a whole SVG file; text in any font is set in the one that comes along
 * @throws Error when it is no SVG
 */
export async function pngOf(svg: string): Promise<Uint8Array> {
  const drawing = await renderAsync(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
  });
  const { pixels, width, height } = drawing;
  const image = sharp(pixels, { raw: { width, height, channels: 4 } });
  const format = svg.includes('<linearGradient') ? allColors : palette;
  return await image.flatten({ background: '#ffffff' }).png(format).toBuffer();
}
