/**
 * The passes an optimiser makes over its vectors. Vectors are float32, sums are float64: with hundreds of thousands
 * of entries a float32 sum would lose the digits a line search lives on.
 */
import { simdMemory } from './simd.ts';

/** Sums that a pass finds by the way. */
export interface Sums {
  /** Σ gᵢ(outᵢ − xᵢ): the decrease (negative) that the gradient g at x promises for a step. */
  promised: number;
  /** Σ gᵢdᵢ over the coordinates that can move: the derivative along the (projected) path. */
  slope: number;
  /** Σ gᵢ²; not a number or infinite when an entry is. */
  squared: number;
}

/** The products of a curvature pair. */
export interface PairProducts {
  readonly ss: number;
  readonly sy: number;
  readonly yy: number;
}

/** A vector whose entries are all bits or none: made by `markFree`, and no numbers. */
export type Mask = Float32Array;

/** Vectors of one length in one memory, and the fast passes over them: every argument must be one of them. */
export interface Vectors {
  readonly n: number;
  /** One more vector of zeros, [n]. Throws when there are as many as were asked for. */
  allocate(): Float32Array;
  /** Σ aᵢbᵢ. */
  dot(a: Float32Array, b: Float32Array): number;
  /** Σ aᵢbᵢ over the entries a mask has. */
  dotWhere(a: Float32Array, b: Float32Array, mask: Mask): number;
  /** q ← v on the entries a mask has, 0 on the others, and Σ wᵢqᵢ of it in the same pass. */
  copyAndDot(q: Float32Array, v: Float32Array, w: Float32Array, mask: Mask): number;
  /** q ← q + a·v on the entries a mask has, 0 on the others, and Σ wᵢqᵢ of the new q in the same pass. */
  addAndDot(q: Float32Array, v: Float32Array, a: number, w: Float32Array, mask: Mask): number;
  /** q ← c·q + a·v on the entries a mask has, b·u on the others. */
  combine(
    q: Float32Array,
    c: number,
    v: Float32Array,
    a: number,
    u: Float32Array,
    b: number,
    mask: Mask,
  ): void;
  /**
   * Makes the mask of the entries that are free: all but those within `tolerance` of a bound of [0,1] where the
   * gradient g pushes outward; all of them when not `bounded`.
   */
  markFree(mask: Mask, x: Float32Array, g: Float32Array, bounded: boolean, tolerance: number): void;
  /** out ← x + t·d, projected onto [0,1]ⁿ when `bounded`; finds `promised`, and `slope` at x. */
  stepInto(
    out: Float32Array,
    x: Float32Array,
    t: number,
    d: Float32Array,
    g: Float32Array,
    bounded: boolean,
    sums: Sums,
  ): void;
  /** Finds `slope` at a point of the path in direction d where the gradient is g, and `squared`. */
  slopeAlong(g: Float32Array, d: Float32Array, at: Float32Array, bounded: boolean, sums: Sums): void;
  /** s ← x₁ − x₀ and y ← g₁ − g₀, and their products. */
  differences(
    s: Float32Array,
    y: Float32Array,
    x1: Float32Array,
    x0: Float32Array,
    g1: Float32Array,
    g0: Float32Array,
  ): PairProducts;
}

/** Room for `count` vectors of n float32. @throws RangeError when they need more than 4 GB */
export function createVectors(n: number, count: number): Vectors {
  const stride = Math.ceil((4 * n) / 16) * 16;
  const { buffer, functions: simd } = simdMemory(stride * count);
  let used = 0;
  const at = (vector: Float32Array) => vector.byteOffset;
  const end = (vector: Float32Array) => vector.byteOffset + stride;
  const low = (bounded: boolean) => (bounded ? 0 : Number.NEGATIVE_INFINITY);
  const high = (bounded: boolean) => (bounded ? 1 : Number.POSITIVE_INFINITY);
  return {
    n,
    allocate() {
      if (used === count) throw new Error(`all ${count} vectors are taken`);
      return new Float32Array(buffer, stride * used++, n);
    },
    dot: (a, b) => simd.dot(at(a), at(b), end(a)),
    dotWhere: (a, b, mask) => simd.dotWhere(at(a), at(b), at(mask), end(a)),
    copyAndDot: (q, v, w, mask) => simd.copyAndDot(at(q), at(v), at(w), at(mask), end(q)),
    addAndDot: (q, v, a, w, mask) => simd.addAndDot(at(q), at(v), at(w), at(mask), end(q), a),
    combine: (q, c, v, a, u, b, mask) => simd.combine(at(q), at(v), at(u), at(mask), end(q), c, a, b),
    markFree(mask, x, g, bounded, tolerance) {
      const inset = bounded ? tolerance : 0;
      simd.free(at(mask), at(x), at(g), end(mask), low(bounded) + inset, high(bounded) - inset);
    },
    stepInto(out, x, t, d, g, bounded, sums) {
      const found = simd.step(at(out), at(x), at(d), at(g), end(out), t, low(bounded), high(bounded));
      [sums.promised, sums.slope] = found;
    },
    slopeAlong(g, d, x, bounded, sums) {
      [sums.slope, sums.squared] = simd.slope(at(g), at(d), at(x), end(g), low(bounded), high(bounded));
    },
    differences(s, y, x1, x0, g1, g0) {
      const [ss, sy, yy] = simd.differences(at(s), at(y), at(x1), at(x0), at(g1), at(g0), end(s));
      return { ss, sy, yy };
    },
  };
}

/** Σ aᵢbᵢ of any two arrays of one length; not a number or infinite when an entry is. */
export function dot(a: Float32Array, b: Float32Array): number {
  const n = a.length;
  const whole = n - (n % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i < whole; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (; i < n; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
}

/** x clipped to [0,1] in place. */
export function projectOntoBox(x: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    if (value < 0) x[i] = 0;
    else if (value > 1) x[i] = 1;
  }
}

/** x ← (x + y)/2. */
export function halveTowards(x: Float32Array, y: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] = 0.5 * (x[i]! + y[i]!);
}
