/** Keras weights in HDF5 (`*_notop.h5` of Keras's model zoo, `save_weights` and `save` of Keras 1 and 2). */
import type { Group } from 'h5wasm/node';
import { messageOf, NeckarError } from '../errors.ts';
import { float32, type TensorValue } from '../tensor.ts';
import type { TensorEntry, TensorFile } from './tensor-file.ts';

/**
 * Opens a Keras file. Each layer is a group whose attribute `weight_names` lists its tensors; kernels (`W` in Keras 1)
 * become `<layer>.weight`, biases `<layer>.bias`, and convolution kernels turn from HWIO to OIHW.
 *
 * @throws NeckarError when the file is truncated or broken, or no Keras file
 */
export async function openKeras(path: string): Promise<TensorFile> {
  const hdf5 = await import('h5wasm/node');
  const module = await hdf5.ready;
  // Otherwise the library prints its own reports to stderr and goes on with what is not there.
  module.activate_throwing_error_handler();
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof NeckarError) throw cause;
      throw new NeckarError(
        `${path} is a truncated or broken HDF5 file (${reasonOf(cause)}). Fetch it again.`,
        {
          cause,
        },
      );
    }
  };
  const file = guarded(() => new hdf5.File(path, 'r'));
  try {
    const places = guarded(() => {
      const found = new Map<string, { place: string; entry: TensorEntry; kernel: boolean }>();
      collect(file, '', found);
      return found;
    });
    if (places.size === 0) {
      throw new NeckarError(
        `${path} is an HDF5 file without layers of Keras 1 or 2 (groups that list their weight_names). ` +
          'Save the weights with save_weights as .h5, or as safetensors.',
      );
    }
    return {
      path,
      format: 'keras',
      entries: new Map([...places].map(([name, { entry }]) => [name, entry])),
      metadata: {},
      read: async (name) =>
        guarded(() => {
          const { place, entry, kernel } = places.get(name)!;
          const values = datasetAt(file, place).value;
          if (!(values instanceof Float32Array) && !(values instanceof Float64Array)) {
            throw new NeckarError(`${path}: tensor ${place} holds ${entry.dtype}; expected 32-bit floats.`);
          }
          const tensor = float32(kernel ? turned(entry.shape) : entry.shape, Float32Array.from(values));
          return kernel ? toOutputsFirst(tensor) : tensor;
        }),
      close: async () => void file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function collect(
  group: Group,
  prefix: string,
  found: Map<string, { place: string; entry: TensorEntry; kernel: boolean }>,
): void {
  const names = group.attrs.weight_names?.value;
  if (Array.isArray(names)) {
    for (const name of names) addWeight(group, prefix, String(name), found);
    return;
  }
  for (const key of group.keys()) {
    // `save` keeps the layers within this group, beside the optimiser's state.
    const inside = prefix === '' && key === 'model_weights' ? '' : `${prefix}${key}/`;
    const child = group.get(key);
    if (child !== null && 'type' in child && child.type === 'Group') collect(child as Group, inside, found);
  }
}

function addWeight(
  group: Group,
  prefix: string,
  name: string,
  found: Map<string, { place: string; entry: TensorEntry; kernel: boolean }>,
): void {
  const place = `${group.path.replace(/\/$/, '')}/${name}`;
  const { shape, dtype } = datasetAt(group, name);
  const layer = prefix.slice(0, -1);
  const base = name.split('/').at(-1)!.replace(/:\d+$/, '');
  const kernel = shape.length === 4 && /(^|_)(kernel|W)(_\d+)?$/.test(base);
  const bias = shape.length === 1 && /(^|_)(bias|b)(_\d+)?$/.test(base);
  const entry = { shape: kernel ? [3, 2, 0, 1].map((axis) => shape[axis]!) : shape, dtype: kindOf(dtype) };
  found.set(`${layer}.${kernel ? 'weight' : bias ? 'bias' : base}`, { place, entry, kernel });
}

function datasetAt(group: Group, name: string) {
  const entity = group.get(name);
  if (entity === null || !('type' in entity) || entity.type !== 'Dataset')
    throw new Error(`the dataset ${name} is missing`);
  return entity as unknown as { shape: number[]; dtype: unknown; value: unknown };
}

/** The shape OIHW of a kernel as the file has it, HWIO. */
function turned([outputs, inputs, height, width]: readonly number[]): number[] {
  return [height!, width!, inputs!, outputs!];
}

/** A kernel from HWIO to OIHW. */
function toOutputsFirst({ shape, data }: TensorValue): TensorValue {
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  const area = height * width;
  const values = new Float32Array(data.length);
  for (let p = 0; p < area; p++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        values[(o * inputs + i) * area + p] = data[(p * inputs + i) * outputs + o]!;
      }
    }
  }
  return float32([outputs, inputs, height, width], values);
}

function kindOf(dtype: unknown): string {
  const kinds: Readonly<Record<string, string>> = { '<e': 'F16', '<f': 'F32', '<d': 'F64' };
  return kinds[String(dtype)] ?? String(dtype);
}

/** The innermost reason in a report of the HDF5 library. */
function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const reasons = [...text.matchAll(/ in \w+\(\): ([^\n]*)/g)];
  return reasons.at(-1)?.[1] ?? messageOf(thrown);
}
