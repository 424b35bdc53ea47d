/**
 * The passes an optimiser makes over its vectors. Vectors are float32, sums are float64: with hundreds of
 * thousands of entries a float32 sum would lose the digits a line search lives on. Loops are unrolled by four with
 * separate accumulators (the additions then overlap), and passes that touch the same vector are fused.
 */

/** Σ aᵢbᵢ. Both of the same length; not a number or infinite when an entry is. */
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

/** q ← q + a·v in place, and Σ wᵢqᵢ of the new q in the same pass. */
export function addAndDot(q: Float32Array, v: Float32Array, a: number, w: Float32Array): number {
  const n = q.length;
  const whole = n - (n % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i < whole; i += 4) {
    const q0 = q[i]! + a * v[i]!;
    const q1 = q[i + 1]! + a * v[i + 1]!;
    const q2 = q[i + 2]! + a * v[i + 2]!;
    const q3 = q[i + 3]! + a * v[i + 3]!;
    q[i] = q0;
    q[i + 1] = q1;
    q[i + 2] = q2;
    q[i + 3] = q3;
    s0 += w[i]! * q0;
    s1 += w[i + 1]! * q1;
    s2 += w[i + 2]! * q2;
    s3 += w[i + 3]! * q3;
  }
  for (; i < n; i++) {
    const value = q[i]! + a * v[i]!;
    q[i] = value;
    s0 += w[i]! * value;
  }
  return s0 + s1 + (s2 + s3);
}

/** q ← c·q + a·v in place. */
export function combine(q: Float32Array, c: number, v: Float32Array, a: number): void {
  for (let i = 0; i < q.length; i++) q[i] = c * q[i]! + a * v[i]!;
}

/** q ← c·v. */
export function scaleInto(q: Float32Array, c: number, v: Float32Array): void {
  for (let i = 0; i < q.length; i++) q[i] = c * v[i]!;
}

/** Sums that a pass finds by the way. */
export interface Sums {
  /** Σ gᵢ(outᵢ − xᵢ): the decrease (negative) that the gradient g at x promises for a step. */
  promised: number;
  /** Σ gᵢdᵢ over the coordinates that can move: the derivative along the (projected) path. */
  slope: number;
  /** Σ gᵢ²; not a number or infinite when an entry is. */
  squared: number;
}

/** out ← x + t·d, projected onto [0,1]ⁿ when `bounded`; finds `promised`, and `slope` at x. */
export function stepInto(
  out: Float32Array,
  x: Float32Array,
  t: number,
  d: Float32Array,
  g: Float32Array,
  bounded: boolean,
  sums: Sums,
): void {
  const n = x.length;
  const low = bounded ? 0 : Number.NEGATIVE_INFINITY;
  const high = bounded ? 1 : Number.POSITIVE_INFINITY;
  let promised = 0;
  let slope = 0;
  for (let i = 0; i < n; i++) {
    const from = x[i]!;
    const along = d[i]!;
    let moved = from + t * along;
    if (moved < low) moved = low;
    else if (moved > high) moved = high;
    out[i] = moved;
    // Rounded as it is stored: the promise is for the step that is really made.
    promised += g[i]! * (Math.fround(moved) - from);
    if ((from > low || along > 0) && (from < high || along < 0)) slope += g[i]! * along;
  }
  sums.promised = promised;
  sums.slope = slope;
}

/** Finds `slope` at a point of the path in direction d where the gradient is g, and `squared`. */
export function slopeAlong(
  g: Float32Array,
  d: Float32Array,
  at: Float32Array,
  bounded: boolean,
  sums: Sums,
): void {
  const n = g.length;
  const low = bounded ? 0 : Number.NEGATIVE_INFINITY;
  const high = bounded ? 1 : Number.POSITIVE_INFINITY;
  let slope = 0;
  let squared = 0;
  for (let i = 0; i < n; i++) {
    const along = d[i]!;
    const slant = g[i]!;
    squared += slant * slant;
    if ((at[i]! > low || along > 0) && (at[i]! < high || along < 0)) slope += slant * along;
  }
  sums.slope = slope;
  sums.squared = squared;
}

/** The products of a curvature pair. */
export interface PairProducts {
  readonly ss: number;
  readonly sy: number;
  readonly yy: number;
}

/** s ← x₁ − x₀ and y ← g₁ − g₀, and their products. */
export function differences(
  s: Float32Array,
  y: Float32Array,
  x1: Float32Array,
  x0: Float32Array,
  g1: Float32Array,
  g0: Float32Array,
): PairProducts {
  let ss = 0;
  let sy = 0;
  let yy = 0;
  for (let i = 0; i < s.length; i++) {
    const si = Math.fround(x1[i]! - x0[i]!);
    const yi = Math.fround(g1[i]! - g0[i]!);
    s[i] = si;
    y[i] = yi;
    ss += si * si;
    sy += si * yi;
    yy += yi * yi;
  }
  return { ss, sy, yy };
}

/** Σ aᵢbᵢ over the first `count` of the listed entries. */
export function dotAt(a: Float32Array, b: Float32Array, entries: Int32Array, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const i = entries[k]!;
    sum += a[i]! * b[i]!;
  }
  return sum;
}

/** Sets the listed entries of q to zero and returns what they had added to Σ wᵢqᵢ. */
export function releaseAt(q: Float32Array, w: Float32Array, entries: Int32Array, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const i = entries[k]!;
    sum += q[i]! * w[i]!;
    q[i] = 0;
  }
  return sum;
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
