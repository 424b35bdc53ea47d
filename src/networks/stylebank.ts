/** One network for many styles, each of which is two convolutions of its own between an encoder and a decoder. */
import { z } from 'zod';
import { type NamedTensors, tf } from '../tensor.ts';
import { countOf, fromPytorch, partWith, type Tensors, widthOf } from './checkpoint.ts';
import { type Checkpoint, defineNetwork, type NetworkInputs } from './define.ts';
import { mixed, weightedSum } from './exchange.ts';
import { graphMixed } from './graph-parts.ts';
import { applyLayers, cropped, type Layer, type ParameterOutline, parametersOf } from './layers.ts';

const settings = {
  styles: z.int().min(1).max(1000).default(1).describe('how many styles it holds'),
  width: z
    .number()
    .positive()
    .max(4)
    .default(1)
    .describe('factor on the channels of all layers (32 to 256 at 1)'),
};

type Settings = z.output<z.ZodObject<typeof settings>>;

/** Channels of the encoder's four layers. */
const channelsOf = (width: number) => [32, 64, 128, 256].map((full) => Math.max(1, Math.round(full * width)));

const normalized: Layer[] = [{ kind: 'norm', name: '', over: 'instance', affine: false }, { kind: 'relu' }];

/** A norm and a rectification; norms have no parameters, and so their names are only to be different. */
const behind = (name: string): Layer[] =>
  normalized.map((layer) => (layer.kind === 'norm' ? { ...layer, name: `${name}.norm` } : layer));

function encoderLayers(width: number): Layer[] {
  const layer = (name: string, channels: number, size: number, stride: number): Layer[] => [
    { kind: 'convolution', name, channels, size, stride, surround: 'zero', bias: false },
    ...behind(name),
  ];
  const [first, second, third, fourth] = channelsOf(width);
  return [
    ...layer('encoder.conv1', first!, 9, 2),
    ...layer('encoder.conv2', second!, 3, 2),
    ...layer('encoder.conv3', third!, 3, 1),
    ...layer('encoder.conv4', fourth!, 3, 1),
  ];
}

function bankLayers(index: number, width: number): Layer[] {
  const channels = channelsOf(width)[3]!;
  return ['conv1', 'conv2'].flatMap((part): Layer[] => {
    const name = `bank${index}.${part}`;
    return [{ kind: 'convolution', name, channels, size: 3, surround: 'zero', bias: false }, ...behind(name)];
  });
}

function decoderLayers(width: number): Layer[] {
  const [first, second, third] = channelsOf(width);
  const layer = (name: string, channels: number, size: number, stride: number): Layer => ({
    kind: 'transposed',
    name,
    channels,
    size,
    stride,
    cut: size >> 1,
    extra: 0,
    bias: false,
  });
  return [
    layer('decoder.conv1', third!, 3, 1),
    ...behind('decoder.conv1'),
    layer('decoder.conv2', second!, 3, 1),
    ...behind('decoder.conv2'),
    layer('decoder.conv3', first!, 3, 2),
    ...behind('decoder.conv3'),
    layer('decoder.conv4', 3, 9, 2),
  ];
}

function outlines(styles: number, width: number): ParameterOutline[] {
  const deep = channelsOf(width)[3]!;
  return [
    ...parametersOf(encoderLayers(width)).parameters,
    ...Array.from(
      { length: styles },
      (_, index) => parametersOf(bankLayers(index, width), deep).parameters,
    ).flat(),
    ...parametersOf(decoderLayers(width), deep).parameters,
  ];
}

/** In `model.pth` all parts lie together: `encoder_net.0.weight`, `style_bank.0.0.weight`, `decoder_net.0.weight`. */
const whole: Checkpoint = {
  name: 'jxcodetw/Stylebank, model.pth',
  matches: (names) => partWith(names, ['encoder_net.0.weight', 'decoder_net.9.weight']) !== undefined,
  convert(tensors) {
    const part = partWith(new Set(tensors.keys()), ['encoder_net.0.weight', 'decoder_net.9.weight'])!;
    const styles = countOf(tensors, (index) => `${part}style_bank.${index}.0.weight`, 0);
    return converted(tensors, styles, (half, index) =>
      half === 'bank' ? `${part}style_bank.${index}.` : `${part}${half}_net.`,
    );
  },
};

/** The parts as files of their own: `encoder.pth`, `decoder.pth`, and `0.pth`, `1.pth` … of the bank. */
const parts: Checkpoint = {
  name: 'jxcodetw/Stylebank, encoder.pth, decoder.pth and the banks 0.pth, 1.pth …',
  matches: (names) =>
    ['encoder/0.weight', 'encoder/9.weight', 'decoder/9.weight', '0/0.weight'].every((name) =>
      names.has(name),
    ),
  convert(tensors) {
    const styles = countOf(tensors, (index) => `${index}/0.weight`, 0);
    return converted(tensors, styles, (half, index) => (half === 'bank' ? `${index}/` : `${half}/`));
  },
};

function converted(
  tensors: Tensors,
  styles: number,
  beginning: (half: 'encoder' | 'decoder' | 'bank', index: number) => string,
) {
  const width = widthOf(tensors, `${beginning('encoder', 0)}0.weight`, 0, 32);
  const parameters = fromPytorch(outlines(styles, width), tensors, (parameter) => {
    const [, half, index, place] = /^(encoder|decoder|bank)(\d*)\.conv(\d)\.weight$/.exec(parameter)!;
    // A convolution, a norm and a rectification are a place each.
    const at = 3 * (Number(place) - 1);
    return `${beginning(half as 'encoder', Number(index))}${at}.weight`;
  });
  return { settings: { styles, width }, parameters };
}

function stylized(
  { styles, width }: Settings,
  { content, weights, alpha }: NetworkInputs,
  parameters: NamedTensors,
): tf.Tensor4D {
  const [, height, across] = content.shape;
  // The decoder gives back 4n + 1 pixels; what a side lacks of that is mirrored, and cut again.
  const lack = (extent: number): [number, number] => [0, (4 - ((extent - 1) % 4)) % 4];
  const extended = tf.mirrorPad(content, [[0, 0], lack(height), lack(across), [0, 0]], 'reflect');
  const maps = applyLayers(encoderLayers(width), extended, parameters);
  const bank = (index: number) => applyLayers(bankLayers(index, width), maps, parameters);
  const styled =
    weights === undefined
      ? bank(0)
      : weightedSum(
          Array.from({ length: styles }, (_, index) => bank(index)),
          weights,
        );
  const decoded = applyLayers(decoderLayers(width), mixed(maps, styled, alpha), parameters);
  return cropped(decoded, height, across);
}

/**
 * Chen, Yuan, Liao, Yu & Hua, CVPR 2017, as in jxcodetw/Stylebank: zeros around the maps, norms without parameters. Several
 * styles are blended as the paper's eq. 7 has it, by the maps that their banks make. With α below 1 what the banks make is
 * blended with the encoder's map itself; α = 0 is the branch that the paper trains as an autoencoder.
 */
export const stylebank = defineNetwork({
  name: 'stylebank',
  description: 'An encoder, two convolutions for each style and a decoder (StyleBank, Chen et al., 2017).',
  class: 'many-styles',
  source: 'Chen et al., CVPR 2017',
  settings,
  abilities: { alpha: true, blend: true },
  checkpoints: [whole, parts],
  styles: ({ styles }) => styles,
  parameters: ({ styles, width }) => outlines(styles, width),
  minimumSize: () => 16,
  apply: stylized,
  // The paper minimises this alone in every third step; here it stands beside the losses in each.
  extra(chosen, inputs, _, parameters) {
    const again = stylized(chosen, { ...inputs, alpha: tf.scalar(0) }, parameters);
    return { autoencoder: { weight: 1, value: tf.mean(tf.squaredDifference(again, inputs.content)) } };
  },
  graph({ styles, width }, blocks) {
    const { content, weights } = blocks;
    const maps = blocks.layers(encoderLayers(width), blocks.extended(content, 4, 1));
    const weighted = Array.from({ length: styles }, (_, index) => {
      const weight = blocks.operation('Gather', [weights, blocks.integers([index])], { axis: 1 });
      return blocks.operation('Mul', [blocks.layers(bankLayers(index, width), maps), weight]);
    });
    const styled = weighted.reduce((sum, one) => blocks.operation('Add', [sum, one]));
    const decoded = blocks.layers(decoderLayers(width), graphMixed(blocks, maps, styled));
    return blocks.cropped(decoded, content);
  },
});
