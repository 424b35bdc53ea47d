/** Johnson’s implementation of Gatys et al., from which many programs descend. */
import type { PublishedMethod } from './method.ts';
import { rectifiers, torchHistory, torchVariation, unitSteps } from './torch.ts';

const neuralStyle = 'github.com/jcjohnson/neural-style, neural_style.lua@d58853c';

export const neuralStyleMethod: PublishedMethod = {
  name: 'neural-style',
  description:
    "Johnson's implementation of Gatys: mean squares, Gram matrices over their number of features.",
  citation: 'J. Johnson, neural-style, 2015, github.com/jcjohnson/neural-style.',
  encoder: { name: 'vgg19', pooling: 'max' },
  losses: [
    { type: 'content', convention: 'mean', layers: ['relu4_2'], weight: 5 },
    { type: 'gram', convention: 'johnson', layers: rectifiers, weight: 100 },
    { type: 'variation', convention: 'quadratic', weight: torchVariation(1e-3) },
  ],
  weighting: 'fixed',
  values: [
    {
      path: 'losses[0]',
      source: `${neuralStyle}, lines 21 and 45: -content_weight 5e0 at relu4_2; ContentLoss is nn.MSECriterion, a mean`,
      verification: 'code',
    },
    {
      path: 'losses[1]',
      source: `${neuralStyle}, lines 22 and 46: -style_weight 1e2 at each of relu1_1 to relu5_1; StyleLoss is nn.MSECriterion of Gram matrices over their nElement`,
      verification: 'code',
    },
    {
      path: 'losses[2].weight',
      source:
        `${neuralStyle}, line 23 and TVLoss: -tv_weight 1e-3 times the gradient of half the squared differences, in pixels times 256; ` +
        'it leaves the last row and column out, ours does not',
      verification: 'converted',
    },
    {
      path: 'encoder',
      source: `${neuralStyle}, line 38 and preprocess: -pooling max; pixels times 256, ours 255, less the mean`,
      verification: 'code',
    },
  ],
  procedure: {
    source:
      'neural_style.lua@d58853c, lines 17, 24, 26, 27 and 36: -image_size 512 (the longest side, of the style as well), -num_iterations 1000, -optimizer lbfgs, -style_scale 1, -init random, which is 0.001·randn about the mean that the network subtracts: grey; clipped at the end',
    unverified: `${torchHistory}; ${unitSteps}`,
    optimizer: { name: 'lbfgs', history: 100 },
    initialization: { from: 'flat', color: 'imagenet', noise: 0.001 / 256 },
    sizes: [512],
    budget: { evaluations: 1000 },
    styleScale: 1,
    clamp: 'final',
  },
};
