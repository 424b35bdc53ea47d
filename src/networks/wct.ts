/** A network for any style that was trained on none: feature maps whitened, and coloured by the style's covariance. */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf } from '../tensor.ts';
import { fromPytorch, partWith, widthOf } from './checkpoint.ts';
import { type Checkpoint, defineNetwork } from './define.ts';
import { mixed, stylesOf } from './exchange.ts';
import { applyLayers, cropped } from './layers.ts';
import {
  decoderLayers,
  decoderParameters,
  encoderLayers,
  halvesParameters,
  type Level,
  renamed,
  sequentialNames,
} from './vgg.ts';
import { type Color, colored, colorOf } from './whitening.ts';

const settings = {
  levels: z
    .array(z.int().min(1).max(5))
    .min(1)
    .default([5, 4, 3, 2, 1])
    .describe('blocks of VGG-19 at whose first convolution maps are coloured, in this order'),
  width: z
    .number()
    .positive()
    .max(4)
    .default(1)
    .describe('factor on the channels of all layers (64 to 512 at 1, which the published weights have)'),
};

type Settings = z.output<z.ZodObject<typeof settings>>;

/** The deepest level, and each level's decoder once. */
function halves({ levels }: Settings) {
  const unique = [...new Set(levels)] as Level[];
  if (unique.length < levels.length)
    throw new NeckarError(`levels: ${levels.join(', ')}: each level can be there once only.`);
  return {
    deepest: Math.max(...unique) as Level,
    decoders: unique.map((level) => ({ level, name: `decoder${level}` })),
  };
}

/** The encoder of AdaIN's publication, and a decoder for each level, of which not all need be there. */
const published: Checkpoint = {
  name: 'irasin/Pytorch_WCT: vgg_normalised_conv5_1.pth and decoder_relu1_1.pth … decoder_relu5_1.pth',
  matches: (names) => encoderPart(names) !== undefined && decodersIn(names).length > 0,
  convert(tensors) {
    const names = new Set(tensors.keys());
    const levels = decodersIn(names);
    const part = encoderPart(names)!;
    const width = widthOf(tensors, `${part}2.weight`, 0, 64);
    const deepest = levels[0]!;
    const encoder = renamed(sequentialNames(encoderLayers(deepest, width)), part);
    const parameters = { ...fromPytorch(halvesParameters(deepest, width, []), tensors, encoder) };
    for (const level of levels) {
      const name = `decoder${level}`;
      const places = sequentialNames(decoderLayers(level, width, name));
      const outlines = decoderParameters(level, width, name);
      Object.assign(parameters, fromPytorch(outlines, tensors, renamed(places, `decoder_relu${level}_1/`)));
    }
    return { settings: { levels, width }, parameters };
  },
};

const encoderPart = (names: ReadonlySet<string>) => partWith(names, ['0.weight', '2.weight', '5.weight']);

/** Levels that there are decoders of, the deepest first. */
const decodersIn = (names: ReadonlySet<string>) =>
  ([5, 4, 3, 2, 1] as const).filter((level) => names.has(`decoder_relu${level}_1/1.weight`));

/** A batch of maps as rows of positions, picture by picture. */
function rowsOf(maps: tf.Tensor4D): tf.Tensor2D[] {
  const [batch, height, width, channels] = maps.shape;
  return Array.from({ length: batch }, (_, index) =>
    tf.reshape(tf.slice(maps, [index, 0, 0, 0], [1, -1, -1, -1]), [height * width, channels]),
  );
}

/** The colours of several styles by their weights, for one picture of the batch. */
function blended(
  styles: readonly (readonly Color[])[],
  weights: tf.Tensor2D | undefined,
  index: number,
): Color {
  const of = (colors: readonly Color[]) => colors[Math.min(index, colors.length - 1)]!;
  if (weights === undefined) return of(styles[0]!);
  const row = Math.min(index, weights.shape[0] - 1);
  const sum = (part: (color: Color) => tf.Tensor2D) =>
    styles
      .map((colors, style) =>
        tf.mul(part(of(colors)), tf.reshape(tf.slice(weights, [row, style], [1, 1]), [])),
      )
      .reduce((total, own) => tf.add(total, own)) as tf.Tensor2D;
  return { root: sum(({ root }) => root), mean: sum(({ mean }) => mean) };
}

/**
 * Li, Fang, Yang et al., NeurIPS 2017: from the deepest level to the finest, the picture is encoded, its map whitened and
 * given the style's covariance and mean, and decoded. Decoders are trained to give pictures back, nothing knows of style.
 * Several styles are blended by the roots of their covariances and their means, as the paper blends their coloured maps.
 * Directions in which the map does not vary stay without colour; irasin's program leaves out those of variances below
 * 1e-5 as well. With published decoders (for relu4_1 AdaIN's), pictures of three pairs differ from that program's in double
 * precision by 1.4e-4 at most; in single precision, as it is published, it differs from itself by .34.
 */
export const wct = defineNetwork({
  name: 'wct',
  description:
    'VGG-19’s maps whitened and coloured by the style’s covariance, level after level (WCT, Li et al., 2017).',
  class: 'any-style',
  source: 'Li et al., NeurIPS 2017',
  settings,
  abilities: { alpha: true, blend: true },
  checkpoints: [published],
  parameters(chosen) {
    const { deepest, decoders } = halves(chosen);
    return halvesParameters(deepest, chosen.width, decoders);
  },
  frozen: (_, parameter) => parameter.startsWith('encoder.'),
  minimumSize: ({ levels }) => 2 ** Math.max(4, ...levels),
  apply({ levels, width }, inputs, parameters: NamedTensors) {
    const { content, weights, alpha } = inputs;
    const styles = stylesOf('wct', inputs);
    let picture = content;
    for (const level of levels as Level[]) {
      const encode = (given: tf.Tensor4D) => applyLayers(encoderLayers(level, width), given, parameters);
      const maps = encode(picture);
      const [, height, across, channels] = maps.shape;
      const colors = styles.map((style) => rowsOf(encode(style)).map(colorOf));
      const target = rowsOf(maps).map((rows, index) =>
        tf.reshape(colored(rows, blended(colors, weights, index)), [1, height, across, channels]),
      );
      const all = tf.concat(target, 0) as tf.Tensor4D;
      picture = applyLayers(
        decoderLayers(level, width, `decoder${level}`),
        mixed(maps, all, alpha),
        parameters,
      );
    }
    return cropped(picture, content.shape[1], content.shape[2]);
  },
});
