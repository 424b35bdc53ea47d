/** How far a picture as a whole is off the style's colour: the cast that an eye sees first. */
import type { TrialConfig } from '../src/experiment/trial.ts';
import { ciede2000, labPixels, type Triple } from '../src/images/color.ts';
import type { RgbImage } from '../src/images/image.ts';
import { styleWeight } from '../src/losses/style-colors.ts';
import { defineMetric } from './define.ts';
import { refuse, styleAtResult, stylePath } from './metric.ts';
import { nonNegative } from './range.ts';

/** The mean over all pixels of their L*a*b* colours (D65). */
function meanLab(image: RgbImage): Triple {
  const lab = labPixels(image);
  const sums: [number, number, number] = [0, 0, 0];
  for (let at = 0; at < lab.length; at++) sums[at % 3]! += lab[at]!;
  const pixels = lab.length / 3;
  return [sums[0] / pixels, sums[1] / pixels, sums[2] / pixels];
}

/**
 * The CIEDE2000 difference of the two pictures' mean colours, 0 for the same. Some 1 is just seen side by side; a blue
 * picture in the manner of a red one is off by 30 and more.
 */
export function meanColorDistance(first: RgbImage, second: RgbImage): number {
  return ciede2000(meanLab(first), meanLab(second));
}

/** Between the result and the style. Refused where the picture is not to have the style's mean: see `ownColors`. */
export const meanColorToStyle = defineMetric({
  name: 'mean-color',
  description: 'How far the mean colour is from the style’s, by CIEDE2000.',
  needs: 'pixels',
  essential: true,
  parts: { color: 'lab-d65', distance: 'ciede2000', style: stylePath },
  label: 'Mean colour off the style’s',
  better: 'lower',
  purpose: 'colour',
  unit: 'ΔE00',
  range: nonNegative,
  async measure(input) {
    if (input.ownColors !== undefined) return refuse(input.ownColors);
    return meanColorDistance(input.result, styleAtResult(input));
  },
});

/**
 * Why a trial's picture is not to have the mean colour of its style, in a sentence; undefined where it is. What a
 * program elsewhere means to do with colours is not known: it is taken to want the style's.
 */
export function ownColors(
  config: Pick<TrialConfig, 'color' | 'losses' | 'method' | 'regions' | 'styles'>,
): string | undefined {
  const { color, losses, method, regions, styles } = config;
  if (method !== undefined && method.kind !== 'network') return undefined;
  if (color !== undefined) return `The content’s colours are kept (color: ${color}), not the style’s taken.`;
  if (regions !== undefined)
    return 'Regions guide the style: every part has a mean colour of its own to come to.';
  if (styles !== undefined)
    return 'Several styles are blended: the mean colour to come to lies between theirs.';
  if (method === undefined && losses.every((loss) => styleWeight(loss) === 0))
    return 'No loss compares the picture with the style.';
  return undefined;
}
