/** Risser, Wilmot & Barnes, histogram losses, 2017. */
import type { PublishedMethod } from './method.ts';

const histograms = 'github.com/rejunity/neural-style-tf, neural_style.py@15ef2c5';
const harmonization =
  'github.com/luanfujun/deep-painterly-harmonization, neural_paint.lua@6493de7 (Luan et al., EGSR 2018, whose loss is that of Risser et al.)';

export const risser2017: PublishedMethod = {
  name: 'risser-2017',
  description: 'Gram matrices together with histograms of a shallow and a deep layer.',
  citation:
    'Risser, Wilmot & Barnes, Stable and controllable neural texture synthesis and style transfer using histogram losses, 2017.',
  encoder: { name: 'vgg19', pooling: 'average' },
  losses: [
    { type: 'content', convention: 'gatys', layers: ['relu4_1'] },
    { type: 'gram', convention: 'gatys', layers: ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'] },
    { type: 'histogram', convention: 'risser', layers: ['relu1_1', 'relu4_1'], bins: 256 },
  ],
  weighting: 'gradient-norm',
  values: [
    {
      path: 'losses[0].layers',
      source: `${harmonization}: content_layers relu4_1`,
      verification: 'other implementation',
    },
    {
      path: 'losses[1].layers',
      source: `${harmonization}: style_layers relu1_1, relu2_1, relu3_1, relu4_1`,
      verification: 'other implementation',
    },
    {
      path: 'losses[2].layers',
      source: `${harmonization}: hist_layers relu1_1, relu4_1; ${histograms}: the same`,
      verification: 'other implementation',
    },
    {
      path: 'losses[2].bins',
      source: `${harmonization}: nn.HistLoss with 256; ${histograms}: --histogram_bins 256`,
      verification: 'other implementation',
    },
    {
      path: 'encoder',
      source:
        'the pooling: the first of these implementations has max, the second average; the paper’s text was not found',
      verification: 'unverified',
    },
    {
      path: 'losses',
      source:
        'the weights: no program of the authors and no text of the paper was found. The first of these implementations begins with equal weights and makes them depend on the painting; ' +
        'the other, unfinished, has 5 for content, 1e4 for Gram matrices, 1e6 for histograms and 1e-3 for total variation, each under norms of its own',
      verification: 'unverified',
    },
  ],
};
