/**
 * A published method as one object. Each of its values says where it comes from and how far it was checked, because
 * papers, their own code and later implementations differ; a weight holds only under the convention beside it and for
 * features of the stated scale. Programs are cited as file@commit, with the line or the function.
 */
import type { SettingsInput } from '../experiment/define.ts';
import type { LossInput } from '../losses/registry.ts';

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

export interface PublishedValue {
  /** Where in `losses` (or beside them: `encoder`) the value stands. */
  readonly path: string;
  readonly source: string;
  readonly verification: Verification;
}

/** The one name that each has: what `transfer --loss` and the presets of experiments call it. */
export type PublishedName =
  | 'gatys-2016'
  | 'gatys-pytorch'
  | 'gatys-normalised'
  | 'neural-style'
  | 'lapstyle-2017'
  | 'cnnmrf'
  | 'risser-2017'
  | 'zhao-2019'
  | 'berger-2017'
  | 'li-2017-linear'
  | 'li-2017-polynomial'
  | 'li-2017-gaussian'
  | 'li-2017-bn'
  | 'kolkin-2019'
  | 'heitz-2021';

export interface PublishedMethod<Name extends string = PublishedName> {
  readonly name: Name;
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
  readonly values: readonly PublishedValue[];
  /** Absent where nobody knows it. */
  readonly procedure?: Procedure;
}

/** What a method is besides its losses and its encoder: optimiser, start, sizes and evaluations. */
export interface Procedure
  extends Omit<SettingsInput, 'presets' | 'variants' | 'losses' | 'encoder' | 'weighting'> {
  /** Where its values come from. */
  readonly source: string;
  /** Which of them the source does not confirm, and why. */
  readonly unverified?: string;
}

/** The values of a method's losses that no source confirms, in a sentence; undefined where all are. */
export function unverifiedOf({ values }: Pick<PublishedMethod, 'values'>): string | undefined {
  const unverified = values.filter(({ verification }) => verification === 'unverified');
  if (unverified.length === 0) return undefined;
  return unverified.map(({ path, source }) => `${path}: ${source}`).join('; ');
}
