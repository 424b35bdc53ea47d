/** How a training is written in an experiment. */
import { z } from 'zod';
import { encoderSchema } from '../encoders/registry.ts';
import { lossSchema } from '../losses/registry.ts';
import { optimizerSchema } from '../optimizers/registry.ts';

const count = z.int().positive();
const file = z.string().min(1);

/** Steps unless others are written: few, for a first look; a style is learnt well in some thousands. */
const defaultSteps = 1000;

/** Of the style beside the content: at less, small networks hardly paint. */
const defaultStyleWeight = 5;

/** Adam's rate for parameters of networks; that for pictures is in pixel units. */
export const defaultRate = 1e-3;

const plateauSchema = z.strictObject({
  steps: count.describe('steps whose mean total is compared with that of as many before'),
  relative: z.number().positive().describe('least relative improvement of the mean'),
});

const rateSchema = z
  .array(
    z.strictObject({
      from: z.int().min(0).describe('0-based step from which the factor holds'),
      factor: z.number().positive().describe("factor on the optimiser's learning rate"),
    }),
  )
  .refine((parts) => parts.every(({ from }, i) => i === 0 || from > parts[i - 1]!.from), {
    error: 'steps go up: each `from` must be larger than the one before',
  });

/** What may stand under `training:` of a variant `{ network, training }`. */
export const trainingSchema = z.strictObject({
  pictures: z
    .union([file, z.array(file).min(1)])
    .default('fixtures')
    .describe(
      "what it is trained on: 'fixtures' (48 small pictures that come with Neckar), a folder, or a list of image files",
    ),
  held: z
    .array(file)
    .optional()
    .describe(
      'pictures that samples are made of and that it is not trained on; default: town and portrait of the fixtures',
    ),
  styles: z
    .array(file)
    .min(1)
    .optional()
    .describe(
      "style images; default: the trial's own style, or for a network of many or any styles all of the experiment's",
    ),
  losses: z
    .array(lossSchema)
    .min(1)
    .default([{ type: 'content' }, { type: 'gram', weight: defaultStyleWeight }])
    .describe(
      `what its pictures are judged by; default: content() and gram({ weight: ${defaultStyleWeight} })`,
    ),
  styleColors: z
    .number()
    .nonnegative()
    .default(1)
    .describe(
      "factor on the weight of the term that matches the style's colours where the encoder's features do not see them; 0: no such term",
    ),
  optimizer: optimizerSchema
    .prefault({ name: 'adam', learningRate: defaultRate })
    .describe('how its parameters are moved; default: Adam with a learning rate of 0.001'),
  rate: rateSchema.default([]).describe('factors on the learning rate from certain steps on'),
  steps: count.default(defaultSteps).describe('most steps'),
  seconds: z.number().positive().optional().describe('stop after this time'),
  plateau: plateauSchema.optional().describe('stop when the mean total hardly falls any more'),
  target: z.number().optional().describe('stop when the mean total of the last 20 steps is at or below this'),
  batch: z.int().min(1).max(64).default(1).describe('pictures of one step'),
  size: z.int().min(16).max(1024).default(128).describe('side of the square crops'),
  styleSize: z
    .int()
    .min(16)
    .max(2048)
    .optional()
    .describe('longest side of the styles, or the side of their crops; default: as the crops'),
  augment: z
    .strictObject({
      mirror: z.boolean().default(true).describe('mirror every second crop, left to right'),
      recolor: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe('how strongly colours are changed at random; default: 0.5 for the fixtures, 0 for others'),
    })
    .prefault({})
    .describe('what crops go through besides'),
  samples: z
    .union([
      z.array(z.int().min(0)),
      z.strictObject({ every: count.describe('steps between two samples that are kept') }),
    ])
    .optional()
    .describe(
      'steps after which the pictures it then makes are kept, besides the last; default: at the start and after each quarter',
    ),
  encoder: encoderSchema.optional().describe("what the losses see by; default: the experiment's"),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional()
    .describe("seed of the first parameters, crops and noise; default: the trial's"),
  from: file
    .optional()
    .describe('weights to begin with instead of random ones: a name that is installed, or a file'),
  fresh: z
    .boolean()
    .default(false)
    .describe('take of `from` only those parameters that no training changes, and begin with random others'),
});

/** A training as people write it. */
export type TrainingInput = z.input<typeof trainingSchema>;

/** The same, checked. */
export type WrittenTraining = z.output<typeof trainingSchema>;
