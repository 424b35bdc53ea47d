/** The last few curvature pairs of L-BFGS in a ring buffer, and the product of their inverse Hessian with a vector. */
import type { OptimizerState } from './optimizer.ts';
import {
  addAndDot,
  combine,
  differences,
  dot,
  dotAt,
  type PairProducts,
  releaseAt,
  scaleInto,
} from './vectors.ts';

/** Pairs with sᵀy ≤ ε‖s‖‖y‖ carry no usable curvature and are not kept. */
const curvatureThreshold = 1e-8;

export interface PairHistory {
  /** Pairs held, at most the capacity. */
  readonly size: number;
  /** Takes the pair s = x₁ − x₀, y = g₁ − g₀, dropping the oldest when full; false when it lacks curvature. */
  push(x1: Float32Array, x0: Float32Array, g1: Float32Array, g0: Float32Array): boolean;
  /**
   * d ← −H·g on the entries not listed as held; on the held ones d ← −γ·g (Bertsekas 1982, "Projected Newton
   * methods", SIAM J. Control Optim. 20(2), eq. 32: the inverse Hessian made diagonal on active coordinates).
   * With no pairs H is the identity.
   * @param held - indices, of which the first `count` are read
   */
  descend(d: Float32Array, g: Float32Array, held: Int32Array, count: number): void;
  clear(): void;
  state(): OptimizerState;
}

/**
 * An empty history, or the one a state describes.
 * @param capacity - pairs kept, at least 1; each takes 2·4·n bytes once used
 */
export function createPairHistory(capacity: number, n: number, stored?: OptimizerState): PairHistory {
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
      s.push(Float32Array.from(pair.s as Float32Array));
      y.push(Float32Array.from(pair.y as Float32Array));
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
      s[spare] ??= new Float32Array(n);
      y[spare] ??= new Float32Array(n);
      const found = differences(s[spare]!, y[spare]!, x1, x0, g1, g0);
      if (!curved(found.sy, found)) return false;
      products[spare] = found;
      newest = spare;
      size = Math.min(size + 1, capacity);
      return true;
    },

    descend(d, g, held, count) {
      // The two-loop recursion (Nocedal & Wright, algorithm 7.4) restricted to the free entries: every product
      // leaves the held ones out, so that the curvature across a bound does not bend the step along it.
      let used = 0;
      for (let age = 0; age < size; age++) {
        const at = slot(age);
        const sy = products[at]!.sy - dotAt(s[at]!, y[at]!, held, count);
        if (!curved(sy, products[at]!)) continue;
        restricted[used] = sy;
        usable[used++] = at;
      }
      if (used === 0) {
        scaleInto(d, -1, g);
        return;
      }

      d.set(g);
      const first = s[usable[0]!]!;
      let product = dot(first, d) - releaseAt(d, first, held, count);
      for (let k = 0; k < used; k++) {
        alphas[k] = product / restricted[k]!;
        // Fused: the vector whose product comes next is read in the pass that makes q.
        const next = k + 1 < used ? s[usable[k + 1]!]! : y[usable[used - 1]!]!;
        product = addAndDot(d, y[usable[k]!]!, -alphas[k]!, next);
        product -= releaseAt(d, next, held, count);
      }

      // H₀ = γ·I (eq. 7.20). What is kept in d from here on is r/γ; the last pass multiplies γ and the sign in.
      const latest = y[usable[0]!]!;
      const scale = restricted[0]! / (products[usable[0]!]!.yy - dotAt(latest, latest, held, count));
      for (let k = used - 1; k >= 0; k--) {
        const beta = (scale * product) / restricted[k]!;
        const weight = alphas[k]! - beta;
        if (k === 0) {
          combine(d, -scale, first, -weight);
        } else {
          const next = y[usable[k - 1]!]!;
          product = addAndDot(d, s[usable[k]!]!, weight / scale, next);
          product -= releaseAt(d, next, held, count);
        }
      }
      for (let k = 0; k < count; k++) d[held[k]!] = -scale * g[held[k]!]!;
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
