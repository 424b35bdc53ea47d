/**
 * The style's colours, for encoders whose features do not see them. Filters of zero mean answer to every area of one
 * colour alike, so that no loss on them knows the style's mean colour: without a term of their own the picture keeps
 * the content's. Such an encoder names layers of blurred pixels (`defaults.colors`), and every set of losses that
 * compares with the style gets the same term on them: a `moments` loss of the convention `relative`, with the means of
 * the finest of them and the covariances of those octaves that the losses compare.
 *
 * Its weight is a third of the weights of the losses toward the style, counted in units of `relative` (`styleUnits` of a definition): so it
 * was found by looking at pictures of every loss, and within a factor of ten nothing much changes.
 *
 * The means count a hundred times as much as a covariance. A mean over all pixels hardly curves the objective along any
 * one of them (its second derivative falls with their number), so that L-BFGS, beside statistics that curve it strongly,
 * would still be on the way to it when its evaluations are spent: on a style without large shapes the mean was 20 levels
 * of 255 off after 150. What is so stiff in three directions only costs no evaluations, since nothing that the features
 * see depends on them but where pixels reach black or white.
 */
import type { EncoderOutline } from '../encoders/encoder.ts';
import { matchedBy } from './define.ts';
import { type MomentsSpec, moments } from './moments.ts';
import { layersRead, styleUnitsOf } from './registry.ts';
import type { CommonSpec, LayerWeights } from './spec.ts';

/** Weight of the colours over the sum of those of the losses toward the style. */
const share = 1 / 3;

/** Weight of the means over that of a covariance. */
const meansOverCovariance = 100;

/** The side of a picture at which layers are compared in size: any at which all of them have positions. */
const yardstick = 1024;

/**
 * The term that matches the style's colours, for losses as they are resolved.
 *
 * - Its covariances are those of the octaves that are compared with the style, from the finest layer to the coarsest: who
 *   matches fine detail alone is told nothing of coarser shapes, a small picture is not asked for octaves that it does not
 *   have, and no variance is asked of an octave that nothing else describes, where it would be made up as ripples (see the
 *   head of losses/mrf.ts).
 * - A variant with a loss that matches the means of such layers (`matches` of a definition) has said itself what colours are to be; where it matches
 *   their covariances alone, the means are added.
 *
 * @param factor - on the weight; 0: no term
 * @returns undefined where there is nothing to add: no loss toward the style, or an encoder that sees colours itself
 */
export function styleColors(
  losses: readonly CommonSpec[],
  encoder: EncoderOutline,
  factor: number,
): MomentsSpec | undefined {
  const { colors = [] } = encoder.defaults;
  const weight = factor * share * losses.reduce((sum, loss) => sum + styleWeight(loss), 0);
  if (colors.length === 0 || weight === 0) return undefined;
  if (matchesMeans(losses, encoder)) return undefined;
  const matched = losses.some((loss) => reads(matchedBy(loss).covariances, colors));
  const rows = (layer: string) => encoder.shapeOf(layer, yardstick, yardstick)[0];
  const compared = [...layersRead(losses.filter((loss) => styleWeight(loss) > 0))].map(rows);
  const octaves = matched
    ? []
    : colors.filter((layer) => rows(layer) <= Math.max(...compared) && rows(layer) >= Math.min(...compared));
  return {
    type: moments.definition.type,
    name: freeName(losses),
    weight,
    convention: 'relative',
    layers: { [colors[0]!]: meansOverCovariance },
    covariance: Object.fromEntries(octaves.map((layer) => [layer, 1])),
  };
}

/** Whether any of the losses is told the mean colour by an encoder's layers of colours. */
export function matchesMeans(losses: readonly CommonSpec[], { defaults }: EncoderOutline): boolean {
  const { colors = [] } = defaults;
  return losses.some((loss) => loss.weight > 0 && reads(matchedBy(loss).means, colors));
}

function reads(layers: LayerWeights, some: readonly string[]): boolean {
  return some.some((layer) => (layers[layer] ?? 0) > 0);
}

/** `colors`, unless a loss of the variant is called so. */
function freeName(losses: readonly CommonSpec[]): string {
  const taken = new Set(losses.map(({ name }) => name));
  let name = 'colors';
  for (let number = 2; taken.has(name); number++) name = `colors-${number}`;
  return name;
}

/** The weight of what a loss compares with the style, in units of `relative`; 0 where it compares nothing with it. */
export function styleWeight(loss: CommonSpec): number {
  return loss.weight * styleUnitsOf(loss);
}
