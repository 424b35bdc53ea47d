/** Colour spaces: sRGB, linear light, CIE XYZ and L*a*b* (D65, 2°), YIQ and luma, and the CIEDE2000 difference. */
import type { Plane, RgbImage } from './image.ts';

export type Triple = readonly [number, number, number];

/** CIE 1931 2° tristimulus values of illuminant D65, Y = 1 (ASTM E308). */
export const whiteD65: Triple = [0.95047, 1, 1.08883];

/** An encoded sRGB value in [0,1] as linear light in [0,1] (IEC 61966-2-1). */
export function srgbToLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Linear light in [0,1] as an encoded sRGB value in [0,1] (IEC 61966-2-1). */
export function linearToSrgb(value: number): number {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
}

/** Encoded sRGB in [0,1] as XYZ with Y = 1 for white; the primaries' matrix after B. Lindbloom. */
export function rgbToXyz(red: number, green: number, blue: number): Triple {
  const r = srgbToLinear(red);
  const g = srgbToLinear(green);
  const b = srgbToLinear(blue);
  return [
    0.4124564 * r + 0.3575761 * g + 0.1804375 * b,
    0.2126729 * r + 0.7151522 * g + 0.072175 * b,
    0.0193339 * r + 0.119192 * g + 0.9503041 * b,
  ];
}

// CIE 15: the cube root's slope is limited near black, at (6/29)³.
const epsilon = 216 / 24389;
const kappa = 24389 / 27;

function labResponse(ratio: number): number {
  return ratio > epsilon ? Math.cbrt(ratio) : (kappa * ratio + 16) / 116;
}

/** XYZ as CIE L*a*b* under D65: L* in [0,100]. */
function xyzToLab(x: number, y: number, z: number): Triple {
  const fx = labResponse(x / whiteD65[0]);
  const fy = labResponse(y / whiteD65[1]);
  const fz = labResponse(z / whiteD65[2]);
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/** Encoded sRGB in [0,1] as CIE L*a*b* (D65): L* in [0,100], a* and b* within about ±110. */
export function rgbToLab(red: number, green: number, blue: number): Triple {
  return xyzToLab(...rgbToXyz(red, green, blue));
}

/** Encoded sRGB in [0,1] as NTSC Y'IQ (the 1953 primaries, as in FCC 73.682): Y' in [0,1]. */
export function rgbToYiq(red: number, green: number, blue: number): Triple {
  return [
    0.299 * red + 0.587 * green + 0.114 * blue,
    0.595716 * red - 0.274453 * green - 0.321263 * blue,
    0.211456 * red - 0.522591 * green + 0.311135 * blue,
  ];
}

/** The inverse of `rgbToYiq`. */
export function yiqToRgb(y: number, i: number, q: number): Triple {
  return [
    y + 0.9562948 * i + 0.6210251 * q,
    y - 0.2721214 * i - 0.6473809 * q,
    y - 1.1069899 * i + 1.7046149 * q,
  ];
}

/**
 * Luma Y' of encoded sRGB: .298936 R + .587043 G + .114021 B, the weights of ITU-R BT.601 to the six digits that
 * MATLAB's rgb2gray uses, on which the published scores of grey-level image metrics rest.
 */
export function luma(red: number, green: number, blue: number): number {
  return 0.298936 * red + 0.587043 * green + 0.114021 * blue;
}

/** The luma of every pixel, in [0,1]. */
export function lumaPlane(image: RgbImage): Plane {
  const { width, height, data } = image;
  const plane = new Float32Array(width * height);
  for (let pixel = 0, at = 0; pixel < plane.length; pixel++, at += 3) {
    plane[pixel] = luma(data[at]!, data[at + 1]!, data[at + 2]!);
  }
  return { width, height, data: plane };
}

/** L*, a*, b* of every pixel, interleaved: H·W·3 values. */
export function labPixels(image: RgbImage): Float32Array {
  const lab = new Float32Array(image.data.length);
  for (let at = 0; at < lab.length; at += 3) {
    const [lightness, a, b] = rgbToLab(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!);
    lab[at] = lightness;
    lab[at + 1] = a;
    lab[at + 2] = b;
  }
  return lab;
}

const radians = Math.PI / 180;

/**
 * The CIEDE2000 colour difference ΔE₀₀ of two L*a*b* colours, k_L = k_C = k_H = 1.
 *
 * Sharma, Wu & Dalal, "The CIEDE2000 color-difference formula", Color Research & Application 30(1), 2005, eqs. 2–22.
 */
export function ciede2000(first: Triple, second: Triple): number {
  const [lightness1, a1, b1] = first;
  const [lightness2, a2, b2] = second;
  const meanChroma = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(meanChroma ** 7 / (meanChroma ** 7 + 25 ** 7)));
  const chroma1 = Math.hypot((1 + g) * a1, b1);
  const chroma2 = Math.hypot((1 + g) * a2, b2);
  const hue1 = hueAngle((1 + g) * a1, b1);
  const hue2 = hueAngle((1 + g) * a2, b2);
  const gray = chroma1 * chroma2 === 0;

  let hueStep = gray ? 0 : hue2 - hue1;
  if (hueStep > 180) hueStep -= 360;
  else if (hueStep < -180) hueStep += 360;
  const deltaLightness = lightness2 - lightness1;
  const deltaChroma = chroma2 - chroma1;
  const deltaHue = 2 * Math.sqrt(chroma1 * chroma2) * Math.sin((hueStep / 2) * radians);

  const lightness = (lightness1 + lightness2) / 2;
  const chroma = (chroma1 + chroma2) / 2;
  let hue = hue1 + hue2;
  if (!gray) {
    if (Math.abs(hue1 - hue2) <= 180) hue /= 2;
    else hue = hue < 360 ? (hue + 360) / 2 : (hue - 360) / 2;
  }
  const t =
    1 -
    0.17 * Math.cos((hue - 30) * radians) +
    0.24 * Math.cos(2 * hue * radians) +
    0.32 * Math.cos((3 * hue + 6) * radians) -
    0.2 * Math.cos((4 * hue - 63) * radians);
  const turn = 30 * Math.exp(-(((hue - 275) / 25) ** 2));
  const rotation = -2 * Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7)) * Math.sin(2 * turn * radians);
  const scaleLightness = 1 + (0.015 * (lightness - 50) ** 2) / Math.sqrt(20 + (lightness - 50) ** 2);
  const scaleChroma = 1 + 0.045 * chroma;
  const scaleHue = 1 + 0.015 * chroma * t;

  const l = deltaLightness / scaleLightness;
  const c = deltaChroma / scaleChroma;
  const h = deltaHue / scaleHue;
  return Math.sqrt(l * l + c * c + h * h + rotation * c * h);
}

/** Degrees in [0, 360); 0 for grey. */
function hueAngle(a: number, b: number): number {
  if (a === 0 && b === 0) return 0;
  const degrees = Math.atan2(b, a) / radians;
  return degrees < 0 ? degrees + 360 : degrees;
}
