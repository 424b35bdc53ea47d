/**
 * Published objectives as named sets of losses. Each value says where it comes from and how far it was checked,
 * because papers, their own code and later implementations differ; a weight holds only under the convention beside
 * it and for features of the stated scale.
 */
import { laterPresets } from './presets-later.ts';
import type { LossInput } from './registry.ts';

/** How a value was established. */
export type Verification =
  /** Read in the authors' own code. */
  | 'code'
  /** Read in another implementation of the paper, not in the paper itself. */
  | 'other implementation'
  /** Follows from checked values by the arithmetic that the source states. */
  | 'converted'
  /** Ours, or commonly cited; not found in a source. */
  | 'unverified';

export interface PresetValue {
  /** Where in `losses` (or beside them: `encoder`, `optimizer`) the value stands. */
  readonly path: string;
  readonly source: string;
  readonly verification: Verification;
}

export type LossPresetName =
  | 'wavelet'
  | 'gatys-2016'
  | 'gatys-pytorch'
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
  /** The encoder its layer names belong to, and the pooling where it has a choice. */
  readonly encoder: { readonly name: string; readonly pooling?: 'average' | 'max' };
  readonly losses: readonly LossInput[];
  /**
   * `fixed`: the weights are meant as written; `gradient-norm`: they could not be verified and only say that all
   * terms count alike, so their gradients' norms should be made equal at the start.
   */
  readonly weighting: 'fixed' | 'gradient-norm';
  readonly values: readonly PresetValue[];
}

const gatysStyleLayers = ['conv1_1', 'conv2_1', 'conv3_1', 'conv4_1', 'conv5_1'];
const cnnmrf = 'github.com/chuanli11/CNNMRF, cnnmrf.lua and mylib/';
const gatysNotebook = 'github.com/leongatys/PytorchNeuralStyleTransfer, NeuralStyleTransfer.ipynb';
const neuralStyle = 'github.com/jcjohnson/neural-style, neural_style.lua';

/** Both Torch programs scale pictures to 256 before the mean is subtracted; ours are in [0,1]. */
const torchRange = 256;

const firstPresets: readonly LossPreset[] = [
  {
    name: 'wavelet',
    description:
      'All statistics of the wavelet encoder: second, first and cross-scale moments, and colours per octave.',
    citation:
      'Portilla & Simoncelli, IJCV 2000; Brochard, Zhang & Mallat, ICLR 2022: the statistics; the weights are ours.',
    encoder: { name: 'wavelet' },
    losses: [
      { type: 'content', convention: 'relative' },
      { type: 'gram', convention: 'relative', cross: 'adjacent', weight: 60 },
      {
        type: 'moments',
        convention: 'relative',
        covariance: ['low1', 'low2', 'low3', 'low4', 'low5'],
        weight: 60,
      },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses',
        source: 'found by looking at pictures: 30 to 150 for the style',
        verification: 'unverified',
      },
    ],
  },
  {
    name: 'gatys-2016',
    description:
      'The founding objective: content at conv4_2, Gram matrices at conv1_1 to conv5_1, as the paper writes it.',
    citation: 'Gatys, Ecker & Bethge, Image style transfer using convolutional neural networks, CVPR 2016.',
    encoder: { name: 'vgg19', pooling: 'average' },
    losses: [
      { type: 'content', convention: 'gatys', layers: ['conv4_2'], weight: 1 },
      {
        type: 'gram',
        convention: 'gatys',
        layers: Object.fromEntries(gatysStyleLayers.map((layer) => [layer, 1 / 5])),
        weight: 1e3,
      },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[1].weight',
        source:
          'α/β = 1e-3 is the ratio commonly cited from the paper, which shows several; github.com/pystiche/papers has 1 and 1e3 too',
        verification: 'other implementation',
      },
      {
        path: 'losses[1].layers',
        source: 'w_l = 1/5 on five layers; github.com/pystiche/papers averages the same five for the paper',
        verification: 'other implementation',
      },
      {
        path: 'encoder',
        source: 'average pooling: github.com/pystiche/papers exchanges the pooling for the paper',
        verification: 'other implementation',
      },
    ],
  },
  {
    name: 'gatys-pytorch',
    description: "Gatys' own later program: mean squares, Gram matrices over positions, weights over N².",
    citation: 'L. Gatys, PytorchNeuralStyleTransfer, github.com/leongatys/PytorchNeuralStyleTransfer.',
    encoder: { name: 'vgg19', pooling: 'max' },
    losses: [
      { type: 'content', convention: 'mean', layers: ['relu4_2'], weight: 1 },
      {
        type: 'gram',
        convention: 'johnson',
        layers: ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1'],
        weight: 1e3,
      },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[1].convention',
        source: `${gatysNotebook}: MSELoss of Gram matrices over h·w, a mean over N² entries; times 1/N² it is \`johnson\``,
        verification: 'converted',
      },
      {
        path: 'losses[1].weight',
        source:
          'style_weights 1e3/n² for n = 64, 128, 256, 512, 512 against a content weight of 1 at r42, read in copies of the notebook',
        verification: 'other implementation',
      },
      {
        path: 'encoder',
        source: `${gatysNotebook}: VGG() has max pooling; B, G and R times 255 less the mean`,
        verification: 'code',
      },
    ],
  },
  {
    name: 'neural-style',
    description:
      "Johnson's implementation of Gatys: mean squares, Gram matrices over their number of features.",
    citation: 'J. Johnson, neural-style, 2015, github.com/jcjohnson/neural-style.',
    encoder: { name: 'vgg19', pooling: 'max' },
    losses: [
      { type: 'content', convention: 'mean', layers: ['relu4_2'], weight: 5 },
      {
        type: 'gram',
        convention: 'johnson',
        layers: ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1'],
        weight: 100,
      },
      { type: 'variation', convention: 'quadratic', weight: 0.5e-3 * torchRange ** 2 },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[0]',
        source: `${neuralStyle}: -content_weight 5e0, MSECriterion`,
        verification: 'code',
      },
      {
        path: 'losses[1]',
        source: `${neuralStyle}: -style_weight 1e2, G over nElement`,
        verification: 'code',
      },
      {
        path: 'losses[2].weight',
        source:
          `${neuralStyle}: -tv_weight 1e-3 times the gradient of half the squared differences, in pixels times 256; ` +
          'it leaves the last row and column out, ours does not',
        verification: 'converted',
      },
      {
        path: 'encoder',
        source: `${neuralStyle}: -pooling max; pixels times 256 less the mean`,
        verification: 'code',
      },
    ],
  },
  {
    name: 'cnnmrf',
    description: 'Patches of relu3_1 and relu4_1 against the style, content at relu4_1.',
    citation:
      'Li & Wand, Combining Markov random fields and convolutional neural networks, CVPR 2016, its own code.',
    encoder: { name: 'vgg19', pooling: 'max' },
    losses: [
      { type: 'content', convention: 'mean', layers: ['relu4_1'], weight: 20 },
      {
        type: 'mrf',
        convention: 'li-wand',
        layers: ['relu3_1', 'relu4_1'],
        patch: 3,
        stride: 2,
        styleStride: 2,
        // Half of 1e-4, over the 9/4 patches that cover a position on average at stride 2.
        weight: 1e-4 / 2 / 2.25,
      },
      { type: 'variation', convention: 'quadratic', weight: 0.5e-3 * torchRange ** 2 },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[0]',
        source: `${cnnmrf}: -content_layers 21 (relu4_1), -content_weight 2e1`,
        verification: 'code',
      },
      {
        path: 'losses[1].layers',
        source: `${cnnmrf}: -mrf_layers 12, 21; patches of 3, strides 2, no copies of the style`,
        verification: 'code',
      },
      {
        path: 'losses[1].weight',
        source:
          `${cnnmrf}: -mrf_weight 1e-4 times (F − T/n), the gradient already over the number of patches at each ` +
          'position; ours is the gradient of the paper’s sum, so the weight agrees on average only',
        verification: 'converted',
      },
      {
        path: 'losses[2].weight',
        source: `${cnnmrf}: -tv_weight 1e-3; taken to mean what it does in neural-style, from which the program descends`,
        verification: 'unverified',
      },
      {
        path: 'losses[1].rotations',
        source:
          'the paper turns and rescales the style (github.com/pystiche/papers: steps of 7.5° and 5 %); its code does not by default',
        verification: 'other implementation',
      },
    ],
  },
  {
    name: 'risser-2017',
    description: 'Gram matrices together with histograms of a shallow and a deep layer.',
    citation:
      'Risser, Wilmot & Barnes, Stable and controllable neural texture synthesis and style transfer using histogram losses, 2017.',
    encoder: { name: 'vgg19', pooling: 'average' },
    losses: [
      { type: 'content', convention: 'gatys', layers: ['relu4_1'] },
      { type: 'gram', convention: 'gatys', layers: ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'] },
      { type: 'histogram', convention: 'risser', layers: ['relu1_1', 'relu4_1'], bins: 256 },
    ],
    weighting: 'gradient-norm',
    values: [
      {
        path: 'losses[2].layers',
        source: 'a shallow and a deep layer, relu1_1 and relu4_1, as the paper is commonly cited',
        verification: 'unverified',
      },
      {
        path: 'losses',
        source: 'the weights, the other layers and the pooling are ours; the paper’s could not be checked',
        verification: 'unverified',
      },
    ],
  },
  {
    name: 'zhao-2019',
    description: 'Content, global (Gram) and local (patch) losses fused, for portraits above all.',
    citation: 'Zhao et al., style transfer by fusing global and local optimisation, 2019.',
    encoder: { name: 'vgg19', pooling: 'average' },
    losses: [
      {
        type: 'fused',
        content: { convention: 'relative', layers: ['relu4_2'] },
        global: { convention: 'relative', layers: ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1'] },
        local: { convention: 'relative', layers: ['relu3_1', 'relu4_1'] },
      },
    ],
    weighting: 'gradient-norm',
    values: [
      {
        path: 'losses[0]',
        source:
          'layers and conventions are those of the losses it fuses; the published α could not be verified',
        verification: 'unverified',
      },
    ],
  },
];

/** All presets, in the order in which help lists them. */
export const lossPresets: readonly LossPreset[] = [...firstPresets, ...laterPresets];

/** The preset of that name, or undefined. */
export function findLossPreset(name: string): LossPreset | undefined {
  return lossPresets.find((preset) => preset.name === name);
}
