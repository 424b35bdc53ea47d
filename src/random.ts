/**
 * Seeded random numbers that are the same on every machine: xoshiro128** (Blackman & Vigna, Scrambled Linear
 * Pseudorandom Number Generators, ACM TOMS 47(4), 2021), its state filled by a 32-bit hash of the seed.
 */

export interface Random {
  /** A number in [0,1) with 53 random bits. */
  uniform(): number;
  /** A draw from the standard normal distribution (polar method, Marsaglia & Bray 1964). */
  normal(): number;
  /** An integer in [0,n), every one equally likely; n from 1 to 2³². */
  integer(n: number): number;
  /** A shuffled copy (Fisher & Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * A generator. The same seed and keys give the same numbers; another key gives a stream of its own, so that what
 * is drawn for one purpose (a layer, a rater) does not depend on how much was drawn for another.
 *
 * @param seed - any finite number or a string
 * @param keys - what the stream is for
 */
export function createRandom(seed: number | string, ...keys: readonly (number | string)[]): Random {
  return randomFromState(stateOf(JSON.stringify([seed, ...keys])));
}

/** The generator at a given state of four 32-bit words, not all zero. */
export function randomFromState(state: readonly [number, number, number, number]): Random {
  const next = xoshiro128(state);
  let spare: number | undefined;

  const uniform = (): number => {
    const high = next() >>> 5;
    const low = next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };

  const normal = (): number => {
    if (spare !== undefined) {
      const held = spare;
      spare = undefined;
      return held;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * factor;
      return x * factor;
    }
  };

  const integer = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`integer(n) wants a whole n from 1 to 2^32, got ${n}`);
    }
    // Draws at or above the greatest multiple of n would favour the small residues, so they are drawn again.
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const draw = next();
      if (draw < limit) return draw % n;
    }
  };

  const shuffle = <T>(items: readonly T[]): T[] => {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  };

  return { uniform, normal, integer, shuffle };
}

/** The raw xoshiro128** sequence of unsigned 32-bit integers from a state that is not all zero. */
export function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Four words from a text: FNV-1a with four offsets, each finished by MurmurHash3's mixer (Appleby 2011). */
function stateOf(text: string): [number, number, number, number] {
  const words = [0, 1, 2, 3].map((lane) => {
    let hash = 0x811c9dc5 ^ Math.imul(lane + 1, 0x9e3779b9);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
      hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  });
  const [a, b, c, d] = words as [number, number, number, number];
  return [(a | b | c | d) === 0 ? 1 : a, b, c, d];
}
