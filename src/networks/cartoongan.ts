/** The generator of a network that was trained against a discriminator to draw photographs as cartoons. */
import { z } from 'zod';
import type { NamedTensors } from '../tensor.ts';
import { countOf, fromPytorch, widthOf } from './checkpoint.ts';
import { type Checkpoint, defineNetwork } from './define.ts';
import { graphFromRange, graphInRange } from './graph-parts.ts';
import { applyLayers, cropped, type Layer, parametersOf } from './layers.ts';
import { fromRange, inRange } from './ranges.ts';

const settings = {
  width: z
    .number()
    .positive()
    .max(4)
    .default(1)
    .describe('factor on the channels of all layers (64, 128 and 256 at 1)'),
  blocks: z.int().min(1).max(32).default(8).describe('residual blocks'),
};

type Settings = z.output<z.ZodObject<typeof settings>>;

/** The layers, under the names that the published arrays have; only norms are named after their convolutions. */
function layersOf({ width, blocks }: Settings): Layer[] {
  const channels = (full: number) => (full === 3 ? 3 : Math.max(1, Math.round(full * width)));
  const relu: Layer = { kind: 'relu' };
  const convolution = (name: string, full: number, size: number, stride = 1): Layer => ({
    kind: 'convolution',
    name,
    channels: channels(full),
    size,
    stride,
  });
  const norm = (name: string): Layer => ({ kind: 'norm', name, over: 'instance', epsilon: 1e-9 });
  const twice = (name: string, full: number): Layer => ({
    kind: 'transposed',
    name,
    channels: channels(full),
    size: 3,
    stride: 2,
    cut: 1,
    extra: 1,
  });
  const block = (index: number): Layer => ({
    kind: 'residual',
    layers: [
      convolution(`block${index}.conv1`, 256, 3),
      norm(`block${index}.norm1`),
      relu,
      convolution(`block${index}.conv2`, 256, 3),
      norm(`block${index}.norm2`),
    ],
  });
  return [
    convolution('conv1', 64, 7),
    norm('norm1'),
    relu,
    convolution('conv2.down', 128, 3, 2),
    convolution('conv2', 128, 3),
    norm('norm2'),
    relu,
    convolution('conv3.down', 256, 3, 2),
    convolution('conv3', 256, 3),
    norm('norm3'),
    relu,
    ...Array.from({ length: blocks }, (_, index) => block(index + 1)),
    twice('conv4.up', 128),
    convolution('conv4', 128, 3),
    norm('norm4'),
    relu,
    twice('conv5.up', 64),
    convolution('conv5', 64, 3),
    norm('norm5'),
    relu,
    convolution('conv6', 3, 7),
    { kind: 'tanh' },
  ];
}

/** What the published arrays call a parameter: layers are counted through, residual blocks from the fourth on. */
function publishedName(parameter: string, blocks: number): string {
  const [, layer, role] = /^(.+)\.(\w+)$/.exec(parameter)!;
  const two = (count: number) => String(count).padStart(2, '0');
  const block = /^block(\d+)\.(conv|norm)(\d)$/.exec(layer!);
  if (block !== null) {
    const kind = block[2] === 'conv' ? 'conv' : 'in';
    return `${kind}${two(Number(block[1]) + 3)}_${block[3]}.${role}`;
  }
  const [, kind, count, move] = /^(conv|norm)(\d)(?:\.(down|up))?$/.exec(layer!)!;
  const at = Number(count);
  if (kind === 'norm') return `in${two(at < 4 ? at : at + blocks)}_1.${role}`;
  if (at === 1) return `conv01_1.${role}`;
  if (at === 6) return `deconv03_1.${role}`;
  const place = `${move === undefined ? 2 : 1}.${role}`;
  return at < 4 ? `conv${two(at)}_${place}` : `deconv${two(at - 3)}_${place}`;
}

const published: Checkpoint = {
  name: 'CartoonGAN’s four styles as arrays (mnicnc404/CartoonGan-tensorflow, pretrained_weights): conv01_1.weight …',
  matches: (names) =>
    ['conv01_1.weight', 'in01_1.scale', 'deconv03_1.weight'].every((name) => names.has(name)),
  convert(tensors) {
    const width = widthOf(tensors, 'conv01_1.weight', 0, 64);
    const convolutions = countOf(tensors, (index) => `conv${String(index).padStart(2, '0')}_1.weight`, 1);
    const chosen = { width, blocks: convolutions - 3 };
    const { parameters } = parametersOf(layersOf(chosen));
    return {
      settings: chosen,
      parameters: fromPytorch(parameters, tensors, (name) => publishedName(name, chosen.blocks)),
    };
  },
};

/**
 * Chen, Lai & Liu, CVPR 2018: the hourglass of Johnson et al., wider, with a second convolution at each change of size and
 * eight residual blocks. It sees and gives blue, green and red in [−1,1].
 */
export const cartoongan = defineNetwork({
  name: 'cartoongan',
  description:
    'An hourglass with eight residual blocks that draws photographs as cartoons (CartoonGAN, Chen et al., 2018).',
  class: 'per-style',
  source: 'Chen, Lai & Liu, CVPR 2018',
  settings,
  checkpoints: [published],
  parameters: (chosen) => parametersOf(layersOf(chosen)).parameters,
  minimumSize: () => 16,
  apply(chosen, { content }, parameters: NamedTensors) {
    const [, height, width] = content.shape;
    const drawn = applyLayers(layersOf(chosen), inRange(content, 'signed-bgr'), parameters);
    return cropped(fromRange(drawn, 'signed-bgr'), height, width);
  },
  graph(chosen, blocks) {
    const drawn = blocks.layers(layersOf(chosen), graphInRange(blocks, blocks.content, 'signed-bgr'));
    return blocks.cropped(graphFromRange(blocks, drawn, 'signed-bgr'), blocks.content);
  },
});
