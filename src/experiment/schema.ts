/**
 * What may stand in an experiment, checked key by key. Settings have their defaults here; those that depend on the
 * encoder (layers of a loss) are filled in by `resolve.ts`. The command line's flags are made from the same
 * descriptions.
 */
import { z } from 'zod';
import { aboutScore, metricNames } from '../../metrics/registry.ts';
import { encoderSchema } from '../encoders/registry.ts';
import { methodSchema } from '../external/method.ts';
import { lossSchema } from '../losses/registry.ts';
import { optimizerSchema } from '../optimizers/registry.ts';
import { launcherSchema } from './launcher.ts';
import { levelsSchema, sizesSchema, styleScaleSchema } from './levels.ts';
import { colorModes } from './trial.ts';

const positive = z.number().positive();
const count = z.int().positive();

const engineSchema = z.strictObject({
  name: z.enum(['auto', 'onnx', 'tensorflow']).default('auto').describe('what runs the numbers'),
  provider: z
    .string()
    .optional()
    .describe('onnx: cpu, webgpu or cuda; tensorflow: node-gpu, node, wasm or cpu'),
  threads: count.optional().describe('threads for work on the processor; default: all cores'),
});

const noise = z
  .number()
  .min(0)
  .max(1)
  .default(0)
  .describe('standard deviation of Gaussian noise added to the start, in [0,1] units');

const fit = z
  .enum(['cover', 'stretch'])
  .default('cover')
  .describe('a start of another aspect: enlarged to cover the picture and cut at the edges, or stretched');

const initializationSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('content'), noise }),
  z.strictObject({ from: z.literal('details'), noise }),
  z.strictObject({ from: z.literal('style'), fit, noise }),
  z.strictObject({
    from: z.literal('noise'),
    colors: z
      .enum(['uniform', 'style'])
      .optional()
      .describe("uniform in [0,1] (default), or Gaussian with the style's mean and covariance"),
  }),
  z.strictObject({
    from: z.literal('flat'),
    color: z
      .enum(['style', 'imagenet'])
      .default('style')
      .describe("the one colour: the style's mean, or the mean of ImageNet's pictures"),
    noise,
  }),
  z.strictObject({ from: z.literal('file'), file: z.string().min(1), fit, noise }),
]);

const plateauSchema = z.strictObject({
  evaluations: count.describe('evaluations looked back on'),
  relative: positive.describe('least relative improvement of the total over them'),
});

const pruningSchema = z.strictObject({
  metric: z
    .string()
    .default('total')
    .refine((name) => name === 'total' || aboutScore(name) !== undefined, {
      error: () => `no such metric; expected total or one of ${metricNames().join(', ')}`,
    })
    .describe('what trials are judged by: total, or a metric'),
  direction: z
    .enum(['lower', 'higher'])
    .optional()
    .describe("which values are better; default: the metric's own"),
  rungs: z
    .array(count)
    .min(1)
    .refine((rungs) => rungs.every((rung, i) => i === 0 || rung > rungs[i - 1]!), {
      error: 'rungs are numbers of evaluations, each larger than the one before',
    })
    .describe('numbers of evaluations at which a trial is judged'),
  reduction: z.number().gt(1).max(100).default(3).describe('one trial in so many goes on at each rung'),
});

const defaultEvaluations = 150;

const budgetSchema = z
  .strictObject({
    evaluations: count.optional().describe('evaluations of value and gradient, over all sizes'),
    perLevel: z.array(count).min(1).optional().describe('evaluations of each size, instead of equal shares'),
    seconds: positive.optional().describe('stop after this time'),
    plateau: plateauSchema.optional().describe('stop when the total hardly falls any more'),
    target: z.number().optional().describe('stop when the total is at or below this'),
    pruning: pruningSchema
      .optional()
      .describe('stop trials that are not among the best of their kind on the way'),
  })
  .transform((budget, context) => {
    const { evaluations, perLevel, ...stops } = budget;
    const shared = perLevel?.reduce((sum, part) => sum + part, 0);
    if (evaluations !== undefined && shared !== undefined && evaluations !== shared) {
      context.addIssue({
        code: 'custom',
        message: `evaluations is ${evaluations}, but perLevel adds up to ${shared}; give one of them, or make them agree`,
      });
    }
    if (evaluations === undefined && shared === undefined && Object.keys(stops).length > 0) {
      context.addIssue({
        code: 'custom',
        message:
          'evaluations is missing: besides other rules, a budget names the most evaluations a trial may take',
      });
    }
    const most = evaluations ?? shared ?? defaultEvaluations;
    const late = stops.pruning?.rungs.find((rung) => rung >= most);
    if (late !== undefined) {
      context.addIssue({
        code: 'custom',
        message: `pruning.rungs: ${late} does not lie before the last evaluation, ${most}`,
      });
    }
    return {
      evaluations: most,
      ...(perLevel && { perLevel }),
      ...stops,
    };
  });

const snapshotsSchema = z.union([
  z.array(count),
  z.strictObject({ every: count.describe('evaluations between two pictures that are kept') }),
]);

const soften = z
  .number()
  .min(0)
  .max(256)
  .default(0)
  .describe('standard deviation of the soft edges between regions, in pixels of the picture');

const regionsSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('none') }),
  z.strictObject({ from: z.literal('maps'), soften }),
  z.strictObject({ from: z.literal('masks'), soften }),
]);

/** Everything that decides one trial besides its pictures and its losses; each key may be swept. */
export const settings = {
  encoder: encoderSchema
    .prefault({ name: 'wavelet' })
    .describe('network or filter bank whose features the losses compare'),
  engine: engineSchema.prefault({}).describe('what runs the numbers'),
  optimizer: optimizerSchema.prefault({ name: 'lbfgs' }).describe('how the picture is moved'),
  sizes: sizesSchema
    .default([256])
    .describe('longest side of the picture in pixels at each level, coarse to fine'),
  levels: levelsSchema
    .default([])
    .describe(
      'levels with settings of their own instead of sizes: size, evaluations, styleScale, optimizer, weights',
    ),
  styleScale: styleScaleSchema
    .default(1)
    .describe("the style image's encoded size relative to the content's"),
  color: z
    .enum(colorModes)
    .default('free')
    .describe(
      "how the content's colours are kept: not at all, by transferring luminance, or by recolouring the style",
    ),
  styleColors: z
    .number()
    .nonnegative()
    .default(1)
    .describe(
      "factor on the weight of the term that matches the style's colours where the encoder's features do not see them; 0: no such term, and no start in the style's mean colour",
    ),
  tiling: z
    .union([z.enum(['auto', 'off', 'strips']), z.int().min(4).max(8192)])
    .default('auto')
    .describe(
      'whether large pictures are computed strip by strip, which gives the same in less memory: auto (where they do not fit otherwise), off, strips, or the rows of a strip',
    ),
  regions: regionsSchema
    .prefault({ from: 'none' })
    .describe(
      'what guides the style: none, maps, in which every colour is a part of content and style that belongs together, or masks, grey images in which the lightness is the weight of one part',
    ),
  initialization: initializationSchema.prefault({ from: 'content' }).describe('what the picture starts from'),
  clamp: z
    .enum(['step', 'final'])
    .default('step')
    .describe('keep pixels in [0,1] at every evaluation, or only in the final picture'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe('seed of everything random in a trial'),
  budget: budgetSchema.prefault({}).describe('when a trial stops: at whichever comes first'),
  weighting: z
    .enum(['fixed', 'gradient-norm'])
    .default('fixed')
    .describe("fixed: weights as written; gradient-norm: relative to each term's gradient at the start"),
  snapshots: snapshotsSchema.default([]).describe('evaluations at which the picture so far is kept'),
} as const;

export type SettingName = keyof typeof settings;

/** Settings in their checked form. */
export type Settings = { [Name in SettingName]: z.output<(typeof settings)[Name]> };

const image = z.string().min(1);

/** A style image, or several that are blended. */
const styleSchema = z.union([
  image,
  z
    .array(
      z.strictObject({
        image,
        weight: positive.default(1).describe('part of this style in the blend, relative to the others'),
      }),
    )
    .min(1),
]);

/** Grey images by the names of their regions. */
const masksSchema = z.record(z.string(), image);

const pairSchema = z.strictObject({
  content: image,
  style: styleSchema,
  regions: z
    .strictObject({
      content: image.optional(),
      style: z.union([image, z.array(image).min(1)]).optional(),
    })
    .optional()
    .describe('region maps of content and style; default: <image>.regions.png beside them'),
  masks: z
    .strictObject({
      content: masksSchema.optional(),
      style: z.union([masksSchema, z.array(masksSchema).min(1)]).optional(),
    })
    .optional()
    .describe('masks of content and style by region; default: <image>.<region>.mask.png beside them'),
});

/** The question in words alone, or with the comparison that answers it. */
const questionSchema = z.union([
  z.string().min(1),
  z.strictObject({
    text: z.string().min(1).describe('the question in words'),
    metric: z
      .string()
      .min(1)
      .optional()
      .describe('the metric that decides it: its name, or its name with parts, as in ssim;scale=native'),
    factor: z.string().min(1).optional().describe('what is compared: variant, optimizer or a swept path'),
    reference: z.string().min(1).optional().describe('what all others are compared with'),
    trend: z
      .enum(['rising', 'falling'])
      .optional()
      .describe('the metric rises, or falls, from each level of the factor to the next'),
  }),
]);

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, {
    error:
      'use letters, digits and . _ + - only, starting with a letter or digit: it becomes part of file names',
  })
  .max(100);

/** What a whole experiment holds, with sweeps already taken out; the shape that paths are checked against. */
export const experimentSchema = z.strictObject({
  name: name.describe('names the folder of its runs'),
  question: questionSchema
    .optional()
    .describe('the primary question; whatever else is compared is exploratory'),
  presets: z.array(z.union([z.string(), z.looseObject({ source: z.string() })])).optional(),
  contents: z.record(z.string(), z.string().min(1)).optional().describe('content images by name'),
  styles: z.record(z.string(), styleSchema).optional().describe('style images by name'),
  pairs: z.array(pairSchema).min(1).optional().describe('content and style images, pair by pair'),
  variants: z
    .record(name, z.union([z.array(lossSchema).min(1), ...methodSchema.options]))
    .optional()
    .describe("what is compared, by name of the variant: losses, or somebody else's method"),
  ...settings,
  sweep: z.unknown().optional().describe('values of several settings moved together'),
  metrics: z
    .array(z.string())
    .optional()
    .describe(
      'what is measured besides the few metrics that always are, by names such as frechet, names with parts, or all',
    ),
  heldOut: z
    .union([z.literal('none'), encoderSchema])
    .optional()
    .describe('the encoder that judges all pictures without having made any, or none'),
  report: z
    .strictObject({
      title: z.string().optional(),
      rows: z.string().optional(),
      columns: z.string().optional(),
    })
    .optional()
    .describe('title of the report, and the swept values its picture grid begins with'),
  launcher: launcherSchema
    .optional()
    .describe('what carries the trials out, and what it is to ask a cluster for'),
});
