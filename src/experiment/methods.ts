/**
 * The methods that `neckar transfer` knows by name: every loss toward a style in the company that suits it. Weights
 * were found by looking at pictures of 192 pixels made with the wavelet encoder in 100 to 150 evaluations from the content.
 */
import type { LossInput } from '../losses/registry.ts';

/**
 * The losses of a method for given weights; where it has several style losses, they keep their proportions. The
 * style's colours, which the wavelet encoder's features do not see, are added to all alike (losses/style-colors.ts).
 *
 * @param wavelet - whether the encoder is the wavelet one, whose neighbouring scales are matched together as well
 */
type Method = (contentWeight?: number, styleWeight?: number, wavelet?: boolean) => readonly LossInput[];

/**
 * The Gram matrix of the finest layer, beside losses that do not read it: the colours' variance that these keep from
 * the layers they do read would else be made up there, in ripples (see the head of losses/mrf.ts).
 */
function finest(weight: number): LossInput {
  return { type: 'gram', name: 'finest', weight, layers: ['depth1'] };
}

/** Method -> its losses; the weights default to ones that suit the wavelet encoder. */
export const methods = {
  /** Gatys et al. 2016. */
  gram: (contentWeight = 1, styleWeight = 30, wavelet = false) => [
    { type: 'content', weight: contentWeight },
    { type: 'gram', weight: styleWeight, ...(wavelet ? { cross: 'adjacent' } : {}) },
  ],
  /** After Li et al. 2017: means, and covariances instead of the variances alone. */
  moments: (contentWeight = 1, styleWeight = 30) => [
    { type: 'content', weight: contentWeight },
    { type: 'moments', weight: styleWeight, covariance: 'layers' },
  ],
  /** Risser et al. 2017: histograms beside the Gram loss. */
  histogram: (contentWeight = 1, styleWeight = 30) => [
    { type: 'content', weight: contentWeight },
    { type: 'gram', weight: styleWeight },
    { type: 'histogram', weight: styleWeight },
  ],
  /** Li & Wand 2016. */
  mrf: (contentWeight = 1, styleWeight = 5) => [
    { type: 'content', weight: contentWeight },
    finest(6 * styleWeight),
    { type: 'mrf', weight: styleWeight },
  ],
  /** Zhao et al. 2019. */
  fused: (contentWeight = 1, styleWeight = 30) => [
    {
      type: 'fused',
      content: { weight: contentWeight },
      global: { weight: styleWeight },
      local: { weight: styleWeight / 6 },
    },
  ],
  /** Berger & Memisevic 2017: correlations over long distances beside the Gram loss. */
  correlations: (contentWeight = 1, styleWeight = 30) => [
    { type: 'content', weight: contentWeight },
    { type: 'gram', weight: styleWeight },
    { type: 'correlations', weight: styleWeight },
  ],
  /** Li et al. 2017: the Gaussian kernel, which sees whole distributions. */
  mmd: (contentWeight = 1, styleWeight = 200) => [
    { type: 'content', weight: contentWeight },
    { type: 'mmd', kernel: 'gaussian', weight: styleWeight },
  ],
  /** Mroueh 2019. */
  bures: (contentWeight = 1, styleWeight = 40) => [
    { type: 'content', weight: contentWeight },
    { type: 'bures', weight: styleWeight },
  ],
  /** Heitz et al. 2021; sorted anew at every evaluation, without which the picture stays too near the content. */
  'sliced-wasserstein': (contentWeight = 1, styleWeight = 120) => [
    { type: 'content', weight: contentWeight },
    { type: 'sliced-wasserstein', weight: styleWeight, refreshEvery: 1 },
  ],
  /** Kolkin et al. 2019, which knows content of its own; a little of ours keeps edges in their places. */
  strotss: (contentWeight = 0.03, styleWeight = 1) => [
    { type: 'content', weight: contentWeight },
    { type: 'strotss', weight: styleWeight },
  ],
  /** Li, Xu, Nie & Chua 2017: the Gram loss, with the content's edges kept beside its features. */
  laplacian: (contentWeight = 1, styleWeight = 30, wavelet = false) => [
    { type: 'content', weight: contentWeight },
    { type: 'laplacian', weight: contentWeight / 5 },
    { type: 'gram', weight: styleWeight, ...(wavelet ? { cross: 'adjacent' } : {}) },
  ],
  /** Mordvintsev et al. 2015: what the encoder sees in the content, in the colours of the style. */
  activation: (contentWeight = 1, styleWeight = 0.4) => [
    { type: 'content', weight: contentWeight },
    finest(1),
    { type: 'activation', weight: styleWeight },
  ],
} as const satisfies Readonly<Record<string, Method>>;

export type MethodName = keyof typeof methods;
