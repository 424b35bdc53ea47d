/**
 * AlexNet without its classifier, in the variant with one tower that torchvision has: Krizhevsky, One weird trick for
 * parallelizing convolutional neural networks (2014).
 */
import type { EncoderOutline } from './encoder.ts';
import type { Stage } from './network.ts';

/** Channels, kernel, stride and zeros around of conv1 … conv5, and after which of them a pooling stands. */
const convolutions = [
  { channels: 64, kernel: 11, stride: 4, padding: 2 },
  { channels: 192, kernel: 5, stride: 1, padding: 2 },
  { channels: 384, kernel: 3, stride: 1, padding: 1 },
  { channels: 256, kernel: 3, stride: 1, padding: 1 },
  { channels: 256, kernel: 3, stride: 1, padding: 1 },
] as const;
const poolsAfter: readonly number[] = [1, 2, 5];

/** The stages `conv1`, `relu1`, `pool1` … `pool5`, with the weights of torchvision's `features.N`. */
export function alexnetStages(): Stage[] {
  const stages: Stage[] = [];
  for (const [i, shape] of convolutions.entries()) {
    const number = i + 1;
    stages.push({
      kind: 'convolution',
      name: `conv${number}`,
      tensors: `features.${stages.length}`,
      ...shape,
    });
    stages.push({ kind: 'relu', name: `relu${number}` });
    if (poolsAfter.includes(number)) {
      stages.push({
        kind: 'pool',
        name: `pool${number}`,
        pooling: 'max',
        size: 3,
        stride: 2,
        partial: false,
      });
    }
  }
  return stages;
}

/** Where to begin: every other rectified layer, the ones between kept for measurement. No paper gives these. */
export const alexnetDefaults: EncoderOutline['defaults'] = {
  content: { relu3: 1 },
  style: { relu1: 0.25, relu2: 0.25, relu3: 0.25, relu5: 0.25 },
  patches: { relu2: 1, relu3: 1 },
  histogram: { relu1: 1, relu3: 1 },
  heldBack: ['relu4'],
};
