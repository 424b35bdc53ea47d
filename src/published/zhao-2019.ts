/** Zhao et al., 2019: content, Gram matrices and patches together. */
import type { PublishedMethod } from './method.ts';

export const zhao2019: PublishedMethod = {
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
};
