/** Pictures made larger by what they mirror, for networks that take certain sizes alone. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Values of a picture or plane, row by row, with further rows and columns at the far ends that mirror what is there,
 * without the edge itself, as often as it takes.
 */
export function extend(data: Float32Array, from: Size, to: Size, channels: number): Float32Array {
  if (from.width === to.width && from.height === to.height) return data;
  const extended = new Float32Array(to.width * to.height * channels);
  const columns = Array.from({ length: to.width }, (_, x) => mirrored(x, from.width) * channels);
  for (let y = 0, at = 0; y < to.height; y++) {
    const row = mirrored(y, from.height) * from.width * channels;
    for (const column of columns) {
      for (let c = 0; c < channels; c++) extended[at++] = data[row + column + c]!;
    }
  }
  return extended;
}

function mirrored(index: number, extent: number): number {
  if (extent === 1) return 0;
  const period = 2 * (extent - 1);
  const within = index % period;
  return within < extent ? within : period - within;
}
