/** Content hashes of encoders and weights. */
import { createHash } from 'node:crypto';
import type { TensorValue } from '../tensor.ts';

/** SHA-256 in hexadecimal of a plain value written as JSON with sorted keys. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/**
 * SHA-256 in hexadecimal over the names, shapes and bytes of tensors in the order of their names: the same for the
 * same weights, whichever file they came from.
 */
export function tensorsHash(tensors: ReadonlyMap<string, TensorValue>): string {
  const hash = createHash('sha256');
  for (const name of [...tensors.keys()].sort()) {
    const { shape, dtype, data } = tensors.get(name)!;
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    entry !== null && typeof entry === 'object' && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}
