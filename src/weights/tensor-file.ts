/** Files of tensors, whatever their format: what is in them, and reading single tensors. */
import { NeckarError } from '../errors.ts';
import type { TensorValue } from '../tensor.ts';
import { formatOf, isFolder, type WeightFormat } from './files.ts';
import { readSafetensors } from './safetensors.ts';

export interface TensorEntry {
  readonly shape: readonly number[];
  /** Such as F32. */
  readonly dtype: string;
}

/**
 * A file of tensors, open for reading. Convolutions are called `<layer>.weight` and `<layer>.bias` and filters lie as
 * OIHW, however the format names and keeps them.
 */
export interface TensorFile {
  readonly path: string;
  readonly format: WeightFormat;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * One tensor as float32.
   * @throws NeckarError when the file ends too early, and for numbers that are not floating-point
   */
  read(name: string): Promise<TensorValue>;
  close(): Promise<void>;
}

/**
 * Opens a file of any known format: safetensors, Keras HDF5, PyTorch checkpoint (zip or older), ONNX, numpy's archive; or
 * a folder of numpy arrays.
 * @throws NeckarError when it is missing, broken, of another kind, or wants code to be run
 */
export async function openTensorFile(path: string): Promise<TensorFile> {
  if (await isFolder(path)) return (await import('./npy.ts')).openArrays(path);
  const format = await formatOf(path);
  if (format === 'pytorch') {
    const { isNpz, openArrays } = await import('./npy.ts');
    if (await isNpz(path)) return await openArrays(path);
  }
  switch (format) {
    case 'safetensors':
      return openSafetensors(path);
    case 'keras':
      return (await import('./keras.ts')).openKeras(path);
    case 'pytorch':
      return (await import('./pytorch.ts')).openPytorch(path);
    case 'numpy':
      return (await import('./npy.ts')).openArrays(path);
    case 'onnx':
      return (await import('./onnx.ts')).openOnnx(path);
  }
}

/**
 * Tensors of a file by name.
 *
 * @param wanted - default: all that hold floating-point numbers
 * @throws NeckarError as `openTensorFile`, and for a wanted name that is not in the file
 */
export async function readTensors(
  path: string,
  wanted?: readonly string[],
): Promise<Map<string, TensorValue>> {
  const file = await openTensorFile(path);
  try {
    const names =
      wanted ?? [...file.entries].filter(([, { dtype }]) => /^B?F\d+$/.test(dtype)).map(([n]) => n);
    const tensors = new Map<string, TensorValue>();
    for (const name of names) {
      if (!file.entries.has(name)) {
        throw new NeckarError(
          `${path} has no tensor ${name}. Its tensors are ${summary([...file.entries.keys()])}.`,
        );
      }
      tensors.set(name, await file.read(name));
    }
    return tensors;
  } finally {
    await file.close();
  }
}

async function openSafetensors(path: string): Promise<TensorFile> {
  const { entries, metadata } = await readSafetensors(path, []);
  return {
    path,
    format: 'safetensors',
    entries,
    metadata,
    read: async (name) => (await readSafetensors(path, [name])).tensors.get(name)!,
    close: async () => {},
  };
}

function summary(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
