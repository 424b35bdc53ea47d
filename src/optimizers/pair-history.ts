/** The last few curvature pairs of L-BFGS in a ring buffer, and the product of their inverse Hessian with a vector. */
import type { OptimizerState } from './optimizer.ts';
import type { Mask, PairProducts, Vectors } from './vectors.ts';

/** Pairs with sᵀy ≤ ε‖s‖‖y‖ carry no usable curvature and are not kept. */
const curvatureThreshold = 1e-8;

export interface PairHistory {
  /** Pairs held, at most the capacity. */
  readonly size: number;
  /** Takes the pair s = x₁ − x₀, y = g₁ − g₀, dropping the oldest when full; false when it lacks curvature. */
  push(x1: Float32Array, x0: Float32Array, g1: Float32Array, g0: Float32Array): boolean;
  /**
   * d ← −H·g on the free entries; on the others d ← −γ·g (Bertsekas 1982, "Projected Newton methods", SIAM J.
   * Control Optim. 20(2), eq. 32: the inverse Hessian made diagonal on active coordinates). With no pairs H is the
   * identity.
   */
  descend(d: Float32Array, g: Float32Array, free: Mask): void;
  clear(): void;
  state(): OptimizerState;
}

/** The vectors a history of so many pairs takes. */
export function vectorsOf(capacity: number): number {
  return 2 * (capacity + 1);
}

/**
 * An empty history, or the one a state describes.
 * @param capacity - pairs kept, at least 1
 * @param vectors - with room for `vectorsOf(capacity)`; every vector that is pushed must be one of them
 */
export function createPairHistory(capacity: number, vectors: Vectors, stored?: OptimizerState): PairHistory {
  const s: Float32Array[] = [];
  const y: Float32Array[] = [];
  const products: PairProducts[] = [];
  // One slot more than pairs: a candidate is written there and forgotten, or made the newest, without harm to the rest.
  const slots = capacity + 1;
  // The pair of age k (0 the newest) is at (newest − k) mod slots; only the first `size` ages are live.
  let newest = -1;
  let size = 0;
  const slot = (age: number) => (newest - age + slots) % slots;

  if (stored !== undefined) {
    const pairs = stored.pairs as OptimizerState[];
    for (const pair of pairs) {
      s.push(vectors.allocate());
      s.at(-1)!.set(pair.s as Float32Array);
      y.push(vectors.allocate());
      y.at(-1)!.set(pair.y as Float32Array);
      products.push({ ss: pair.ss as number, sy: pair.sy as number, yy: pair.yy as number });
    }
    size = pairs.length;
    newest = size - 1;
  }

  const alphas = new Float64Array(capacity);
  const restricted = new Float64Array(capacity);
  const usable = new Int32Array(capacity);
  const curved = (sy: number, of: PairProducts) => sy > curvatureThreshold * Math.sqrt(of.ss * of.yy);

  return {
    get size() {
      return size;
    },

    push(x1, x0, g1, g0) {
      const spare = (newest + 1) % slots;
      s[spare] ??= vectors.allocate();
      y[spare] ??= vectors.allocate();
      const found = vectors.differences(s[spare]!, y[spare]!, x1, x0, g1, g0);
      if (!curved(found.sy, found)) return false;
      products[spare] = found;
      newest = spare;
      size = Math.min(size + 1, capacity);
      return true;
    },

    descend(d, g, free) {
      // The two-loop recursion (Nocedal & Wright, algorithm 7.4) restricted to the free entries: every product
      // leaves the others out, so that the curvature across a bound does not bend the step along it.
      let used = 0;
      for (let age = 0; age < size; age++) {
        const at = slot(age);
        const sy = vectors.dotWhere(s[at]!, y[at]!, free);
        if (!curved(sy, products[at]!)) continue;
        restricted[used] = sy;
        usable[used++] = at;
      }
      if (used === 0) {
        vectors.combine(d, 0, g, -1, g, -1, free);
        return;
      }

      const first = s[usable[0]!]!;
      let product = vectors.copyAndDot(d, g, first, free);
      for (let k = 0; k < used; k++) {
        alphas[k] = product / restricted[k]!;
        // Fused: the vector whose product comes next is read in the pass that makes q.
        const next = k + 1 < used ? s[usable[k + 1]!]! : y[usable[used - 1]!]!;
        product = vectors.addAndDot(d, y[usable[k]!]!, -alphas[k]!, next, free);
      }

      // H₀ = γ·I (eq. 7.20). What is kept in d from here on is r/γ; the last pass multiplies γ and the sign in.
      const latest = y[usable[0]!]!;
      const scale = restricted[0]! / vectors.dotWhere(latest, latest, free);
      for (let k = used - 1; k >= 0; k--) {
        const weight = alphas[k]! - (scale * product) / restricted[k]!;
        if (k === 0) {
          vectors.combine(d, -scale, first, -weight, g, -scale, free);
        } else {
          product = vectors.addAndDot(d, s[usable[k]!]!, weight / scale, y[usable[k - 1]!]!, free);
        }
      }
    },

    clear() {
      size = 0;
      newest = -1;
    },

    state() {
      const pairs: OptimizerState[] = [];
      for (let age = size - 1; age >= 0; age--) {
        const at = slot(age);
        pairs.push({ s: s[at]!.slice(), y: y[at]!.slice(), ...products[at]! });
      }
      return { pairs };
    },
  };
}
