/** The first network for any style in real time: means and deviations of feature maps exchanged. */
import { z } from 'zod';
import { type NamedTensors, tf } from '../tensor.ts';
import { fromPytorch, partWith, type Tensors, widthOf } from './checkpoint.ts';
import { type Checkpoint, defineNetwork, type NetworkInputs } from './define.ts';
import { exchanged, mixed, regionsAt, statisticsOf, stylesOf, variances } from './exchange.ts';
import type { GraphValue } from './graph.ts';
import { graphExchanged, graphMixed, graphStatistics } from './graph-parts.ts';
import { applyLayers, cropped } from './layers.ts';
import {
  decoderLayers,
  decoderParameters,
  encoderLayers,
  halvesParameters,
  renamed,
  sequentialNames,
} from './vgg.ts';

const level = 4;
const decoder = { level, name: 'decoder' } as const;

const settings = {
  width: z
    .number()
    .positive()
    .max(4)
    .default(1)
    .describe('factor on the channels of all layers (64 to 512 at 1, which the published weights have)'),
  variance: z
    .enum(variances)
    .default('pytorch')
    .describe(
      'how deviations are taken: of both maps over n − 1, or of the content over n as in the authors’ lua program',
    ),
};

/** Weights of the encoder, and of the decoder where the file or files hold them. */
const published: Checkpoint = {
  name: 'xunhuang1995/AdaIN-style as converted for naoto0804/pytorch-AdaIN: vgg_normalised.pth and decoder.pth',
  matches: (names) => encoderPart(names) !== undefined && decoderPart(names) !== undefined,
  convert(tensors) {
    const names = new Set(tensors.keys());
    const width = widthOf(tensors, `${encoderPart(names)}2.weight`, 0, 64);
    return { settings: { width }, parameters: bothHalves(tensors, names, width) };
  },
};

/** The encoder's file is told by its first layer, which turns colours, the decoder's by having none. */
const encoderPart = (names: ReadonlySet<string>) => partWith(names, ['0.weight', '2.weight', '29.weight']);
const decoderPart = (names: ReadonlySet<string>) => partWith(names, ['1.weight', '28.weight', '18.weight']);

function bothHalves(tensors: Tensors, names: ReadonlySet<string>, width: number) {
  const places = sequentialNames(encoderLayers(level, width));
  const back = sequentialNames(decoderLayers(level, width));
  const encoderOutlines = halvesParameters(level, width, []);
  return {
    ...fromPytorch(encoderOutlines, tensors, renamed(places, encoderPart(names)!)),
    ...fromPytorch(decoderParameters(level, width, 'decoder'), tensors, renamed(back, decoderPart(names)!)),
  };
}

/** The content's map, and the same with the means and deviations of the styles. */
function mapsOf(
  { width, variance }: z.output<z.ZodObject<typeof settings>>,
  inputs: NetworkInputs,
  parameters: NamedTensors,
): { readonly maps: tf.Tensor4D; readonly target: tf.Tensor4D } {
  const { content, weights, regions } = inputs;
  const encode = (picture: tf.Tensor4D) => applyLayers(encoderLayers(level, width), picture, parameters);
  const maps = encode(content);
  const styles = stylesOf('adain', inputs).map((style) => statisticsOf(encode(style), variance, 'style'));
  const places = regions && regionsAt(regions, 2 ** (level - 1));
  return { maps, target: exchanged(maps, styles, variance, weights, places) };
}

/**
 * Huang & Belongie, ICCV 2017. The encoder is VGG-19 to relu4_1 with normalised activations and stays as it is; only the
 * decoder is trained. Between them, each channel of the content's map is given the mean and deviation of the style's.
 */
export const adain = defineNetwork({
  name: 'adain',
  description:
    'VGG-19 to relu4_1, means and deviations of content and style exchanged, and a decoder (Huang & Belongie, 2017).',
  class: 'any-style',
  source: 'Huang & Belongie, ICCV 2017',
  settings,
  abilities: { alpha: true, blend: true, regions: true },
  checkpoints: [published],
  parameters: ({ width }) => halvesParameters(level, width, [decoder]),
  frozen: (_, parameter) => parameter.startsWith('encoder.'),
  minimumSize: () => 16,
  apply(chosen, inputs, parameters: NamedTensors) {
    const { content, alpha } = inputs;
    const { width } = chosen;
    const { maps, target } = mapsOf(chosen, inputs, parameters);
    const decoded = applyLayers(decoderLayers(level, width), mixed(maps, target, alpha), parameters);
    return cropped(decoded, content.shape[1], content.shape[2]);
  },
  // Eq. 12: what the encoder sees of the picture against the map that it was decoded from.
  extra(chosen, inputs, pictures, parameters) {
    const { target } = mapsOf(chosen, inputs, parameters);
    const seen = applyLayers(encoderLayers(level, chosen.width), pictures, parameters);
    return { exchanged: { weight: 1, value: tf.mean(tf.squaredDifference(seen, target)) } };
  },
  graph({ width, variance }, blocks) {
    const { content, style } = blocks;
    const encode = (picture: GraphValue) => blocks.layers(encoderLayers(level, width), picture);
    const maps = encode(content);
    const target = graphExchanged(
      blocks,
      maps,
      graphStatistics(blocks, encode(style), variance, 'style'),
      variance,
    );
    const decoded = blocks.layers(decoderLayers(level, width), graphMixed(blocks, maps, target));
    return blocks.cropped(decoded, content);
  },
});
