/** The parts of an experiment that other modules own, in the form people write them: everything optional but the kind. */
import { z } from 'zod';
import type { LossSpec } from '../losses/registry.ts';

const layers = z.record(z.string(), z.number().min(0));
const common = { name: z.string().min(1).optional(), weight: z.number().min(0).optional() };
const odd = z
  .int()
  .positive()
  .refine((side) => side % 2 === 1, { error: 'must be odd, so that a patch has a centre' });
const every = z.int().positive();

const content = { convention: z.enum(['gatys', 'mean', 'relative']).optional(), layers: layers.optional() };
const gram = {
  convention: z.enum(['gatys', 'johnson', 'relative']).optional(),
  layers: layers.optional(),
  cross: z.array(z.tuple([z.string(), z.string()])).optional(),
};
const mrf = {
  convention: z.enum(['li-wand', 'relative']).optional(),
  layers: layers.optional(),
  patch: odd.optional(),
  stride: every.optional(),
  styleStride: every.optional(),
  rotations: z.array(z.number()).optional(),
  scales: z.array(z.number().positive()).optional(),
  refreshEvery: every.optional(),
};
const variation = {
  convention: z.enum(['quadratic', 'absolute', 'power']).optional(),
  beta: z.number().positive().optional(),
};
const weight = { weight: z.number().min(0).optional() };

export const lossSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('content'), ...common, ...content }),
  z.strictObject({ type: z.literal('gram'), ...common, ...gram }),
  z.strictObject({
    type: z.literal('moments'),
    ...common,
    convention: z.enum(['bn', 'relative']).optional(),
    layers: layers.optional(),
    covariance: layers.optional(),
  }),
  z.strictObject({
    type: z.literal('histogram'),
    ...common,
    convention: z.enum(['risser', 'relative']).optional(),
    layers: layers.optional(),
    bins: every.optional(),
    refreshEvery: every.optional(),
  }),
  z.strictObject({ type: z.literal('mrf'), ...common, ...mrf }),
  z.strictObject({
    type: z.literal('fused'),
    ...common,
    content: z.strictObject({ ...weight, ...content }).optional(),
    global: z.strictObject({ ...weight, ...gram }).optional(),
    local: z.strictObject({ ...weight, ...mrf }).optional(),
    variation: z
      .strictObject({ ...weight, ...variation })
      .nullable()
      .optional(),
  }),
  z.strictObject({ type: z.literal('variation'), ...common, ...variation }),
]);

const weights = z.union([
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ random: z.int().min(0) }),
]);

export const encoderSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('wavelet') }),
  z.strictObject({
    name: z.enum(['vgg19', 'vgg16']),
    pooling: z.enum(['average', 'max', 'l2']).default('average'),
    weights,
    normalized: z.boolean().default(false),
  }),
  z.strictObject({ name: z.enum(['squeezenet1_0', 'squeezenet1_1']), weights }),
]);

/** stand-in */
export type EncoderLayers = {
  name: string;
  layers: readonly string[];
  defaults: Record<'content' | 'style' | 'patches' | 'histogram', Record<string, number>>;
};
export function encoderLayers(spec: { name: string }): EncoderLayers {
  const layers = ['scale1', 'scale2', 'scale3', 'scale4', 'scale5'];
  const all = Object.fromEntries(layers.map((l) => [l, 1]));
  return { name: spec.name, layers, defaults: { content: all, style: all, patches: all, histogram: all } };
}
export function resolveLoss(
  written: z.output<typeof lossSchema>,
  _encoder: EncoderLayers,
  _path: string,
): LossSpec {
  return {
    name: written.type,
    weight: 1,
    layers: _encoder.defaults.style,
    ...written,
  } as unknown as LossSpec;
}
