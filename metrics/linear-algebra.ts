/** The little linear algebra that distances between normal distributions need. Matrices are square, row by row. */

export interface Eigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** Row i is the unit eigenvector of `values[i]`. */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric n×n matrix: Householder tridiagonalisation, then implicit QR steps with Wilkinson's shift. Golub & Van Loan,
 * Matrix Computations, algorithms 8.3.1 and 8.3.3.
 *
 * @throws Error when it does not converge, which only values that are not numbers can cause
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const { diagonal, off, vectors } = tridiagonalize(matrix, n);
  const limit = 60 * n;
  // Relative to the whole matrix: between two eigenvalues of 0 nothing smaller would ever be small enough.
  const negligible =
    Number.EPSILON * [...diagonal, ...off].reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  let high = n - 1;
  for (let step = 0; high > 0; step++) {
    if (step > limit || !Number.isFinite(diagonal[high]!)) {
      throw new Error(`the eigenvalues of a ${n}×${n} matrix did not converge`);
    }
    for (let i = 0; i < high; i++) if (Math.abs(off[i]!) <= negligible) off[i] = 0;
    if (off[high - 1] === 0) {
      high--;
      continue;
    }
    let low = high - 1;
    while (low > 0 && off[low - 1] !== 0) low--;
    implicitStep(diagonal, off, vectors, n, low, high);
  }
  return sorted(diagonal, vectors, n);
}

function tridiagonalize(matrix: Float64Array, n: number) {
  const a = matrix.slice();
  const vectors = identity(n);
  const v = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    let norm = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = a[i * n + k]!;
      norm += v[i]! * v[i]!;
    }
    norm = Math.sqrt(norm);
    if (norm === 0) continue;
    v[k + 1]! += v[k + 1]! >= 0 ? norm : -norm;
    let square = 0;
    for (let i = k + 1; i < n; i++) square += v[i]! * v[i]!;
    const beta = 2 / square;
    // A ← HAH = A − v wᵀ − w vᵀ with w = βAv − ½β²(vᵀAv)v.
    let projection = 0;
    for (let i = k; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[i * n + j]! * v[j]!;
      p[i] = beta * sum;
      if (i > k) projection += p[i]! * v[i]!;
    }
    v[k] = 0;
    for (let i = k; i < n; i++) p[i]! -= (beta / 2) * projection * v[i]!;
    for (let i = k; i < n; i++) {
      for (let j = k; j < n; j++) a[i * n + j]! -= v[i]! * p[j]! + p[i]! * v[j]!;
    }
    reflectRows(vectors, v, beta, k + 1, n);
  }
  const diagonal = new Float64Array(n);
  const off = new Float64Array(Math.max(0, n - 1));
  for (let i = 0; i < n; i++) {
    diagonal[i] = a[i * n + i]!;
    if (i > 0) off[i - 1] = a[i * n + i - 1]!;
  }
  return { diagonal, off, vectors };
}

/** V ← (I − βvvᵀ)V. */
function reflectRows(vectors: Float64Array, v: Float64Array, beta: number, from: number, n: number): void {
  const sums = new Float64Array(n);
  for (let i = from; i < n; i++) {
    for (let j = 0; j < n; j++) sums[j]! += v[i]! * vectors[i * n + j]!;
  }
  for (let i = from; i < n; i++) {
    const factor = beta * v[i]!;
    for (let j = 0; j < n; j++) vectors[i * n + j]! -= factor * sums[j]!;
  }
}

/** One QR step on the unreduced block `low`…`high` of the tridiagonal matrix. */
function implicitStep(
  diagonal: Float64Array,
  off: Float64Array,
  vectors: Float64Array,
  n: number,
  low: number,
  high: number,
): void {
  const half = (diagonal[high - 1]! - diagonal[high]!) / 2;
  const last = off[high - 1]!;
  const root = Math.hypot(half, last);
  const shift = diagonal[high]! - (last * last) / (half + (half >= 0 ? root : -root));
  let x = diagonal[low]! - shift;
  let bulge = off[low]!;
  for (let k = low; k < high; k++) {
    const length = Math.hypot(x, bulge);
    const c = length === 0 ? 1 : x / length;
    const s = length === 0 ? 0 : bulge / length;
    if (k > low) off[k - 1] = length;
    const first = diagonal[k]!;
    const second = diagonal[k + 1]!;
    const between = off[k]!;
    diagonal[k] = c * c * first + 2 * c * s * between + s * s * second;
    diagonal[k + 1] = s * s * first - 2 * c * s * between + c * c * second;
    off[k] = c * s * (second - first) + (c * c - s * s) * between;
    x = off[k]!;
    if (k < high - 1) {
      bulge = s * off[k + 1]!;
      off[k + 1]! *= c;
    }
    for (let j = 0; j < n; j++) {
      const upper = vectors[k * n + j]!;
      const lower = vectors[(k + 1) * n + j]!;
      vectors[k * n + j] = c * upper + s * lower;
      vectors[(k + 1) * n + j] = c * lower - s * upper;
    }
  }
}

function sorted(diagonal: Float64Array, vectors: Float64Array, n: number): Eigen {
  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[i]! - diagonal[j]!);
  const rows = new Float64Array(n * n);
  for (const [to, from] of order.entries()) rows.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors: rows };
}

/** The n×n identity. */
export function identity(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
}

/** The product of two n×n matrices. */
export function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) product[i * n + j]! += factor * b[k * n + j]!;
    }
  }
  return product;
}

/** The positive semi-definite square root of a symmetric matrix; eigenvalues below 0 (rounding) count as 0. */
export function symmetricSquareRoot(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const root = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const value = Math.sqrt(Math.max(0, values[k]!));
    if (value === 0) continue;
    for (let i = 0; i < n; i++) {
      const factor = value * vectors[k * n + i]!;
      for (let j = 0; j < n; j++) root[i * n + j]! += factor * vectors[k * n + j]!;
    }
  }
  return root;
}

/**
 * The squared Fréchet (2-Wasserstein) distance of two normal distributions:
 * ‖μ₁−μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½), at least 0. Dowson & Landau, Journal of Multivariate Analysis 12(3), 1982.
 * Singular covariances do no harm: between two points it is ‖μ₁−μ₂‖². In directions without variance rounding costs
 * some 1e-8 of the largest variance each.
 */
export function frechetDistance(
  first: { readonly mean: Float64Array; readonly covariance: Float64Array },
  second: { readonly mean: Float64Array; readonly covariance: Float64Array },
): number {
  const n = first.mean.length;
  let distance = 0;
  for (let i = 0; i < n; i++) {
    distance += (first.mean[i]! - second.mean[i]!) ** 2;
    distance += first.covariance[i * n + i]! + second.covariance[i * n + i]!;
  }
  // (Σ₁Σ₂)^½ has the trace of (Σ₁^½ Σ₂ Σ₁^½)^½, and that matrix is symmetric.
  const root = symmetricSquareRoot(first.covariance, n);
  const inner = multiply(multiply(root, second.covariance, n), root, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (inner[i * n + j]! + inner[j * n + i]!) / 2;
      inner[i * n + j] = mean;
      inner[j * n + i] = mean;
    }
  }
  for (const value of symmetricEigen(inner, n).values) distance -= 2 * Math.sqrt(Math.max(0, value));
  return Math.max(0, distance);
}
