/**
 * SqueezeNet 1.0 and 1.1 without their classifiers: Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer
 * parameters and <0.5MB model size (2016).
 */
import type { EncoderOutline } from './encoder.ts';
import type { Stage } from './network.ts';

/**
 * What conv1 sees beyond the image. `none`: nothing, as the networks were trained; pixels at the border then reach few
 * positions, and in an optimised picture they stay as they were: a frame. `reflection`: the image in the mirror, by half
 * the kernel, so that every pixel counts alike.
 */
export type Border = 'reflection' | 'none';

/** Channels of the squeeze and of each expansion of fire2 … fire9. */
const fires = [
  [16, 64],
  [16, 64],
  [32, 128],
  [32, 128],
  [48, 192],
  [48, 192],
  [64, 256],
  [64, 256],
] as const;

/** The first convolution, and the fire modules a max pooling stands before (and after conv1 in both). */
const versions = {
  squeezenet1_0: { kernel: 7, channels: 96, poolsAfter: [4, 8] },
  squeezenet1_1: { kernel: 3, channels: 64, poolsAfter: [3, 5] },
} as const;

/**
 * The stages `conv1`, `relu1`, `pool1`, `fire2` … `fire9`, with a `poolN` after the fire module N where the paper has
 * one. Weight tensors go by torchvision's names, `features.N` counting every stage from conv1 = 0:
 *
 * | layer | squeezenet1_0 | squeezenet1_1 |
 * |---|---|---|
 * | conv1, relu1, pool1 | features.0, 1, 2 | features.0, 1, 2 |
 * | fire2, fire3 | features.3, 4 | features.3, 4 |
 * | fire4 | features.5 | features.6 |
 * | fire5 | features.7 | features.7 |
 * | fire6, fire7, fire8 | features.8, 9, 10 | features.9, 10, 11 |
 * | fire9 | features.12 | features.12 |
 */
export function squeezenetStages(name: 'squeezenet1_0' | 'squeezenet1_1', border: Border): Stage[] {
  const { kernel, channels, poolsAfter } = versions[name];
  const pool = (after: number): Stage => ({
    kind: 'pool',
    name: `pool${after}`,
    pooling: 'max',
    size: 3,
    stride: 2,
    partial: true,
  });
  const stages: Stage[] = [
    {
      kind: 'convolution',
      name: 'conv1',
      tensors: 'features.0',
      channels,
      kernel,
      stride: 2,
      padding: border === 'none' ? 'valid' : 'reflection',
    },
    { kind: 'relu', name: 'relu1' },
    pool(1),
  ];
  for (const [i, [squeeze, expand]] of fires.entries()) {
    const number = i + 2;
    stages.push({
      kind: 'fire',
      name: `fire${number}`,
      tensors: `features.${stages.length}`,
      squeeze,
      expand,
    });
    if (poolsAfter.some((after) => after === number)) stages.push(pool(number));
  }
  return stages;
}

/** Where to begin: spread over the depth, every other fire module kept for measurement. No paper gives these. */
export const squeezenetDefaults: EncoderOutline['defaults'] = {
  content: { fire4: 1 },
  style: { relu1: 0.2, fire3: 0.2, fire5: 0.2, fire7: 0.2, fire9: 0.2 },
  patches: { fire3: 1, fire5: 1 },
  histogram: { relu1: 1, fire5: 1 },
  heldBack: ['fire2', 'fire6', 'fire8'],
};
