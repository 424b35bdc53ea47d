/** Published objectives that compare whole distributions of features, or kernels of them. */
import type { LossPreset, PresetValue } from './presets.ts';
import { torchRange } from './presets-gatys.ts';
import type { LossInput } from './registry.ts';

const mmd = 'github.com/lyttonhao/Neural-Style-MMD, neural-style.py@a0cf46d';
const mmdParts = 'github.com/lyttonhao/Neural-Style-MMD,';
const strotss = 'github.com/nkolkin13/STROTSS,';
const slicing =
  'github.com/tchambon/A-Sliced-Wasserstein-Loss-for-Neural-Texture-Synthesis, texture_optimization_slicing.py@491ee6d';
const slicingOther =
  'github.com/tchambon/A-Sliced-Wasserstein-Loss-for-Neural-Texture-Synthesis, texturegen.py@58871d7';

/** Positions of relu1_1 to relu5_1 over those of the picture. */
const areas = { relu1_1: 1, relu2_1: 1 / 4, relu3_1: 1 / 16, relu4_1: 1 / 64, relu5_1: 1 / 256 };

/** Channels of relu1_1 to relu5_1. */
const channels = { relu1_1: 64, relu2_1: 128, relu3_1: 256, relu4_1: 512, relu5_1: 512 };

/** Pixels of the picture for which what depends on its size is converted. */
const pixels = 512 ** 2;

/**
 * What the kernels of Li et al. have in common, with their style loss. The program's sums over positions are divided by
 * the picture's H·W throughout, which leaves its minimum where it is: its content Σ (F − P)² becomes 512/64 = 8 times the
 * mean of relu4_2.
 */
function li(
  loss: LossInput,
  factor: string,
  values: readonly PresetValue[] = [],
): Omit<LossPreset, 'name' | 'description'> {
  return {
    citation: 'Li, Wang, Liu & Hou, Demystifying neural style transfer, IJCAI 2017, its own code.',
    encoder: { name: 'vgg19', pooling: 'average' },
    losses: [
      { type: 'content', convention: 'mean', layers: ['relu4_2'], weight: 8 },
      loss,
      { type: 'variation', convention: 'quadratic', weight: ((1e-2 / 8 / 2) * torchRange ** 2) / pixels },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[0].weight',
        source: `${mmd}, get_loss: summed squares at relu4_2, -content-weight 1, all divided by the picture’s H·W here`,
        verification: 'converted',
      },
      {
        path: 'losses[1].layers',
        source: `${mmdParts} model_vgg19.py@9c63009: relu1_1 to relu5_1; their weights follow their numbers of positions, at sides divisible by 16`,
        verification: 'converted',
      },
      {
        path: 'losses[1].weight',
        source: `${mmd}: --style-weight 5, which run.sh sets to 1 for bn, times ${factor}; the gradient that its program passes back, which is not always that of the loss it names, decides`,
        verification: 'converted',
      },
      {
        path: 'losses[2].weight',
        source: `${mmd}, get_tv_grad_executor: --tv-weight 1e-2 over 8 times the gradient of half the squared differences, in pixels times 256, for a picture of 512×512: in proportion to 1/(H·W) otherwise; padded by zeros there`,
        verification: 'converted',
      },
      {
        path: 'encoder',
        source: `${mmdParts} model_vgg19.py@9c63009: pool_type avg; pixels times 256 less the mean`,
        verification: 'code',
      },
      ...values,
    ],
  };
}

export const distributionPresets: readonly LossPreset[] = [
  {
    name: 'li-2017-linear',
    description: 'Means of features: the linear kernel.',
    // 5 · 2e3/(N·M) · Σ_i (x_i − y_i) at every position: the gradient of 5e3·M·‖Δμ‖²/N.
    ...li(
      { type: 'mmd', convention: 'li', kernel: 'linear', layers: areas, weight: 5e3 },
      '2e3 over N·M at each layer (mmd_loss.py@a0cf46d, linear)',
    ),
  },
  {
    name: 'li-2017-polynomial',
    description: 'Second moments of features: the polynomial kernel, which is the Gram loss.',
    // 5 · 1e-1/(N²·M) · X(XᵀX − YᵀY): the gradient of M/2 · ‖G − A‖²/(4N²).
    ...li(
      { type: 'mmd', convention: 'li', kernel: 'polynomial', offset: 0, layers: areas, weight: 0.5 },
      '1e-1 over N²·M at each layer (mmd_loss.py@a0cf46d, poly)',
      [{ path: 'losses[1].offset', source: `${mmd}: --mmd-poly-c 0`, verification: 'code' }],
    ),
  },
  {
    name: 'li-2017-gaussian',
    description: 'Whole distributions of features: the Gaussian kernel.',
    // 5 · 3e14/(N·M) times half the gradient of a sum over M/2 pairs, whose mean is MMD²: that of 3.75e14/N · MMD².
    ...li(
      {
        type: 'mmd',
        convention: 'li',
        kernel: 'gaussian',
        layers: Object.fromEntries(Object.entries(channels).map(([layer, count]) => [layer, 64 / count])),
        weight: (5 * 3e14) / 4 / 64 / pixels,
      },
      '3e14 over N·M at each layer, for a picture of 512×512 (mmd_loss.py@a0cf46d, gaussian; its sums are over M/2 pairs)',
      [
        {
          path: 'losses[1].bandwidth',
          source: `${mmdParts} mmd_loss.py@a0cf46d: exp(−d²/mean d²), the mean over random pairs of positions of both pictures; ours is the style's; --mmd-gaussian-multi 1`,
          verification: 'code',
        },
        {
          path: 'losses[1].frequencies',
          source: 'ours: the program draws pairs of positions at every evaluation',
          verification: 'unverified',
        },
      ],
    ),
  },
  {
    name: 'li-2017-bn',
    description: 'Means and standard deviations of features: the statistics of batch normalisation.',
    // 5 · 1e3·M times half the gradient of (1/N)Σ[(Δμ)² + (Δσ)²].
    ...li(
      { type: 'moments', convention: 'bn', layers: areas, weight: 2.5e3 },
      '1e3·M at each layer (bn_loss.py@a0cf46d, which passes back half the gradient)',
    ),
  },
  {
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
  },
  {
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
  },
];
