/** Stored samples into RGB floats: a colour profile's conversion, and what is transparent over white. */
import { linearToSrgb } from './color.ts';
import type { RgbImage } from './image.ts';
import type { MatrixProfile } from './profile.ts';
import type { StoredSamples } from './samples.ts';

/** Steps of the table of sRGB's curve; between them it is straight to 10⁻⁶. */
const steps = 2 ** 14;
let encodedSteps: Float32Array | undefined;

/** Light, limited to [0,1], as encoded sRGB. */
function encode(table: Float32Array, light: number): number {
  if (light <= 0) return 0;
  if (light >= 1) return 1;
  const at = Math.floor(light * steps);
  const beyond = light * steps - at;
  return table[at]! * (1 - beyond) + table[at + 1]! * beyond;
}

/**
 * The picture of stored samples, over white as far as they are transparent.
 *
 * @param profile - what their numbers mean; default: sRGB, whose values are kept as they are
 */
export function convertSamples(stored: StoredSamples, profile?: MatrixProfile): RgbImage {
  const { width, height, channels, samples, top } = stored;
  const data = new Float32Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += channels, to += 3) {
    for (let channel = 0; channel < 3; channel++) data[to + channel] = samples[from + channel]! / top;
  }
  if (profile !== undefined) applyProfile(data, profile, stored);
  if (channels === 4) {
    for (let from = 3, to = 0; to < data.length; from += 4, to += 3) {
      const alpha = Math.min(1, samples[from]! / top);
      if (alpha === 1) continue;
      for (let channel = 0; channel < 3; channel++) {
        data[to + channel] = alpha * data[to + channel]! + (1 - alpha);
      }
    }
  }
  return { width, height, data };
}

/** In place: `data` holds the samples over `top`. */
function applyProfile(
  data: Float32Array,
  { curves, matrix }: MatrixProfile,
  { samples, top }: StoredSamples,
): void {
  if (samples instanceof Float32Array) {
    for (let at = 0; at < data.length; at++) data[at] = curves[at % 3]!(data[at]!);
  } else {
    // Integers take few values: each is sent through the curve once.
    const [red, green, blue] = curves.map((curve) =>
      Float32Array.from({ length: top + 1 }, (_, level) => curve(level / top)),
    ) as [Float32Array, Float32Array, Float32Array];
    for (let at = 0; at < data.length; at += 3) {
      data[at] = red[Math.min(top, Math.round(data[at]! * top))]!;
      data[at + 1] = green[Math.min(top, Math.round(data[at + 1]! * top))]!;
      data[at + 2] = blue[Math.min(top, Math.round(data[at + 2]! * top))]!;
    }
  }
  encodedSteps ??= Float32Array.from({ length: steps + 1 }, (_, i) => linearToSrgb(i / steps));
  const table = encodedSteps;
  const m = Float64Array.from(matrix);
  for (let at = 0; at < data.length; at += 3) {
    const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
    data[at] = encode(table, m[0]! * red + m[1]! * green + m[2]! * blue);
    data[at + 1] = encode(table, m[3]! * red + m[4]! * green + m[5]! * blue);
    data[at + 2] = encode(table, m[6]! * red + m[7]! * green + m[8]! * blue);
  }
}
