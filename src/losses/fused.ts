/**
 * The fused loss of Zhao et al. 2019: α₁·content + α₂·global + α₃·local, a content loss, a Gram loss, whose global
 * statistics keep things such as eyes and mouths from landing in wrong places, and a patch loss, which keeps the
 * detail of the strokes; and, on request, total variation. Each part is the loss of that name in its own file and
 * has its own weight α and convention; the published values of α could not be verified, so every default is 1.
 */
import { z } from 'zod';
import { contentOptions, prepareContent, resolveContent } from './content.ts';
import { gramOptions, prepareGram, resolveGram } from './gram.ts';
import type { LossContext, LossTerm } from './loss.ts';
import { mrfOptions, prepareMrf, resolveMrf } from './mrf.ts';
import { commonOptions, type EncoderLayers } from './options.ts';
import { resolveSchedule, type Schedule, scheduleOption } from './schedule.ts';
import type { FusedSpec } from './spec.ts';
import { prepareVariation, resolveVariation, variationOptions } from './variation.ts';

const ofEveryPart = { schedule: scheduleOption.optional() };

/** The fused loss as people write it. */
export const fusedSchema = z.strictObject({
  type: z.literal('fused'),
  name: commonOptions.name,
  weight: commonOptions.weight.describe('Factor of all parts. Default 1.'),
  content: z
    .strictObject({ ...contentOptions, ...ofEveryPart })
    .optional()
    .describe('The content part; its weight is α₁.'),
  global: z
    .strictObject({ ...gramOptions, ...ofEveryPart })
    .optional()
    .describe('The Gram part; its weight is α₂.'),
  local: z
    .strictObject({ ...mrfOptions, ...ofEveryPart })
    .optional()
    .describe('The patch part; its weight is α₃.'),
  variation: z
    .strictObject({ ...variationOptions, ...ofEveryPart })
    .nullable()
    .optional()
    .describe('Total variation of the picture. Default: none.'),
});

export const fusedDescription =
  'Content, global (Gram) and local (patch) losses under one weight each (Zhao et al., 2019).';

/** Fills in every default of every part; no total variation unless it is asked for. */
export function resolveFused(
  written: Omit<z.infer<typeof fusedSchema>, 'type'>,
  encoder: EncoderLayers,
  path: string,
): FusedSpec {
  return {
    type: 'fused',
    name: written.name ?? 'fused',
    weight: written.weight ?? 1,
    content: part(resolveContent(written.content ?? {}, encoder, `${path}.content`), written.content),
    global: part(resolveGram(written.global ?? {}, encoder, `${path}.global`), written.global),
    local: part(resolveMrf(written.local ?? {}, encoder, `${path}.local`), written.local),
    variation: written.variation
      ? part(resolveVariation(written.variation, encoder, `${path}.variation`), written.variation)
      : null,
  };
}

function part<Spec extends { type: string; name: string }>(
  spec: Spec,
  written?: { readonly schedule?: z.infer<typeof scheduleOption> },
): Omit<Spec, 'type' | 'name'> {
  const { type: _type, name: _name, ...rest } = spec;
  const schedule = written?.schedule;
  return schedule === undefined ? rest : { ...rest, schedule: resolveSchedule(schedule) };
}

/** The terms `<name>.content`, `<name>.gram`, `<name>.mrf` and, where asked for, `<name>.variation`. */
export function prepareFused(spec: FusedSpec, context: LossContext): LossTerm[] {
  const named = <Type extends string>(type: Type) => ({ type, name: `${spec.name}.${type}` });
  const parts: [{ readonly schedule?: Schedule }, LossTerm[]][] = [
    [spec.content, prepareContent({ ...spec.content, ...named('content') }, context)],
    [spec.global, prepareGram({ ...spec.global, ...named('gram') }, context)],
    [spec.local, prepareMrf({ ...spec.local, ...named('mrf') }, context)],
  ];
  if (spec.variation !== null) {
    parts.push([spec.variation, prepareVariation({ ...spec.variation, ...named('variation') }, context)]);
  }
  return parts.flatMap(([{ schedule }, terms]) =>
    terms.map((term) => ({
      ...term,
      weight: term.weight * spec.weight,
      ...(schedule !== undefined && { schedules: [schedule] }),
    })),
  );
}
