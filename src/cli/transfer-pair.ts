/** The pictures of `neckar transfer`, and what guides them, as the one pair of an experiment. */

import { NeckarError } from '../errors.ts';
import type { BlendInput, PairInput } from '../experiment/define.ts';
import type { PlannedTrial } from '../experiment/plan.ts';
import { count } from '../platform/format.ts';
import { masksOf } from './mask-flags.ts';

/** What is typed of pictures. */
export interface PictureFlags {
  readonly content: string;
  /** Several are blended; networks that have learnt their styles need none. */
  readonly style?: readonly string[];
  readonly styleWeights?: readonly number[];
  readonly regionsContent?: string;
  readonly regionsStyle?: readonly string[];
  /** As `name=file`. */
  readonly maskContent?: readonly string[];
  readonly maskStyle?: readonly string[];
  readonly regions?: string;
  readonly soften?: string;
  readonly network?: string;
}

/** @throws NeckarError unless there is one */
export function refuseSeveral(trials: readonly PlannedTrial[]): void {
  if (trials.length === 1) return;
  throw new NeckarError(
    `transfer makes one picture, but these settings make ${trials.length}; to compare values, write an experiment and use "neckar run"`,
  );
}

/** What is said where a style is needed and none was named. */
export function missingStyle(): NeckarError {
  return new NeckarError(
    'required option "--style <file>" not specified: name the image whose style is taken',
  );
}

/** The pictures with what guides them, and the overrides that follow from these. */
export function pairOf(flags: PictureFlags): {
  readonly pair: PairInput;
  readonly implied: readonly string[];
} {
  const { content, regionsContent, regionsStyle, soften, regions: guided } = flags;
  const mapped = (regionsContent ?? regionsStyle) !== undefined;
  const masks = masksOf({ ...flags, style: flags.style ?? [] });
  if (mapped && masks !== undefined) {
    throw new NeckarError(
      'regions are given twice, by maps (--regions-content, --regions-style) and by masks (--mask-content, --mask-style); give one of them',
    );
  }
  const from = masks !== undefined ? 'masks' : mapped || soften !== undefined ? 'maps' : undefined;
  return {
    pair: {
      content,
      style: styleOf(flags),
      ...(mapped && {
        regions: {
          ...(regionsContent !== undefined && { content: regionsContent }),
          ...(regionsStyle !== undefined && { style: regionsStyle }),
        },
      }),
      ...(masks && { masks }),
    },
    implied: guided === undefined && from !== undefined ? [`regions=${from}`] : [],
  };
}

function styleOf({ content, network, style, styleWeights }: PictureFlags): string | BlendInput {
  // Of a network that sees no style nothing is measured either.
  if (style === undefined && network !== undefined) return content;
  if (style === undefined) throw missingStyle();
  if (styleWeights !== undefined && styleWeights.length !== style.length) {
    throw new NeckarError(
      `--style-weights has ${count(styleWeights.length, 'number')} for ${count(style.length, 'style')}; give one for each --style`,
    );
  }
  if (style.length === 1) return style[0]!;
  return style.map((image, i) => ({ image, weight: styleWeights?.[i] ?? 1 }));
}
