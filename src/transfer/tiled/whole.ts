/** What of an objective is computed at once: the last stage with its terms, or the terms that read the picture alone. */
import type { Engine, Program } from '../../engines/engine.ts';
import { type Reference, rounds } from '../../losses/loss.ts';
import {
  detach,
  float32,
  type NamedTensors,
  type NamedValues,
  releasing,
  type TensorValue,
  tf,
} from '../../tensor.ts';
import { statisticTensors, type TermStatistic } from './statistics.ts';
import { sumsOf, type TiledTerm, targetName, targetsOf } from './terms.ts';

export interface WholeOptions {
  readonly terms: readonly TiledTerm[];
  /** Of the map that comes in, as it lies. */
  readonly shape: readonly number[];
  /** What terms see of the map. */
  readonly reference: (map: tf.Tensor) => Reference;
  /** The statistics taken here, and the weights of their positions. */
  readonly own: readonly TermStatistic[];
  readonly weightsOf: (one: TermStatistic) => tf.Tensor2D;
  /** The shapes of the statistics taken of lower stages, by id. */
  readonly lower: Readonly<Record<string, readonly number[]>>;
  readonly targets: NamedValues;
  /** Terms of the objective, those computed elsewhere included. */
  readonly count: number;
  /** Hand memory back after every evaluation: of large maps it would be too much to keep, of small ones it costs time. */
  readonly frugal: boolean;
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
  readonly refreshes: boolean;
  /** Recomputes what is due at the evaluation `index`; returns whether anything was. */
  refresh(map: Float32Array, index: number): Promise<boolean>;
  held(): NamedValues;
  /** Takes its own among the held tensors of all parts. */
  restore(held: NamedValues): void;
  readonly compileSeconds: number;
  dispose(): Promise<void>;
}

const heldName = (index: number, name: string): string => `held ${index}: ${name}`;

/** Compiles the terms. */
export async function wholePart(engine: Engine, options: WholeOptions): Promise<WholePart> {
  const { terms, shape, reference, own, weightsOf, lower, count, label } = options;
  const constants = (of: readonly TiledTerm[]): NamedValues =>
    Object.fromEntries(
      of.flatMap(({ index }) =>
        Object.entries(targetsOf(index, options.targets)).map(([name, value]) => [
          targetName(index, name),
          value,
        ]),
      ),
    );
  const isHeld = ({ way, term }: TiledTerm): boolean =>
    way !== 'sums' && term.refresh !== undefined && ((term.refreshEvery ?? 1) > 1 || term.redraws === true);
  const everyOf = ({ term }: TiledTerm): number => term.refreshEvery ?? 1;
  const roundOf = (every: number, index: number): NamedValues => ({
    round: float32([], Float32Array.of(Math.floor(index / every) % rounds)),
  });
  const mapValue = (data: Float32Array): TensorValue => float32(shape, data);

  let compileSeconds = 0;
  let held: NamedValues = {};
  const refreshers = new Map<number, Program>();
  for (const every of new Set(terms.filter(isHeld).map(everyOf))) {
    const due = terms.filter((one) => isHeld(one) && everyOf(one) === every);
    const program = await engine.compile(
      ({ map, round, ...others }) => {
        const current = reference(map!);
        const outputs: NamedTensors = {};
        for (const { index, term } of due) {
          const counted = term.redraws === true ? (round as tf.Scalar) : tf.scalar(0);
          const made = term.refresh!(current, targetsOf(index, others), counted);
          for (const [name, tensor] of Object.entries(made)) outputs[heldName(index, name)] = tensor;
        }
        return outputs;
      },
      {
        inputs: { map: { shape }, round: { shape: [] } },
        constants: constants(due),
        frugal: options.frugal,
        label: `refresh of ${label}`,
      },
    );
    compileSeconds += program.compileSeconds;
    refreshers.set(every, program);
    // The shapes of the held tensors are known only once they have been computed.
    const blank = mapValue(new Float32Array(shape.reduce((product, extent) => product * extent, 1)));
    held = { ...held, ...(await program.run({ map: blank, ...roundOf(every, 0) })) };
  }

  const termValue = (
    one: TiledTerm,
    current: Reference,
    sums: NamedTensors,
    others: NamedTensors,
  ): tf.Scalar => {
    const { index, term } = one;
    const targets = targetsOf(index, others);
    if (one.way === 'sums') return term.additive!.value(sumsOf(index, sums), targets);
    if (term.refresh === undefined) return term.value(current, targets, {});
    const kept = isHeld(one)
      ? Object.fromEntries(
          Object.entries(others)
            .filter(([name]) => name.startsWith(heldName(index, '')))
            .map(([name, tensor]) => [name.slice(heldName(index, '').length), tensor]),
        )
      : detach(() => term.refresh!(current, targets, tf.scalar(0)));
    return term.value(current, targets, kept);
  };
  const ids = Object.keys(lower);
  const program = await engine.compile(
    ({ map, weights, ...others }) =>
      releasing(() => {
        const values: NamedTensors = {};
        const { value, grads } = tf.valueAndGrads((x: tf.Tensor, ...given: tf.Tensor[]) => {
          const current = reference(x);
          const sums = {
            ...Object.fromEntries(ids.map((id, i) => [id, given[i]!])),
            ...statisticTensors(own, current.features, weightsOf, others),
          };
          let total: tf.Tensor = tf.scalar(0);
          for (const one of terms) {
            const unweighted = termValue(one, current, sums, others);
            values[`term ${one.term.name}`] = tf.keep(unweighted);
            const weight = tf.reshape(tf.slice(weights!, [one.index], [1]), []);
            total = tf.add(total, tf.mul(unweighted, weight));
          }
          return total as tf.Scalar;
        })([map!, ...ids.map((id) => others[id]!)]);
        const slopes = Object.fromEntries(ids.map((id, i) => [`slope ${id}`, grads[i + 1]!]));
        return { total: value, gradient: grads[0]!, ...slopes, ...values };
      }),
    {
      inputs: {
        map: { shape },
        weights: { shape: [count] },
        ...Object.fromEntries(ids.map((id) => [id, { shape: lower[id]! }])),
        ...Object.fromEntries(
          Object.entries(held).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
        ),
      },
      constants: constants(terms),
      frugal: options.frugal,
      label,
    },
  );
  compileSeconds += program.compileSeconds;

  return {
    compileSeconds,
    refreshes: refreshers.size > 0,
    async evaluate(map, sums, weights) {
      const given = Object.fromEntries(ids.map((id) => [id, sums[id]!]));
      const outputs = await program.run({
        map: mapValue(map),
        weights: float32([count], weights),
        ...given,
        ...held,
      });
      return {
        total: outputs.total!.data[0]!,
        terms: Object.fromEntries(
          terms.map(({ term: { name } }) => [name, outputs[`term ${name}`]!.data[0]!]),
        ),
        gradient: outputs.gradient!.data as Float32Array,
        slopes: Object.fromEntries(ids.map((id) => [id, outputs[`slope ${id}`]!])),
      };
    },
    async refresh(map, index) {
      let any = false;
      for (const [every, refresher] of refreshers) {
        if (index % every !== 0) continue;
        held = { ...held, ...(await refresher.run({ map: mapValue(map), ...roundOf(every, index) })) };
        any = true;
      }
      return any;
    },
    held: () => held,
    restore(all) {
      held = Object.fromEntries(Object.keys(held).map((name) => [name, all[name]!]));
    },
    async dispose() {
      for (const refresher of refreshers.values()) await refresher.dispose();
      await program.dispose();
    },
  };
}
