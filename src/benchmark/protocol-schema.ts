/** What a protocol's file holds: everything that decides a number of the benchmark, checked key by key. */
import { z } from 'zod';

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/, {
    error: 'use lower-case letters, digits and . _ - only, starting with a letter or digit',
  })
  .max(60);

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hexadecimal digits' });

const level = z.enum(['high', 'low']);

/** A file of the protocol: in Neckar's own folders, or at an address. */
const source = {
  file: z.string().min(1).optional().describe('its path from the folder of Neckar'),
  address: z.string().min(1).optional().describe('where it can be fetched, or is described'),
  sha256: sha256
    .nullable()
    .describe('of its bytes; null: nobody who had the file has filled it in, so that nothing is verified'),
};

const pictureSchema = z
  .strictObject({
    name,
    title: z.string().min(1),
    subject: z.enum(['people', 'nature', 'artificial', 'unknown']),
    ...source,
    width: z.int().positive().nullable().describe('pixels; null: unknown'),
    height: z.int().positive().nullable(),
    licence: z.string().min(1),
    credit: z.string().min(1),
    regions: z
      .strictObject({ file: z.string().min(1), sha256 })
      .optional()
      .describe('map of its parts: a grey picture of the same size'),
    colourfulness: z
      .strictObject({ level, value: z.number().nonnegative() })
      .optional()
      .describe('Hasler & Süsstrunk 2003'),
    detail: z
      .strictObject({ level, value: z.number().nonnegative() })
      .optional()
      .describe('root mean square of what a Gaussian of 2 pixels takes away of luma, in per cent'),
  })
  .refine(({ file, address }) => file !== undefined || address !== undefined, {
    error: 'a picture has a file or an address',
  });

/** A method as an experiment would have it: one variant, and settings beside it. */
const methodSchema = z.strictObject({
  name,
  title: z.string().min(1),
  citation: z.string().min(1),
  presets: z.array(z.string()).optional().describe('presets of Neckar, the later over the earlier'),
  losses: z.array(z.looseObject({ type: z.string() })).optional(),
  network: z.looseObject({ name: z.string() }).optional(),
  weights: z.string().optional().describe('of the network, by the name of the catalogue'),
  settings: z.record(z.string(), z.unknown()).default({}),
});

const tierSchema = z.strictObject({
  description: z.string().min(1),
  reference: methodSchema,
  baselines: z.array(methodSchema).default([]),
  metrics: z.array(z.string().min(1)).min(1).describe('spec ids, or as much of them as tells them apart'),
  heldOut: z
    .union([z.literal('none'), z.looseObject({ name: z.string() })])
    .describe('the encoder that judges style and made no picture'),
});

/** What is asked of people, and whom. */
const peopleSchema = z.strictObject({
  questions: z
    .array(z.strictObject({ aspect: z.enum(['content', 'style', 'overall']), text: z.string().min(1) }))
    .min(1),
  comparison: z.enum(['forced choice']).describe('no answer for those who cannot tell'),
  within: z.boolean().describe('two methods on one pair'),
  across: z.boolean().describe('results of different pairs, each beside its own content and style'),
  training: z.string().min(1),
  checks: z.array(z.string().min(1)),
  exclusion: z.array(z.string().min(1)).describe('whose answers are left out, fixed before the first rater'),
  population: z.strictObject({
    sought: z.record(z.string(), z.record(z.string(), z.number().min(0).max(1))),
    source: z.string().min(1),
  }),
});

export const protocolSchema = z.strictObject({
  $schema: z.string().optional(),
  name,
  version: z.int().positive(),
  title: z.string().min(1),
  description: z.string().min(1),
  source: z.string().min(1).describe('who proposed it, and where'),
  contents: z.array(pictureSchema).min(1),
  styles: z.array(pictureSchema).min(1),
  pairs: z.literal('crossed').describe('every content with every style'),
  size: z.int().min(16).max(8192).describe('longest side of every result in pixels'),
  resampling: z.literal('lanczos3').describe('of contents and styles to the size, on sRGB-encoded values'),
  smoke: z
    .strictObject({ contents: z.array(name).min(1), styles: z.array(name).min(1) })
    .optional()
    .describe('a small part that says whether all of it would run'),
  tiers: z.record(name, tierSchema),
  people: peopleSchema,
});

export type Protocol = z.output<typeof protocolSchema>;
export type ProtocolPicture = z.output<typeof pictureSchema>;
export type ProtocolMethod = z.output<typeof methodSchema>;
export type ProtocolTier = z.output<typeof tierSchema>;
