/** What a resolved loss looks like in a trial's configuration: plain JSON, every default filled in. */

import type { Schedule } from './schedule.ts';

/** Layer name -> its weight within the loss. A layer of weight 0 takes no part. */
export type LayerWeights = Readonly<Record<string, number>>;

/** Shared by every loss: its place in the total. `name` defaults to its type. */
interface Common {
  readonly name: string;
  readonly weight: number;
  /** How the weight changes over the evaluations; absent: it does not. */
  readonly schedule?: Schedule;
}

export type LossSpec =
  | ContentSpec
  | GramSpec
  | MomentsSpec
  | HistogramSpec
  | MrfSpec
  | FusedSpec
  | CorrelationsSpec
  | MmdSpec
  | BuresSpec
  | SlicedWassersteinSpec
  | StrotssSpec
  | LaplacianSpec
  | ActivationSpec
  | VariationSpec;

export type LossType = LossSpec['type'];

export interface ContentSpec extends Common {
  readonly type: 'content';
  readonly convention: 'gatys' | 'mean' | 'relative';
  readonly layers: LayerWeights;
}

export interface GramSpec extends Common {
  readonly type: 'gram';
  readonly convention: 'gatys' | 'johnson' | 'relative';
  readonly layers: LayerWeights;
  /** Also the cross moments of each pair of layers, the finer one pooled to the coarser one's size; weight 1 each. */
  readonly cross: readonly (readonly [string, string])[];
}

export interface MomentsSpec extends Common {
  readonly type: 'moments';
  /** `bn`: means and standard deviations (Li et al. 2017); `relative`: means and covariances over their targets' norms. */
  readonly convention: 'bn' | 'relative';
  /** Layers whose means (and standard deviations under `bn`) are matched. */
  readonly layers: LayerWeights;
  /** Layers whose full covariance is matched (`relative` only); they need not be among `layers`. */
  readonly covariance: LayerWeights;
}

export interface HistogramSpec extends Common {
  readonly type: 'histogram';
  readonly convention: 'risser' | 'relative';
  readonly layers: LayerWeights;
  readonly bins: number;
  readonly refreshEvery: number;
}

export interface MrfSpec extends Common {
  readonly type: 'mrf';
  readonly convention: 'li-wand' | 'cnnmrf' | 'relative';
  readonly layers: LayerWeights;
  /** Side of a square patch in feature positions, odd. */
  readonly patch: number;
  /** Distance of neighbouring patches of the picture and of the style. */
  readonly stride: number;
  readonly styleStride: number;
  /** Degrees, and factors, of further copies of the style whose patches are offered too. */
  readonly rotations: readonly number[];
  readonly scales: readonly number[];
  readonly refreshEvery: number;
}

/** Zhao et al. 2019: content, global (gram) and local (mrf) under one weight each; terms `<name>.content` and so on. */
export interface FusedSpec extends Common {
  readonly type: 'fused';
  readonly content: Omit<ContentSpec, 'type' | 'name'>;
  readonly global: Omit<GramSpec, 'type' | 'name'>;
  readonly local: Omit<MrfSpec, 'type' | 'name'>;
  readonly variation: Omit<VariationSpec, 'type' | 'name'> | null;
}

/** Berger & Memisevic 2017: Gram matrices of features and their own shifted copies. */
export interface CorrelationsSpec extends Common {
  readonly type: 'correlations';
  readonly convention: 'berger' | 'relative';
  readonly layers: LayerWeights;
  /** In positions of a layer, or the rule that finds them from the maps' sizes. */
  readonly shifts: 'long' | 'octaves' | 'dense' | readonly number[];
}

/** Li et al. 2017: maximum mean discrepancy; options of kernels other than `kernel` have their defaults, unused. */
export interface MmdSpec extends Common {
  readonly type: 'mmd';
  readonly convention: 'li' | 'relative';
  readonly layers: LayerWeights;
  readonly kernel: 'linear' | 'polynomial' | 'gaussian';
  /** c of (fᵀa + c)², for `polynomial`. */
  readonly offset: number;
  /** Of `gaussian`: σ² over half the mean squared distance within the style, and how its value is estimated. */
  readonly bandwidth: number;
  readonly frequencies: number;
  readonly seed: number;
}

/** Squared 2-Wasserstein distance between Gaussians. */
export interface BuresSpec extends Common {
  readonly type: 'bures';
  readonly convention: 'squared' | 'relative';
  readonly layers: LayerWeights;
  /** Newton–Schulz steps of a matrix root. */
  readonly iterations: number;
}

/** Heitz et al. 2021: distributions compared along random directions. */
export interface SlicedWassersteinSpec extends Common {
  readonly type: 'sliced-wasserstein';
  readonly convention: 'heitz' | 'relative';
  readonly layers: LayerWeights;
  /** At each layer; `channels`: as many as it has. */
  readonly directions: 'channels' | number;
  readonly seed: number;
  readonly refreshEvery: number;
}

/** Kolkin et al. 2019: optimal transport of hyper-columns and self-similarity; terms `<name>.content` and `<name>.style`. */
export interface StrotssSpec extends Common {
  readonly type: 'strotss';
  readonly convention: 'kolkin' | 'relative';
  readonly layers: LayerWeights;
  /** How much the content counts against the style's 2. */
  readonly alpha: number;
  /** Pixels read of each picture. */
  readonly samples: number;
  readonly seed: number;
  readonly refreshEvery: number;
}

/** Li et al. 2017: edges at several scales, kept where the content has them. */
export interface LaplacianSpec extends Common {
  readonly type: 'laplacian';
  readonly convention: 'li' | 'relative';
  /** Pooling windows in pixels, and their weights. */
  readonly pools: readonly { readonly size: number; readonly weight: number }[];
  /** Whether windows lie side by side or around every pixel. */
  readonly windows: 'apart' | 'sliding';
}

/** Mordvintsev et al. 2015: layers, or some of their channels, as excited as can be; negative. */
export interface ActivationSpec extends Common {
  readonly type: 'activation';
  readonly convention: 'inceptionism' | 'mean-square' | 'mean' | 'relative';
  readonly layers: LayerWeights;
  /** Layer -> its channels that count; all of those layers that are not named. */
  readonly channels: Readonly<Record<string, readonly number[]>>;
}

export interface VariationSpec extends Common {
  readonly type: 'variation';
  readonly convention: 'quadratic' | 'absolute' | 'power';
  /** The exponent β, for `power` only (2 otherwise, unused). */
  readonly beta: number;
}
