/** Kolkin, Salavon & Shakhnarovich, STROTSS, CVPR 2019. */
import type { PublishedMethod } from './method.ts';

const strotss = 'github.com/nkolkin13/STROTSS,';

export const kolkin2019: PublishedMethod = {
  name: 'kolkin-2019',
  description: 'STROTSS: relaxed optimal transport of hyper-columns, self-similarity of the content.',
  citation:
    'Kolkin, Salavon & Shakhnarovich, Style transfer by relaxed optimal transport and self-similarity, CVPR 2019, its own code.',
  encoder: { name: 'vgg16', pooling: 'max' },
  losses: [
    {
      type: 'strotss',
      convention: 'kolkin',
      layers: [
        'relu1_1',
        'relu1_2',
        'relu2_1',
        'relu2_2',
        'relu3_1',
        'relu3_2',
        'relu3_3',
        'relu4_3',
        'relu5_3',
      ],
      alpha: 16,
      samples: 1024,
      refreshEvery: 1,
    },
  ],
  weighting: 'fixed',
  values: [
    {
      path: 'losses[0].layers',
      source: `${strotss} vgg_pt.py@41937e2, forward_base: outputs 1, 3, 6, 8, 11, 13, 15, 22 and 29 of vgg16.features; the picture itself comes first there, 3 of 2179 channels, not here`,
      verification: 'code',
    },
    {
      path: 'losses[0].alpha',
      source: `${strotss} styleTransfer.py@87c8f7e: 16 times the weight given, which is 1.0 by README.md@09cc96c, at a side of 64, halved with every doubling of the size`,
      verification: 'code',
    },
    {
      path: 'losses[0].convention',
      source: `${strotss} stylize_objectives.py@41937e2, gen_remd_dp_objective_guided: (α·content + style)/(α + 2), moments of weight 1, the palette over max(α, 1); contextual_loss.py@41937e2 adds the cosine distance to that of colours, ours does not`,
      verification: 'code',
    },
    {
      path: 'losses[0].samples',
      source: `${strotss} stylize_objectives.py@41937e2, get_feature_inds: 32² pixels of the picture; st_helper.py@41937e2: five draws of up to 1000 pixels of the style, of which ours has 1024`,
      verification: 'code',
    },
    {
      path: 'losses[0].refreshEvery',
      source: `${strotss} st_helper.py@41937e2, RESAMPLE_FREQ 1: drawn anew at every iteration of RMSprop; a line search needs more than 1`,
      verification: 'code',
    },
    {
      path: 'encoder',
      source: `${strotss} vgg_pt.py@41937e2: torchvision's vgg16 with its own (max) pooling. The program fed it pixels less 0.5; its README.md@09cc96c calls that a bug and the mean and deviation of ImageNet right, which ours subtracts and divides by. Colours of the palette are in [0,1] as in the program first published`,
      verification: 'code',
    },
  ],
  procedure: {
    source:
      'styleTransfer.py@87c8f7e and st_helper.py@41937e2: 64 to 512 in octaves, 250 iterations each with steps of 2e-3, 1e-3 at the last, the content counting half as much at each as at the one before, from the finest details of the content on the mean colour of the style; clipped at the end',
    unverified:
      'the optimiser: theirs is RMSprop on the five levels of a Laplacian pyramid, Adam on pixels stands for it; scales between the first and the last begin with the details of the content added; the palette, which their content weight divides, keeps its share here',
    optimizer: { name: 'adam', learningRate: 0.002 },
    initialization: { from: 'details', noise: 0 },
    levels: [
      { size: 64, evaluations: 250 },
      { size: 128, evaluations: 250, weights: { 'strotss.content': 1 / 2 } },
      { size: 256, evaluations: 250, weights: { 'strotss.content': 1 / 4 } },
      {
        size: 512,
        evaluations: 250,
        weights: { 'strotss.content': 1 / 8 },
        optimizer: { name: 'adam', learningRate: 0.001 },
      },
    ],
    styleScale: 1,
    clamp: 'final',
  },
};
