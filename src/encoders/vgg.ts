/**
 * VGG-16 and VGG-19 without their classifiers: Simonyan & Zisserman, Very Deep Convolutional Networks for Large-Scale
 * Image Recognition (ICLR 2015).
 */
import type { EncoderOutline } from './encoder.ts';
import type { Pooling, Stage } from './network.ts';

/** Convolutions per block; a pooling follows every block. */
const depths = { vgg16: [2, 2, 3, 3, 3], vgg19: [2, 2, 4, 4, 4] } as const;
const widths = [64, 128, 256, 512, 512] as const;

/**
 * The stages `conv1_1`, `relu1_1`, … `pool5`. Weight tensors go by the names of torchvision's `features.N`, where N
 * counts every convolution, rectification and pooling.
 */
export function vggStages(name: 'vgg16' | 'vgg19', pooling: Pooling): Stage[] {
  const stages: Stage[] = [];
  for (const [i, channels] of widths.entries()) {
    const block = i + 1;
    for (let unit = 1; unit <= depths[name][i]!; unit++) {
      stages.push({
        kind: 'convolution',
        name: `conv${block}_${unit}`,
        tensors: `features.${stages.length}`,
        channels,
        kernel: 3,
        stride: 1,
        padding: 'same',
      });
      stages.push({ kind: 'relu', name: `relu${block}_${unit}` });
    }
    const size = pooling === 'hann' ? 3 : 2;
    stages.push({ kind: 'pool', name: `pool${block}`, pooling, size, stride: 2, partial: false });
  }
  return stages;
}

/**
 * Where to begin: content at relu4_2 and style at relu1_1 … relu5_1 with equal weights (Gatys et al. 2016, whose
 * Caffe layers `convN_M` hold the rectified maps), patches at relu3_1 and relu4_1 (Li & Wand 2016), histograms at
 * relu1_1 and relu4_1 (Risser et al. 2017).
 */
export const vggDefaults: EncoderOutline['defaults'] = {
  content: { relu4_2: 1 },
  style: { relu1_1: 0.2, relu2_1: 0.2, relu3_1: 0.2, relu4_1: 0.2, relu5_1: 0.2 },
  patches: { relu3_1: 1, relu4_1: 1 },
  histogram: { relu1_1: 1, relu4_1: 1 },
  heldBack: ['relu1_2', 'relu2_2', 'relu3_3', 'relu4_3'],
};
