/**
 * A problem computed at once: encoder, losses and the gradient of their weighted sum in one graph, beside the graphs
 * that recompute what is held.
 */
import type { Encoder } from '../encoders/encoder.ts';
import type { Profile } from '../engines/engine.ts';
import { type ObjectiveFunction, termsOf, valueAndGradient } from '../engines/objective.ts';
import { owned } from '../engines/ownership.ts';
import type { LossTerm } from '../losses/loss.ts';
import { detach, float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../tensor.ts';
import { compileHeldTargets, heldTensors, isHeld } from './held-targets.ts';
import type { AssembledProblem, Problem, ProblemInput, ProblemProfile } from './problem.ts';
import { computeTargets, distinctTransforms, encodedReference, ownTensors, targetPrefix } from './targets.ts';

/** What every graph of a problem is made from. */
export interface GraphInput extends Pick<ProblemInput, 'engine' | 'encoder'> {
  readonly terms: readonly LossTerm[];
  /** Of all terms, by `targetPrefix`. */
  readonly targets: NamedValues;
  /** Of the picture. */
  readonly shape: readonly [1, number, number, 3];
  readonly label: string;
}

/** Computes every loss's targets and returns the problem ready to be weighted and compiled. */
export async function assembleOneGraph(
  input: ProblemInput,
  terms: readonly LossTerm[],
  label: string,
): Promise<AssembledProblem> {
  const { engine, encoder } = input;
  const layers = layersOf(terms);
  const [, height, width] = input.content.shape as [number, number, number, number];
  const graph: GraphInput = {
    engine,
    encoder,
    terms,
    targets: await computeTargets(input, terms, layers, distinctTransforms(terms), label),
    shape: [1, height, width, 3],
    label,
  };
  return {
    terms,
    gradientNorms: (picture) => gradientNorms(graph, picture),
    compile: (factors = {}, profiled = false) =>
      compileOneGraph(
        graph,
        terms.map((term) => term.weight * (factors[term.name] ?? 1)),
        profiled,
      ),
  };
}

/** ‖d term / d picture‖₂ of each unweighted term, every term differentiated alone. */
async function gradientNorms(
  { engine, encoder, terms, targets, shape, label }: GraphInput,
  picture: TensorValue,
): Promise<Record<string, number>> {
  const program = await engine.compile(
    ({ image, ...others }) => {
      const norms: NamedTensors = {};
      for (const [index, term] of terms.entries()) {
        const single: ObjectiveFunction = (x, rest) => {
          const current = encodedReference(encoder, x, term.layers);
          const own = ownTensors(rest, targetPrefix(index));
          const held =
            term.refresh === undefined ? {} : detach(() => term.refresh!(current, own, tf.scalar(0)));
          return { total: term.value(current, own, held), terms: {} };
        };
        const { gradient } = valueAndGradient(single)({ image: image!, ...others });
        norms[term.name] = tf.sqrt(tf.sum(tf.square(gradient!)));
      }
      return norms;
    },
    { inputs: { image: { shape } }, constants: targets, label: `gradient norms of ${label}` },
  );
  try {
    const outputs = await program.run({ image: picture });
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value.data[0]!]));
  } finally {
    await program.dispose();
  }
}

/** @param weights - of the terms, in order; what schedules make of them comes on top */
async function compileOneGraph(
  graph: GraphInput,
  weights: readonly number[],
  profiled: boolean,
): Promise<Problem> {
  const { engine, encoder, terms, targets, shape, label } = graph;
  const scheduled = [...terms.entries()].filter(([, term]) => term.schedules !== undefined);
  let changing = new Map(scheduled.map(([index]) => [index, 1]));
  const weightValues = (): NamedValues =>
    Object.fromEntries(
      [...changing].map(([index, factor]) => [
        weightName(index),
        float32([], Float32Array.of(weights[index]! * factor)),
      ]),
    );
  const held = await compileHeldTargets(graph);
  const program = await engine.compile(valueAndGradient(objectiveOf(encoder, terms, weights)), {
    inputs: {
      image: { shape },
      ...Object.fromEntries(scheduled.map(([index]) => [weightName(index), { shape: [] }])),
      ...Object.fromEntries(
        Object.entries(held.values).map(([name, value]) => [
          name,
          { shape: value.shape, dtype: value.dtype },
        ]),
      ),
    },
    constants: targets,
    label,
    profiled,
  });
  const seconds = { refresh: 0, compile: held.compileSeconds + program.compileSeconds };

  return {
    shape,
    get terms() {
      return terms.map(({ name, convention }, index) => ({
        name,
        convention,
        weight: weights[index]! * (changing.get(index) ?? 1),
      }));
    },
    setFactors(factors) {
      changing = new Map(scheduled.map(([index, { name }]) => [index, factors[name] ?? 1]));
    },
    seconds,
    refreshes: held.refreshes,
    async refresh(picture, index) {
      const begun = performance.now();
      const any = await held.refresh(float32(shape, picture), index);
      seconds.refresh += (performance.now() - begun) / 1000;
      return any;
    },
    async evaluate(picture) {
      const image = float32(shape, picture);
      const outputs = await program.run({ image, ...weightValues(), ...held.values });
      return {
        total: outputs.total!.data[0]!,
        terms: termsOf(outputs),
        gradient: outputs.gradient!.data as Float32Array,
      };
    },
    async profile() {
      const profile = await program.profile?.();
      return profile && profileOf(profile, terms);
    },
    held: () => held.values,
    restore: (values) => held.restore(values),
    async dispose() {
      await held.dispose();
      await program.dispose();
    },
  };
}

/** The weighted sum of all terms; each part of it is marked with whose work it is. */
function objectiveOf(
  encoder: Encoder,
  terms: readonly LossTerm[],
  weights: readonly number[],
): ObjectiveFunction {
  const layers = layersOf(terms);
  return (image, others) => {
    const current = owned(encoderPart, () => encodedReference(encoder, image, layers));
    const values: Record<string, tf.Scalar> = {};
    let total: tf.Tensor = tf.scalar(0);
    for (const [index, term] of terms.entries()) {
      const own = ownTensors(others, targetPrefix(index));
      const held = isHeld(term)
        ? heldTensors(others, index)
        : term.refresh === undefined
          ? {}
          : owned(lossPart + term.name, () => detach(() => term.refresh!(current, own, tf.scalar(0))));
      const value = owned(lossPart + term.name, () => term.value(current, own, held));
      values[term.name] = value;
      total = tf.add(total, tf.mul(value, others[weightName(index)] ?? weights[index]!));
    }
    return { total: total as tf.Scalar, terms: values };
  };
}

/** Whose work what is: the encoder's, or a loss's. */
const encoderPart = 'encoder';
const lossPart = 'loss ';

function profileOf({ runs, total, seconds }: Profile, terms: readonly LossTerm[]): ProblemProfile {
  const losses = terms.map(({ name }) => [name, seconds[lossPart + name] ?? 0] as const);
  return {
    evaluations: runs,
    total,
    encoder: seconds[encoderPart] ?? 0,
    losses: Object.fromEntries(losses),
  };
}

const weightName = (index: number): string => `weight ${index}`;

function layersOf(terms: readonly LossTerm[]): string[] {
  return [...new Set(terms.flatMap((term) => term.layers))];
}
