/**
 * Targets that depend on the picture but carry no gradient, such as patch matches: held as inputs of the objective, and
 * recomputed by graphs of their own, one for each interval at which something is due.
 */
import type { Program } from '../engines/engine.ts';
import { type LossTerm, rounds } from '../losses/loss.ts';
import { float32, type NamedTensors, type NamedValues, tf } from '../tensor.ts';
import type { GraphInput } from './one-graph.ts';
import { ownTensors, prefixed, referenceOf, targetPrefix } from './targets.ts';

/** The held tensors of a problem's terms, by names of their own. */
export interface HeldTargets {
  /** As last recomputed; before that, as a black picture gives them. */
  readonly values: NamedValues;
  readonly refreshes: boolean;
  /** Recomputes what is due at the 0-based evaluation `index`; returns whether anything was. */
  refresh(picture: NamedValues[string], index: number): Promise<boolean>;
  restore(values: NamedValues): void;
  readonly compileSeconds: number;
  dispose(): Promise<void>;
}

/** Whether a term's refreshed tensors are held; else they are recomputed within the objective, at each evaluation. */
export function isHeld(term: LossTerm): boolean {
  return term.refresh !== undefined && (intervalOf(term) > 1 || term.redraws === true);
}

/** The held tensors of the term with this place among the terms, by their own names. */
export function heldTensors(tensors: NamedTensors, index: number): NamedTensors {
  return ownTensors(tensors, heldPrefix(index));
}

/** Compiles what recomputes the held tensors, and computes them once. */
export async function compileHeldTargets(graph: GraphInput): Promise<HeldTargets> {
  const { engine, terms, targets, shape, label } = graph;
  const held = [...terms.entries()].filter(([, term]) => isHeld(term));
  const refreshers: { every: number; redraws: boolean; program: Program }[] = [];
  let values: NamedValues = {};
  let compileSeconds = 0;
  const run = async (
    { every, redraws, program }: (typeof refreshers)[number],
    image: NamedValues[string],
    index: number,
  ): Promise<void> => {
    const round = redraws && { round: float32([], Float32Array.of(Math.floor(index / every) % rounds)) };
    values = { ...values, ...(await program.run({ image, ...round })) };
  };
  for (const every of new Set(held.map(([, term]) => intervalOf(term)))) {
    const due = held.filter(([, term]) => intervalOf(term) === every);
    const redraws = due.some(([, term]) => term.redraws === true);
    const program = await engine.compile(refreshOf(graph, due), {
      inputs: { image: { shape }, ...(redraws && { round: { shape: [] } }) },
      constants: targets,
      label: `refresh of ${label}`,
    });
    compileSeconds += program.compileSeconds;
    const refresher = { every, redraws, program };
    refreshers.push(refresher);
    // The shapes of the held tensors are known only once they have been computed.
    await run(refresher, float32(shape, new Float32Array(shape[1] * shape[2] * 3)), 0);
  }
  return {
    get values() {
      return values;
    },
    refreshes: refreshers.length > 0,
    async refresh(picture, index) {
      const due = refreshers.filter(({ every }) => index % every === 0);
      for (const refresher of due) await run(refresher, picture, index);
      return due.length > 0;
    },
    restore(restored) {
      values = restored;
    },
    compileSeconds,
    async dispose() {
      for (const { program } of refreshers) await program.dispose();
    },
  };
}

/** A graph's function: what the terms that are due make of the picture, of their targets and of the round. */
function refreshOf({ encoder }: GraphInput, due: readonly (readonly [number, LossTerm])[]) {
  const layers = [...new Set(due.flatMap(([, term]) => term.layers))];
  return ({ image, round, ...others }: NamedTensors): NamedTensors => {
    const held: NamedTensors = {};
    const current = referenceOf(encoder, image as tf.Tensor4D, layers);
    for (const [index, term] of due) {
      const own = ownTensors(others, targetPrefix(index));
      const counted = (term.redraws === true ? round! : tf.scalar(0)) as tf.Scalar;
      Object.assign(held, prefixed(heldPrefix(index), term.refresh!(current, own, counted)));
    }
    return held;
  };
}

const intervalOf = (term: LossTerm): number => term.refreshEvery ?? 1;
const heldPrefix = (index: number): string => `held ${index}: `;
