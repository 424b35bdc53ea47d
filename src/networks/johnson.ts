/** The feed-forward network of Johnson et al., one style for each set of parameters. */
import { z } from 'zod';
import type { NamedTensors } from '../tensor.ts';
import { defineNetwork } from './define.ts';
import { applyLayers, type Layer, parametersOf } from './layers.ts';

const settings = {
  width: z
    .number()
    .positive()
    .max(4)
    .default(1)
    .describe('factor on the channels of all layers (32, 64 and 128 at 1)'),
  blocks: z.int().min(1).max(32).default(5).describe('residual blocks'),
  norm: z
    .enum(['instance', 'batch', 'stored'])
    .default('instance')
    .describe(
      'what channels are normalised over: each picture, the batch, or values stored with the weights',
    ),
  padding: z
    .enum(['same', 'around'])
    .default('same')
    .describe('each convolution surrounded by reflection, or 40 pixels around the picture and none later'),
  upsampling: z
    .enum(['nearest', 'transposed'])
    .default('nearest')
    .describe('how maps are enlarged: repeated pixels and a convolution, or a transposed convolution'),
};

type Settings = z.output<z.ZodObject<typeof settings>>;

/**
 * Johnson, Alahi & Fei-Fei, ECCV 2016, supplement: 9×9 convolutions at both ends, two of stride 2, residual blocks, two
 * enlargements. The paper pads the picture by 40 and normalises over the batch; instance norm is Ulyanov et al.'s (CVPR
 * 2017), repeated pixels Odena et al.'s (Distill 2016).
 */
export const johnson = defineNetwork({
  name: 'johnson',
  description:
    'An hourglass of convolutions with residual blocks, trained for one style (Johnson et al., 2016).',
  class: 'per-style',
  source: 'Johnson, Alahi & Fei-Fei, ECCV 2016',
  settings,
  parameters: (chosen) => parametersOf(johnsonLayers(chosen)).parameters,
  multipleOf: () => 4,
  minimumSize: ({ padding }) => (padding === 'around' ? 44 : 16),
  apply: (chosen, { content }, parameters: NamedTensors) =>
    applyLayers(johnsonLayers(chosen), content, parameters),
  graph: (chosen, { content, layers }) => layers(johnsonLayers(chosen), content),
});

/** Its layers: a picture in [0,1] to one in [0,1], which the last ones bring from tanh's range. */
export function johnsonLayers({ width, blocks, norm, padding, upsampling }: Settings): Layer[] {
  const channels = (full: number) => Math.max(1, Math.round(full * width));
  const normal = (name: string): Layer => ({ kind: 'norm', name, over: norm });
  const relu: Layer = { kind: 'relu' };
  const around = padding === 'around';
  const convolution = (name: string, full: number, size: number, stride = 1): Layer[] => [
    { kind: 'convolution', name, channels: full === 3 ? 3 : channels(full), size, stride },
  ];
  const block = (index: number): Layer => {
    const one = (part: string): Layer => ({
      kind: 'convolution',
      name: `block${index}.conv${part}`,
      channels: channels(128),
      size: 3,
      ...(around && { surround: 'none' }),
    });
    const name = `block${index}`;
    return {
      kind: 'residual',
      layers: [one('1'), normal(`${name}.norm1`), relu, one('2'), normal(`${name}.norm2`)],
    };
  };
  const enlarge = (name: string, full: number): Layer[] =>
    upsampling === 'nearest'
      ? [{ kind: 'upsample', factor: 2, how: 'nearest' }, ...convolution(name, full, 3)]
      : [
          {
            kind: 'transposed',
            name,
            channels: channels(full),
            size: 3,
            stride: 2,
            cut: 1,
            extra: 1,
          },
        ];
  return [
    ...(around ? [{ kind: 'pad', by: 40, surround: 'reflect' } as const] : []),
    ...convolution('conv1', 32, 9),
    normal('norm1'),
    relu,
    ...convolution('conv2', 64, 3, 2),
    normal('norm2'),
    relu,
    ...convolution('conv3', 128, 3, 2),
    normal('norm3'),
    relu,
    ...Array.from({ length: blocks }, (_, index) => block(index + 1)),
    ...enlarge('conv4', 64),
    normal('norm4'),
    relu,
    ...enlarge('conv5', 32),
    normal('norm5'),
    relu,
    ...convolution('conv6', 3, 9),
    { kind: 'tanh' },
    { kind: 'rescale', times: 0.5, plus: 0.5 },
  ];
}
