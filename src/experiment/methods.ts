/** The methods that `neckar transfer` knows by name: which losses each consists of, and weights to begin with. */
import type { LossInput } from '../losses/registry.ts';

/**
 * The losses of a method for given weights; where it has several style losses, they keep their proportions.
 *
 * @param wavelet - whether the encoder is the wavelet one, whose layers do not see a picture's mean colours: these
 *   are then matched as well, under every method alike
 */
type Method = (wavelet: boolean, contentWeight?: number, styleWeight?: number) => readonly LossInput[];

/** Means and covariances of the colours, octave by octave. */
function colors(wavelet: boolean, weight: number): LossInput[] {
  if (!wavelet) return [];
  const covariance = ['low1', 'low2', 'low3', 'low4', 'low5'];
  return [{ type: 'moments', name: 'colors', weight, convention: 'relative', layers: [], covariance }];
}

/** Method -> its losses; the weights default to ones that suit the wavelet encoder. */
export const methods = {
  /** Gatys et al. 2016. */
  gram: (wavelet, contentWeight = 1, styleWeight = 30) => [
    { type: 'content', weight: contentWeight },
    ...colors(wavelet, styleWeight / 3),
    { type: 'gram', weight: styleWeight, ...(wavelet ? { cross: 'adjacent' } : {}) },
  ],
  /** Risser et al. 2017: histograms beside the Gram loss. */
  histogram: (wavelet, contentWeight = 1, styleWeight = 30) => [
    { type: 'content', weight: contentWeight },
    ...colors(wavelet, styleWeight / 3),
    { type: 'gram', weight: styleWeight },
    { type: 'histogram', weight: styleWeight },
  ],
  /** Li & Wand 2016. */
  mrf: (wavelet, contentWeight = 1, styleWeight = 10) => [
    { type: 'content', weight: contentWeight },
    ...colors(wavelet, styleWeight),
    { type: 'mrf', weight: styleWeight },
  ],
  /** Zhao et al. 2019. */
  fused: (wavelet, contentWeight = 1, styleWeight = 30) => [
    ...colors(wavelet, styleWeight / 3),
    {
      type: 'fused',
      content: { weight: contentWeight },
      global: { weight: styleWeight },
      local: { weight: styleWeight / 6 },
    },
  ],
} as const satisfies Readonly<Record<string, Method>>;

export type MethodName = keyof typeof methods;
