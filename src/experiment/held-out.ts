/** Which encoder judges the pictures of an experiment without having made any of them. */
import { type EncoderSpec, familyOfEncoder, resolveEncoder } from '../encoders/registry.ts';
import { NeckarError } from '../errors.ts';
import { locateWeights } from '../weights/installed.ts';

/** Pretrained networks, what tells most of style first. */
const pretrained = ['vgg19', 'vgg16', 'squeezenet1_1', 'squeezenet1_0', 'alexnet'] as const;

/**
 * Statistics of random features, too, tell textures apart (He et al., NIPS 2016; Ustyuzhaninov et al., ICLR 2017); the
 * fastest first.
 */
const random = ['squeezenet1_1', 'vgg16', 'alexnet'] as const;

/**
 * The judge of an experiment unless it names one: the first of these that is no relative of any encoder its trials use,
 * so that one yardstick serves all of them: pretrained networks whose weights are installed, the wavelet encoder, and
 * networks with random weights.
 *
 * @param used - every encoder of the plan
 * @param locate - where installed weights lie; throws NeckarError for those that are not
 */
export function defaultHeldOut(
  used: readonly EncoderSpec[],
  locate: (name: string) => string = locateWeights,
): EncoderSpec | undefined {
  const families = new Set(used.map(familyOfEncoder));
  const free = (name: string) => !families.has(familyOfEncoder({ name }));
  for (const name of pretrained) {
    if (!free(name)) continue;
    const file = located(name, locate);
    if (file !== undefined) return resolveEncoder({ name, weights: { file } });
  }
  if (free('wavelet')) return resolveEncoder('wavelet');
  const name = random.find(free);
  return name && resolveEncoder({ name, weights: { random: 0 } });
}

function located(name: string, locate: (name: string) => string): string | undefined {
  try {
    return locate(name);
  } catch (error) {
    if (error instanceof NeckarError) return undefined;
    throw error;
  }
}
