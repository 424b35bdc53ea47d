/** Published files of weights: their tensors under a network's own names and in its own layouts. */
import { basename } from 'node:path';
import { NeckarError } from '../errors.ts';
import { float32, type NamedValues, type TensorValue } from '../tensor.ts';
import type { ParameterOutline } from './layers.ts';

/** Tensors of a file by name, as they lie in it. */
export type Tensors = ReadonlyMap<string, TensorValue>;

/**
 * Tensors of a network that was published in several files, as one: each under its file's name without endings, a slash
 * and its own name, such as `decoder/1.weight`. Those of a single file keep their names.
 *
 * @param files - a file's path and its tensors
 * @throws NeckarError for two files of one name
 */
export function joined(files: readonly (readonly [string, Tensors])[]): Tensors {
  if (files.length === 1) return files[0]![1];
  const all = new Map<string, TensorValue>();
  for (const [path, tensors] of files) {
    const stem = stemOf(path);
    for (const [name, tensor] of tensors) {
      if (all.has(`${stem}/${name}`)) {
        throw new NeckarError(`${path}: two of the files are called ${stem}; give them names that differ.`);
      }
      all.set(`${stem}/${name}`, tensor);
    }
  }
  return all;
}

/** A file's name without the endings of formats. */
function stemOf(path: string): string {
  return basename(path).replace(/(?:\.(?:pth|pt|tar|safetensors|onnx|npz|h5|bin))+$/, '');
}

/** What all names of one file of several begin with, where a file holds all of some names; undefined: there is none. */
export function partWith(names: ReadonlySet<string>, wanted: readonly string[]): string | undefined {
  const first = wanted[0]!;
  return [...names]
    .filter((name) => name === first || name.endsWith(`/${first}`))
    .map((name) => name.slice(0, name.length - first.length))
    .find((part) => wanted.every((name) => names.has(part + name)));
}

/**
 * Parameters of a network from tensors that lie as PyTorch's do: filters as [out,in/groups,h,w], those of transposed
 * convolutions as [in,out,h,w]. A parameter for each style may be a single row of its values where there is one style.
 *
 * @param nameOf - what the file calls a parameter
 * @throws NeckarError for a tensor that is missing or has another shape, naming it and both shapes
 */
export function fromPytorch(
  outlines: readonly ParameterOutline[],
  tensors: Tensors,
  nameOf: (parameter: string) => string,
): NamedValues {
  return Object.fromEntries(
    outlines.map((outline) => [outline.name, ownLayout(outline, taken(outline, tensors, nameOf))]),
  );
}

function taken(
  outline: ParameterOutline,
  tensors: Tensors,
  nameOf: (parameter: string) => string,
): TensorValue {
  const name = nameOf(outline.name);
  const wanted = pytorchShape(outline);
  const found = tensors.get(name);
  if (found !== undefined && text(found.shape) === text(wanted)) return found;
  throw new NeckarError(
    `the weights do not fit the network: tensor ${name} should have the shape ${text(wanted)}, ` +
      `${found === undefined ? 'and is missing' : `found ${text(found.shape)}`}. Give a file of this network's weights.`,
  );
}

function pytorchShape({ role, shape, groups = 1, transposed }: ParameterOutline): readonly number[] {
  if (role !== 'filter') return shape;
  const [height, width, third, fourth] = shape as [number, number, number, number];
  return transposed ? [fourth, third, height, width] : [fourth * groups, third / groups, height, width];
}

/** A tensor of PyTorch's layout in the network's own. */
function ownLayout(outline: ParameterOutline, tensor: TensorValue): TensorValue {
  const { role, shape, groups = 1, transposed } = outline;
  if (role !== 'filter') return tensor;
  const [height, width, third, fourth] = shape as [number, number, number, number];
  const data = new Float32Array(tensor.data.length);
  const area = height * width;
  const into = third / groups;
  for (let a = 0; a < third; a++)
    for (let b = 0; b < fourth; b++) {
      // In groups, output channel b of the group that input channel a is in.
      const from = transposed ? b * third + a : (Math.floor(a / into) * fourth + b) * into + (a % into);
      for (let at = 0; at < area; at++) data[(at * third + a) * fourth + b] = tensor.data[from * area + at]!;
    }
  return float32(shape, data);
}

/** How many channels of a layer a tensor tells, as a factor on how many there usually are. */
export function widthOf(tensors: Tensors, name: string, axis: number, usual: number): number {
  const extent = tensors.get(name)?.shape[axis];
  return extent === undefined ? 1 : extent / usual;
}

/** How many of some names there are, counted from `first` on. */
export function countOf(
  names: { has(name: string): boolean },
  nameOf: (index: number) => string,
  first: number,
): number {
  let count = 0;
  while (names.has(nameOf(first + count))) count++;
  return count;
}

const text = (shape: readonly number[]) => `[${shape.join(', ')}]`;
