/** The pyramid of Ulyanov et al.: the picture at several sizes, joined from the smallest up. */
import { z } from 'zod';
import { type NamedTensors, tf } from '../tensor.ts';
import { defineNetwork } from './define.ts';
import type { GraphValue } from './graph.ts';
import { graphFromRange } from './graph-parts.ts';
import { applyLayers, type Layer, type ParameterOutline, parametersOf } from './layers.ts';
import { fromRange } from './ranges.ts';

const settings = {
  scales: z.int().min(1).max(8).default(6).describe('sizes in the pyramid, each half of the one before'),
  channels: z.int().min(1).max(64).default(8).describe('channels of the layers at each size'),
  noise: z
    .int()
    .min(0)
    .max(16)
    .default(3)
    .describe('random channels beside the picture at each size; the program of 2017 has none'),
  norm: z
    .enum(['instance', 'batch', 'stored'])
    .default('instance')
    .describe(
      'what channels are normalised over: each picture (2017), the batch (2016), or values stored with the weights',
    ),
  output: z
    .enum(['tanh', 'caffe'])
    .default('tanh')
    .describe('how it ends: in [0,1] by tanh, or with blue, green and red minus their means as published'),
};

type Settings = z.output<z.ZodObject<typeof settings>>;

/** Three convolutions with norms, of which the last looks at single positions. */
function threeLayers(name: string, channels: number, norm: Settings['norm']): Layer[] {
  return [3, 3, 1].flatMap((size, index): Layer[] => [
    { kind: 'convolution', name: `${name}.conv${index + 1}`, channels, size, surround: 'repeat' },
    { kind: 'norm', name: `${name}.norm${index + 1}`, over: norm },
    { kind: 'relu' },
  ]);
}

/** Scales are counted from 1, the smallest picture. */
const branch = (scale: number, { channels, norm }: Settings) => threeLayers(`scale${scale}`, channels, norm);
const join = (scale: number, { channels, norm }: Settings) =>
  threeLayers(`join${scale}`, channels * scale, norm);
const joined = (scale: number, side: 'below' | 'own', { norm }: Settings): Layer[] => [
  { kind: 'norm', name: `join${scale}.${side}`, over: norm },
];
const twice: Layer[] = [{ kind: 'upsample', factor: 2, how: 'nearest' }];
const last = (): Layer[] => [{ kind: 'convolution', name: 'last', channels: 3, size: 1, surround: 'none' }];

function outlines(chosen: Settings): ParameterOutline[] {
  const { scales, channels, noise } = chosen;
  const all: ParameterOutline[] = [];
  const add = (layers: readonly Layer[], given: number) =>
    all.push(...parametersOf(layers, given).parameters);
  for (let scale = 1; scale <= scales; scale++) {
    add(branch(scale, chosen), 3 + noise);
    if (scale === 1) continue;
    add(joined(scale, 'below', chosen), channels * (scale - 1));
    add(joined(scale, 'own', chosen), channels);
    add(join(scale, chosen), channels * scale);
  }
  add(last(), channels * scales);
  return all;
}

/**
 * Ulyanov, Lebedev, Vedaldi & Lempitsky, ICML 2016, and with instance norm Ulyanov, Vedaldi & Lempitsky, CVPR 2017, as in
 * DmitryUlyanov/texture_nets (models/pyramid.lua): at each size the mean of the pixels goes through three convolutions;
 * it is normalised and set beside what came from below, normalised too, and three more convolutions join them. Maps are
 * surrounded by their repeated edges. The noise is uniform in [0,1].
 */
export const ulyanov = defineNetwork({
  name: 'ulyanov',
  description:
    'A pyramid of picture and noise at several sizes, joined from the smallest up, for one style (Ulyanov et al., 2016).',
  class: 'per-style',
  source: 'Ulyanov et al., ICML 2016 and CVPR 2017',
  settings,
  parameters: outlines,
  multipleOf: ({ scales }) => 2 ** (scales - 1),
  minimumSize: ({ scales }) => 2 ** (scales - 1),
  noise({ scales, noise }, height, width) {
    if (noise === 0) return {};
    return Object.fromEntries(
      Array.from({ length: scales }, (_, index) => {
        const factor = 2 ** (scales - 1 - index);
        return [
          `scale${index + 1}`,
          [Math.floor(height / factor), Math.floor(width / factor), noise],
        ] as const;
      }),
    );
  },
  apply(chosen, { content, noise }, parameters: NamedTensors) {
    const { scales } = chosen;
    const chain = (layers: readonly Layer[], maps: tf.Tensor4D) => applyLayers(layers, maps, parameters);
    const own = (scale: number) => {
      const factor = 2 ** (scales - scale);
      const small = factor === 1 ? content : tf.avgPool(content, factor, factor, 'valid');
      const random = noise?.[`scale${scale}`] as tf.Tensor4D | undefined;
      if (chosen.noise > 0 && random === undefined)
        throw new Error(`the network ulyanov wants noise for scale ${scale}`);
      return chain(branch(scale, chosen), random === undefined ? small : tf.concat([small, random], 3));
    };
    let maps = own(1);
    for (let scale = 2; scale <= scales; scale++) {
      const below = chain([...twice, ...joined(scale, 'below', chosen)], maps);
      const beside = chain(joined(scale, 'own', chosen), own(scale));
      maps = chain(join(scale, chosen), tf.concat([below, beside], 3));
    }
    const made = chain(last(), maps);
    return chosen.output === 'tanh' ? fromRange(tf.tanh(made), 'signed') : fromRange(made, 'caffe');
  },
  graph(chosen, blocks) {
    const { content, layers } = blocks;
    const { scales, noise } = chosen;
    const beside = (a: GraphValue, b: GraphValue) =>
      blocks.operation('Concat', [a, b], { axis: 1 }, a.channels! + b.channels!);
    const own = (scale: number) => {
      const factor = 2 ** (scales - scale);
      const window = { kernel_shape: [factor, factor], strides: [factor, factor] };
      const small = factor === 1 ? content : blocks.operation('AveragePool', [content], window);
      const seen = noise === 0 ? small : beside(small, blocks.noise(`scale${scale}`, noise, factor));
      return layers(branch(scale, chosen), seen);
    };
    let maps = own(1);
    for (let scale = 2; scale <= scales; scale++) {
      const below = layers([...twice, ...joined(scale, 'below', chosen)], maps);
      maps = layers(join(scale, chosen), beside(below, layers(joined(scale, 'own', chosen), own(scale))));
    }
    const made = layers(last(), maps);
    return chosen.output === 'tanh'
      ? graphFromRange(blocks, blocks.operation('Tanh', [made]), 'signed')
      : graphFromRange(blocks, made, 'caffe');
  },
});
