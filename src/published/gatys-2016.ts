/** Gatys, Ecker & Bethge, CVPR 2016, as the paper has it and as the two programs of its authors do. */
import type { PublishedMethod } from './method.ts';
import { rectifiers, torchHistory, unitSteps } from './torch.ts';

const notebook =
  'github.com/leongatys/PytorchNeuralStyleTransfer, NeuralStyleTransfer.ipynb@2355c25 and copies of its cell 8';
const synthesis = 'github.com/leongatys/NeuralImageSynthesis';
const basicTransfer = `${synthesis}, ExampleNotebooks/BasicStyleTransfer.ipynb@c3ce8ac`;

export const gatys2016: PublishedMethod = {
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
  procedure: {
    source:
      'sections 2.3 and 3: L-BFGS from white noise; the style image resized to the content’s size; pictures of about 512×512 pixels',
    unverified: 'the number of evaluations and L-BFGS’s history, which the paper does not state',
    optimizer: { name: 'lbfgs', history: 10 },
    initialization: { from: 'noise' },
    sizes: [512],
    budget: { evaluations: 500 },
    styleScale: 1,
  },
};

export const gatysPytorch: PublishedMethod = {
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
  procedure: {
    source:
      'NeuralStyleTransfer.ipynb@2355c25, cells 4, 6, 9 and 10: 500 closures of torch.optim.LBFGS from the content at 512, then 200 at 800 from the enlarged result; clipped at the end',
    unverified: `sizes are those of the shorter side there, of the longest here; torch.optim.LBFGS keeps 100 pairs where nothing is said; ${unitSteps}`,
    optimizer: { name: 'lbfgs', history: 100 },
    initialization: { from: 'content', noise: 0 },
    levels: [
      { size: 512, evaluations: 500 },
      { size: 800, evaluations: 200 },
    ],
    styleScale: 1,
    clamp: 'final',
  },
};

export const gatysNormalized: PublishedMethod = {
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
  procedure: {
    source:
      'ExampleNotebooks/BasicStyleTransfer.ipynb@c3ce8ac: init image, img_size 512 and max_iter 500, hr_img_size 1024 and hr_max_iter 200; ImageSynthesis.lua@06ece70: optim.lbfgs',
    unverified: `sizes mean the root of the area there, the longest side here; ${torchHistory}; ${unitSteps}`,
    optimizer: { name: 'lbfgs', history: 100 },
    initialization: { from: 'content', noise: 0 },
    levels: [
      { size: 512, evaluations: 500 },
      { size: 1024, evaluations: 200 },
    ],
    styleScale: 1,
    clamp: 'final',
  },
};
