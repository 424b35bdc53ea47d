/** Pictures as somebody else's ONNX file wants and gives them: range, normalisation, order of axes and of channels. */
import type { ModelPort, ModelTensor } from '../engines/onnx/model.ts';
import { NeckarError } from '../errors.ts';
import type { RgbImage } from '../images/image.ts';

export type Layout = 'nchw' | 'nhwc';

/** How a file counts colours: x = (low + (high − low)·v − mean) / std of a value v in [0,1]. */
export interface Coding {
  /** What black and white are before mean and deviation. */
  readonly range: readonly [low: number, high: number];
  /** In the file's own order of channels; absent: 0. */
  readonly mean?: readonly number[] | undefined;
  /** Absent: 1. */
  readonly std?: readonly number[] | undefined;
  readonly layout?: Layout | undefined;
  readonly channels: 'rgb' | 'bgr';
}

/**
 * The order of axes that a file has, as declared or by which axis has three.
 *
 * @param what - such as `the input "x" of y.onnx`
 * @throws NeckarError for another rank than 4, for channels that are not three, and where nothing tells the order
 */
export function layoutOf(port: ModelPort, declared: Layout | undefined, what: string): Layout {
  const { type, shape } = port;
  if (type !== 'float32') {
    throw new NeckarError(`${what} wants ${type ?? 'no tensor'}; a picture of 32-bit floats is expected.`);
  }
  if (shape.length !== 4) {
    throw new NeckarError(
      `${what} has the rank ${shape.length} (${portText(port)}); a picture has 4 axes, [1, 3, height, width] or [1, height, width, 3].`,
    );
  }
  const axes = { nchw: 1, nhwc: 3 } as const;
  if (declared !== undefined) {
    const channels = shape[axes[declared]]!;
    if (typeof channels === 'number' && channels > 0 && channels !== 3) {
      throw new NeckarError(
        `${what} has ${channels} channels in the layout ${declared} (${portText(port)}); a picture has 3.`,
      );
    }
    return declared;
  }
  const fitting = (['nchw', 'nhwc'] as const).filter((layout) => shape[axes[layout]] === 3);
  if (fitting.length === 1) return fitting[0]!;
  throw new NeckarError(
    fitting.length === 0 && shape.every((extent) => typeof extent === 'number' && extent > 0)
      ? `${what} has no axis of 3 channels (${portText(port)}): it is no picture.`
      : `${what} does not tell which axis holds the channels (${portText(port)}); say layout: 'nchw' or 'nhwc'.`,
  );
}

/** Height and width that a file asks for; undefined where it takes any. */
export function fixedSize(
  { shape }: ModelPort,
  layout: Layout,
): { readonly height: number; readonly width: number } | undefined {
  const [height, width] = layout === 'nchw' ? [shape[2], shape[3]] : [shape[1], shape[2]];
  const fixed = (extent: number | string | undefined) => typeof extent === 'number' && extent > 0;
  return fixed(height) && fixed(width) ? { height: height as number, width: width as number } : undefined;
}

/** `[1, 3, h, 224]`. */
export function portText({ shape }: ModelPort): string {
  return `[${shape.map((extent) => (extent === -1 || extent === '' ? '?' : extent)).join(', ')}]`;
}

/** A picture as a file's input. */
export function encodePicture(
  { width, height, data }: RgbImage,
  layout: Layout,
  coding: Coding,
): ModelTensor {
  const area = width * height;
  const values = new Float32Array(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    const { times, plus } = scaleOf(coding, channel);
    const from = coding.channels === 'bgr' ? 2 - channel : channel;
    for (let i = 0; i < area; i++) {
      const to = layout === 'nchw' ? channel * area + i : i * 3 + channel;
      values[to] = data[i * 3 + from]! * times + plus;
    }
  }
  return {
    shape: layout === 'nchw' ? [1, 3, height, width] : [1, height, width, 3],
    data: values,
  };
}

/**
 * The picture in a file's output, in [0,1] but not yet cut to it.
 *
 * @param what - such as `the output "y" of y.onnx`
 * @throws NeckarError when it is no picture: another rank, more than one picture, not three channels, values that are no
 *   finite numbers or lie far from the declared range
 */
export function decodePicture(
  { shape, data }: ModelTensor,
  layout: Layout,
  coding: Coding,
  what: string,
): RgbImage {
  const [batch, ...axes] = shape;
  const [channels, height, width] = layout === 'nchw' ? axes : [axes[2], axes[0], axes[1]];
  if (shape.length !== 4 || batch !== 1 || channels !== 3 || !(height! > 0 && width! > 0)) {
    throw new NeckarError(
      `${what} is no picture: it has the shape [${shape.join(', ')}]; expected ${layout === 'nchw' ? '[1, 3, height, width]' : '[1, height, width, 3]'}.`,
    );
  }
  const area = height! * width!;
  const picture = new Float32Array(area * 3);
  let sum = 0;
  for (let channel = 0; channel < 3; channel++) {
    const { times, plus } = scaleOf(coding, channel);
    const to = coding.channels === 'bgr' ? 2 - channel : channel;
    for (let i = 0; i < area; i++) {
      const value = (data[layout === 'nchw' ? channel * area + i : i * 3 + channel]! - plus) / times;
      picture[i * 3 + to] = value;
      sum += value;
    }
  }
  const mean = sum / picture.length;
  if (!Number.isFinite(mean)) {
    throw new NeckarError(`${what} holds values that are no finite numbers.`, { exitCode: 1 });
  }
  // White on 0…1 that was declared as 0…255 is nearly black; the other way round it is far beyond white.
  if (mean < -1 || mean > 2) {
    const [low, high] = coding.range;
    throw new NeckarError(
      `${what} does not lie in the declared range ${low} to ${high}: with it the picture's mean is ${mean.toPrecision(3)} of 0 to 1. Correct output.range.`,
      { exitCode: 1 },
    );
  }
  return { width: width!, height: height!, data: picture };
}

function scaleOf(
  { range: [low, high], mean, std }: Coding,
  channel: number,
): { times: number; plus: number } {
  const deviation = std?.[channel] ?? 1;
  return { times: (high - low) / deviation, plus: (low - (mean?.[channel] ?? 0)) / deviation };
}
