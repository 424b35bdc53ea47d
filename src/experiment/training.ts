/**
 * The resolved configuration of one training of a network: plain JSON with every default filled in. As with trials, it is
 * what an experiment expands into, what a worker is given, and what is stored beside the result.
 */
import type { ComponentModule } from '../components/modules.ts';
import type { EncoderSpec } from '../encoders/registry.ts';
import type { EngineIdentity, EngineSpec } from '../engines/engine.ts';
import type { LossSpec } from '../losses/registry.ts';
import type { NetworkSpec } from '../networks/define.ts';
import type { OptimizerSpec } from '../optimizers/registry.ts';
import type { Timing } from './result.ts';

export interface TrainingConfig {
  readonly network: NetworkSpec;
  /**
   * What its pictures are judged by. Content targets are the batch's own pictures', style targets those of the style that
   * each was given.
   */
  readonly losses: readonly LossSpec[];
  readonly encoder: EncoderSpec;
  readonly engine: EngineSpec;
  readonly optimizer: OptimizerSpec;
  /** Image files that are cropped for training, absolute, in a fixed order; at least one. */
  readonly pictures: readonly string[];
  /** Pictures that samples are made of, absolute; none of them is trained on. */
  readonly held: readonly string[];
  /** Style images, absolute: one, those of a network for many styles, or those a network for any style is shown. */
  readonly styles: readonly string[];
  /** Side in pixels of the square crops. */
  readonly size: number;
  /**
   * Longest side of the style of a network for one; others see squares of this side: the middle of each style, or for a
   * network for any style crops of it.
   */
  readonly styleSize: number;
  /** Pictures of one step. */
  readonly batch: number;
  /** What crops go through besides: mirrored at random, colours changed at random (`recolor`: 0 none, 1 strongly). */
  readonly augment: { readonly mirror: boolean; readonly recolor: number };
  readonly budget: TrainingBudget;
  /** Factor on the optimiser's rate from a step on; absent: 1 throughout. */
  readonly rate?: readonly { readonly from: number; readonly factor: number }[];
  /** Steps after which sample pictures are kept, besides the last; ascending. */
  readonly samples: readonly number[];
  readonly seed: number;
  /** Parameters to begin with, instead of random ones: a file of weights. */
  readonly from?: string;
  /** Of that file only parameters that no training changes are taken; all others are random. */
  readonly fresh?: true;
  /** Modules of components that do not come with Neckar. */
  readonly modules?: readonly ComponentModule[];
}

/** A training ends at whichever comes first. */
export interface TrainingBudget {
  readonly steps: number;
  readonly seconds?: number;
  /** When the mean total of the last `steps` is hardly below that of the `steps` before. */
  readonly plateau?: { readonly steps: number; readonly relative: number };
  /** When the mean total of the last 20 steps is at or below this. */
  readonly target?: number;
}

/** What a finished training leaves behind: `result.json` in its folder. */
export interface TrainingResult {
  readonly storeVersion: number;
  readonly id: string;
  readonly attempt: number;
  /** `diverged`: the last parameters that were finite are kept. */
  readonly state: 'complete' | 'diverged';
  readonly reason: string;
  readonly config: TrainingConfig;
  readonly identity: EngineIdentity & {
    readonly node: string;
    readonly neckar: string;
    readonly host: string;
  };
  readonly inputs: Readonly<Record<string, string>>;
  readonly artefacts: Readonly<Record<string, string>>;
  readonly artefactBytes?: Readonly<Record<string, number>>;
  /** The parameters, a safetensors file in the attempt's folder. */
  readonly weights: { readonly path: string; readonly bytes: number; readonly parameters: number };
  /** Sample pictures on the way: the network's picture of a held-out content after a step, in one of the styles. */
  readonly samples: readonly {
    readonly step: number;
    readonly path: string;
    readonly content: string;
    readonly style: string;
  }[];
  readonly timing: Pick<Timing, 'total' | 'prepare' | 'compile' | 'shared' | 'peakMemory' | 'energy'> & {
    /** Seconds of all steps, and the median of one. */
    readonly steps: number;
    readonly perStep: number;
  };
  readonly cost: { readonly steps: number; readonly pictures: number };
  /** Means over the last 20 steps. */
  readonly final: {
    readonly total: number;
    readonly terms: Readonly<Record<string, { readonly value: number; readonly weighted: number }>>;
  };
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly checksum?: string;
}
