/** Li, Wang, Liu & Hou, Demystifying neural style transfer, IJCAI 2017: one program, four kernels. */
import type { LossInput } from '../losses/registry.ts';
import type { Procedure, PublishedMethod, PublishedValue } from './method.ts';
import { torchRange } from './torch.ts';

const mmd = 'github.com/lyttonhao/Neural-Style-MMD, neural-style.py@a0cf46d';
const mmdParts = 'github.com/lyttonhao/Neural-Style-MMD,';

/** Positions of relu1_1 to relu5_1 over those of the picture. */
const areas = { relu1_1: 1, relu2_1: 1 / 4, relu3_1: 1 / 16, relu4_1: 1 / 64, relu5_1: 1 / 256 };

/** Channels of relu1_1 to relu5_1. */
const channels = { relu1_1: 64, relu2_1: 128, relu3_1: 256, relu4_1: 512, relu5_1: 512 };

/** Pixels of the picture for which what depends on its size is converted. */
const pixels = 512 ** 2;

/** Li et al. start, size and count alike whatever the kernel. */
const procedure: Procedure = {
  source:
    'github.com/lyttonhao/Neural-Style-MMD, neural-style.py@a0cf46d: --max-long-edge 600, --max-num-epochs 1000, --init random, which is ±0.1 about the mean that the network subtracts, clipping at the end',
  unverified:
    'the optimiser: the program descends by SGD of momentum 0.9, its steps falling to 9/10 every 80, along gradients whose norm it cuts, and stops when a step changes the picture by less than 0.5 %; L-BFGS stands for it. The style is stretched to the content’s size there, and the picture denoised at the end',
  optimizer: { name: 'lbfgs', history: 10 },
  initialization: { from: 'flat', color: 'imagenet', noise: 0.1 / 256 / Math.sqrt(3) },
  sizes: [600],
  budget: { evaluations: 1000 },
  styleScale: 1,
  clamp: 'final',
};

/**
 * What the kernels of Li et al. have in common, with their style loss. The program's sums over positions are divided by
 * the picture's H·W throughout, which leaves its minimum where it is: its content Σ (F − P)² becomes 512/64 = 8 times the
 * mean of relu4_2.
 */
function li(
  loss: LossInput,
  factor: string,
  values: readonly PublishedValue[] = [],
): Omit<PublishedMethod, 'name' | 'description'> {
  return {
    citation: 'Li, Wang, Liu & Hou, Demystifying neural style transfer, IJCAI 2017, its own code.',
    encoder: { name: 'vgg19', pooling: 'average' },
    losses: [
      { type: 'content', convention: 'mean', layers: ['relu4_2'], weight: 8 },
      loss,
      { type: 'variation', convention: 'quadratic', weight: ((1e-2 / 8 / 2) * torchRange ** 2) / pixels },
    ],
    weighting: 'fixed',
    procedure,
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

export const li2017: readonly PublishedMethod[] = [
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
];
