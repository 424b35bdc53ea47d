/** Several tfjs backends live in one process; each engine borrows the current one only while it computes. */
import { tf } from '../tensor.ts';
import { cpuBackend } from './cpu-kernel.ts';

/**
 * Runs `compute`, which must be synchronous, with the named, already initialised tfjs backend, and puts the
 * former one back.
 */
export function withBackend<T>(name: string, compute: () => T): T {
  const former: string | undefined = tf.getBackend();
  cpuBackend();
  // setBackend finishes before its first await when the backend exists already.
  if (former !== name) void tf.setBackend(name);
  try {
    return compute();
  } finally {
    if (former !== name) void tf.setBackend(former ?? 'cpu');
  }
}
