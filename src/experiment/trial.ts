/**
 * The resolved configuration of one trial: plain JSON, every default filled in, nothing left to choose. What an
 * experiment file expands into, what a worker process is given, what is stored beside each result.
 */
import type { ComponentModule } from '../components/modules.ts';
import type { EncoderSpec } from '../encoders/registry.ts';
import type { EngineSpec } from '../engines/engine.ts';
import type { Method } from '../external/method.ts';
import type { LossSpec } from '../losses/registry.ts';
import type { OptimizerSpec } from '../optimizers/registry.ts';

export interface TrialConfig {
  /** The experiment's name. */
  readonly experiment: string;
  /** The loss variant's name within the experiment, such as `gram`. */
  readonly variant: string;
  /** Image files: an absolute path, or one relative to the experiment's working directory. */
  readonly content: string;
  readonly style: string;
  /** The styles that are blended, `style` first, weights descending and of sum 1; absent: `style` alone. */
  readonly styles?: readonly { readonly file: string; readonly weight: number }[];
  /** Region maps or masks that guide the losses; absent: none. */
  readonly regions?: RegionSettings;
  /** Empty where the picture is made by another method. */
  readonly losses: readonly LossSpec[];
  /** What makes the picture instead of the optimisation of losses; the encoder then only measures. */
  readonly method?: Method;
  readonly encoder: EncoderSpec;
  readonly engine: EngineSpec;
  readonly optimizer: OptimizerSpec;
  /** Longest side in pixels of the picture at each level, coarse to fine; the last is the result's size. */
  readonly sizes: readonly number[];
  /** What single levels have of their own, one entry for each size; absent: nothing. */
  readonly levels?: readonly LevelSettings[];
  /** Factor between the style image's encoded size and the content's (1: same longest side). */
  readonly styleScale: number;
  /** What of the content's colours is kept; absent: nothing, they are free. */
  readonly color?: Exclude<ColorMode, 'free'>;
  /** Whether pictures are computed strip by strip; absent: `auto`. */
  readonly tiling?: Exclude<Tiling, 'auto'>;
  readonly initialization: Initialization;
  /** `step`: the box [0,1] holds at every evaluation (projection); `final`: only when the picture is written. */
  readonly clamp: 'step' | 'final';
  readonly seed: number;
  readonly budget: Budget;
  /** `fixed`: weights as written; `gradient-norm`: factors make every term's weighted gradient norm equal to its weight at the start. */
  readonly weighting: 'fixed' | 'gradient-norm';
  /** Evaluations at which the picture so far is kept, besides the last. */
  readonly snapshots: readonly number[];
  /** What is measured of the picture besides the few that always are: see `chosenMetrics`. */
  readonly metrics?: readonly string[];
  /** The encoder that judges the picture without having made it. Absent: none does. */
  readonly heldOut?: EncoderSpec;
  /** Modules of a researcher's own that define components of it; absent: all come with Neckar. */
  readonly modules?: readonly ComponentModule[];
  /**
   * Modules of a researcher's own that define what measures its picture, and nothing of how it is made; absent: all that
   * measures comes with Neckar.
   */
  readonly measuringModules?: readonly ComponentModule[];
  /** The values that were swept to reach this trial, by dotted path: what tells it from its neighbours. */
  readonly swept: Readonly<Record<string, unknown>>;
}

/** What a level sets otherwise than the trial. */
export interface LevelSettings {
  readonly styleScale?: number;
  readonly optimizer?: OptimizerSpec;
  /** Factors on weights at this level by name of a loss or a term; what has the factor 0 takes no part. */
  readonly weights?: Readonly<Record<string, number>>;
}

/**
 * `free`: the picture takes the style's colours with the rest. The others keep the content's, after Gatys et al.,
 * "Preserving color in neural artistic style transfer", 2016: `luminance` transfers grey pictures, the style's mean and
 * contrast matched to the content's, and gives the result the content's chroma (I and Q of YIQ); `match-statistics`
 * recolours the style beforehand to the content's mean and covariance of R, G and B by the symmetric transform,
 * `match-statistics-cholesky` by the triangular one; `match-histogram` matches the histograms of R, G and B as well.
 */
export const colorModes = [
  'free',
  'luminance',
  'match-statistics',
  'match-statistics-cholesky',
  'match-histogram',
] as const;
export type ColorMode = (typeof colorModes)[number];

/** Which part of the content is to look like which part of the style, by label maps or by masks. */
export type RegionSettings = LabelMapSettings | MaskSettings;

interface Softened {
  /** Standard deviation of the Gaussian that softens the picture's edges between regions, in pixels of the last size. */
  readonly soften: number;
}

/** Images in which every colour is a label. */
export interface LabelMapSettings extends Softened {
  readonly content: string;
  /** One map for each style, in their order. */
  readonly styles: readonly string[];
}

/** Grey images whose lightness is a region's weight. */
export interface MaskSettings extends Softened {
  readonly masks: {
    readonly content: MaskFiles;
    /** Those of each style, in their order. */
    readonly styles: readonly MaskFiles[];
  };
}

/** One mask for each region, by the region's name. */
export type MaskFiles = Readonly<Record<string, string>>;

/**
 * Whether a picture is computed strip by strip: `auto`, where one graph would not fit into memory; `strips`, always; a
 * number: always, in strips of at most so many rows of the picture and of each map between the encoder's stages.
 */
export type Tiling = 'auto' | 'off' | 'strips' | number;

/**
 * What the picture starts from; `noise` is the standard deviation of seeded white noise that is added, in [0,1] units.
 * `details`: what the content loses when it is halved, on the style's mean colour (Kolkin et al. 2019). A start of
 * another aspect than the content's covers it and is cut at the edges, or is stretched.
 */
export type Initialization =
  | { readonly from: 'content' | 'details'; readonly noise: number }
  | { readonly from: 'style'; readonly fit: Fit; readonly noise: number }
  /** Uniform in [0,1]; `colors: 'style'`: Gaussian with the style's mean and covariance. */
  | { readonly from: 'noise'; readonly colors?: 'style' }
  /** One colour: the mean of the style's pixels, or that of ImageNet. */
  | { readonly from: 'flat'; readonly color: FlatColor; readonly noise: number }
  | { readonly from: 'file'; readonly file: string; readonly fit: Fit; readonly noise: number };

export type Fit = 'cover' | 'stretch';

export type FlatColor = 'style' | 'imagenet';

/** A trial stops at whichever comes first. */
export interface Budget {
  /** Evaluations of value and gradient, over all levels (shared out evenly unless `perLevel` says otherwise). */
  readonly evaluations: number;
  readonly perLevel?: readonly number[];
  readonly seconds?: number;
  /** Stop when the total improved by less than `relative` over the last `evaluations` evaluations. */
  readonly plateau?: {
    readonly evaluations: number;
    readonly relative: number;
  };
  /** Stop when the total is at or below this. */
  readonly target?: number;
  /** Stop what is not among the best of its kind on the way: see `runs/successive-halving.ts`. */
  readonly pruning?: Pruning;
}

/** Asynchronous successive halving among trials of one content, style and size. */
export interface Pruning {
  /** `total`, which compares only under one objective, or a metric by its name or spec id. */
  readonly metric: string;
  /** Which values are better; absent: as the metric says, and a lower total. */
  readonly direction?: 'higher' | 'lower';
  /** Numbers of evaluations at which a trial is judged, ascending. */
  readonly rungs: readonly number[];
  /** η: at each rung one in so many goes on. */
  readonly reduction: number;
}

/** One line of a trial's trace: one evaluation. */
export interface TraceRecord {
  /** 1-based count over all levels. */
  readonly evaluation: number;
  /** Accepted optimiser steps so far on this level. */
  readonly step: number;
  readonly level: number;
  /** Seconds since the trial's first evaluation began, measured at this evaluation's end. */
  readonly seconds: number;
  readonly total: number;
  /** Of trainings: the length of the total's gradient with respect to all parameters that are trained. */
  readonly gradientNorm?: number;
  readonly terms: Readonly<
    Record<
      string,
      {
        readonly value: number;
        readonly weighted: number;
        readonly gradientNorm?: number;
      }
    >
  >;
}
