/**
 * Other people's methods as variants: a program that makes the picture, or a folder of pictures made elsewhere. Both
 * are measured and reported like the trials computed here.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { writtenSchema } from '../components/registry.ts';
import { messageOf } from '../errors.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import type { NetworkSpec } from '../networks/define.ts';
import { type NetworkVariantInput, networkVariantSchema } from '../networks/variant.ts';
import { trainingSchema } from '../training/schema.ts';
import { fill, type Placeholder, placeholdersOf, splitWords } from './template.ts';

/** What makes a trial's picture, where it is not the optimisation of losses. */
export type Method = CommandMethod | ImagesMethod | NetworkMethod;

/** A program, started anew for each trial. */
export interface CommandMethod {
  readonly kind: 'command';
  /** A template: `python their.py {content} {style} {output}`, perhaps with `{size}` and `{seed}`. */
  readonly command: string;
  /** Leave the template to a shell; otherwise it is split into words and nothing in it has a further meaning. */
  readonly shell: boolean;
  /** Seconds. */
  readonly timeout: number;
  /** Environment variables besides those that Neckar itself was started with. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder it runs in. */
  readonly folder: string;
}

/** A picture that is there already. */
export interface ImagesMethod {
  readonly kind: 'images';
  /** The template of the file's name. */
  readonly pattern: string;
  /** The picture's file. */
  readonly file: string;
}

/** A network that stylises in one pass. */
export interface NetworkMethod {
  readonly kind: 'network';
  readonly network: NetworkSpec;
  /**
   * Where its parameters are from: a file (of weights, or of a whole network in ONNX), the training that the plan makes
   * before, or nowhere, as it needs none.
   */
  readonly parameters:
    | { readonly from: 'file'; readonly file: string }
    | { readonly from: 'training'; readonly training: TrainingConfig }
    | { readonly from: 'nowhere' };
  /** How much is stylised, 0 to 1; absent: all. */
  readonly alpha?: number;
  /** Networks for many styles: how much of each learnt style, of sum 1. */
  readonly weights?: readonly number[];
  /** It is shown the style's pictures, so that how they are scaled and blended decides what it makes. */
  readonly seesStyles?: true;
  /** It draws random maps, so that the seed decides what it makes. */
  readonly seeded?: true;
  /** Dotted paths of settings of the network that are files. */
  readonly files?: readonly string[];
}

const placeholdersOfCommand: readonly Placeholder[] = ['content', 'style', 'output', 'size', 'seed'];
const placeholdersOfImages: readonly Placeholder[] = ['content', 'style', 'size', 'seed'];

/** A variant `{ command: … }`. */
const commandSchema = z.strictObject({
  command: template(placeholdersOfCommand, ['content', 'style', 'output']).describe(
    'the program that makes the picture, with {content} {style} {output} and perhaps {size} {seed}',
  ),
  timeout: z.number().positive().default(3600).describe('seconds after which the program is ended'),
  env: z.record(z.string(), z.string()).default({}).describe('environment variables for the program'),
  shell: z.boolean().default(false).describe('leave the command to /bin/sh: pipes, variables, &&'),
});

/** A variant `{ images: … }`. */
const imagesSchema = z.strictObject({
  images: z.string().min(1).describe('the folder of pictures made elsewhere'),
  pattern: template(placeholdersOfImages, [])
    .default('{content}-{style}.png')
    .describe(
      "a picture's file name, of the images' names {content} {style} (- for /) and perhaps {size} {seed}",
    ),
});

/** A variant `{ network: … }`, which knows of trainings what overrides and sweeps must know. */
const networkSchemaWithTraining = networkVariantSchema.extend({
  training: writtenSchema(() => trainingSchema)
    .optional()
    .describe(
      'how its parameters are trained before, instead of weights, once however many trials need them: pictures, losses, steps …',
    ),
});

export type MethodInput = z.input<typeof commandSchema> | z.input<typeof imagesSchema> | NetworkVariantInput;

/** What a variant may be besides losses. */
export const methodSchema = z.union([commandSchema, imagesSchema, networkSchemaWithTraining]);

/** The one of these that a variant is written as. */
export function methodSchemaOf(variant: MethodInput) {
  if ('command' in variant) return commandSchema;
  return 'images' in variant ? imagesSchema : networkSchemaWithTraining;
}

/** Whether a variant is written as another method than the optimisation of losses. */
export function isMethodInput(variant: unknown): variant is MethodInput {
  return (
    typeof variant === 'object' &&
    variant !== null &&
    !Array.isArray(variant) &&
    ('command' in variant || 'images' in variant || 'network' in variant)
  );
}

/** What a trial's method is to know of the trial. */
export interface MethodTrial {
  /** What the images are called. */
  readonly names: { readonly content: string; readonly style: string };
  /** Longest side in pixels. */
  readonly size: number;
  readonly seed: number;
}

/**
 * The method of one trial, from the checked variant; of networks see `networkMethod`.
 * @param path - makes a path of the experiment absolute
 */
export function methodOf(
  variant: z.output<typeof commandSchema> | z.output<typeof imagesSchema>,
  { names, size, seed }: MethodTrial,
  path: (file: string) => string,
): Method {
  if ('command' in variant) return { kind: 'command', ...variant, folder: path('.') };
  const { images, pattern } = variant;
  // Pictures of one name are told apart by their folders, which a file's name cannot hold.
  const flat = (name: string): string => name.replaceAll('/', '-');
  const file = fill(pattern, {
    content: flat(names.content),
    style: flat(names.style),
    size: String(size),
    seed: String(seed),
  });
  return { kind: 'images', pattern, file: join(path(images), file) };
}

/** Whether the method looks at a setting: if not, trials that differ in it only are the same work. */
export function readsSetting(method: Method, setting: 'size' | 'seed'): boolean {
  if (method.kind === 'network') return setting === 'size' || method.seeded === true;
  return placeholdersOf(
    method.kind === 'command' ? method.command : method.pattern,
    placeholdersOfCommand,
  ).has(setting);
}

function template(allowed: readonly Placeholder[], needed: readonly Placeholder[]) {
  return z
    .string()
    .min(1)
    .superRefine((text, context) => {
      try {
        const found = placeholdersOf(text, allowed);
        if (needed.length > 0) splitWords(text);
        const missing = needed.filter((name) => !found.has(name)).map((name) => `{${name}}`);
        if (missing.length === 0) return;
        context.addIssue({ code: 'custom', message: `it must name ${missing.join(' and ')}` });
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
      }
    });
}
