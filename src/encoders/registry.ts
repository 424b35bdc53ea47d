/** All encoders by name: how they are written in an experiment, and how they are made. */
import { z } from 'zod';
import { problemsOf } from '../components/problems.ts';
import type { Engine } from '../engines/engine.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import type { TensorValue } from '../tensor.ts';
import { type CustomSpec, customOutline, loadCustom } from './custom/custom.ts';
import type { Encoder, EncoderOutline } from './encoder.ts';
import { contentHash, tensorsHash } from './hash.ts';
import { checkImage } from './layers.ts';
import { type Link, networkLinks } from './links.ts';
import { networkFeatures, networkShape } from './network.ts';
import { type NetworkOptions, networkNames, networkOutline, networkStages } from './networks.ts';
import { measureActivations, normalizedWeights } from './normalization.ts';
import { preprocess } from './preprocessing.ts';
import { waveletEncoder, waveletOutline } from './wavelet.ts';
import { loadWeights } from './weights/network-weights.ts';

export const encoderNames = ['wavelet', ...networkNames, 'custom'] as const;

const weightsHelp =
  'give a name that "neckar weights list" shows, a file, as weights: { file: "weights.safetensors" }, or weights: { random: 1 } for seeded random ones';

const weightsSchema = z.union(
  [
    z.strictObject({
      /** A file (safetensors, Keras .h5, PyTorch .pth, ONNX), or the name of installed weights. */
      file: z.string().min(1),
      /** How the network wants its input, where the file does not say so or says it wrong. */
      input: z.string().min(1).optional(),
    }),
    /** A seed. */
    z.strictObject({ random: z.number().int().min(0) }),
  ],
  {
    error: ({ input }) =>
      `${input === undefined ? 'missing' : `${JSON.stringify(input)} is not understood`}: ${weightsHelp}`,
  },
);

const poolingSchema = z.enum(['average', 'max', 'l2']);
const extent = z.int().min(1);
const layerName = z.string().regex(/^[\w.-]+$/, 'use letters, digits, dots, - and _');

/** One step of a network of one's own, with what is usual filled in. */
const stageSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('convolution'),
    name: layerName,
    /** The beginning of the names of its tensors, before `.weight` and `.bias`. */
    tensors: z.string().min(1),
    channels: extent,
    kernel: extent,
    stride: extent.default(1),
    padding: z.union([z.enum(['same', 'reflection', 'valid']), z.int().min(0)]).default('same'),
  }),
  z.strictObject({ kind: z.literal('relu'), name: layerName }),
  z
    .strictObject({
      kind: z.literal('pool'),
      name: layerName,
      pooling: poolingSchema.default('max'),
      size: extent.default(2),
      stride: extent.default(2),
      partial: z.boolean().default(false),
    })
    .refine(({ partial, pooling }) => !partial || pooling === 'max', {
      path: ['partial'],
      message: 'partial windows are made for max pooling only',
    }),
  z.strictObject({
    kind: z.literal('fire'),
    name: layerName,
    tensors: z.string().min(1),
    squeeze: extent,
    expand: extent,
  }),
]);

/** A stage of a network of one's own, as people write it. */
export type StageInput = z.input<typeof stageSchema>;

/**
 * An encoder as people write it: its name alone where nothing else is needed (`'wavelet'`, `'vgg19'` with installed
 * weights), or an object; `weights` may be a path or a name alone. Parsing fills in every default: the network's installed
 * weights, pooling `average`, `normalized` false, `border` `reflection`.
 */
export const encoderSchema = z.preprocess(
  expandShortForms,
  z.discriminatedUnion(
    'name',
    [
      z.strictObject({ name: z.literal('wavelet') }),
      z.strictObject({
        name: z.enum(['vgg19', 'vgg16']),
        pooling: poolingSchema.default('average'),
        weights: weightsSchema,
        /** Gatys' re-scaling: mean activation one per filter. */
        normalized: z.boolean().default(false),
      }),
      z.strictObject({
        name: z.enum(['squeezenet1_0', 'squeezenet1_1']),
        weights: weightsSchema,
        /** What the first convolution sees beyond the image; `none` is what the networks were trained with. */
        border: z.enum(['reflection', 'none']).default('reflection'),
      }),
      z.strictObject({ name: z.literal('alexnet'), weights: weightsSchema }),
      z.strictObject({
        name: z.literal('custom'),
        /** An ONNX file; with stages, a file of any format that has their tensors. */
        weights: weightsSchema,
        /** The network as a chain of stages, for weights that come without one. */
        stages: z.array(stageSchema).min(1).optional(),
        /** Names for layers of an ONNX file: name -> its node or output. They are then the only ones. */
        layers: z.record(z.string().regex(/^[\w.-]+$/), z.string().min(1)).optional(),
      }),
    ],
    {
      error: ({ input }) => {
        const name = nameOf(input);
        if (name === undefined)
          return `an encoder is one of ${encoderNames.join(', ')}, or an object with such a name`;
        return `there is no encoder "${name}". ${didYouMean(name, encoderNames)}Encoders are ${encoderNames.join(', ')}; weights imported under a name of your own go beside one of them, as encoder.weights=<name>`;
      },
    },
  ),
);

/** An encoder with every default filled in. */
export type EncoderSpec = Readonly<z.output<typeof encoderSchema>>;

/**
 * An encoder as written, checked and completed.
 * @throws NeckarError that names the option, its value and what is allowed: all that is wrong, a line each
 */
export function resolveEncoder(written: unknown): EncoderSpec {
  const { success, data, error } = encoderSchema.safeParse(written);
  if (success) return data;
  const problems = problemsOf(error, encoderSchema, expandShortForms(written), ['encoder']);
  throw new NeckarError(problems.join('\n'), { cause: error });
}

function optionsIn(spec: EncoderSpec): NetworkOptions {
  if ('pooling' in spec) return { pooling: spec.pooling };
  return 'border' in spec ? { border: spec.border } : {};
}

type CustomWritten = Extract<EncoderSpec, { readonly name: 'custom' }>;

function customOf({ stages, layers, ...spec }: CustomWritten): CustomSpec {
  return {
    ...spec,
    ...(stages === undefined ? {} : { stages }),
    ...(layers === undefined ? {} : { layers }),
  };
}

/** Layer names, default layers and shapes of an encoder, without reading its weights (`custom`: but for an ONNX file). */
export function encoderDefaults(spec: EncoderSpec): EncoderOutline {
  if (spec.name === 'wavelet') return waveletOutline;
  return spec.name === 'custom' ? customOutline(customOf(spec)) : networkOutline(spec.name, optionsIn(spec));
}

/**
 * An encoder's chain of links without reading its weights: their reaches, shapes and operations can be asked for, their
 * features cannot. Undefined where the encoder is no chain, or only its file says what it is.
 */
export function encoderChain(spec: EncoderSpec): readonly Link[] | undefined {
  if (spec.name === 'wavelet') return waveletEncoder().links;
  const stages = spec.name === 'custom' ? customOf(spec).stages : networkStages(spec.name, optionsIn(spec));
  return stages && networkLinks(stages, { get: () => undefined }, (image) => image);
}

/** What `normalized: true` is measured on: images [1,H,W,3] in [0,1], and what runs the network (default: tfjs). */
export interface NormalizationContext {
  readonly images: readonly TensorValue[];
  readonly engine?: Engine;
}

/**
 * Makes an encoder, reading its weights where it has any.
 *
 * @param context - what mean activations are measured on; needed for `normalized: true` alone
 * @throws NeckarError when the weights are missing, broken or another network's, and when `normalized` lacks images
 */
export async function loadEncoder(spec: EncoderSpec, context?: NormalizationContext): Promise<Encoder> {
  if (spec.name === 'wavelet') return waveletEncoder();
  if (spec.name === 'custom') return loadCustom(customOf(spec));
  const stages = networkStages(spec.name, optionsIn(spec));
  const { weights: plain, preprocessing, hash: weightsHash } = await loadWeights(spec.name, spec.weights);
  let weights = plain;
  let means: string | undefined;
  if ('normalized' in spec && spec.normalized) {
    if (context === undefined) {
      throw new NeckarError(
        'encoder.normalized: mean activations are measured on images, and none were given; leave it out here.',
      );
    }
    const measured = await measureActivations(stages, plain, preprocessing, context.images, context.engine);
    weights = normalizedWeights(stages, plain, measured);
    means = contentHash(context.images.map((image, i) => tensorsHash(new Map([[`image ${i}`, image]]))));
  }
  return {
    ...networkOutline(spec.name, optionsIn(spec)),
    // The number is to be raised when the features change for a reason the other values do not show.
    hash: contentHash({
      architecture: 'network/2',
      stages,
      preprocessing,
      weights: weightsHash,
      normalizedOn: means,
    }),
    encode(image, wanted) {
      checkImage(spec.name, image);
      const [, height, width] = image.shape;
      for (const layer of wanted) networkShape(spec.name, stages, layer, height, width);
      return networkFeatures(stages, weights, preprocess(image, preprocessing), wanted);
    },
    links: networkLinks(stages, weights, (image) => preprocess(image, preprocessing)),
  };
}

function expandShortForms(written: unknown): unknown {
  const encoder = typeof written === 'string' ? { name: written } : written;
  if (encoder === null || typeof encoder !== 'object') return encoder;
  const name = nameOf(encoder);
  const { weights } = encoder as { weights?: unknown };
  if (typeof weights === 'string') return { ...encoder, weights: { file: weights } };
  if (weights !== undefined || !networkNames.some((network) => network === name)) return encoder;
  return { ...encoder, weights: { file: name } };
}

function nameOf(input: unknown): string | undefined {
  if (input === null || typeof input !== 'object' || !('name' in input)) return undefined;
  return typeof input.name === 'string' ? input.name : undefined;
}
