/** Discrete Fourier transforms of planes of any size. */

/** Complex values: real and imaginary parts apart, row by row. */
export interface Spectrum {
  readonly width: number;
  readonly height: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * X(u,v) = Σ x(a,b)·exp(∓2πi(ua/W + vb/H)), by rows and then columns.
 *
 * @param sign - −1 forward; +1 backward, which also divides by W·H
 */
export function transformed({ width, height, re, im }: Spectrum, sign: -1 | 1): Spectrum {
  const [outRe, outIm] = [new Float64Array(re), new Float64Array(im)];
  const row = lineTransform(width, sign);
  for (let y = 0; y < height; y++) row(outRe, outIm, y * width, 1);
  const column = lineTransform(height, sign);
  for (let x = 0; x < width; x++) column(outRe, outIm, x, width);
  if (sign > 0) {
    const pixels = width * height;
    for (let i = 0; i < pixels; i++) {
      outRe[i]! /= pixels;
      outIm[i]! /= pixels;
    }
  }
  return { width, height, re: outRe, im: outIm };
}

/** Transforms `length` values in place, the first at `from` and each `step` after the one before. */
type LineTransform = (re: Float64Array, im: Float64Array, from: number, step: number) => void;

/** By the factors of the length (Cooley & Tukey 1965): length × the sum of its prime factors operations. */
function lineTransform(length: number, sign: -1 | 1): LineTransform {
  const cos = Float64Array.from({ length }, (_, k) => Math.cos((2 * Math.PI * k) / length));
  const sin = Float64Array.from({ length }, (_, k) => sign * Math.sin((2 * Math.PI * k) / length));
  const given = [new Float64Array(length), new Float64Array(length)] as const;
  const made = [new Float64Array(length), new Float64Array(length)] as const;
  const factors = primeFactors(length);
  const [partRe, partIm] = [new Float64Array(factors.at(-1) ?? 1), new Float64Array(factors.at(-1) ?? 1)];

  /** Of `n` given values from `at`, each `apart` from the one before, into `made` from `to` on. */
  const solve = (n: number, at: number, apart: number, to: number, depth: number): void => {
    if (n === 1) {
      made[0][to] = given[0][at]!;
      made[1][to] = given[1][at]!;
      return;
    }
    const p = factors[depth]!;
    const m = n / p;
    for (let part = 0; part < p; part++) solve(m, at + part * apart, apart * p, to + part * m, depth + 1);
    const turn = length / n;
    if (p === 2) {
      const [re, im] = made;
      for (let k = 0, i = to, j = to + m; k < m; k++, i++, j++) {
        const [c, s] = [cos[k * turn]!, sin[k * turn]!];
        const turnedRe = re[j]! * c - im[j]! * s;
        const turnedIm = re[j]! * s + im[j]! * c;
        re[j] = re[i]! - turnedRe;
        im[j] = im[i]! - turnedIm;
        re[i]! += turnedRe;
        im[i]! += turnedIm;
      }
      return;
    }
    for (let k = 0; k < m; k++) {
      for (let part = 0; part < p; part++) {
        partRe[part] = made[0][to + part * m + k]!;
        partIm[part] = made[1][to + part * m + k]!;
      }
      for (let q = 0; q < p; q++) {
        let [sumRe, sumIm] = [0, 0];
        for (let part = 0; part < p; part++) {
          const angle = (part * (k + q * m) * turn) % length;
          sumRe += partRe[part]! * cos[angle]! - partIm[part]! * sin[angle]!;
          sumIm += partRe[part]! * sin[angle]! + partIm[part]! * cos[angle]!;
        }
        made[0][to + q * m + k] = sumRe;
        made[1][to + q * m + k] = sumIm;
      }
    }
  };
  return (re, im, from, step) => {
    for (let i = 0; i < length; i++) {
      given[0][i] = re[from + i * step]!;
      given[1][i] = im[from + i * step]!;
    }
    solve(length, 0, 1, 0, 0);
    for (let i = 0; i < length; i++) {
      re[from + i * step] = made[0][i]!;
      im[from + i * step] = made[1][i]!;
    }
  };
}

/** Ascending, with repetitions. */
function primeFactors(n: number): number[] {
  const factors: number[] = [];
  let rest = n;
  for (let p = 2; p * p <= rest; p++) {
    while (rest % p === 0) {
      factors.push(p);
      rest /= p;
    }
  }
  return rest > 1 ? [...factors, rest] : factors;
}
