/** Published objectives that look at patches, at histograms, or at features and their shifted copies. */

import type { LossPreset } from './presets.ts';
import { rectifiers, torchVariation } from './presets-gatys.ts';
import type { LossInput } from './registry.ts';

const cnnmrf = 'github.com/chuanli11/CNNMRF, cnnmrf.lua@3f42a4b';
const cnnmrfParts = 'github.com/chuanli11/CNNMRF, mylib/';
const histograms = 'github.com/rejunity/neural-style-tf, neural_style.py@15ef2c5';
const harmonization =
  'github.com/luanfujun/deep-painterly-harmonization, neural_paint.lua@6493de7 (Luan et al., EGSR 2018, whose loss is that of Risser et al.)';
const shiftedGrams = 'github.com/ty625911724/texture_generation_master';

/** The shifts of each layer, which are averaged, and the factor they are averaged with (0.33 for a third). */
const shifted: readonly (readonly [layer: string, shifts: readonly number[], factor: number])[] = [
  ['relu1_1', [4, 8, 16, 32, 64], 0.2],
  ['relu2_1', [4, 8, 16, 32], 0.25],
  ['relu3_1', [4, 8, 16], 0.33],
  ['relu4_1', [4, 8], 0.5],
];

export const localPresets: readonly LossPreset[] = [
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
        convention: 'cnnmrf',
        layers: ['relu3_1', 'relu4_1'],
        patch: 3,
        stride: 2,
        styleStride: 2,
        weight: 1e-4,
      },
      { type: 'variation', convention: 'quadratic', weight: torchVariation(1e-3) },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[0]',
        source: `${cnnmrf}, lines 34 and 35: -content_layers 21 (relu4_1; run_trans.lua@14e076b has 23, relu4_2, as github.com/pystiche/papers gives for the paper), -content_weight 2e1; content.lua@72e6284 is nn.MSECriterion, a mean`,
        verification: 'code',
      },
      {
        path: 'losses[1].layers',
        source: `${cnnmrf}, line 25: -mrf_layers 12, 21, the 12th and 21st modules of VGG-19`,
        verification: 'code',
      },
      {
        path: 'losses[1].stride',
        source: `${cnnmrf}, lines 27, 30 and 32: patches of 3, strides 2; helper.lua@0356da3 adds the patches at the last row and column where the stride misses them, ours does not`,
        verification: 'code',
      },
      {
        path: 'losses[1].weight',
        source: `${cnnmrf}, line 26: -mrf_weight 1e-4; ${cnnmrfParts}mrf.lua@14e076b, updateGradInput: times F less the mean of the matches at each position, the gradient of \`cnnmrf\``,
        verification: 'code',
      },
      {
        path: 'losses[1].refreshEvery',
        source: `${cnnmrfParts}mrf.lua@14e076b matches at every evaluation of an L-BFGS without line search; ours, which has one, every 10`,
        verification: 'unverified',
      },
      {
        path: 'losses[1].rotations',
        source: `${cnnmrf}, lines 28 and 29: no copies of the style by default; steps of π/24 (7.5°) and 5 %, of which the paper has 2 and 3 each way by github.com/pystiche/papers`,
        verification: 'code',
      },
      {
        path: 'losses[2].weight',
        source: `${cnnmrf}, line 36: -tv_weight 1e-3; ${cnnmrfParts}tv.lua was read in a program made from this one, github.com/leehomyc/Faster-High-Res-Neural-Inpainting@469f707: that of neural-style`,
        verification: 'converted',
      },
      {
        path: 'encoder',
        source: `${cnnmrf}: VGG_ILSVRC_19_layers, whose pooling is max; pixels times 256 less the mean (${cnnmrfParts}helper.lua@0356da3)`,
        verification: 'code',
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
        path: 'losses[0].layers',
        source: `${harmonization}: content_layers relu4_1`,
        verification: 'other implementation',
      },
      {
        path: 'losses[1].layers',
        source: `${harmonization}: style_layers relu1_1, relu2_1, relu3_1, relu4_1`,
        verification: 'other implementation',
      },
      {
        path: 'losses[2].layers',
        source: `${harmonization}: hist_layers relu1_1, relu4_1; ${histograms}: the same`,
        verification: 'other implementation',
      },
      {
        path: 'losses[2].bins',
        source: `${harmonization}: nn.HistLoss with 256; ${histograms}: --histogram_bins 256`,
        verification: 'other implementation',
      },
      {
        path: 'encoder',
        source:
          'the pooling: the first of these implementations has max, the second average; the paper’s text was not found',
        verification: 'unverified',
      },
      {
        path: 'losses',
        source:
          'the weights: no program of the authors and no text of the paper was found. The first of these implementations begins with equal weights and makes them depend on the painting; ' +
          'the other, unfinished, has 5 for content, 1e4 for Gram matrices, 1e6 for histograms and 1e-3 for total variation, each under norms of its own',
        verification: 'unverified',
      },
    ],
  },
  {
    name: 'zhao-2019',
    description: 'Content, global (Gram) and local (patch) losses fused, for portraits above all.',
    citation:
      'Zhao, Rosin, Lai, Lin & Liu, Image neural style transfer with global and local optimization fusion, IEEE Access, 2019.',
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
          'no program and no text of the paper was found: its α, layers, patches and optimiser are unknown. Layers are those of the losses it fuses, neural-style’s and CNNMRF’s',
        verification: 'unverified',
      },
    ],
  },
  {
    name: 'berger-2017',
    description: 'Texture synthesis by Gram matrices together with those of shifted features.',
    citation:
      'Berger & Memisevic, Incorporating long-range consistency in CNN-based texture generation, ICLR 2017.',
    encoder: { name: 'vgg19', pooling: 'average' },
    losses: [
      {
        type: 'gram',
        convention: 'gatys',
        layers: rectifiers,
      },
      ...shifted.map(
        ([layer, shifts, factor]): LossInput => ({
          type: 'correlations',
          name: `correlations-${layer}`,
          convention: 'berger',
          layers: [layer],
          shifts: [...shifts],
          weight: (20_000 / 500) * (factor / 4),
        }),
      ),
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[0].layers',
        source: `${shiftedGrams}, main.py@c557737: STYLE_LAYERS conv1_1 to conv5_1, which vgg_model.py@c557737 rectifies, each of weight 1, over 4N²M² (utils.py)`,
        verification: 'other implementation',
      },
      {
        path: 'losses[1].shifts',
        source: `${shiftedGrams}, utils.py@c557737, buid_cc_loss_lays: 4, 8, 16, 32 and 64 at conv1_1, up to 32 at conv2_1, 16 at conv3_1 and 8 at conv4_1, none at conv5_1; those of each layer and then the four layers averaged`,
        verification: 'other implementation',
      },
      {
        path: 'losses[1].weight',
        source: `${shiftedGrams}, main.py@c557737: cc_STRENGTH 20000 beside STYLE_STRENGTH 500, for textures`,
        verification: 'other implementation',
      },
      {
        path: 'losses',
        source:
          'the authors’ program, github.com/guillaumebrg/texture_generation, was not to be had; which layers, shifts and weight the paper has was not checked',
        verification: 'unverified',
      },
      {
        path: 'encoder',
        source:
          'the pooling of the authors is unknown; average, as Gatys et al. have it for textures, is taken',
        verification: 'unverified',
      },
    ],
  },
];
