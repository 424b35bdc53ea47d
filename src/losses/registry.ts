/** All losses by their `type`: how people write them, how defaults are filled in, and how terms are made. */
import { z } from 'zod';
import { didYouMean, NeckarError } from '../errors.ts';
import {
  activationDescription,
  activationSchema,
  prepareActivation,
  resolveActivation,
} from './activation.ts';
import { buresDescription, buresSchema, prepareBures, resolveBures } from './bures.ts';
import { inParts } from './combined.ts';
import { contentDescription, contentSchema, prepareContent, resolveContent } from './content.ts';
import {
  correlationsDescription,
  correlationsSchema,
  prepareCorrelations,
  resolveCorrelations,
} from './correlations.ts';
import { fusedDescription, fusedSchema, prepareFused, resolveFused } from './fused.ts';
import { gramDescription, gramSchema, prepareGram, resolveGram } from './gram.ts';
import { histogramDescription, histogramSchema, prepareHistogram, resolveHistogram } from './histogram.ts';
import { laplacianDescription, laplacianSchema, prepareLaplacian, resolveLaplacian } from './laplacian.ts';
import type { LossContext, LossTerm } from './loss.ts';
import { mmdDescription, mmdSchema, prepareMmd, resolveMmd } from './mmd.ts';
import { momentsDescription, momentsSchema, prepareMoments, resolveMoments } from './moments.ts';
import { mrfDescription, mrfSchema, prepareMrf, resolveMrf } from './mrf.ts';
import type { EncoderLayers } from './options.ts';
import { resolveSchedule, scheduleOption } from './schedule.ts';
import {
  prepareSlicedWasserstein,
  resolveSlicedWasserstein,
  slicedWassersteinDescription,
  slicedWassersteinSchema,
} from './sliced-wasserstein.ts';
import type { LossSpec, LossType } from './spec.ts';
import { prepareStrotss, resolveStrotss, strotssDescription, strotssSchema } from './strotss.ts';
import { prepareVariation, resolveVariation, variationDescription, variationSchema } from './variation.ts';

export type * from './spec.ts';
export type { EncoderLayers };

/** What every loss takes besides its own options. */
const ofEveryLoss = { schedule: scheduleOption.optional() };

/** A loss as people write it in an experiment: `type`, and any of its options. */
export const lossSchema = z.discriminatedUnion('type', [
  contentSchema.extend(ofEveryLoss),
  gramSchema.extend(ofEveryLoss),
  momentsSchema.extend(ofEveryLoss),
  histogramSchema.extend(ofEveryLoss),
  mrfSchema.extend(ofEveryLoss),
  fusedSchema.extend(ofEveryLoss),
  correlationsSchema.extend(ofEveryLoss),
  mmdSchema.extend(ofEveryLoss),
  buresSchema.extend(ofEveryLoss),
  slicedWassersteinSchema.extend(ofEveryLoss),
  strotssSchema.extend(ofEveryLoss),
  laplacianSchema.extend(ofEveryLoss),
  activationSchema.extend(ofEveryLoss),
  variationSchema.extend(ofEveryLoss),
]);

export type LossInput = z.input<typeof lossSchema>;

/** Everything one type of loss consists of. */
interface LossDefinition<Type extends LossType> {
  /** One sentence with its source, for reports and help. */
  readonly description: string;
  readonly schema: z.ZodObject;
  resolve(
    written: Extract<LossInput, { type: Type }>,
    encoder: EncoderLayers,
    path: string,
  ): Extract<LossSpec, { type: Type }>;
  prepare(spec: Extract<LossSpec, { type: Type }>, context: LossContext): LossTerm[];
}

const definitions: { readonly [Type in LossType]: LossDefinition<Type> } = {
  content: {
    description: contentDescription,
    schema: contentSchema,
    resolve: resolveContent,
    prepare: prepareContent,
  },
  gram: { description: gramDescription, schema: gramSchema, resolve: resolveGram, prepare: prepareGram },
  moments: {
    description: momentsDescription,
    schema: momentsSchema,
    resolve: resolveMoments,
    prepare: prepareMoments,
  },
  histogram: {
    description: histogramDescription,
    schema: histogramSchema,
    resolve: resolveHistogram,
    prepare: prepareHistogram,
  },
  mrf: { description: mrfDescription, schema: mrfSchema, resolve: resolveMrf, prepare: prepareMrf },
  fused: { description: fusedDescription, schema: fusedSchema, resolve: resolveFused, prepare: prepareFused },
  correlations: {
    description: correlationsDescription,
    schema: correlationsSchema,
    resolve: resolveCorrelations,
    prepare: prepareCorrelations,
  },
  mmd: { description: mmdDescription, schema: mmdSchema, resolve: resolveMmd, prepare: prepareMmd },
  bures: { description: buresDescription, schema: buresSchema, resolve: resolveBures, prepare: prepareBures },
  'sliced-wasserstein': {
    description: slicedWassersteinDescription,
    schema: slicedWassersteinSchema,
    resolve: resolveSlicedWasserstein,
    prepare: prepareSlicedWasserstein,
  },
  strotss: {
    description: strotssDescription,
    schema: strotssSchema,
    resolve: resolveStrotss,
    prepare: prepareStrotss,
  },
  laplacian: {
    description: laplacianDescription,
    schema: laplacianSchema,
    resolve: resolveLaplacian,
    prepare: prepareLaplacian,
  },
  activation: {
    description: activationDescription,
    schema: activationSchema,
    resolve: resolveActivation,
    prepare: prepareActivation,
  },
  variation: {
    description: variationDescription,
    schema: variationSchema,
    resolve: resolveVariation,
    prepare: prepareVariation,
  },
};

/** All types of loss, in the order in which help lists them. */
export const lossTypes = Object.keys(definitions) as LossType[];

/** What a type of loss measures, with its source, in one sentence. */
export function describeLoss(type: LossType): string {
  return definitions[type].description;
}

/**
 * A loss with every default filled in.
 *
 * @param input - what was written; checked here whatever its type
 * @param encoder - the encoder whose layers it reads (its name, layers and defaults)
 * @param path - where the loss stands, for errors, such as `losses[0]`
 * @throws NeckarError for an unknown type, option or layer, naming the nearest one, and for a value out of bounds
 */
export function resolveLoss(input: unknown, encoder: EncoderLayers, path = 'loss'): LossSpec {
  const parsed = lossSchema.safeParse(input);
  if (!parsed.success) throw new NeckarError(sentence(parsed.error, input, path), { cause: parsed.error });
  const definition = definitions[parsed.data.type] as LossDefinition<LossType>;
  const resolved = definition.resolve(parsed.data as never, encoder, path);
  const { schedule } = parsed.data;
  return schedule === undefined ? resolved : { ...resolved, schedule: resolveSchedule(schedule) };
}

/**
 * The terms of all losses, in order, toward every style and in every region of the context. Weights of 0 stay in: their terms are still traced.
 *
 * @param factors - by name of a loss or of a term, multiplied onto weights; what has the factor 0 is left out altogether
 * @throws NeckarError when two terms have one name, or when a loss refuses these sizes
 */
export function prepareLosses(
  specs: readonly LossSpec[],
  context: LossContext,
  factors: Readonly<Record<string, number>> = {},
): LossTerm[] {
  const prepare = (spec: LossSpec, context: LossContext): LossTerm[] =>
    (definitions[spec.type] as LossDefinition<LossType>).prepare(spec as never, context);
  const terms = specs
    .filter(({ name }) => factors[name] !== 0)
    .flatMap((spec) => inParts(spec, context, prepare).flatMap((term) => weightedTerm(term, spec, factors)));
  const seen = new Set<string>();
  for (const { name } of terms) {
    if (seen.has(name)) {
      throw new NeckarError(
        `Two losses are named "${name}"; give one of them another name: { name: '${name}2' }.`,
      );
    }
    seen.add(name);
  }
  return terms;
}

/** The term of a loss with the factors and the schedule that are the loss's; none where a factor is 0. */
function weightedTerm(
  term: LossTerm,
  spec: LossSpec,
  factors: Readonly<Record<string, number>>,
): readonly LossTerm[] {
  const names = new Set([spec.name, term.name]);
  const factor = [...names].reduce((product, name) => product * (factors[name] ?? 1), 1);
  if (factor === 0) return [];
  const schedules = [...(term.schedules ?? []), ...(spec.schedule === undefined ? [] : [spec.schedule])];
  return [{ ...term, weight: term.weight * factor, ...(schedules.length > 0 && { schedules }) }];
}

/** The names that the terms of a loss have in traces, found without preparing it. */
export function termNames(spec: LossSpec): string[] {
  const parts: Partial<Record<LossType, readonly string[]>> = {
    fused: ['content', 'gram', 'mrf', ...(spec.type === 'fused' && spec.variation ? ['variation'] : [])],
    strotss: ['content', 'style'],
  };
  return parts[spec.type]?.map((part) => `${spec.name}.${part}`) ?? [spec.name];
}

/** The first thing that is wrong with a written loss, in a sentence. */
function sentence(error: z.ZodError, input: unknown, path: string): string {
  const issue = deepest(error.issues[0]!);
  const place = issue.path.reduce<string>(
    (place, key) => (typeof key === 'number' ? `${place}[${key}]` : `${place}.${String(key)}`),
    path,
  );
  const value = issue.path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const known = knownKeys(input, issue.path);
    return `${place}: there is no option "${key}". ${didYouMean(key, known)}Options: ${known.join(', ')}.`;
  }
  if (issue.path.at(-1) === 'type') {
    const suggestion = typeof value === 'string' ? didYouMean(value, lossTypes) : '';
    return `${place}: ${JSON.stringify(value) ?? 'nothing'} is no loss. ${suggestion}Losses: ${lossTypes.join(', ')}.`;
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    return `${place}: ${JSON.stringify(value)} is not allowed. ${didYouMean(String(value), allowed)}Allowed: ${allowed.join(', ')}.`;
  }
  return `${place}: got ${JSON.stringify(value) ?? 'nothing'}. ${issue.message}.`;
}

/** Of a union's failures, the one that came farthest: the form that was probably meant. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const candidates = issue.errors.map((issues) => issues[0]!);
  const best = candidates.reduce((a, b) => (b.path.length > a.path.length ? b : a));
  if (best.path.length === 0) return issue;
  return deepest({ ...best, path: [...issue.path, ...best.path] });
}

/** The options of the object that `path` leads to within a loss. */
function knownKeys(input: unknown, path: readonly PropertyKey[]): string[] {
  const type = (input as { type: LossType }).type;
  let shape: Record<string, unknown> = { ...definitions[type].schema.shape, ...ofEveryLoss };
  for (const key of path) {
    let inner = shape[String(key)] as z.ZodType | undefined;
    while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable)
      inner = inner.unwrap() as z.ZodType;
    if (!(inner instanceof z.ZodObject)) return [];
    shape = inner.shape;
  }
  return Object.keys(shape);
}
