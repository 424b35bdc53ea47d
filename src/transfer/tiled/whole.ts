/**
 * What of an objective is computed at once: all of it where there are no strips, else the last stage with its terms, or
 * the terms that read the picture alone.
 */
import type { Engine, Profile } from '../../engines/engine.ts';
import { gradientsOf, type NamedObjective, termsOf, valueAndGradients } from '../../engines/objective.ts';
import { owned } from '../../engines/ownership.ts';
import type { LossTerm, Reference } from '../../losses/loss.ts';
import { detach, float32, type NamedTensors, type NamedValues, tf } from '../../tensor.ts';
import type { ProblemProfile } from '../problem.ts';
import { compileHeldTargets, type HeldTargets, heldTensors, isHeld } from './held-targets.ts';
import { statisticTensors, type TermStatistic } from './statistics.ts';
import { type PlannedTerm, sumsOf, targetConstants, targetsOf } from './terms.ts';

export interface WholeOptions {
  readonly terms: readonly PlannedTerm[];
  /** Of the map that comes in, as it lies. */
  readonly shape: readonly number[];
  /** What terms see of the map; its layers are computed when they are first asked for. */
  readonly reference: (map: tf.Tensor, layers: readonly string[]) => Reference;
  /** The statistics taken here, and the weights of their positions. */
  readonly own: readonly TermStatistic[];
  readonly weightsOf: (one: TermStatistic) => tf.Tensor2D;
  /** The shapes of the statistics taken of lower stages, by id. */
  readonly lower: Readonly<Record<string, readonly number[]>>;
  readonly targets: NamedValues;
  /** Terms of the objective, those computed elsewhere included. */
  readonly count: number;
  /** The weights that stay as they are, by the terms' places; the others are given at every evaluation. */
  readonly fixed: readonly (number | undefined)[];
  /** Hand memory back after every evaluation: of large maps it would be too much to keep, of small ones it costs time. */
  readonly frugal: boolean;
  /** Keep the times of operations until `profile` is called. */
  readonly profiled: boolean;
  readonly label: string;
}

export interface WholeEvaluation {
  readonly total: number;
  /** Unweighted. */
  readonly terms: Readonly<Record<string, number>>;
  /** d total / d map. */
  readonly gradient: Float32Array;
  /** d total / d sums of lower stages, by id. */
  readonly slopes: NamedValues;
}

export interface WholePart {
  /** @param weights - one for each term of the objective */
  evaluate(map: Float32Array, sums: NamedValues, weights: Float32Array): Promise<WholeEvaluation>;
  /** What depends on the map and is held between evaluations. */
  readonly held: HeldTargets;
  /** Of the map's own work; undefined where it was not wanted, or the engine cannot tell. */
  profile(): Promise<ProblemProfile | undefined>;
  readonly compileSeconds: number;
  dispose(): Promise<void>;
}

/** Whose work what is: the encoder's, or a loss's. */
const encoderPart = 'encoder';
const lossPart = 'loss ';

/** Compiles the terms. */
export async function wholePart(engine: Engine, options: WholeOptions): Promise<WholePart> {
  const { terms, shape, lower, targets, count, frugal, profiled, label } = options;
  const held = await compileHeldTargets({ ...options, engine });
  const ids = Object.keys(lower);
  const program = await engine.compile(valueAndGradients(objectiveOf(options), ['map', ...ids]), {
    inputs: {
      map: { shape },
      weights: { shape: [count] },
      ...Object.fromEntries(ids.map((id) => [id, { shape: lower[id]! }])),
      ...Object.fromEntries(
        Object.entries(held.values).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
      ),
    },
    constants: targetConstants(terms, targets),
    frugal,
    profiled,
    label,
  });
  return {
    compileSeconds: held.compileSeconds + program.compileSeconds,
    held,
    async evaluate(map, sums, weights) {
      const outputs = await program.run({
        map: float32(shape, map),
        weights: float32([count], weights),
        ...Object.fromEntries(ids.map((id) => [id, sums[id]!])),
        ...held.values,
      });
      const { map: gradient, ...slopes } = gradientsOf(outputs);
      return {
        total: outputs.total!.data[0]!,
        terms: termsOf(outputs),
        gradient: gradient!.data as Float32Array,
        slopes,
      };
    },
    async profile() {
      const profile = await program.profile?.();
      return (
        profile &&
        profileOf(
          profile,
          terms.map(({ term }) => term),
        )
      );
    },
    async dispose() {
      await held.dispose();
      await program.dispose();
    },
  };
}

/** The weighted sum of all terms; each part of it is marked with whose work it is. */
function objectiveOf({ terms, reference, own, weightsOf, lower, fixed }: WholeOptions): NamedObjective {
  const layers = [
    ...new Set([
      ...terms.filter(({ way }) => way !== 'sums').flatMap(({ term }) => term.layers),
      ...own.flatMap(({ statistic }) => statistic.layers),
    ]),
  ];
  return ({ map, weights, ...others }) => {
    const current = owned(encoderPart, () => encoded(reference(map!, layers)));
    const sums: NamedTensors = {
      ...Object.fromEntries(Object.keys(lower).map((id) => [id, others[id]!])),
      ...(own.length > 0 && statisticTensors(own, current.features, weightsOf, others)),
    };
    const values: Record<string, tf.Scalar> = {};
    let total: tf.Tensor = tf.scalar(0);
    for (const one of terms) {
      const { name } = one.term;
      values[name] = owned(lossPart + name, () => termValue(one, current, sums, others));
      const weight = fixed[one.index] ?? tf.reshape(tf.slice(weights!, [one.index], [1]), []);
      total = tf.add(total, tf.mul(values[name]!, weight));
    }
    return { total: total as tf.Scalar, terms: values };
  };
}

/** With its layers computed: what is first asked for inside `detach` would be unseen by differentiation. */
function encoded(reference: Reference): Reference {
  void reference.features;
  return reference;
}

function termValue(
  one: PlannedTerm,
  current: Reference,
  sums: NamedTensors,
  others: NamedTensors,
): tf.Scalar {
  const { index, term, way } = one;
  const targets = targetsOf(index, others);
  if (way === 'sums') return term.additive!.value(sumsOf(index, sums), targets);
  if (term.refresh === undefined) return term.value(current, targets, {});
  const held = isHeld(one)
    ? heldTensors(others, index)
    : detach(() => term.refresh!(current, targets, tf.scalar(0)));
  return term.value(current, targets, held);
}

function profileOf({ runs, total, seconds }: Profile, terms: readonly LossTerm[]): ProblemProfile {
  const losses = terms.map(({ name }) => [name, seconds[lossPart + name] ?? 0] as const);
  return {
    evaluations: runs,
    total,
    encoder: seconds[encoderPart] ?? 0,
    losses: Object.fromEntries(losses),
  };
}
