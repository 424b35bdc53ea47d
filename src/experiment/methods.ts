/** The methods that `neckar transfer` knows by name: which losses each consists of, and weights to begin with. */
import type { LossInput } from '../losses/registry.ts';

/** The losses of a method for given weights; where it has several style losses, they keep their proportions. */
type Method = (contentWeight?: number, styleWeight?: number) => readonly LossInput[];

/** Method -> its losses; the weights default to ones that suit the wavelet encoder. */
export const methods = {
  /** Gatys et al. 2016. */
  gram: (contentWeight = 1, styleWeight = 30) => [
    { type: 'content', weight: contentWeight },
    { type: 'gram', weight: styleWeight },
  ],
  /** Risser et al. 2017: histograms beside the Gram loss. */
  histogram: (contentWeight = 1, styleWeight = 30) => [
    { type: 'content', weight: contentWeight },
    { type: 'gram', weight: styleWeight },
    { type: 'histogram', weight: styleWeight / 3 },
  ],
  /** Li & Wand 2016. */
  mrf: (contentWeight = 1, styleWeight = 10) => [
    { type: 'content', weight: contentWeight },
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
} as const satisfies Readonly<Record<string, Method>>;

export type MethodName = keyof typeof methods;
