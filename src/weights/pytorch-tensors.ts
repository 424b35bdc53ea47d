/** Tensors as PyTorch keeps them: views, by offset and strides, of storages that lie outside of the pickle. */
import { NeckarError } from '../errors.ts';
import { float32, type TensorValue } from '../tensor.ts';
import { floatWidths, isFloatKind, toFloat32 } from './numbers.ts';

const integerWidths: Readonly<Record<string, number>> = { I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 };

/** A block of numbers that is kept outside of the pickle; tensors are views of such blocks. */
export class Storage {
  readonly key: string;
  readonly kind: string;
  readonly length: number;
  /** Where a view of another storage begins in it, in values. */
  readonly offset: number;
  constructor(key: string, kind: string, length: number, offset: number) {
    this.key = key;
    this.kind = kind;
    this.length = length;
    this.offset = offset;
  }
}

/** A view of a storage. */
export class StoredTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Reads values of a storage: `count` of them from `first` on. */
export type ReadStorage = (storage: Storage, first: number, count: number) => Promise<Buffer>;

/**
 * The values of a tensor, in reading order.
 * @throws NeckarError when they are no floating-point numbers
 */
export async function readTensor(
  path: string,
  name: string,
  { storage, offset, shape, strides }: StoredTensor,
  read: ReadStorage,
): Promise<TensorValue> {
  if (!isFloatKind(storage.kind)) {
    throw new NeckarError(
      `${path}: tensor ${name} [${shape.join(', ')}] has dtype ${storage.kind}; expected one of ${Object.keys(floatWidths).join(', ')}.`,
    );
  }
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size === 0) return float32(shape, new Float32Array(0));
  const span = shape.reduce((reach, extent, axis) => reach + (extent - 1) * strides[axis]!, 1);
  const values = toFloat32(await read(storage, offset, span), storage.kind);
  return float32(shape, isContiguous(shape, strides) ? values : gathered(values, shape, strides, size));
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** The values of a view in reading order. */
function gathered(
  values: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
  size: number,
): Float32Array {
  const result = new Float32Array(size);
  for (let at = 0; at < size; at++) {
    let rest = at;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    result[at] = values[from]!;
  }
  return result;
}

/** Bytes of one number of a kind. */
export function widthOf(kind: string): number {
  return isFloatKind(kind) ? floatWidths[kind] : integerWidths[kind]!;
}
