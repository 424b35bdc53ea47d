/** Berger & Memisevic, Gram matrices of shifted features, ICLR 2017. */
import type { LossInput } from '../losses/registry.ts';
import type { PublishedMethod } from './method.ts';
import { rectifiers } from './torch.ts';

const shiftedGrams = 'github.com/ty625911724/texture_generation_master';

/** The shifts of each layer, which are averaged, and the factor they are averaged with (0.33 for a third). */
const shifted: readonly (readonly [layer: string, shifts: readonly number[], factor: number])[] = [
  ['relu1_1', [4, 8, 16, 32, 64], 0.2],
  ['relu2_1', [4, 8, 16, 32], 0.25],
  ['relu3_1', [4, 8, 16], 0.33],
  ['relu4_1', [4, 8], 0.5],
];

export const berger2017: PublishedMethod = {
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
  procedure: {
    source:
      'github.com/ty625911724/texture_generation_master, main.py@c557737: 512×512, Adam with steps of 1 of 255 for 10 000 iterations, from a picture of noise',
    unverified: 'all of it is that implementation’s, not the authors’',
    optimizer: { name: 'adam', learningRate: 1 / 255 },
    initialization: { from: 'noise' },
    sizes: [512],
    budget: { evaluations: 10_000 },
    styleScale: 1,
    clamp: 'final',
  },
};
