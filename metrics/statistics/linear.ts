/** The one piece of linear algebra the estimators need. */

/**
 * x of A·x = b for a symmetric positive (semi)definite A, by Gaussian elimination with pivoting; directions in
 * which A vanishes get 0.
 */
export function solveSymmetric(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  const a = matrix.map((row, i) => Float64Array.of(...row, right[i]!));
  const scale = Math.max(...matrix.map((row, i) => Math.abs(row[i]!)), 1e-300);
  const pivots: number[] = [];
  for (let column = 0; column < n; column++) {
    let best = column;
    for (let r = column + 1; r < n; r++) {
      if (Math.abs(a[r]![column]!) > Math.abs(a[best]![column]!)) best = r;
    }
    [a[column], a[best]] = [a[best]!, a[column]!];
    const pivot = a[column]![column]!;
    pivots.push(pivot);
    if (Math.abs(pivot) < 1e-13 * scale) continue;
    for (let r = column + 1; r < n; r++) {
      const factor = a[r]![column]! / pivot;
      if (factor === 0) continue;
      for (let j = column; j <= n; j++) a[r]![j]! -= factor * a[column]![j]!;
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    if (Math.abs(pivots[i]!) < 1e-13 * scale) continue;
    let sum = a[i]![n]!;
    for (let j = i + 1; j < n; j++) sum -= a[i]![j]! * x[j]!;
    x[i] = sum / pivots[i]!;
  }
  return x;
}
