/**
 * Published objectives as named sets of losses. Each value says where it comes from and how far it was checked,
 * because papers, their own code and later implementations differ; a weight holds only under the convention beside
 * it and for features of the stated scale. Programs are cited as file@commit, with the line or the function.
 */
import { distributionPresets } from './presets-distributions.ts';
import { gatysPresets } from './presets-gatys.ts';
import { localPresets } from './presets-local.ts';
import type { LossInput } from './registry.ts';

/** How a value was established. */
export type Verification =
  /** Read in the authors' own code. */
  | 'code'
  /** Read in the paper, or in a verbatim quotation of it. */
  | 'paper'
  /** Read in another implementation of the paper, not in the paper itself. */
  | 'other implementation'
  /** Follows from checked values by the arithmetic that the source states. */
  | 'converted'
  /** Ours, or commonly cited; not found in a source. */
  | 'unverified';

export interface PresetValue {
  /** Where in `losses` (or beside them: `encoder`) the value stands. */
  readonly path: string;
  readonly source: string;
  readonly verification: Verification;
}

export type LossPresetName =
  | 'wavelet'
  | 'gatys-2016'
  | 'gatys-pytorch'
  | 'gatys-normalised'
  | 'neural-style'
  | 'cnnmrf'
  | 'risser-2017'
  | 'zhao-2019'
  | 'berger-2017'
  | 'li-2017-linear'
  | 'li-2017-polynomial'
  | 'li-2017-gaussian'
  | 'li-2017-bn'
  | 'lapstyle-2017'
  | 'kolkin-2019'
  | 'heitz-2021';

export interface LossPreset {
  readonly name: LossPresetName;
  readonly description: string;
  readonly citation: string;
  /** The encoder its layer names belong to, and what it sets of it where there is a choice. */
  readonly encoder:
    | { readonly name: 'wavelet' }
    | {
        readonly name: 'vgg19' | 'vgg16';
        readonly pooling: 'average' | 'max';
        /** Its weights are for features of mean activation one. Default: no. */
        readonly normalized?: true;
      };
  readonly losses: readonly LossInput[];
  /**
   * `fixed`: the weights are meant as written; `gradient-norm`: they could not be verified and only say that all
   * terms count alike, so their gradients' norms should be made equal at the start.
   */
  readonly weighting: 'fixed' | 'gradient-norm';
  readonly values: readonly PresetValue[];
}

const waveletPreset: LossPreset = {
  name: 'wavelet',
  description:
    'All statistics of the wavelet encoder: second, first and cross-scale moments; colours are added to them.',
  citation:
    'Portilla & Simoncelli, IJCV 2000; Brochard, Zhang & Mallat, ICLR 2022: the statistics; the weights are ours.',
  encoder: { name: 'wavelet' },
  losses: [
    { type: 'content', convention: 'relative' },
    { type: 'gram', convention: 'relative', cross: 'adjacent', weight: 60 },
    { type: 'moments', convention: 'relative', weight: 60 },
  ],
  weighting: 'fixed',
  values: [
    {
      path: 'losses',
      source: 'found by looking at pictures: 30 to 150 for the style',
      verification: 'unverified',
    },
  ],
};

/** All presets, in the order in which help lists them. */
export const lossPresets: readonly LossPreset[] = [
  waveletPreset,
  ...gatysPresets,
  ...localPresets,
  ...distributionPresets,
];

/** The preset of that name, or undefined. */
export function findLossPreset(name: string): LossPreset | undefined {
  return lossPresets.find((preset) => preset.name === name);
}
