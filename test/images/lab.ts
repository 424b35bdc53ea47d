import type { Triple } from '../../src/images/color.ts';

/** D65, the white of sRGB, for the 2° observer. */
const white: Triple = [0.95047, 1, 1.08883];

/** CIE L*a*b* under D65 as encoded sRGB, by the formulas of CIE 15 and IEC 61966-2-1; outside sRGB, outside [0,1]. */
export function labToRgb(lightness: number, a: number, b: number): Triple {
  const y = (lightness + 16) / 116;
  const ratio = (response: number) =>
    response > 6 / 29 ? response ** 3 : 3 * (6 / 29) ** 2 * (response - 4 / 29);
  const X = white[0] * ratio(y + a / 500);
  const Y = white[1] * ratio(y);
  const Z = white[2] * ratio(y - b / 200);
  const encoded = (value: number) => (value > 0.0031308 ? 1.055 * value ** (1 / 2.4) - 0.055 : 12.92 * value);
  return [
    encoded(3.2404542 * X - 1.5371385 * Y - 0.4985314 * Z),
    encoded(-0.969266 * X + 1.8760108 * Y + 0.041556 * Z),
    encoded(0.0556434 * X - 0.2040259 * Y + 1.0572252 * Z),
  ];
}
