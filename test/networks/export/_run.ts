/** ONNX files run by onnxruntime, and their maps beside those of tfjs. */
import { loadRuntime } from '../../../src/engines/onnx/runtime.ts';
import type { ExportedModel } from '../../../src/networks/export/model.ts';
import { float32, type NamedValues, type TensorValue } from '../../../src/tensor.ts';

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
