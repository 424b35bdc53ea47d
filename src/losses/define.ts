/** A loss as one object: how it is written, what it is made of, and everything else that is known of it. */
import { z } from 'zod';
import { openUnion } from '../components/named.ts';
import { type Component, createRegistry, type OfComponent } from '../components/registry.ts';
import { NeckarError } from '../errors.ts';
import type { Sweepable } from '../experiment/sweep.ts';
import type { LossContext, LossTerm } from './loss.ts';
import { activeLayers, type EncoderLayers } from './options.ts';
import { resolveSchedule, scheduleOption } from './schedule.ts';
import type { CommonSpec, LayerWeights } from './spec.ts';
import { perValue, pixelsWork, type Seen, valuesIn } from './work.ts';

/** A loss's own options as they are written. */
export type OptionsOf<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

/** A loss with every default filled in: what all have, and what its own `resolve` gives. */
export type SpecOf<Type extends string, Resolve extends (...given: never[]) => object> = Spec<
  Type,
  ReturnType<Resolve>
>;
type Spec<Type extends string, Own> = CommonSpec<Type> & Readonly<Own>;

/** Everything that is known of a loss. Whatever is optional has a default that suits most. */
export interface LossDescription<Type extends string, Shape extends z.ZodRawShape, Own extends object> {
  /** Unique among losses; what experiments call it, and its name in traces unless they give another. */
  readonly type: Type;
  /** What it measures, with its source, in one sentence. */
  readonly description: string;
  /** `import.meta.url` of the module that defines it; needed of one that does not come with Neckar. */
  readonly module?: string;
  /** Its own options, optional or with a default; `name`, `weight` and `schedule` every loss has. */
  readonly options: Shape;
  /** Its weight unless another is written; default 1. */
  readonly weight?: number;
  /**
   * Its own options with nothing left to choose, as plain JSON. Those called `layers` are taken for the layers that it
   * reads and their weights, unless `layers` and `without` say otherwise, `convention` for what its unit is.
   *
   * @param path - where the loss stands, for errors, such as `losses[0]`
   * @throws NeckarError for what does not fit together or to the encoder
   */
  resolve(written: OptionsOf<Shape>, encoder: EncoderLayers, path: string): Own;
  /**
   * Its terms; without any tensors yet. One is called as the loss is, several `<name>.<part>`.
   * @throws NeckarError when it refuses sizes
   */
  terms(spec: Spec<Type, Own>, context: LossContext): LossTerm[];
  /** The parts by which its terms are called `<name>.<part>`; default: it has one term, of its own name. */
  parts?(spec: Spec<Type, Own>): readonly string[];
  /** The layers that it reads. Default: those of positive weight in `layers`. */
  layers?(spec: Spec<Type, Own>): readonly string[];
  /** The same loss, reading none of some layers; where nothing is left its terms are not asked for. Default: by `layers`. */
  without?(spec: Spec<Type, Own>, isLeftOut: (layer: string) => boolean): Spec<Type, Own>;
  /**
   * How many units of `relative` one unit of what it compares with the style is worth, on an encoder with layers of
   * colours: see `unitsOf`. Default: 0, it compares nothing with the style.
   */
  styleUnits?(spec: Spec<Type, Own>): number;
  /** Layers whose means and whose covariances it matches one by one. Default: none. */
  matches?(spec: Spec<Type, Own>): { readonly means: LayerWeights; readonly covariances: LayerWeights };
  /** Operations of its value and gradient: see `work.ts`. Default: a few for each value that it reads. */
  work?(spec: Spec<Type, Own>, seen: Seen): number;
  /**
   * What decides the unweighted values of a term: trials for which it agrees are drawn in one panel. Default: its type,
   * its own options, and the part.
   */
  measures?(spec: Spec<Type, Own>, part: string | undefined): object;
  /** What `neckar bench --losses` times it with. Default: its defaults. */
  benchmarks?: readonly LossBenchmark[];
}

/** A loss as it is timed against the Gram loss. */
export interface LossBenchmark {
  /** Unique among all; default: its type. */
  readonly id?: string;
  readonly title: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** What its cost over Gram's is to be at most, on VGG-19. */
  readonly atMost?: number;
}

/** A description as it is entered. */
export interface LossDefinition<
  Type extends string = string,
  Shape extends z.ZodRawShape = z.ZodRawShape,
  Own extends object = object,
> extends LossDescription<Type, Shape, Own>,
    Component {
  readonly name: Type;
  readonly description: string;
  readonly module?: string;
  readonly weight: number;
}

/** The options that every loss has. */
function commonOptions(weight: number, several: boolean) {
  return {
    name: z
      .string()
      .min(1)
      .optional()
      .describe('Name of the term in traces and reports. Default: its type, such as `gram`.'),
    weight: z
      .number()
      .nonnegative()
      .optional()
      .describe(
        `Factor of ${several ? 'all its terms' : 'the term'} in the total. Default ${weight}. Compares only with weights of the same convention.`,
      ),
    schedule: scheduleOption.optional(),
  };
}

type CommonShape = ReturnType<typeof commonOptions>;
/** What an experiment may write of a loss beside its type. */
type Options<Shape extends z.ZodRawShape> = z.input<z.ZodObject<Shape>> & z.input<z.ZodObject<CommonShape>>;
type Written<Type extends string, Shape extends z.ZodRawShape> = { readonly type: Type } & Options<Shape>;
type Swept<Record> = { readonly [Key in keyof Record]: Sweepable<Record[Key]> };

/** The function by which experiments write a loss, any of its options swept, with the object behind it. */
export interface LossFactory<Type extends string, Shape extends z.ZodRawShape, Own extends object> {
  (options?: Swept<Options<Shape>>): { readonly type: Type } & Swept<Options<Shape>> & OfComponent;
  readonly definition: LossDefinition<Type, Shape, Own>;
}

export type WrittenBy<Factory> =
  Factory extends LossFactory<infer Type, infer Shape, infer _Own> ? Written<Type, Shape> : never;
export type ResolvedBy<Factory> =
  Factory extends LossFactory<infer Type, infer _Shape, infer Own> ? Spec<Type, Own> : never;

export const losses = createRegistry<LossDefinition>('loss');

/**
 * Enters a loss and gives the function by which experiments write it. One that does not come with Neckar says in which
 * module it is: `module: import.meta.url`.
 *
 * @throws NeckarError when there is another of that type, or when one of its options is called as one that all have
 */
export function defineLoss<const Type extends string, Shape extends z.ZodRawShape, Own extends object>(
  description: LossDescription<Type, Shape, Own>,
): LossFactory<Type, Shape, Own> {
  const { type, weight = 1, options } = description;
  const taken = ['type', ...Object.keys(commonOptions(weight, false))].find((name) => name in options);
  if (taken !== undefined) {
    throw new NeckarError(
      `the loss "${type}": every loss has the option "${taken}" already; call yours otherwise.`,
    );
  }
  const definition: LossDefinition<Type, Shape, Own> = { ...description, name: type, weight };
  losses.add(definition as unknown as LossDefinition);
  const write = (written?: object) => ({ type, ...written });
  return Object.assign(write as LossFactory<Type, Shape, Own>, { definition });
}

/** The schema of a loss's options, its type left out; without a name where it is part of another. */
export function optionsSchema<Shape extends z.ZodRawShape>({
  weight,
  parts,
  options,
}: Pick<LossDefinition<string, Shape, never>, 'weight' | 'parts' | 'options'>): z.ZodObject<
  Omit<CommonShape, 'name'> & Shape
> {
  const { name: _, schedule, ...common } = commonOptions(weight, parts !== undefined);
  return z.strictObject({ ...common, ...options, schedule }) as never;
}

/** The schema of whatever losses there are now: `type`, and any of its options. */
export const anyLoss = <Output, Input>() =>
  openUnion<Output, Input, LossDefinition>(losses, (all) => {
    const objects = all.map((one) => {
      const { shape } = optionsSchema(one);
      return z.strictObject({ type: z.literal(one.type), name: commonOptions(1, false).name, ...shape });
    });
    return z.discriminatedUnion('type', objects as unknown as [z.ZodObject]);
  });

/** A checked loss with every default filled in. */
export function completed(
  {
    name,
    weight,
    schedule,
    ...own
  }: Omit<CommonSpec, 'schedule' | 'name' | 'weight'> & {
    readonly name?: string;
    readonly weight?: number;
    readonly schedule?: z.output<typeof scheduleOption>;
  },
  encoder: EncoderLayers,
  path: string,
): CommonSpec {
  const { type, ...options } = own;
  const definition = losses.get(type);
  return {
    type,
    name: name ?? type,
    weight: weight ?? definition.weight,
    ...definition.resolve(options, encoder, path),
    ...(schedule !== undefined && { schedule: resolveSchedule(schedule) }),
  };
}

/**
 * The terms of a loss, for one style and at most one region.
 * @throws NeckarError when its module is not loaded, or it refuses sizes
 */
export function termsOf(spec: CommonSpec, context: LossContext): LossTerm[] {
  return losses.get(spec.type).terms(spec, context);
}

/*
 * What is known of a loss in a configuration. Of one whose module is not loaded, as when a finished experiment is
 * reported, what holds by default.
 */

/** The names that its terms have in traces, found without preparing it. */
export function termNamesOf(spec: CommonSpec): string[] {
  return (
    losses
      .find(spec.type)
      ?.parts?.(spec)
      .map((part) => `${spec.name}.${part}`) ?? [spec.name]
  );
}

/** The layers that it reads, each once. */
export function layersOf(spec: CommonSpec): string[] {
  return [...new Set(losses.find(spec.type)?.layers?.(spec) ?? activeLayers(weightsOf(spec)))];
}

/** The same loss, reading none of some layers. */
export function withoutLayers(spec: CommonSpec, isLeftOut: (layer: string) => boolean): CommonSpec {
  const own = losses.find(spec.type)?.without?.(spec, isLeftOut);
  return own ?? { ...spec, ...('layers' in spec && { layers: weightsWithout(weightsOf(spec), isLeftOut) }) };
}

/** Weights of layers with those of some set to 0. */
export function weightsWithout(layers: LayerWeights, isLeftOut: (layer: string) => boolean): LayerWeights {
  return Object.fromEntries(
    Object.entries(layers).map(([layer, weight]) => [layer, weight > 0 && isLeftOut(layer) ? 0 : weight]),
  );
}

function weightsOf(spec: CommonSpec): LayerWeights {
  return (spec as { readonly layers?: LayerWeights }).layers ?? {};
}

/** How many units of `relative` one unit of it is worth as a comparison with the style; 0: it compares nothing with it. */
export function styleUnitsOf(spec: CommonSpec): number {
  return losses.find(spec.type)?.styleUnits?.(spec) ?? 0;
}

/** Layers whose means and whose covariances it matches. */
export function matchedBy(spec: CommonSpec): {
  readonly means: LayerWeights;
  readonly covariances: LayerWeights;
} {
  return losses.find(spec.type)?.matches?.(spec) ?? { means: {}, covariances: {} };
}

/**
 * How many units of `relative` one unit of another convention is worth on an encoder with layers of colours: the ratio
 * of the two values at the content, over the fixtures at 128 pixels, to one digit. Some sum over positions and grow with
 * the picture's area, all change with the style; a weight in need of no more than its order of magnitude has use for them.
 *
 * @param units - those of conventions other than `relative`
 */
export function unitsOf<Spec extends { readonly convention: string }>(
  units: Readonly<Partial<Record<Spec['convention'], number>>>,
): (spec: Spec) => number {
  return ({ convention }) => units[convention as Spec['convention']] ?? 1;
}

/** Operations of its value and gradient. */
export function workOf(spec: CommonSpec, seen: Seen): number {
  const own = losses.find(spec.type)?.work?.(spec, seen);
  if (own !== undefined) return own;
  return layersOf(spec).length === 0
    ? pixelsWork(3, seen)
    : seen.styles.length * perValue * valuesIn(weightsOf(spec), seen);
}

/** How much a term counts, and when what it holds is found anew, are no part of what its value is. */
const ofNoConsequence = new Set(['name', 'weight', 'schedule', 'refreshEvery']);

/** What a term measures, keys in alphabetical order: see `measures` of a definition. Undefined for a term that is none of the loss's. */
export function measuredBy(spec: CommonSpec, term: string): Readonly<Record<string, unknown>> | undefined {
  const part = term.startsWith(`${spec.name}.`) ? term.slice(spec.name.length + 1) : undefined;
  if (part === undefined && term !== spec.name) return undefined;
  const measured = losses.find(spec.type)?.measures?.(spec, part) ?? {
    ...spec,
    ...(part !== undefined && { part }),
  };
  const kept = Object.entries(measured).filter(([key]) => !ofNoConsequence.has(key));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}
