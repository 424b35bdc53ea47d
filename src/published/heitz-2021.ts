/** Heitz, Vanhoey, Chambon & Belcour, a sliced Wasserstein loss, CVPR 2021. */
import type { PublishedMethod } from './method.ts';

const slicing =
  'github.com/tchambon/A-Sliced-Wasserstein-Loss-for-Neural-Texture-Synthesis, texture_optimization_slicing.py@491ee6d';
const slicingOther =
  'github.com/tchambon/A-Sliced-Wasserstein-Loss-for-Neural-Texture-Synthesis, texturegen.py@58871d7';

export const heitz2021: PublishedMethod = {
  name: 'heitz-2021',
  description: 'Texture synthesis by sliced Wasserstein distances at the first twelve layers.',
  citation:
    'Heitz, Vanhoey, Chambon & Belcour, A sliced Wasserstein loss for neural texture synthesis, CVPR 2021, its own code.',
  encoder: { name: 'vgg19', pooling: 'average' },
  losses: [
    {
      type: 'sliced-wasserstein',
      convention: 'heitz',
      layers: [
        'relu1_1',
        'relu1_2',
        'relu2_1',
        'relu2_2',
        'relu3_1',
        'relu3_2',
        'relu3_3',
        'relu3_4',
        'relu4_1',
        'relu4_2',
        'relu4_3',
        'relu4_4',
      ],
      directions: 'channels',
      refreshEvery: 1,
    },
  ],
  weighting: 'fixed',
  values: [
    {
      path: 'losses[0].layers',
      source: `${slicing}, VGG19.forward and slicing_loss: block1_conv1 to block4_conv4 after their rectifiers, equally weighted means; the authors’ other program, texturegen.py@58871d7, adds block5_conv1 and block5_conv2`,
      verification: 'code',
    },
    {
      path: 'losses[0].directions',
      source: `${slicing}, slicing_loss: as many as channels, drawn anew at every evaluation; ${slicingOther} draws them once for 64 evaluations and calls more optional; ours are drawn once`,
      verification: 'code',
    },
    {
      path: 'losses[0].refreshEvery',
      source: `${slicing}, slicing_loss: sorted at every evaluation`,
      verification: 'code',
    },
    {
      path: 'encoder',
      source: `${slicing}, VGG19: 2×2 average pooling, B, G and R times 255 less the mean; its convolutions are padded by reflection, ours by zeros. Its vgg19.pth has scaled activations (README.md@2102d33), by factors that are in no text`,
      verification: 'unverified',
    },
  ],
  procedure: {
    source:
      'texturegen.py@58871d7: 256×256, 20 calls of SciPy’s L-BFGS with maxfun 64, from the mean colour with noise of 0.01, clipped after each call',
    unverified:
      'SciPy keeps 10 pairs where nothing is said; the program begins anew with other directions after each call, ours goes on',
    optimizer: { name: 'lbfgs', history: 10 },
    initialization: { from: 'flat', color: 'style', noise: 0.01 },
    sizes: [256],
    budget: { evaluations: 20 * 64 },
    styleScale: 1,
    clamp: 'final',
  },
};
