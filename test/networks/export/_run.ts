/** ONNX files run by onnxruntime, and their maps beside those of tfjs. */
import { loadRuntime } from '../../../src/engines/onnx/runtime.ts';
import type { RgbImage } from '../../../src/images/image.ts';
import { openNetwork } from '../../../src/networks/apply.ts';
import type { NetworkSpec } from '../../../src/networks/define.ts';
import type { ExportedModel } from '../../../src/networks/export/model.ts';
import { networks } from '../../../src/networks/registry.ts';
import { createRandom } from '../../../src/random.ts';
import { float32, type NamedValues, type TensorValue } from '../../../src/tensor.ts';
import { filled } from '../../engines/compare.ts';

/** Runs a file; values go in and come out as they lie in it. */
export async function runFile(
  bytes: ExportedModel['bytes'],
  inputs: NamedValues,
): Promise<Record<string, TensorValue>> {
  const { InferenceSession, Tensor } = await loadRuntime();
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [
      name,
      new Tensor('float32', data as Float32Array, [...shape]),
    ]),
  );
  const outputs = await session.run(feeds);
  const values = Object.entries(outputs).map(([name, tensor]) => [
    name,
    float32(tensor.dims as number[], tensor.data as Float32Array),
  ]);
  await session.release();
  return Object.fromEntries(values);
}

/** A map [1,H,W,C] as [1,C,H,W]. */
export function channelsFirst({ shape, data }: TensorValue): TensorValue {
  const [, height, width, channels] = shape as [number, number, number, number];
  const moved = new Float32Array(data.length);
  for (let p = 0; p < height * width; p++)
    for (let c = 0; c < channels; c++) moved[c * height * width + p] = data[p * channels + c]!;
  return float32([1, channels, height, width], moved);
}

/** Largest difference of two tensors of one shape; infinite when the shapes differ or a value is no number. */
export function largestDifference(a: TensorValue, b: TensorValue): number {
  if (a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [i, value] of a.data.entries()) {
    const difference = Math.abs(value - b.data[i]!);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** Random parameters of a size that keeps maps near 1. */
export function drawn(spec: NetworkSpec): NamedValues {
  const { name, ...settings } = spec;
  return Object.fromEntries(
    networks
      .get(name)
      .parameters(settings)
      .map(({ name, shape, role, fanIn }, i) => {
        const reach = Math.sqrt(3 / fanIn);
        if (role === 'filter') return [name, filled(shape, i, -reach, reach)];
        if (role === 'variance' || role === 'scale') return [name, filled(shape, i, 0.5, 1.5)];
        return [name, filled(shape, i, -0.2, 0.2)];
      }),
  );
}

interface Beside {
  readonly style?: TensorValue;
  readonly weights?: readonly number[];
  readonly alpha?: number;
}

/** Of the random maps that the engine draws. */
const seed = 3;

/** What Neckar makes of a content, cut to [0,1]. */
export async function applied(
  spec: NetworkSpec,
  parameters: NamedValues,
  content: TensorValue,
  { style, ...beside }: Beside = {},
): Promise<TensorValue> {
  const network = await openNetwork(spec, { name: 'onnx', threads: 1 }, { parameters, bytes: 0 });
  const request = { content: imageOf(content), styles: style ? [imageOf(style)] : [], seed, ...beside };
  const pass = await network.prepare(request);
  const { data } = await pass.run();
  await pass.dispose();
  await network.dispose();
  return float32(
    content.shape,
    data.map((value) => Math.min(1, Math.max(0, value))),
  );
}

function imageOf({ shape, data }: TensorValue): RgbImage {
  return { height: shape[1]!, width: shape[2]!, data: data as Float32Array };
}

/** The random maps that the engine draws for a content of a size, as the file says it wants them. */
export function noiseOf({ noise, multiple }: ExportedModel, height: number, width: number): NamedValues {
  const side = (extent: number, divisor: number) => (Math.ceil(extent / multiple) * multiple) / divisor;
  return Object.fromEntries(
    noise.map(({ input, channels, divisor }) => {
      const random = createRandom(seed, 'network noise', input.replace(/^noise /, ''));
      const shape = [1, side(height, divisor), side(width, divisor), channels];
      const drawn = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform());
      return [input, channelsFirst(float32(shape, drawn))];
    }),
  );
}

/** Samples of 8 bits, RGB, as a content. */
export function pictureOf(
  samples: Uint8Array,
  { width, height }: { width: number; height: number },
): TensorValue {
  return float32(
    [1, height, width, 3],
    Float32Array.from(samples, (level) => level / 255),
  );
}
