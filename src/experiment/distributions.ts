/** Seeded random distributions for `sample`: data here, drawn by `draws`. */
import { createHash } from 'node:crypto';
import type { Distribution } from '../components/sweepable.ts';
import { NeckarError } from '../errors.ts';
import { refuseTooMany } from './limit.ts';

export type { Distribution };

/**
 * Every number of [low, high) equally likely; with `integer`, every whole number of [low, high].
 * @throws NeckarError unless low < high
 */
export function uniform(
  low: number,
  high: number,
  options: { integer?: boolean } = {},
): Distribution<number> {
  checkBounds('uniform', low, high, Number.NEGATIVE_INFINITY);
  return { $distribution: 'uniform', low, high, integer: options.integer ?? false };
}

/**
 * Every order of magnitude of [low, high) equally likely (the logarithm is uniform); with `integer`, rounded.
 * @throws NeckarError unless 0 < low < high
 */
export function logUniform(
  low: number,
  high: number,
  options: { integer?: boolean } = {},
): Distribution<number> {
  checkBounds('logUniform', low, high, 0);
  return { $distribution: 'logUniform', low, high, integer: options.integer ?? false };
}

/**
 * Every one of the values equally likely.
 * @throws NeckarError for an empty list
 */
export function choice<const T>(values: readonly T[]): Distribution<T> {
  if (values.length === 0)
    throw new NeckarError('choice([]) has nothing to choose from: give at least one value');
  return { $distribution: 'choice', values };
}

/**
 * The first `count` draws of the stream that `seed` and `stream` (such as a dotted path) decide. Numbers are
 * rounded to 6 significant digits: what is printed is what was used.
 */
export function draws<T>(distribution: Distribution<T>, count: number, seed: number, stream: string): T[] {
  if (!Number.isInteger(count) || count < 0) {
    throw new NeckarError(
      `${stream}: sample(…, ${count}) draws no whole number of values; give one such as 20`,
    );
  }
  refuseTooMany(count, stream);
  const random = uniformStream(seed, stream);
  return Array.from({ length: count }, () => {
    const drawn = drawOne(distribution, random());
    const through = 'through' in distribution ? distribution.through : undefined;
    return through === undefined ? drawn : (through(drawn) as T);
  });
}

function drawOne<T>(distribution: Distribution<T>, u: number): T {
  if (distribution.$distribution === 'choice') {
    return distribution.values[Math.floor(u * distribution.values.length)]!;
  }
  const { low, high, integer } = distribution;
  if (distribution.$distribution === 'uniform') {
    return (integer ? low + Math.floor(u * (high - low + 1)) : rounded(low + u * (high - low))) as T;
  }
  const value = low * (high / low) ** u;
  return (integer ? Math.round(value) : rounded(value)) as T;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

function checkBounds(name: string, low: number, high: number, above: number): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low < high && low > above) return;
  const wanted = above === 0 ? '0 < low < high' : 'low < high';
  throw new NeckarError(`${name}(${low}, ${high}) is no interval: it takes finite bounds with ${wanted}`);
}

/** Uniform numbers of [0, 1) with 53 random bits: SHA-256 in counter mode, the same on every machine. */
function uniformStream(seed: number, stream: string): () => number {
  let counter = 0;
  return () => {
    const digest = createHash('sha256').update(`${seed}/${stream}/${counter++}`).digest();
    return (digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)) / 2 ** 53;
  };
}
