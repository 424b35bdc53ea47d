/** Li & Wand, Combining Markov random fields and convolutional neural networks, CVPR 2016. */
import type { PublishedMethod } from './method.ts';
import { torchVariation, unitSteps } from './torch.ts';

const cnnmrf = 'github.com/chuanli11/CNNMRF, cnnmrf.lua@3f42a4b';
const cnnmrfParts = 'github.com/chuanli11/CNNMRF, mylib/';

export const cnnmrfMethod: PublishedMethod = {
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
  procedure: {
    source:
      'cnnmrf.lua@3f42a4b, lines 17, 19, 23, 24 and 50: three resolutions, each half the next, up to 384 on the longest side, 100 iterations of L-BFGS with 25 corrections each, from the content; clipped at the end',
    unverified: unitSteps,
    optimizer: { name: 'lbfgs', history: 25 },
    initialization: { from: 'content', noise: 0 },
    levels: [
      { size: 96, evaluations: 100 },
      { size: 192, evaluations: 100 },
      { size: 384, evaluations: 100 },
    ],
    styleScale: 1,
    clamp: 'final',
  },
};
