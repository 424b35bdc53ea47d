/** What a submission's `results.json` holds. */
import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hexadecimal digits' });
const seconds = z.number().nonnegative();

const scoreSchema = z.union([
  z.strictObject({ value: z.number(), better: z.enum(['higher', 'lower']), label: z.string() }),
  z.strictObject({ refused: z.string().min(1), label: z.string() }),
]);

const resultSchema = z.strictObject({
  content: z.string().min(1).describe('by the name that the protocol gives it'),
  style: z.string().min(1),
  file: z.string().min(1).describe('of the picture, from the folder of the submission'),
  sha256: sha256.describe("of the picture's file"),
  width: z.int().positive(),
  height: z.int().positive(),
  seconds: seconds.optional().describe('of making it; absent: nobody measured it'),
  shared: z.boolean().optional().describe('other work ran beside, so that its seconds are too many'),
  peakMemory: z.number().nonnegative().optional().describe('bytes of the process at most'),
  evaluations: z.int().nonnegative().optional(),
  scores: z.record(z.string(), scoreSchema).describe('by the spec ids of the metrics'),
});

/** What training a method has cost, where it was trained. */
const trainingSchema = z.strictObject({
  seconds,
  steps: z.int().nonnegative().optional(),
  pictures: z.int().nonnegative().optional(),
  device: z.string().optional(),
  networks: z.int().positive().default(1).describe('trainings in all, as one for each style'),
});

const machineSchema = z.strictObject({
  platform: z.string(),
  processor: z.string(),
  processors: z.int().positive(),
  memory: z.number().nonnegative().describe('bytes'),
});

export const submissionSchema = z.strictObject({
  $schema: z.string().optional(),
  format: z.literal(1),
  protocol: z.strictObject({ name: z.string(), version: z.int().positive(), sha256 }),
  part: z.enum(['all', 'smoke']),
  tier: z.string(),
  method: z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, {
      error: 'use letters, digits and . _ + - only, starting with a letter or digit',
    }),
    title: z.string(),
    citation: z.string(),
    kind: z.enum(['losses', 'network', 'command', 'images']),
    settings: z.unknown().describe('everything that decides its pictures; paths left out'),
    settingsHash: sha256.describe('of the settings as canonical JSON'),
  }),
  inputs: z
    .strictObject({ contents: z.record(z.string(), sha256), styles: z.record(z.string(), sha256) })
    .describe('SHA-256 of the pictures that the method was shown'),
  results: z.array(resultSchema).min(1),
  training: trainingSchema.optional(),
  machine: machineSchema,
  software: z.strictObject({
    neckar: z.string(),
    node: z.string(),
    engine: z.string(),
    provider: z.string(),
    device: z.string(),
  }),
  madeAt: z.string(),
  checksum: sha256.describe('of everything else here as canonical JSON'),
});

export type Submission = z.output<typeof submissionSchema>;
export type SubmittedResult = z.output<typeof resultSchema>;
