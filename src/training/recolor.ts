/** Colours of a crop changed at random, so that few pictures teach a network about many. */
import type { RgbImage } from '../images/image.ts';
import type { Random } from '../random.ts';

/** How strongly at most, at strength 1. */
const most = { hue: Math.PI, saturation: 0.8, contrast: 0.5, brightness: 0.25 };

/** NTSC's luma and the two chroma axes, rows of RGB to YIQ. */
const toYiq = [
  [0.299, 0.587, 0.114],
  [0.5959, -0.2746, -0.3213],
  [0.2115, -0.5227, 0.3112],
] as const;
const toRgb = [
  [1, 0.956, 0.619],
  [1, -0.272, -0.647],
  [1, -1.106, 1.703],
] as const;

/**
 * The picture with its hues turned, its saturation, contrast and brightness changed, cut to [0,1].
 *
 * @param strength - 0: not at all, 1: any hue, hardly any colour to nearly twice as much
 */
export function recolored(image: RgbImage, strength: number, random: Random): RgbImage {
  const within = (bound: number) => strength * bound * (2 * random.uniform() - 1);
  const angle = within(most.hue);
  const saturation = 1 + within(most.saturation);
  const contrast = 1 + within(most.contrast);
  const brightness = within(most.brightness);
  if (strength === 0) return image;
  const [cosine, sine] = [Math.cos(angle) * saturation, Math.sin(angle) * saturation];
  const data = new Float32Array(image.data.length);
  for (let at = 0; at < data.length; at += 3) {
    const rgb = [image.data[at]!, image.data[at + 1]!, image.data[at + 2]!] as const;
    const [y, i, q] = toYiq.map((row) => row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]) as [
      number,
      number,
      number,
    ];
    const luma = 0.5 + contrast * (y - 0.5) + brightness;
    const turned = [contrast * (cosine * i - sine * q), contrast * (sine * i + cosine * q)] as const;
    for (const [channel, row] of toRgb.entries()) {
      const value = luma + row[1] * turned[0] + row[2] * turned[1];
      data[at + channel] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
  }
  return { ...image, data };
}
