/** Published objectives of Gatys et al. and of the programs that descend from them. */
import type { LossPreset } from './presets.ts';

const notebook =
  'github.com/leongatys/PytorchNeuralStyleTransfer, NeuralStyleTransfer.ipynb@2355c25 and copies of its cell 8';
const synthesis = 'github.com/leongatys/NeuralImageSynthesis';
const basicTransfer = `${synthesis}, ExampleNotebooks/BasicStyleTransfer.ipynb@c3ce8ac`;
const neuralStyle = 'github.com/jcjohnson/neural-style, neural_style.lua@d58853c';
const lapstyle = 'github.com/askerlee/lapstyle, lap_style.lua@50d69d2';

/** The Torch programs scale pictures to 256 before the mean is subtracted; ours are in [0,1]. */
export const torchRange = 256;

/**
 * Weight of `quadratic` total variation for the programs' -tv_weight: that times the gradient of half the squared
 * differences, in pixels times 256.
 */
export const torchVariation = (weight: number): number => (weight / 2) * torchRange ** 2;

export const rectifiers = ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1'];

export const gatysPresets: readonly LossPreset[] = [
  {
    name: 'gatys-2016',
    description:
      'The founding objective as the paper writes it: content at conv4_2, Gram matrices at conv1_1 to conv5_1, all rectified.',
    citation: 'Gatys, Ecker & Bethge, Image style transfer using convolutional neural networks, CVPR 2016.',
    encoder: { name: 'vgg19', pooling: 'average', normalized: true },
    losses: [
      { type: 'content', convention: 'gatys', layers: ['relu4_2'], weight: 1 },
      {
        type: 'gram',
        convention: 'gatys',
        layers: Object.fromEntries(rectifiers.map((layer) => [layer, 1 / 5])),
        weight: 1e3,
      },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[1].layers',
        source:
          'section 2.2: w_l = 1/5 in conv1_1, conv2_1, conv3_1, conv4_1 and conv5_1, 0 in all other layers',
        verification: 'paper',
      },
      {
        path: 'encoder',
        source:
          'section 2: VGG-19 with weights scaled to a mean activation of 1 per filter over images and positions; average instead of max pooling',
        verification: 'paper',
      },
      {
        path: 'losses[1].weight',
        source:
          'α/β = 1e-3 is the ratio commonly cited from its figures, which show several; github.com/pystiche/papers, gatys_ecker_bethge_2016/_utils.py@0b6847d has 1 and 1e3. ' +
          'Together with eq. 1, a sum over all features, and eq. 4, which comes to a mean, it leaves next to no style; the same authors’ program, gatys-normalised, has means in both places',
        verification: 'other implementation',
      },
      {
        path: 'losses[0].layers',
        source:
          'conv4_2, read after its rectifier, as all layers are: by eqs. 2 and 6 inactive units have no gradient, and the authors’ DeepTextures (ImageSyn.py@d88e642) takes it from them. github.com/pystiche/papers reads the paper as the layers before',
        verification: 'converted',
      },
    ],
  },
  {
    name: 'gatys-pytorch',
    description: "Gatys' own later program: mean squares, Gram matrices over positions, weights over N².",
    citation: 'L. Gatys, PytorchNeuralStyleTransfer, github.com/leongatys/PytorchNeuralStyleTransfer.',
    encoder: { name: 'vgg19', pooling: 'max' },
    losses: [
      { type: 'content', convention: 'mean', layers: ['relu4_2'], weight: 1 },
      { type: 'gram', convention: 'johnson', layers: rectifiers, weight: 1e3 },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[1].convention',
        source: `${notebook}: GramMSELoss is MSELoss of Gram matrices over h·w, a mean over N² entries; times 1/N² it is \`johnson\``,
        verification: 'converted',
      },
      {
        path: 'losses[1].weight',
        source: `${basicTransfer}, “original vgg-19 net”: sw = 1e3, over 64², 128², 256², 512² and 512²; cell 8 of the later notebook has the same`,
        verification: 'code',
      },
      {
        path: 'losses[0].weight',
        source: `${basicTransfer}: cw = 1 at relu4_2, MSE in LossLayers.lua@06ece70 is nn.MSECriterion, a mean`,
        verification: 'code',
      },
      {
        path: 'encoder',
        source: `${notebook}: VGG() has max pooling; B, G and R times 255 less the mean`,
        verification: 'code',
      },
    ],
  },
  {
    name: 'gatys-normalised',
    description:
      "Gatys' program with VGG-19 of mean activation one: mean squares, equal weights of all layers.",
    citation:
      'L. Gatys, NeuralImageSynthesis, the code of Gatys et al., CVPR 2017, github.com/leongatys/NeuralImageSynthesis.',
    encoder: { name: 'vgg19', pooling: 'average', normalized: true },
    losses: [
      { type: 'content', convention: 'mean', layers: ['relu4_2'], weight: 1e6 },
      // GramMSE is a mean over N² entries, four times the convention `gatys`.
      { type: 'gram', convention: 'gatys', layers: rectifiers, weight: (4 * 1e9) / 5 },
    ],
    weighting: 'fixed',
    values: [
      {
        path: 'losses[0].weight',
        source: `${basicTransfer}, “normalised vgg-19 net”: cw = 1e6 at relu4_2, MSE`,
        verification: 'code',
      },
      {
        path: 'losses[1].weight',
        source: `${basicTransfer}, “normalised vgg-19 net”: sw = 1e9 over the number of style layers, GramMSE; LossLayers.lua@06ece70: a mean over N² of squared differences of FFᵀ/M`,
        verification: 'converted',
      },
      {
        path: 'losses[1].layers',
        source: `${basicTransfer}: relu1_1, relu2_1, relu3_1, relu4_1, relu5_1`,
        verification: 'code',
      },
      {
        path: 'encoder',
        source: `${basicTransfer}: vgg_normalised.caffemodel, whose pooling the notebook does not say; average, as the authors’ DeepTextures use it (Models/VGG_ave_pool_deploy.prototxt), is taken`,
        verification: 'unverified',
      },
    ],
  },
  {
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
  },
  {
    name: 'lapstyle-2017',
    description: "Johnson's implementation of Gatys with a Laplacian content loss on pixels.",
    citation:
      'Li, Xu, Nie & Chua, Laplacian-steered neural style transfer, ACM Multimedia 2017, its own code.',
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
  },
];
