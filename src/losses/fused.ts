/**
 * The fused loss of Zhao et al. 2019: α₁·content + α₂·global + α₃·local, a content loss, a Gram loss, whose global
 * statistics keep things such as eyes and mouths from landing in wrong places, and a patch loss, which keeps the
 * detail of the strokes; and, on request, total variation. Each part is the loss of that name in its own file and
 * has its own weight α and convention; the published values of α could not be verified, so every default is 1.
 */
import type { z } from 'zod';
import { content } from './content.ts';
import {
  completed,
  defineLoss,
  type LossFactory,
  layersOf,
  type OptionsOf,
  optionsSchema,
  type SpecOf,
  styleUnitsOf,
  termsOf,
  withoutLayers,
  workOf,
} from './define.ts';
import { gram } from './gram.ts';
import type { LossContext, LossTerm } from './loss.ts';
import { mrf } from './mrf.ts';
import type { EncoderLayers } from './options.ts';
import type { CommonSpec } from './spec.ts';
import { variation } from './variation.ts';

const made = { content, global: gram, local: mrf, variation };

const fusedOptions = {
  content: optionsSchema(content.definition).optional().describe('The content part; its weight is α₁.'),
  global: optionsSchema(gram.definition).optional().describe('The Gram part; its weight is α₂.'),
  local: optionsSchema(mrf.definition).optional().describe('The patch part; its weight is α₃.'),
  variation: optionsSchema(variation.definition)
    .nullable()
    .optional()
    .describe('Total variation of the picture. Default: none.'),
};

/** Fills in every default of every part; no total variation unless it is asked for. */
function resolveFused(written: OptionsOf<typeof fusedOptions>, encoder: EncoderLayers, path: string) {
  return {
    content: resolvePart(content, written.content, encoder, `${path}.content`),
    global: resolvePart(gram, written.global, encoder, `${path}.global`),
    local: resolvePart(mrf, written.local, encoder, `${path}.local`),
    variation: written.variation
      ? resolvePart(variation, written.variation, encoder, `${path}.variation`)
      : null,
  };
}

/** A loss that is part of another has all but a type and a name. */
function resolvePart<Type extends string, Shape extends z.ZodRawShape, Own extends object>(
  { definition: { type } }: LossFactory<Type, Shape, Own>,
  written: object | undefined,
  encoder: EncoderLayers,
  path: string,
): Pick<CommonSpec, 'weight' | 'schedule'> & Readonly<Own> {
  return bare(completed({ ...written, type }, encoder, path)) as ReturnType<typeof bare> & Readonly<Own>;
}

function bare({ type: _, name: __, ...part }: CommonSpec): Pick<CommonSpec, 'weight' | 'schedule'> {
  return part;
}

export type FusedSpec = SpecOf<'fused', typeof resolveFused>;

/** The losses that a fused loss is, `<name>.content` and so on, each with the option it stands under. */
function partsOf(spec: FusedSpec): { option: string; part: CommonSpec }[] {
  return (['content', 'global', 'local', 'variation'] as const).flatMap((option) => {
    const own = spec[option];
    if (own === null) return [];
    const { type } = made[option].definition;
    return [{ option, part: { ...own, type, name: `${spec.name}.${type}` } }];
  });
}

/** The terms `<name>.content`, `<name>.gram`, `<name>.mrf` and, where asked for, `<name>.variation`. */
function prepareFused(spec: FusedSpec, context: LossContext): LossTerm[] {
  return partsOf(spec).flatMap(({ part }) =>
    termsOf(part, context).map((term) => ({
      ...term,
      weight: term.weight * spec.weight,
      ...(part.schedule !== undefined && { schedules: [part.schedule] }),
    })),
  );
}

export const fused = defineLoss({
  type: 'fused',
  description: 'Content, global (Gram) and local (patch) losses under one weight each (Zhao et al., 2019).',
  options: fusedOptions,
  resolve: resolveFused,
  terms: prepareFused,
  parts: (spec) => partsOf(spec).map(({ part }) => part.type),
  layers: (spec) => partsOf(spec).flatMap(({ part }) => layersOf(part)),
  // Regions guide what is compared with the style alone.
  without: (spec, isLeftOut) => ({
    ...spec,
    ...Object.fromEntries(
      partsOf(spec)
        .filter(({ part }) => styleUnitsOf(part) > 0)
        .map(({ option, part }) => [option, bare(withoutLayers(part, isLeftOut))]),
    ),
  }),
  styleUnits: (spec) => partsOf(spec).reduce((sum, { part }) => sum + part.weight * styleUnitsOf(part), 0),
  work: (spec, seen) => partsOf(spec).reduce((sum, { part }) => sum + workOf(part, seen), 0),
  // A part is the loss it is.
  measures: (spec, name) => partsOf(spec).find(({ part }) => part.type === name)?.part ?? spec,
  benchmarks: [{ title: 'fused' }],
});
