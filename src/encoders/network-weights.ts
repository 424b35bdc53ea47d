/** The weights of a network: from a file, checked tensor by tensor, or random by seed. */
import { didYouMean, NeckarError } from '../errors.ts';
import { createRandom } from '../random.ts';
import { float32, type TensorValue } from '../tensor.ts';
import { isWeightName, locateWeights } from '../weights/installed.ts';
import { readSafetensors, shapeText } from '../weights/safetensors.ts';
import { openTensorFile } from '../weights/tensor-file.ts';
import { convertedWeights } from './converted-weights.ts';
import { contentHash, tensorsHash } from './hash.ts';
import { type ExpectedTensor, expectedTensors, type NetworkWeights, type Stage } from './network.ts';
import { type NetworkName, networkStages } from './networks.ts';
import { type Preprocessing, parsePreprocessing, preprocessings } from './preprocessing.ts';

/**
 * Where weights come from: a file or the name of installed ones (see `isWeightName`), or a seed. `input` overrides what
 * the file says of its preprocessing.
 */
export type WeightSource =
  | { readonly file: string; readonly input?: string | undefined }
  | { readonly random: number };

export interface LoadedWeights {
  readonly weights: NetworkWeights;
  readonly preprocessing: Preprocessing;
  /** SHA-256 over the tensors, or over the seed and the way random ones are drawn. */
  readonly hash: string;
}

/**
 * Loads a network's weights from a file of any format that `openTensorFile` knows. How the network wants its input
 * belongs to the weights: `input` of the source where it is given, else the file's metadata entry `input`, else what is
 * customary where the tensors are named as they are (see `customaryInput`).
 *
 * @throws NeckarError when the file is missing or broken, or when a tensor is missing, has another shape (both are
 *   named) or holds a value that is no finite number
 */
export async function loadWeights(network: NetworkName, source: WeightSource): Promise<LoadedWeights> {
  const expected = expectedTensors(networkStages(network));
  if ('random' in source) {
    return {
      weights: randomWeights(network, expected, source.random),
      preprocessing: preprocessings.torchvision,
      hash: contentHash({ random: 'he-normal/1', network, seed: source.random }),
    };
  }
  const file = isWeightName(source.file) ? locateWeights(source.file) : source.file;
  const names = expected.map(({ name }) => name);
  const { tensors, metadata } = await readSafetensors(await convertedWeights(file, network), names);
  checkFinite(file, tensors);
  const preprocessing =
    source.input !== undefined
      ? parsePreprocessing(source.input, 'The encoder option weights.input')
      : metadata.input !== undefined
        ? parsePreprocessing(metadata.input, `${file} (metadata entry "input")`)
        : preprocessings.torchvision;
  return { weights: channelsLast(tensors), preprocessing, hash: tensorsHash(tensors) };
}

/**
 * The weights of a chain of stages, from a file of any format that has their tensors under the stages' own names.
 *
 * @returns `input`: what the file's metadata says of how the network wants its input
 * @throws NeckarError as `loadWeights`
 */
export async function loadTensors(
  stages: readonly Stage[],
  source: WeightSource,
): Promise<Omit<LoadedWeights, 'preprocessing'> & { readonly input: string | undefined }> {
  const expected = expectedTensors(stages);
  if ('random' in source) {
    const hash = contentHash({ random: 'he-normal/1', network: 'custom', seed: source.random });
    return { weights: randomWeights('custom', expected, source.random), hash, input: undefined };
  }
  const path = isWeightName(source.file) ? locateWeights(source.file) : source.file;
  const file = await openTensorFile(path);
  try {
    const tensors = new Map<string, TensorValue>();
    for (const { name, shape } of expected) {
      const found = file.entries.get(name)?.shape;
      if (found === undefined || shapeText(found) !== shapeText(shape)) {
        throw new NeckarError(
          `${path} does not fit the stages: tensor ${name} should have the shape ${shapeText(shape)}, ` +
            `${found === undefined ? `and is missing. ${didYouMean(name, file.entries.keys())}` : `found ${shapeText(found)}. `}` +
            'Check the stages, and the names in their tensors.',
        );
      }
      tensors.set(name, await file.read(name));
    }
    checkFinite(path, tensors);
    return { weights: channelsLast(tensors), hash: tensorsHash(tensors), input: file.metadata.input };
  } finally {
    await file.close();
  }
}

function checkFinite(file: string, tensors: ReadonlyMap<string, TensorValue>): void {
  for (const [name, { data }] of tensors) {
    if (data.every((value) => Number.isFinite(value))) continue;
    throw new NeckarError(
      `${file}: tensor ${name} holds values that are no finite numbers. Fetch the file again.`,
    );
  }
}

function channelsLast(tensors: ReadonlyMap<string, TensorValue>): NetworkWeights {
  return new Map([...tensors].map(([name, tensor]) => [name, toChannelsLast(tensor)]));
}

/**
 * Random weights: filters from N(0, 2/fan-in) (He et al., Delving Deep into Rectifiers, 2015), biases zero. Each
 * tensor has a random stream of its own and is drawn when it is first wanted, so that a shallow use of a deep network
 * draws little.
 */
export function randomWeights(
  network: string,
  expected: readonly ExpectedTensor[],
  seed: number,
): NetworkWeights {
  const shapes = new Map(expected.map(({ name, shape }) => [name, shape]));
  const drawn = new Map<string, TensorValue>();
  return {
    get(name) {
      const shape = shapes.get(name);
      if (shape === undefined) return undefined;
      let tensor = drawn.get(name);
      if (tensor === undefined) {
        tensor = toChannelsLast(heNormal(shape, createRandom(seed, network, name).normal));
        drawn.set(name, tensor);
      }
      return tensor;
    },
  };
}

/** A filter from OIHW, as weight files have it, to HWIO, as tfjs has it; anything but four axes is left as it is. */
export function toChannelsLast(tensor: TensorValue): TensorValue {
  if (tensor.shape.length !== 4) return tensor;
  const [outputs, inputs, height, width] = tensor.shape as [number, number, number, number];
  const area = height * width;
  const values = new Float32Array(tensor.data.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let p = 0; p < area; p++) {
        values[(p * inputs + i) * outputs + o] = tensor.data[(o * inputs + i) * area + p]!;
      }
    }
  }
  return float32([height, width, inputs, outputs], values);
}

function heNormal(shape: readonly number[], normal: () => number): TensorValue {
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  if (shape.length === 4) {
    const deviation = Math.sqrt(2 / (shape[1]! * shape[2]! * shape[3]!));
    for (let i = 0; i < values.length; i++) values[i] = deviation * normal();
  }
  return float32(shape, values);
}
