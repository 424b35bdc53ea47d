/** The steps of a network of one's own, as people write them. */
import { z } from 'zod';
import { pooling } from '../settings.ts';

const extent = z.int().min(1);
const layerName = z.string().regex(/^[\w.-]+$/, 'use letters, digits, dots, - and _');

/** One step of a network of one's own, with what is usual filled in. */
export const stageSchema = z.discriminatedUnion('kind', [
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
      pooling: pooling.default('max'),
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
