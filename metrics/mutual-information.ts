/**
 * Normalised mutual information. C. Studholme, D. L. G. Hill & D. J. Hawkes, "An overlap invariant entropy measure of 3D
 * medical image alignment", Pattern Recognition 32, 1999.
 */
import { lumaPlane } from '../src/images/color.ts';
import type { RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { contentPath, isRefusal, refuse } from './metric.ts';
import { contentPair } from './ssim.ts';

/** Equal bins from the least to the greatest value of each picture. */
const bins = 100;

/**
 * (H(A) + H(B)) / H(A, B) of luminance, from histograms of 100×100 bins: 1 where one picture tells nothing of the other, 2
 * where each is a function of the other (an inverted picture is as good as an equal one). NaN of two pictures of one value.
 */
export function normalizedMutualInformation(first: RgbImage, second: RgbImage): number {
  const [a, b] = [first, second].map((image) => binned(lumaPlane(image).data)) as [Uint8Array, Uint8Array];
  const both = new Float64Array(bins * bins);
  const [own, other] = [new Float64Array(bins), new Float64Array(bins)];
  for (const [i, bin] of a.entries()) {
    own[bin]!++;
    other[b[i]!]!++;
    both[bin * bins + b[i]!]!++;
  }
  return (entropy(own, a.length) + entropy(other, a.length)) / entropy(both, a.length);
}

function binned(values: Float32Array): Uint8Array {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const scale = most > least ? bins / (most - least) : 0;
  return Uint8Array.from(values, (value) => Math.min(bins - 1, Math.floor((value - least) * scale)));
}

function entropy(counts: Float64Array, total: number): number {
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / total) * Math.log(count / total);
  return sum;
}

/** Between the result and the content at the result's size. */
export const mutualInformationWithContent = defineMetric({
  name: 'nmi',
  description: 'Normalised mutual information of lightness (Studholme et al., Pattern Recognition 1999).',
  needs: 'pixels',
  parts: { color: 'luma-float', bins, content: contentPath },
  label: 'Mutual information with the content',
  better: 'higher',
  purpose: 'content',
  unit: 'NMI',
  range: [1, 2],
  async measure(input) {
    const pair = contentPair(input, 16, 'A histogram of pairs needs pixels');
    if (isRefusal(pair)) return pair;
    const value = normalizedMutualInformation(input.result, pair);
    return Number.isFinite(value) ? value : refuse('Picture and content are of one lightness each.');
  },
});
