/** The losses that come with Neckar, and whatever a researcher has added: as written, as resolved, and as terms. */
import { problemsOf } from '../components/problems.ts';
import { NeckarError } from '../errors.ts';
import { inParts } from './combined.ts';
import {
  anyLoss,
  completed,
  layersOf,
  losses,
  measuredBy,
  type ResolvedBy,
  styleUnitsOf,
  termNamesOf,
  type WrittenBy,
  workOf,
} from './define.ts';
import type { LossContext, LossTerm } from './loss.ts';
import type { EncoderLayers } from './options.ts';
import type * as shipped from './shipped.ts';
// Enters them.
import './shipped.ts';
import type { CommonSpec } from './spec.ts';

export type * from './spec.ts';
export type { EncoderLayers };

type Shipped = (typeof shipped)[keyof typeof shipped];

/** A loss in a trial's configuration: every default filled in. */
export type LossSpec = ResolvedBy<Shipped>;

/** A loss as people write it in an experiment: `type`, and any of its options. */
export type LossInput = WrittenBy<Shipped>;

export const lossSchema = anyLoss<LossInput, LossInput>();

// What is asked of a loss in a configuration is asked here, where all that come with Neckar are known.
export { layersOf, losses, measuredBy, styleUnitsOf, termNamesOf, workOf };

/**
 * A loss with every default filled in.
 *
 * @param input - what was written; checked here whatever its type
 * @param encoder - the encoder whose layers it reads (its name, layers and defaults)
 * @param path - where the loss stands, for errors, such as `losses[0]`
 * @throws NeckarError for an unknown type, option or layer, naming the nearest one, and for a value out of bounds: all
 *   that is wrong, a line each
 */
export function resolveLoss(input: unknown, encoder: EncoderLayers, path = 'loss'): LossSpec {
  const parsed = lossSchema.safeParse(input);
  if (!parsed.success) {
    throw new NeckarError(problemsOf(parsed.error, lossSchema, input, [path]).join('\n'), {
      cause: parsed.error,
    });
  }
  return completed(parsed.data, encoder, path) as LossSpec;
}

/** Every layer that any of some losses reads. */
export function layersRead(specs: readonly CommonSpec[]): ReadonlySet<string> {
  return new Set(specs.flatMap(layersOf));
}
/**
 * The terms of all losses, in order, toward every style and in every region of the context. Weights of 0 stay in: their
 * terms are still traced.
 *
 * @param factors - by name of a loss or of a term, multiplied onto weights; what has the factor 0 is left out altogether
 * @throws NeckarError when two terms have one name, or when a loss refuses these sizes
 */
export function prepareLosses(
  specs: readonly CommonSpec[],
  context: LossContext,
  factors: Readonly<Record<string, number>> = {},
): LossTerm[] {
  const terms = specs
    .filter(({ name }) => factors[name] !== 0)
    .flatMap((spec) => inParts(spec, context).flatMap((term) => weightedTerm(term, spec, factors)));
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
  spec: CommonSpec,
  factors: Readonly<Record<string, number>>,
): readonly LossTerm[] {
  const names = new Set([spec.name, term.name]);
  const factor = [...names].reduce((product, name) => product * (factors[name] ?? 1), 1);
  if (factor === 0) return [];
  const schedules = [...(term.schedules ?? []), ...(spec.schedule === undefined ? [] : [spec.schedule])];
  return [{ ...term, weight: term.weight * factor, ...(schedules.length > 0 && { schedules }) }];
}
