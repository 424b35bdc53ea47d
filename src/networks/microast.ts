/** A network for any style of half a million parameters, without a pretrained encoder. */
import { z } from 'zod';
import { type NamedTensors, tf } from '../tensor.ts';
import { fromPytorch, type Tensors, widthOf } from './checkpoint.ts';
import { type Checkpoint, defineNetwork, type NetworkInputs } from './define.ts';
import { exchanged, mixed, statisticsOf, stylesOf, weightedSum } from './exchange.ts';
import type { GraphBlocks, GraphValue } from './graph.ts';
import { type GraphStatistics, graphExchanged, graphMixed, graphStatistics } from './graph-parts.ts';
import { applyLayers, cropped, type Layer, type ParameterOutline, parametersOf } from './layers.ts';
import { graphGrayOf, grayOf, skipSetting } from './skip.ts';

const settings = {
  width: z
    .number()
    .positive()
    .max(8)
    .default(1)
    .describe('factor on the channels of all layers (16, 32 and 64 at 1)'),
  skip: skipSetting,
};

/** Channels at full, half and quarter size: multiples, so that groups divide them. */
function channelsAt(width: number): {
  readonly full: number;
  readonly half: number;
  readonly quarter: number;
} {
  const full = Math.max(1, Math.round(16 * width));
  return { full, half: 2 * full, quarter: 4 * full };
}

const relu: Layer = { kind: 'relu' };

const convolution = (name: string, channels: number, size: number, stride = 1, groups = 1): Layer => ({
  kind: 'convolution',
  name,
  channels,
  size,
  stride,
  groups,
});

const residual = (name: string, channels: number): Layer => ({
  kind: 'residual',
  layers: [convolution(`${name}.conv1`, channels, 3), relu, convolution(`${name}.conv2`, channels, 3)],
});

/** From a picture to the first of an encoder's two maps; `encoderEnd` goes from it to the second. */
function encoderStart(name: string, width: number): Layer[] {
  const { full, half, quarter } = channelsAt(width);
  return [
    convolution(`${name}.conv1`, full, 9),
    relu,
    convolution(`${name}.conv2`, half, 3, 2, full),
    relu,
    convolution(`${name}.conv3`, half, 1),
    relu,
    convolution(`${name}.conv4`, quarter, 3, 2, half),
    relu,
    convolution(`${name}.conv5`, quarter, 1),
    relu,
    residual(`${name}.block1`, quarter),
  ];
}

const encoderEnd = (name: string, width: number): Layer[] => [
  residual(`${name}.block2`, channelsAt(width).quarter),
];

/** One of the modulator's four: from a map of the style to a number for each channel, once averaged. */
const signal = (name: string, width: number): Layer[] => {
  const { quarter } = channelsAt(width);
  return [convolution(`modulator.${name}`, quarter, 3, 1, quarter)];
};

/** The two convolutions of a block of the decoder, whose filters the style modulates. */
const filters = (name: string, width: number): [Layer, Layer] => [
  convolution(`decoder.${name}.conv1`, channelsAt(width).quarter, 3),
  convolution(`decoder.${name}.conv2`, channelsAt(width).quarter, 3),
];

function decoderEnd(width: number): Layer[] {
  const { full, half } = channelsAt(width);
  const twice: Layer = { kind: 'upsample', factor: 2, how: 'bilinear' };
  return [
    twice,
    convolution('decoder.conv1', half, 3, 1, half),
    relu,
    convolution('decoder.conv2', half, 1),
    relu,
    twice,
    convolution('decoder.conv3', full, 3, 1, full),
    relu,
    convolution('decoder.conv4', full, 1),
    relu,
    convolution('decoder.conv5', 3, 9),
  ];
}

const signals = ['weight1', 'bias1', 'weight2', 'bias2'] as const;

function outlines(width: number): ParameterOutline[] {
  const { quarter } = channelsAt(width);
  const encoder = (name: string) =>
    parametersOf([...encoderStart(name, width), ...encoderEnd(name, width)]).parameters;
  const behind = (layers: readonly Layer[]) => parametersOf(layers, quarter).parameters;
  return [
    ...encoder('content'),
    ...encoder('style'),
    ...signals.flatMap((name) => behind(signal(name, width))),
    ...behind([...filters('block1', width), ...filters('block2', width), ...decoderEnd(width)]),
  ];
}

/** What the authors' files call the beginnings of parameters' names. */
const encoderNames: readonly (readonly [own: string, theirs: string])[] = [
  ['conv1', 'enc1.0.conv_layer'],
  ['conv2', 'enc1.2.conv_layer'],
  ['conv3', 'enc1.4.conv_layer'],
  ['conv4', 'enc1.6.conv_layer'],
  ['conv5', 'enc1.8.conv_layer'],
  ['block1.conv1', 'enc1.10.conv1.conv_layer'],
  ['block1.conv2', 'enc1.10.conv2.conv_layer'],
  ['block2.conv1', 'enc2.0.conv1.conv_layer'],
  ['block2.conv2', 'enc2.0.conv2.conv_layer'],
];
const decoderNames: readonly (readonly [own: string, theirs: string])[] = [
  ['block1.conv1', 'dec1.conv1.conv_layer'],
  ['block1.conv2', 'dec1.conv2.conv_layer'],
  ['block2.conv1', 'dec2.conv1.conv_layer'],
  ['block2.conv2', 'dec2.conv2.conv_layer'],
  ['conv1', 'dec3.1.conv_layer'],
  ['conv2', 'dec3.3.conv_layer'],
  ['conv3', 'dec3.6.conv_layer'],
  ['conv4', 'dec3.8.conv_layer'],
  ['conv5', 'dec3.10.conv_layer'],
];

/** The encoders' tensors have the same names: which is whose, the files' names tell. */
const published: Checkpoint = {
  name: 'EndyWon/MicroAST: content_encoder, style_encoder, modulator and decoder',
  matches: (names) =>
    ['content_encoder', 'style_encoder', 'modulator', 'decoder'].every(
      (part) => partOf(names, part) !== undefined,
    ),
  convert(tensors) {
    const names = new Set(tensors.keys());
    const own = new Map<string, string>();
    const add = (ours: string, part: string, pairs: typeof encoderNames) => {
      for (const [name, theirs] of pairs) own.set(`${ours}.${name}`, `${partOf(names, part)}/${theirs}`);
    };
    add('content', 'content_encoder', encoderNames);
    add('style', 'style_encoder', encoderNames);
    add(
      'modulator',
      'modulator',
      signals.map((name) => [name, `${name}.0.conv_layer`] as const),
    );
    add('decoder', 'decoder', decoderNames);
    return converted(tensors, own);
  },
};

function converted(tensors: Tensors, own: ReadonlyMap<string, string>) {
  const width = widthOf(tensors, `${own.get('content.conv1')}.weight`, 0, 16);
  const nameOf = (parameter: string) => {
    const dot = parameter.lastIndexOf('.');
    return own.get(parameter.slice(0, dot)) + parameter.slice(dot);
  };
  return { settings: { width }, parameters: fromPytorch(outlines(width), tensors, nameOf) };
}

/** The file whose name begins with that of a part. */
function partOf(names: ReadonlySet<string>, part: string): string | undefined {
  return [...names].find((name) => name.startsWith(part) && name.includes('/'))?.split('/')[0];
}

/** What the style says to a block of the decoder: means and deviations, and factors for its filters. */
interface Modulation {
  readonly statistics: ReturnType<typeof statisticsOf>;
  readonly weight: tf.Tensor4D;
  readonly bias: tf.Tensor4D;
}

/** Several modulations as one, each of its parts by the same rule. */
function combined(
  all: readonly Modulation[],
  rule: (things: readonly tf.Tensor4D[]) => tf.Tensor4D,
): Modulation {
  const part = (of: (modulation: Modulation) => tf.Tensor4D) => rule(all.map(of));
  return {
    statistics: {
      mean: part(({ statistics }) => statistics.mean),
      deviation: part(({ statistics }) => statistics.deviation),
    },
    weight: part(({ weight }) => weight),
    bias: part(({ bias }) => bias),
  };
}

/** A block of the decoder (the paper's dual modulation): the map's statistics exchanged, then filters modulated. */
function modulatedBlock(
  name: string,
  width: number,
  maps: tf.Tensor4D,
  { statistics, weight, bias }: Modulation,
  parameters: NamedTensors,
): tf.Tensor4D {
  const given = exchanged(maps, [statistics], 'pytorch');
  const [first, second] = filters(name, width);
  const modulated = (layer: Layer, map: tf.Tensor4D) =>
    tf.add(tf.mul(applyLayers([layer], map, parameters), weight), tf.mul(map, bias)) as tf.Tensor4D;
  return tf.add(given, modulated(second, tf.relu(modulated(first, given))));
}

interface GraphModulation {
  readonly statistics: GraphStatistics;
  readonly weight: GraphValue;
  readonly bias: GraphValue;
}

/** What the style says, blended with what the content would say as one. */
function graphModulation(blocks: GraphBlocks, own: GraphModulation, style: GraphModulation): GraphModulation {
  const mixedBy = (of: (modulation: GraphModulation) => GraphValue) => graphMixed(blocks, of(own), of(style));
  return {
    statistics: {
      mean: mixedBy(({ statistics }) => statistics.mean),
      deviation: mixedBy(({ statistics }) => statistics.deviation),
    },
    weight: mixedBy(({ weight }) => weight),
    bias: mixedBy(({ bias }) => bias),
  };
}

/** `modulatedBlock` as a graph. */
function graphBlock(
  name: string,
  width: number,
  map: GraphValue,
  { statistics, weight, bias }: GraphModulation,
  blocks: GraphBlocks,
): GraphValue {
  const { operation } = blocks;
  const given = graphExchanged(blocks, map, statistics, 'pytorch');
  const [first, second] = filters(name, width);
  const modulated = (layer: Layer, from: GraphValue) =>
    operation('Add', [
      operation('Mul', [blocks.layers([layer], from), weight]),
      operation('Mul', [from, bias]),
    ]);
  return operation('Add', [given, modulated(second, operation('Relu', [modulated(first, given)]))]);
}

/** The grey content with the means and deviations that the style's, or the styles' blended, colours have. */
function inColorsOf(inputs: NetworkInputs): tf.Tensor4D {
  const { content, weights, alpha } = inputs;
  const styles = stylesOf('microast', inputs).map((style) => statisticsOf(style, 'pytorch', 'style'));
  const whole = exchanged(grayOf(content), styles, 'pytorch', weights);
  return alpha === undefined ? whole : mixed(content, whole, alpha);
}

/** The same as a graph. */
function graphInColors(blocks: GraphBlocks): GraphValue {
  const { content, style } = blocks;
  const statistics = graphStatistics(blocks, style, 'pytorch', 'style');
  return graphMixed(
    blocks,
    content,
    graphExchanged(blocks, graphGrayOf(blocks, content), statistics, 'pytorch'),
  );
}

/**
 * Wang, Zhao, Xing et al., AAAI 2023: small encoders for content and style, and a decoder whose maps the style modulates
 * twice: by means and deviations, and by factors on what its filters make. Blends are ours: means, deviations and factors of
 * several styles by their weights, and with α below 1 of the style and the content itself, seen as a style. The authors'
 * program mixes the decoder's maps before and after the exchange instead, which are of different scale: with their weights
 * its pictures are far beyond white at .95 already.
 */
export const microast = defineNetwork({
  name: 'microast',
  description:
    'Two small encoders and a decoder that the style modulates, for any style (MicroAST, Wang et al., 2023).',
  class: 'any-style',
  source: 'Wang et al., AAAI 2023',
  settings,
  abilities: { alpha: true, blend: true },
  checkpoints: [published],
  parameters: ({ width }) => outlines(width),
  minimumSize: () => 16,
  apply({ width, skip }, inputs, parameters: NamedTensors) {
    const { content, weights, alpha } = inputs;
    const chain = (layers: readonly Layer[], maps: tf.Tensor4D) => applyLayers(layers, maps, parameters);
    const modulationsOf = (style: tf.Tensor4D): readonly [Modulation, Modulation] => {
      const first = chain(encoderStart('style', width), style);
      const second = chain(encoderEnd('style', width), first);
      const averaged = (name: string, maps: tf.Tensor4D) =>
        tf.mean(chain(signal(name, width), maps), [1, 2], true) as tf.Tensor4D;
      const of = (maps: tf.Tensor4D, index: number): Modulation => ({
        statistics: statisticsOf(maps, 'pytorch', 'style'),
        weight: averaged(`weight${index}`, maps),
        bias: averaged(`bias${index}`, maps),
      });
      return [of(first, 1), of(second, 2)];
    };
    const modulations = stylesOf('microast', inputs).map(modulationsOf);
    const own = alpha && modulationsOf(content);
    const together = (index: 0 | 1): Modulation => {
      const all = modulations.map((pair) => pair[index]);
      const styled =
        weights === undefined ? all[0]! : combined(all, (things) => weightedSum(things, weights));
      return own === undefined
        ? styled
        : combined([own[index], styled], ([from, to]) => mixed(from!, to!, alpha));
    };
    const start = chain(encoderStart('content', width), content);
    const deep = chain(encoderEnd('content', width), start);
    // The deeper map of the style comes first.
    const once = modulatedBlock('block1', width, deep, together(1), parameters);
    const twice = modulatedBlock('block2', width, once, together(0), parameters);
    const made = cropped(chain(decoderEnd(width), twice), content.shape[1], content.shape[2]);
    return skip === true ? (tf.add(made, inColorsOf(inputs)) as tf.Tensor4D) : made;
  },
  graph({ width, skip }, blocks) {
    const { content, style, layers } = blocks;
    const signaled = (name: string, map: GraphValue) =>
      blocks.operation('GlobalAveragePool', [layers(signal(name, width), map)]);
    const of = (map: GraphValue, index: number): GraphModulation => ({
      statistics: graphStatistics(blocks, map, 'pytorch', 'style'),
      weight: signaled(`weight${index}`, map),
      bias: signaled(`bias${index}`, map),
    });
    const modulations = (picture: GraphValue): readonly [GraphModulation, GraphModulation] => {
      const first = layers(encoderStart('style', width), picture);
      return [of(first, 1), of(layers(encoderEnd('style', width), first), 2)];
    };
    const [own, styled] = [modulations(content), modulations(style)];
    const together = (index: 0 | 1) => graphModulation(blocks, own[index], styled[index]);
    const deep = layers(encoderEnd('content', width), layers(encoderStart('content', width), content));
    const once = graphBlock('block1', width, deep, together(1), blocks);
    const twice = graphBlock('block2', width, once, together(0), blocks);
    const made = blocks.cropped(layers(decoderEnd(width), twice), content);
    return skip === true ? blocks.operation('Add', [made, graphInColors(blocks)]) : made;
  },
});
