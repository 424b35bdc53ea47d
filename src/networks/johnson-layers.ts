/** What Johnson's network consists of, and the conventions in which programs differ. */
import { z } from 'zod';
import type { Layer, Surround } from './layers.ts';
import { type Range, ranges } from './ranges.ts';
import { skipLayers, skipSetting } from './skip.ts';

/** How it may end. */
const outputs = ['tanh', 'bytes', 'bytes-bgr', 'tanh150'] as const;

export const settings = {
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
    .enum(['same', 'zero', 'around'])
    .default('same')
    .describe(
      'each convolution surrounded by reflection or by zeros; or a wide margin of reflection around the picture, none in the blocks, zeros elsewhere',
    ),
  upsampling: z
    .enum(['nearest', 'transposed'])
    .default('nearest')
    .describe('how maps are enlarged: repeated pixels and a convolution, or a transposed convolution'),
  input: z
    .enum(ranges)
    .default('unit')
    .describe(
      'the colours it is shown: RGB in [0,1], in [-1,1], bytes, blue first, or minus the means of VGG',
    ),
  output: z
    .enum(outputs)
    .default('tanh')
    .describe(
      'how it ends: in [0,1] by tanh, bytes without it, or 150·tanh, blue first around the means of VGG',
    ),
  skip: skipSetting,
};

export type Settings = z.output<z.ZodObject<typeof settings>>;

/** What follows the last convolution, and the range that its values then lie in. */
export function johnsonEnding(output: Settings['output']): {
  readonly layers: readonly Layer[];
  readonly range: Range;
} {
  if (output === 'bytes' || output === 'bytes-bgr') return { layers: [], range: output };
  if (output === 'tanh') return { layers: [{ kind: 'tanh' }], range: 'signed' };
  return { layers: [{ kind: 'tanh' }, { kind: 'rescale', times: 150, plus: 0 }], range: 'caffe' };
}

/** What is made of the grey content and added to the last convolution's result, where `skip` asks for it. */
export function johnsonSkip({ skip, output }: Pick<Settings, 'skip' | 'output'>): readonly Layer[] {
  if (skip !== true) return [];
  return output.startsWith('bytes') ? skipLayers(60, 127.5) : skipLayers(0.35, 0);
}

/** Its layers up to the last convolution. */
export function johnsonLayers({ width, blocks, norm, padding, upsampling }: Settings): Layer[] {
  const channels = (full: number) => (full === 3 ? 3 : Math.max(1, Math.round(full * width)));
  const normal = (name: string): Layer => ({ kind: 'norm', name, over: norm });
  const relu: Layer = { kind: 'relu' };
  const around = padding === 'around';
  const surround: Surround = padding === 'same' ? 'reflect' : 'zero';
  const convolution = (name: string, full: number, size: number, stride = 1): Layer => ({
    kind: 'convolution',
    name,
    channels: channels(full),
    size,
    stride,
    surround,
  });
  const block = (index: number): Layer => {
    const one = (part: string): Layer => ({
      kind: 'convolution',
      name: `block${index}.conv${part}`,
      channels: channels(128),
      size: 3,
      surround: around ? 'none' : surround,
    });
    const name = `block${index}`;
    return {
      kind: 'residual',
      layers: [one('1'), normal(`${name}.norm1`), relu, one('2'), normal(`${name}.norm2`)],
    };
  };
  const enlarge = (name: string, full: number): Layer[] =>
    upsampling === 'nearest'
      ? [{ kind: 'upsample', factor: 2, how: 'nearest' }, convolution(name, full, 3)]
      : [{ kind: 'transposed', name, channels: channels(full), size: 3, stride: 2, cut: 1, extra: 1 }];
  return [
    // Each block takes two positions off each side, of four pixels each: 40 for the paper's five blocks.
    ...(around ? [{ kind: 'pad', by: 8 * blocks, surround: 'reflect' } as const] : []),
    convolution('conv1', 32, 9),
    normal('norm1'),
    relu,
    convolution('conv2', 64, 3, 2),
    normal('norm2'),
    relu,
    convolution('conv3', 128, 3, 2),
    normal('norm3'),
    relu,
    ...Array.from({ length: blocks }, (_, index) => block(index + 1)),
    ...enlarge('conv4', 64),
    normal('norm4'),
    relu,
    ...enlarge('conv5', 32),
    normal('norm5'),
    relu,
    convolution('conv6', 3, 9),
  ];
}
