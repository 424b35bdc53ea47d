/** Published objectives that compare whole distributions, or keep structure by other means than features. */
import type { LossPreset, PresetValue } from './presets.ts';
import type { LossInput } from './registry.ts';

const mmd =
  'github.com/lyttonhao/Neural-Style-MMD, neural-style.py, mmd_loss.py, bn_loss.py and model_vgg19.py';
const strotss = 'github.com/nkolkin13/STROTSS';
const slicing = 'github.com/tchambon/A-Sliced-Wasserstein-Loss-for-Neural-Texture-Synthesis';
const lapstyle = 'github.com/askerlee/lapstyle, lap_style.lua';

/** The program scales pictures to 256 before the mean is subtracted; ours are in [0,1]. */
const torchRange = 256;

const liLayers = ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1'];

/** What the kernels of Li et al. have in common, with their style loss. */
function li(loss: LossInput, values: readonly PresetValue[] = []): Omit<LossPreset, 'name' | 'description'> {
  return {
    citation: 'Li, Wang, Liu & Hou, Demystifying neural style transfer, IJCAI 2017, its own code.',
    encoder: { name: 'vgg19', pooling: 'average' },
    losses: [{ type: 'content', convention: 'gatys', layers: ['relu4_2'] }, loss],
    weighting: 'gradient-norm',
    values: [
      {
        path: 'losses[0]',
        source: `${mmd}: content at relu4_2, summed squares (twice ours)`,
        verification: 'code',
      },
      {
        path: 'losses[1].layers',
        source: `${mmd}: relu1_1 to relu5_1, average pooling`,
        verification: 'code',
      },
      {
        path: 'losses',
        source:
          'the program fixes a factor for each kind of loss by the scale of its gradients and multiplies it by 5 for the ' +
          'style; its factors depend on the picture’s size, and its backward passes are not the exact gradients of its ' +
          'kernels, so that they cannot be converted',
        verification: 'unverified',
      },
      ...values,
    ],
  };
}

export const laterPresets: readonly LossPreset[] = [
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
        layers: ['conv1_1', 'conv2_1', 'conv3_1', 'conv4_1', 'conv5_1'],
      },
      {
        type: 'correlations',
        convention: 'berger',
        layers: ['conv1_1', 'conv2_1', 'conv3_1', 'conv4_1', 'conv5_1'],
        shifts: 'octaves',
      },
    ],
    weighting: 'gradient-norm',
    values: [
      {
        path: 'losses[1]',
        source:
          'the paper adds Gram matrices of features shifted along both axes, averaged; which shifts and layers, and ' +
          'with which weight, could not be checked in it or in the authors’ code',
        verification: 'unverified',
      },
      {
        path: 'losses[1].layers',
        source:
          'github.com/ty625911724/texture_generation_master, main.py: conv1_1 to conv5_1 for both losses, forty times the ' +
          'weight for the shifted one',
        verification: 'other implementation',
      },
    ],
  },
  {
    name: 'li-2017-linear',
    description: 'Means of features: the linear kernel.',
    ...li({ type: 'mmd', convention: 'li', kernel: 'linear', layers: liLayers }),
  },
  {
    name: 'li-2017-polynomial',
    description: 'Second moments of features: the polynomial kernel, which is the Gram loss.',
    ...li({ type: 'mmd', convention: 'li', kernel: 'polynomial', offset: 0, layers: liLayers }, [
      { path: 'losses[1].offset', source: `${mmd}: --mmd-poly-c 0`, verification: 'code' },
    ]),
  },
  {
    name: 'li-2017-gaussian',
    description: 'Whole distributions of features: the Gaussian kernel.',
    ...li({ type: 'mmd', convention: 'li', kernel: 'gaussian', layers: liLayers }, [
      {
        path: 'losses[1].bandwidth',
        source: `${mmd}: exp(−d²/mean d²), the mean over random pairs of positions of both pictures; ours is the style's`,
        verification: 'code',
      },
      {
        path: 'losses[1].frequencies',
        source: 'ours: the program draws pairs of positions at every evaluation',
        verification: 'unverified',
      },
    ]),
  },
  {
    name: 'li-2017-bn',
    description: 'Means and standard deviations of features: the statistics of batch normalisation.',
    ...li({ type: 'moments', convention: 'bn', layers: liLayers }),
  },
  {
    name: 'lapstyle-2017',
    description: "Johnson's implementation of Gatys with a Laplacian content loss on pixels.",
    citation:
      'Li, Xu, Nie & Chua, Laplacian-steered neural style transfer, ACM Multimedia 2017, its own code.',
    encoder: { name: 'vgg19', pooling: 'max' },
    losses: [
      { type: 'content', convention: 'mean', layers: ['relu4_2'], weight: 20 },
      {
        type: 'gram',
        convention: 'johnson',
        layers: ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1'],
        weight: 100,
      },
      { type: 'laplacian', convention: 'li', pools: [{ size: 4 }], weight: 100 * torchRange ** 2 },
      { type: 'variation', convention: 'quadratic', weight: 0.5e-3 * torchRange ** 2 },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[0].weight',
        source: `${lapstyle}: -content_weight 20 in its README's example; its default is 5`,
        verification: 'code',
      },
      { path: 'losses[1]', source: `${lapstyle}: -style_weight 1e2, G over nElement`, verification: 'code' },
      {
        path: 'losses[2]',
        source: `${lapstyle}: -lap_layers 2 (windows of 2² pixels), -lap_weights 100, MSECriterion on pixels times 256`,
        verification: 'code',
      },
      {
        path: 'losses[3].weight',
        source: `${lapstyle}: -tv_weight 1e-3 times the gradient of half the squared differences, in pixels times 256`,
        verification: 'converted',
      },
      { path: 'encoder', source: `${lapstyle}: -pooling max`, verification: 'code' },
    ],
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
        source: `${strotss}, vgg_pt.py: outputs 1, 3, 6, 8, 11, 13, 15, 22 and 29; the picture itself comes first there, not here`,
        verification: 'code',
      },
      {
        path: 'losses[0].alpha',
        source: `${strotss}, styleTransfer.py: 16 times the weight given, at a side of 64, halved with every doubling of the size`,
        verification: 'code',
      },
      {
        path: 'losses[0].samples',
        source: `${strotss}, stylize_objectives.py: 32² pixels of the picture; five draws of up to 1000 of the style`,
        verification: 'code',
      },
      {
        path: 'losses[0].refreshEvery',
        source: `${strotss}, st_helper.py: drawn anew at every iteration of RMSprop on a Laplacian pyramid; a line search needs more than 1`,
        verification: 'code',
      },
      {
        path: 'encoder',
        source: `${strotss}, vgg_pt.py: torchvision's vgg16 with its own (max) pooling; how it scales pictures was not checked`,
        verification: 'unverified',
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
      },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[0].layers',
        source: `${slicing}: block1_conv1 to block4_conv4 after their rectifiers, equally weighted means`,
        verification: 'code',
      },
      {
        path: 'losses[0].directions',
        source: `${slicing}: as many as channels, drawn anew at every evaluation; ours are drawn once`,
        verification: 'code',
      },
      {
        path: 'losses[0].refreshEvery',
        source: `${slicing}: sorted at every evaluation; ours are sorted more seldom`,
        verification: 'code',
      },
      {
        path: 'encoder',
        source: `${slicing}: 2×2 average pooling; its convolutions are padded by reflection, ours by zeros`,
        verification: 'code',
      },
    ],
  },
];
