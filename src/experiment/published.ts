/**
 * Published methods as a whole: the losses of `losses/presets.ts` with their encoder, and the optimiser, the start, the
 * sizes and the evaluations that their authors' programs have. What could not be read in a source is named.
 */
import type { EncoderInput } from '../encoders/registry.ts';
import { type LossPreset, type LossPresetName, lossPresets } from '../losses/presets.ts';
import type { Preset } from './presets.ts';

/** A loss preset that stands for somebody's published method. */
export type PublishedName = Exclude<LossPresetName, 'wavelet'>;

/** The name of the whole method among presets. */
export type MethodPresetName = `${PublishedName}-method`;

/** What a method is besides its losses and its encoder. */
export type Procedure = Omit<Preset, 'variants' | 'losses' | 'encoder' | 'weighting'>;

/** Every program's iterations are one evaluation each, but for steps that a line search rejects, which only ours has. */
const unitSteps =
  'the program’s L-BFGS takes unit steps, one evaluation each; ours searches along its direction, so that as many evaluations are fewer steps';

const torchHistory = 'torch/optim keeps 100 pairs where nothing is said (lbfgs.lua, nCorrection)';

/** Li et al. start, size and count alike whatever the kernel. */
const liProcedure: Procedure = {
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

export const procedures = {
  'gatys-2016': {
    source:
      'sections 2.3 and 3: L-BFGS from white noise; the style image resized to the content’s size; pictures of about 512×512 pixels',
    unverified: 'the number of evaluations and L-BFGS’s history, which the paper does not state',
    optimizer: { name: 'lbfgs', history: 10 },
    initialization: { from: 'noise' },
    sizes: [512],
    budget: { evaluations: 500 },
    styleScale: 1,
  },
  'gatys-pytorch': {
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
  'gatys-normalised': {
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
  'neural-style': {
    source:
      'neural_style.lua@d58853c, lines 17, 24, 26, 27 and 36: -image_size 512 (the longest side, of the style as well), -num_iterations 1000, -optimizer lbfgs, -style_scale 1, -init random, which is 0.001·randn about the mean that the network subtracts: grey; clipped at the end',
    unverified: `${torchHistory}; ${unitSteps}`,
    optimizer: { name: 'lbfgs', history: 100 },
    initialization: { from: 'flat', color: 'imagenet', noise: 0.001 / 256 },
    sizes: [512],
    budget: { evaluations: 1000 },
    styleScale: 1,
    clamp: 'final',
  },
  'lapstyle-2017': {
    source:
      'lap_style.lua@50d69d2, lines 31, 33 and 35: -num_iterations 1000, -optimizer lbfgs, -init random as in neural-style; clipped at the end',
    unverified: `the size: the program takes pictures as large as they are; ${torchHistory}; ${unitSteps}`,
    optimizer: { name: 'lbfgs', history: 100 },
    initialization: { from: 'flat', color: 'imagenet', noise: 0.001 / 256 },
    sizes: [512],
    budget: { evaluations: 1000 },
    styleScale: 1,
    clamp: 'final',
  },
  cnnmrf: {
    source:
      'cnnmrf.lua@3f42a4b, lines 17, 19, 23, 24 and 50: three resolutions, each half the next, up to 384 on the longest side, 100 iterations of L-BFGS with 25 corrections each, from the content; clipped at the end',
    unverified: unitSteps,
    optimizer: { name: 'lbfgs', history: 25 },
    initialization: { from: 'content', noise: 0 },
    levels: [
      { size: 96, evaluations: 100 },
      { size: 192, evaluations: 100 },
      { size: 384, evaluations: 100 },
    ],
    styleScale: 1,
    clamp: 'final',
  },
  'berger-2017': {
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
  'li-2017-linear': liProcedure,
  'li-2017-polynomial': liProcedure,
  'li-2017-gaussian': liProcedure,
  'li-2017-bn': liProcedure,
  'kolkin-2019': {
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
  'heitz-2021': {
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
} as const satisfies Partial<Record<PublishedName, Procedure>>;

/** All names of published methods, in the order in which help lists them. */
export const publishedNames = lossPresets
  .map(({ name }) => name)
  .filter((name): name is PublishedName => name !== 'wavelet');

/** The values of a loss preset that no source confirms, in a sentence; undefined where all are. */
export function unverifiedOf({ values }: LossPreset): string | undefined {
  const unverified = values.filter(({ verification }) => verification === 'unverified');
  if (unverified.length === 0) return undefined;
  return unverified.map(({ path, source }) => `${path}: ${source}`).join('; ');
}

/** The whole method: its losses as the only variant, its encoder and its procedure where one is known. */
function wholeMethod(preset: LossPreset): Preset {
  const { name, description, citation, encoder, losses, weighting } = preset;
  const known: Readonly<Partial<Record<LossPresetName, Procedure>>> = procedures;
  const {
    source = 'its optimiser, start and sizes are not known: they are the defaults',
    unverified,
    ...settings
  } = known[name] ?? {};
  const doubts = [unverifiedOf(preset), unverified].filter((doubt) => doubt !== undefined);
  return {
    source: `${citation} ${description} Losses and encoder of ${name}; ${source}.`,
    ...(doubts.length > 0 && { unverified: doubts.join('; ') }),
    encoder: encoder as EncoderInput,
    weighting,
    variants: { [name]: losses },
    ...settings,
  };
}

/** Every published method by `<name>-method`. */
export const publishedMethods = Object.fromEntries(
  lossPresets
    .filter(({ name }) => name !== 'wavelet')
    .map((preset) => [`${preset.name}-method`, wholeMethod(preset)]),
) as Readonly<Record<MethodPresetName, Preset>>;
