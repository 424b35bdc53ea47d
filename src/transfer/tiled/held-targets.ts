/**
 * Targets that depend on the picture but carry no gradient, such as patch matches: held as inputs of the objective, and
 * recomputed by graphs of their own, one for each interval at which something is due.
 */
import type { Engine, Program } from '../../engines/engine.ts';
import { type LossTerm, type Reference, rounds } from '../../losses/loss.ts';
import {
  float32,
  type NamedTensors,
  type NamedValues,
  type TensorValue,
  tf,
  withPrefix,
} from '../../tensor.ts';
import { type PlannedTerm, targetConstants, targetsOf } from './terms.ts';

/** What is held, and how it is found. */
export interface HeldInput {
  readonly engine: Engine;
  readonly terms: readonly PlannedTerm[];
  /** By `targetName`. */
  readonly targets: NamedValues;
  /** Of the map that is read: the picture, or what comes into the last stage. */
  readonly shape: readonly number[];
  /** What terms see of the map. */
  readonly reference: (map: tf.Tensor, layers: readonly string[]) => Reference;
  readonly frugal: boolean;
  readonly label: string;
}

/** The held tensors of some terms, by names of their own. */
export interface HeldTargets {
  /** As last recomputed; before that, as a black map gives them. */
  readonly values: NamedValues;
  readonly refreshes: boolean;
  /** Recomputes what is due at the 0-based evaluation `index`; returns whether anything was. */
  refresh(map: TensorValue, index: number): Promise<boolean>;
  /** Takes its own among the held tensors of all. */
  restore(values: NamedValues): void;
  readonly compileSeconds: number;
  dispose(): Promise<void>;
}

/** Whether a term's refreshed tensors are held; else they are recomputed within the objective, at each evaluation. */
export function isHeld({ term, way }: PlannedTerm): boolean {
  return way !== 'sums' && term.refresh !== undefined && (intervalOf(term) > 1 || term.redraws === true);
}

/** The held tensors of the term with this place among the terms, by their own names. */
export function heldTensors(tensors: NamedTensors, index: number): NamedTensors {
  return withPrefix(tensors, heldName(index, ''));
}

/** Compiles what recomputes the held tensors, and computes them once. */
export async function compileHeldTargets(input: HeldInput): Promise<HeldTargets> {
  const { engine, targets, shape, frugal, label } = input;
  const held = input.terms.filter(isHeld);
  const refreshers: { every: number; redraws: boolean; program: Program }[] = [];
  let values: NamedValues = {};
  let compileSeconds = 0;
  const run = async (
    { every, redraws, program }: (typeof refreshers)[number],
    map: TensorValue,
    index: number,
  ): Promise<void> => {
    const round = redraws && { round: float32([], Float32Array.of(Math.floor(index / every) % rounds)) };
    values = { ...values, ...(await program.run({ map, ...round })) };
  };
  for (const every of new Set(held.map(({ term }) => intervalOf(term)))) {
    const due = held.filter(({ term }) => intervalOf(term) === every);
    const redraws = due.some(({ term }) => term.redraws === true);
    const program = await engine.compile(refreshOf(input, due), {
      inputs: { map: { shape }, ...(redraws && { round: { shape: [] } }) },
      constants: targetConstants(due, targets),
      frugal,
      label: `refresh of ${label}`,
    });
    compileSeconds += program.compileSeconds;
    const refresher = { every, redraws, program };
    refreshers.push(refresher);
    // The shapes of the held tensors are known only once they have been computed.
    const blank = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    await run(refresher, float32(shape, blank), 0);
  }
  return {
    get values() {
      return values;
    },
    refreshes: refreshers.length > 0,
    async refresh(map, index) {
      const due = refreshers.filter(({ every }) => index % every === 0);
      for (const refresher of due) await run(refresher, map, index);
      return due.length > 0;
    },
    restore(all) {
      values = Object.fromEntries(Object.keys(values).map((name) => [name, all[name]!]));
    },
    compileSeconds,
    async dispose() {
      for (const { program } of refreshers) await program.dispose();
    },
  };
}

/** A graph's function: what the terms that are due make of the map, of their targets and of the round. */
function refreshOf({ reference }: HeldInput, due: readonly PlannedTerm[]) {
  const layers = [...new Set(due.flatMap(({ term }) => term.layers))];
  return ({ map, round, ...others }: NamedTensors): NamedTensors => {
    const held: NamedTensors = {};
    const current = reference(map!, layers);
    for (const { index, term } of due) {
      const counted = (term.redraws === true ? round! : tf.scalar(0)) as tf.Scalar;
      const made = term.refresh!(current, targetsOf(index, others), counted);
      for (const [name, tensor] of Object.entries(made)) held[heldName(index, name)] = tensor;
    }
    return held;
  };
}

const intervalOf = (term: LossTerm): number => term.refreshEvery ?? 1;
const heldName = (index: number, name: string): string => `held ${index}: ${name}`;
