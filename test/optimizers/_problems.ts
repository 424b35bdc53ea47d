/** Customary test functions of minimisation, and a loop that drives an optimiser on one. */
import type { Optimizer } from '../../src/optimizers/optimizer.ts';

/** Value and gradient in double precision. */
export type Problem = (x: Float64Array) => { value: number; gradient: Float64Array };

/** Rosenbrock in pairs: Σ 100(x₂ᵢ − x₂ᵢ₋₁²)² + (1 − x₂ᵢ₋₁)² (Moré, Garbow & Hillstrom 1981, no. 21). Minimum 0 at 1. */
export const rosenbrock: Problem = (x) => {
  let value = 0;
  const gradient = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += 2) {
    const a = x[i]!;
    const t = x[i + 1]! - a * a;
    value += 100 * t * t + (1 - a) ** 2;
    gradient[i] = -400 * a * t - 2 * (1 - a);
    gradient[i + 1] = 200 * t;
  }
  return { value, gradient };
};

/** Beale (Moré, Garbow & Hillstrom 1981, no. 5). Minimum 0 at (3, 0.5). */
export const beale: Problem = ([x, y]: Float64Array | number[]) => {
  const [a, b, c] = [1.5 - x! * (1 - y!), 2.25 - x! * (1 - y! ** 2), 2.625 - x! * (1 - y! ** 3)];
  return {
    value: a * a + b * b + c * c,
    gradient: Float64Array.of(
      -2 * (a * (1 - y!) + b * (1 - y! ** 2) + c * (1 - y! ** 3)),
      2 * x! * (a + 2 * b * y! + 3 * c * y! ** 2),
    ),
  };
};

/** ½ Σ dᵢxᵢ² with the dᵢ spread evenly in the logarithm from 1 to `condition`. Minimum 0 at 0. */
export function diagonalQuadratic(condition: number): Problem {
  return (x) => {
    const gradient = x.map((xi, i) => condition ** (i / (x.length - 1)) * xi);
    return { value: 0.5 * gradient.reduce((sum, g, i) => sum + g * x[i]!, 0), gradient };
  };
}

/** ½ (x − c)ᵀA(x − c) with A tridiagonal, 2.1 on the diagonal and −1 beside it. */
export function tridiagonalQuadratic(c: ArrayLike<number>): Problem {
  return (x) => {
    const r = x.map((xi, i) => xi - c[i]!);
    const gradient = r.map((ri, i) => 2.1 * ri - (r[i - 1] ?? 0) - (r[i + 1] ?? 0));
    return { value: 0.5 * gradient.reduce((sum, g, i) => sum + g * r[i]!, 0), gradient };
  };
}

/** The problem in y = scale·x + offset, as a function of x. */
export function inVariables(problem: Problem, scale: number, offset: number): Problem {
  return (x) => {
    const { value, gradient } = problem(x.map((xi) => scale * xi + offset));
    return { value, gradient: gradient.map((g) => scale * g) };
  };
}

/** `values` over and over, n numbers in all. */
export function repeated(values: readonly number[], n: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => values[i % values.length]!);
}

/** Every asked point and its value, until the optimiser stops or `evaluations` are spent or a value is `below`. */
export function drive(
  optimizer: Optimizer,
  problem: Problem,
  { evaluations = 500, below = Number.NEGATIVE_INFINITY }: { evaluations?: number; below?: number } = {},
): { points: Float32Array[]; values: number[] } {
  const points: Float32Array[] = [];
  const values: number[] = [];
  while (values.length < evaluations && optimizer.finished === undefined) {
    const point = optimizer.ask().slice();
    const { value, gradient } = problem(Float64Array.from(point));
    points.push(point);
    values.push(value);
    if (value <= below) break;
    optimizer.tell({ value, gradient: Float32Array.from(gradient) });
  }
  return { points, values };
}
