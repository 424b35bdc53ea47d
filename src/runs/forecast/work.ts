/**
 * How much work an evaluation is, in floating-point operations of dense convolutions: what else takes time (memory that
 * is gone through, sorting, convolutions of few channels) is counted as the operations that a processor would do
 * meanwhile. Counted, not measured: good to a factor of some 1.5, and only as a ratio to a measured speed.
 */
import { chainOperations } from '../../encoders/links.ts';
import { encoderChain, encoderDefaults, encoderSlowness } from '../../encoders/registry.ts';
import type { TrialConfig } from '../../experiment/trial.ts';
import { layersRead, workOf } from '../../losses/registry.ts';

/** Height and width of a picture, in pixels. */
export type Extent = readonly [height: number, width: number];

/**
 * The work of value and gradient at one size of picture.
 *
 * @param further - operations of the encoder beyond those of one graph, as strips have them
 */
export function evaluationWork(
  { encoder, losses }: Pick<TrialConfig, 'encoder' | 'losses'>,
  { picture, styles, further = 0 }: { picture: Extent; styles: readonly Extent[]; further?: number },
): number {
  const known = counted.get(losses) ?? new Map<string, number>();
  counted.set(losses, known);
  const key = JSON.stringify([encoder, picture, styles, further]);
  const work = known.get(key) ?? count(encoder, losses, { picture, styles, further });
  known.set(key, work);
  return work;
}

/** Trials of one variant share their losses, and a sweep has thousands. */
const counted = new WeakMap<TrialConfig['losses'], Map<string, number>>();

function count(
  encoder: TrialConfig['encoder'],
  losses: TrialConfig['losses'],
  { picture, styles, further }: { picture: Extent; styles: readonly Extent[]; further: number },
): number {
  const { shapeOf } = encoderDefaults(encoder);
  const layers = layersRead(losses);
  // Value and gradient: once forwards, once backwards to the picture; filters are not learnt.
  const encoding = encoderSlowness(encoder) * (2 * encodingOperations(encoder, layers, picture) + further);
  return losses.reduce((sum, loss) => sum + workOf(loss, { shapeOf, picture, styles }), encoding);
}

const chains = new Map<string, ReturnType<typeof encoderChain>>();

/** An encoder's chain, made once: the wavelet encoder's filters take a while, and a sweep has thousands of trials. */
export function chainOf(encoder: TrialConfig['encoder']): ReturnType<typeof encoderChain> {
  const key = JSON.stringify(encoder);
  if (!chains.has(key)) chains.set(key, encoderChain(encoder));
  return chains.get(key);
}

/** Operations of encoding a picture as deep as the deepest of some layers. */
function encodingOperations(
  encoder: TrialConfig['encoder'],
  layers: ReadonlySet<string>,
  picture: Extent,
): number {
  const chain = chainOf(encoder);
  if (chain === undefined) return guessedOperations(encoder, picture);
  const deepest = chain.findLastIndex((link) => link.layers.some(({ name }) => layers.has(name)));
  return chainOperations(chain.slice(0, deepest + 1), [...picture, 3]).without;
}

/** Operations of a network that only its file knows: as of 3×3 convolutions from layer to layer. */
function guessedOperations(encoder: TrialConfig['encoder'], [height, width]: Extent): number {
  const { layers, shapeOf } = encoderDefaults(encoder);
  let operations = 0;
  let before = 3;
  for (const layer of layers) {
    const [rows, columns, channels] = shapeOf(layer, height, width);
    if (!/relu|pool/i.test(layer)) operations += 2 * 9 * before * channels * rows * columns;
    before = channels;
  }
  return operations;
}
