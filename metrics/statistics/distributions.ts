/** Distribution functions. Probabilities are in [0,1]; `cdf` is P(X ≤ x), `upper` is P(X > x) without cancellation. */
import { incompleteBeta, incompleteGammaComplement, inverse, logChoose } from './special.ts';

/** Standard normal distribution function Φ(z). */
export function normalCdf(z: number): number {
  const half = 0.5 * incompleteGammaComplement(0.5, (z * z) / 2);
  return z < 0 ? half : 1 - half;
}

/** P(Z > z) of the standard normal, accurate in the far tail. */
export function normalUpper(z: number): number {
  return normalCdf(-z);
}

/** Φ⁻¹(p) for 0 < p < 1; ∓Infinity at 0 and 1. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  return inverse(normalCdf, p, -39, 0);
}

/** Student's t distribution function with `df` > 0 degrees of freedom. */
export function studentCdf(t: number, df: number): number {
  const tail = 0.5 * incompleteBeta(df / (df + t * t), df / 2, 0.5);
  return t < 0 ? tail : 1 - tail;
}

/** The t at which Student's distribution function is p, 0 < p < 1. */
export function studentQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  if (p > 0.5) return -studentQuantile(1 - p, df);
  let low = -1;
  while (studentCdf(low, df) > p) low *= 2;
  return inverse((t) => studentCdf(t, df), p, low, 0);
}

/** P(X > x) of χ² with `df` degrees of freedom. */
export function chiSquaredUpper(x: number, df: number): number {
  return incompleteGammaComplement(df / 2, x / 2);
}

/** The x at which the beta distribution function with parameters a, b is p. */
export function betaQuantile(p: number, a: number, b: number): number {
  return inverse((x) => incompleteBeta(x, a, b), p, 0, 1);
}

/** P(X = k) of the binomial distribution. */
export function binomialPmf(k: number, n: number, p: number): number {
  if (p === 0) return k === 0 ? 1 : 0;
  if (p === 1) return k === n ? 1 : 0;
  return Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** Gauss–Legendre nodes and weights on [−1, 1], by Newton's method on the Legendre polynomial. */
function gaussLegendre(points: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < points; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (points + 0.5));
    let derivative = 1;
    for (let round = 0; round < 100; round++) {
      let [previous, current] = [1, x];
      for (let k = 2; k <= points; k++) {
        [previous, current] = [current, ((2 * k - 1) * x * current - (k - 1) * previous) / k];
      }
      derivative = (points * (x * current - previous)) / (x * x - 1);
      const step = current / derivative;
      x -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    nodes.push(x);
    weights.push(2 / ((1 - x * x) * derivative * derivative));
  }
  return { nodes, weights };
}

const rule = gaussLegendre(48);

function integrate(f: (x: number) => number, from: number, to: number, pieces: number): number {
  const width = (to - from) / pieces;
  let sum = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const center = from + (piece + 0.5) * width;
    for (let i = 0; i < rule.nodes.length; i++) {
      sum += rule.weights[i]! * f(center + (rule.nodes[i]! * width) / 2);
    }
  }
  return (sum * width) / 2;
}

/**
 * Distribution function of the studentised range q of k ≥ 2 normal means with `df` degrees of freedom (Infinity
 * for a known variance): W(q) = k ∫ φ(z) [Φ(z) − Φ(z − q)]^{k−1} dz, averaged over the χ distribution of the
 * standard deviation for finite df (Copenhaver & Holland 1988).
 */
export function studentizedRangeCdf(q: number, k: number, df = Number.POSITIVE_INFINITY): number {
  if (q <= 0) return 0;
  const known = (width: number): number =>
    k *
    integrate(
      (z) => {
        const inside = normalCdf(z) - normalCdf(z - width);
        return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * inside ** (k - 1);
      },
      -8,
      8 + Math.min(width, 8),
      2,
    );
  if (!Number.isFinite(df)) return Math.min(1, known(q));
  // s = sqrt(χ²/df) has density 2·(df/2)^{df/2}/Γ(df/2)·s^{df−1}·exp(−df·s²/2); Γ is divided out by normalising.
  const logDensity = (s: number): number => (df - 1) * Math.log(s) - (df * s * s) / 2;
  const mode = Math.sqrt(Math.max(df - 1, 1e-9) / df);
  const spread = 10 / Math.sqrt(2 * df);
  const [from, to] = [Math.max(1e-12, mode - spread), mode + spread];
  const scale = logDensity(mode);
  const density = (s: number): number => Math.exp(logDensity(s) - scale);
  return Math.min(
    1,
    integrate((s) => density(s) * known(q * s), from, to, 2) / integrate(density, from, to, 2),
  );
}

/** The q at which the studentised range's distribution function is p. */
export function studentizedRangeQuantile(p: number, k: number, df = Number.POSITIVE_INFINITY): number {
  let high = 4;
  while (studentizedRangeCdf(high, k, df) < p) high *= 2;
  let [from, to] = [0, high];
  for (let i = 0; i < 60 && to - from > 1e-12 * to; i++) {
    const middle = (from + to) / 2;
    if (studentizedRangeCdf(middle, k, df) < p) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
