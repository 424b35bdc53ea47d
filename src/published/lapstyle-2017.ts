/** Li, Xu, Nie & Chua, Laplacian-steered neural style transfer, ACM Multimedia 2017. */
import type { PublishedMethod } from './method.ts';
import { rectifiers, torchHistory, torchRange, torchVariation, unitSteps } from './torch.ts';

const lapstyle = 'github.com/askerlee/lapstyle, lap_style.lua@50d69d2';

export const lapstyle2017: PublishedMethod = {
  name: 'lapstyle-2017',
  description: "Johnson's implementation of Gatys with a Laplacian content loss on pixels.",
  citation: 'Li, Xu, Nie & Chua, Laplacian-steered neural style transfer, ACM Multimedia 2017, its own code.',
  encoder: { name: 'vgg19', pooling: 'max' },
  losses: [
    { type: 'content', convention: 'mean', layers: ['relu4_2'], weight: 20 },
    { type: 'gram', convention: 'johnson', layers: rectifiers, weight: 100 },
    {
      type: 'laplacian',
      convention: 'li',
      pools: [{ size: 4 }],
      windows: 'apart',
      weight: 100 * torchRange ** 2,
    },
    { type: 'variation', convention: 'quadratic', weight: torchVariation(1e-3) },
  ],
  weighting: 'fixed',
  values: [
    {
      path: 'losses[0].weight',
      source: `${lapstyle}: -content_weight 20 in the example of README.md@0edfdb6; its default, line 23, is 5`,
      verification: 'code',
    },
    {
      path: 'losses[1]',
      source: `${lapstyle}, lines 24 and 55: -style_weight 1e2 at each of relu1_1 to relu5_1, G over nElement`,
      verification: 'code',
    },
    {
      path: 'losses[2]',
      source: `${lapstyle}, lines 26 and 27: -lap_layers 2, which pools windows of 2² pixels, -lap_weights 100, nn.MSECriterion of the Laplacian summed over the colours of pixels times 256`,
      verification: 'code',
    },
    {
      path: 'losses[3].weight',
      source: `${lapstyle}, line 30: -tv_weight 1e-3 times the gradient of half the squared differences, in pixels times 256`,
      verification: 'converted',
    },
    { path: 'encoder', source: `${lapstyle}, line 47: -pooling max`, verification: 'code' },
  ],
  procedure: {
    source:
      'lap_style.lua@50d69d2, lines 31, 33 and 35: -num_iterations 1000, -optimizer lbfgs, -init random as in neural-style; clipped at the end',
    unverified: `the size: the program takes pictures as large as they are; ${torchHistory}; ${unitSteps}`,
    optimizer: { name: 'lbfgs', history: 100 },
    initialization: { from: 'flat', color: 'imagenet', noise: 0.001 / 256 },
    sizes: [512],
    budget: { evaluations: 1000 },
    styleScale: 1,
    clamp: 'final',
  },
};
