/**
 * One level of a trial as a minimisation problem: the encoder and the losses assembled into one function of the
 * picture, with everything that content and style contribute computed once.
 */
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine, Program } from '../engines/engine.ts';
import { type ObjectiveFunction, termsOf, valueAndGradient } from '../engines/objective.ts';
import { owned } from '../engines/ownership.ts';
import type { Tiling } from '../experiment/trial.ts';
import { type LossTerm, rounds, type StyleTransform } from '../losses/loss.ts';
import type { RegionPair } from '../losses/region.ts';
import { type LossSpec, prepareLosses } from '../losses/registry.ts';
import { detach, float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../tensor.ts';
import {
  computeTargets,
  distinctTransforms,
  encodedReference,
  ownTensors,
  prefixed,
  referenceOf,
  targetPrefix,
} from './targets.ts';
import { assembleTiled, planTerms } from './tiled/problem.ts';
import { stripsFor } from './tiled/setting.ts';

/** Everything a level starts from; images as [1,H,W,3] values in [0,1]. */
export interface ProblemInput {
  readonly engine: Engine;
  readonly encoder: Encoder;
  readonly losses: readonly LossSpec[];
  /** Factors on weights by name of a loss or a term; what has the factor 0 takes no part. Default: none. */
  readonly weights?: Readonly<Record<string, number>>;
  readonly content: TensorValue;
  readonly style: TensorValue;
  /** Whether the picture is computed strip by strip. Default: no. */
  readonly tiling?: Tiling;
  /** Makes the turned and rescaled copies of the style that some losses ask for. */
  readonly transformStyle: (transform: StyleTransform) => TensorValue;
  /** All styles, where several are blended or regions guide them; absent: `style` alone. */
  readonly styles?: readonly StyleInput[];
  /** Told what a person should know of how the losses were prepared, each sentence once. */
  readonly note?: (sentence: string) => void;
}

/** One of the styles that a picture is made in. */
export interface StyleInput {
  readonly image: TensorValue;
  /** Those of all styles sum to 1. */
  readonly weight: number;
  readonly transform: (transform: StyleTransform) => TensorValue;
  readonly regions?: readonly RegionPair[];
}

/** The value of the objective at a picture; `terms` are unweighted. */
export interface ProblemEvaluation {
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly gradient: Float32Array;
}

/** Seconds of a usual evaluation, and whose they are: forward and backward together. */
export interface ProblemProfile {
  /** By how many this is known. */
  readonly evaluations: number;
  readonly total: number;
  readonly encoder: number;
  /** By the terms' names; what they share counts as the first one's. */
  readonly losses: Readonly<Record<string, number>>;
}

/** Targets are known, the objective is not yet compiled: weights may still be balanced. */
export interface AssembledProblem {
  readonly terms: readonly LossTerm[];
  /** ‖d term / d picture‖₂ of each unweighted term at the given picture. */
  gradientNorms(picture: TensorValue): Promise<Record<string, number>>;
  /**
   * @param factors - multiplies each term's own weight; 1 where absent
   * @param profiled - keep the times of operations until `profile` is called
   */
  compile(factors?: Readonly<Record<string, number>>, profiled?: boolean): Promise<Problem>;
}

export interface Problem {
  readonly shape: readonly [1, number, number, 3];
  /** Name, effective weight (its own times all factors of now) and convention of each term, in order. */
  readonly terms: readonly { readonly name: string; readonly weight: number; readonly convention: string }[];
  /**
   * Sets the factors of terms that have schedules, by name: another function from now on, without compiling anew.
   * Until it is called they are 1.
   */
  setFactors(factors: Readonly<Record<string, number>>): void;
  /** Value and gradient at a picture (H·W·3 values), with whatever is held between refreshes. */
  evaluate(picture: Float32Array): Promise<ProblemEvaluation>;
  /**
   * How the time of the evaluations so far but the first divides. To be asked for once: times are kept until then.
   * @returns undefined where the engine cannot tell, or the problem was compiled without `profiled`
   */
  profile(): Promise<ProblemProfile | undefined>;
  /** Whether tensors are held that depend on the picture, so that `refresh` changes the function. */
  readonly refreshes: boolean;
  /**
   * Recomputes held tensors at a picture: those whose `refreshEvery` divides `index`, the 0-based count of
   * evaluations on this level, or all of them when `index` is 0.
   * @returns whether any were due
   */
  refresh(picture: Float32Array, index: number): Promise<boolean>;
  /** Held tensors, for a checkpoint; set again through `restore`. */
  held(): NamedValues;
  restore(held: NamedValues): void;
  /** Seconds spent in refreshing so far, and on compiling. */
  readonly seconds: { refresh: number; compile: number };
  dispose(): Promise<void>;
}

/**
 * Encodes content and style, computes every loss's targets on the engine, and returns the problem ready to be
 * weighted and compiled.
 *
 * @throws NeckarError when a loss refuses its options for these sizes
 */
export async function assembleProblem(input: ProblemInput): Promise<AssembledProblem> {
  const { engine, encoder, content, style } = input;
  const [height, width] = heightAndWidth(content);
  const label = `${input.losses.map((loss) => loss.name).join('+')} on ${encoder.name} at ${width}×${height}`;
  const terms = prepareLosses(
    input.losses,
    {
      encoder,
      size: [height, width],
      styleSize: heightAndWidth(style),
      ...(input.styles && {
        styles: input.styles.map(({ image, weight, regions }) => ({
          size: heightAndWidth(image),
          weight,
          regions,
        })),
      }),
      ...(input.note && { note: once(input.note) }),
    },
    input.weights,
  );
  const layers = [...new Set(terms.flatMap((term) => term.layers))];
  const strips =
    layers.length === 0
      ? undefined
      : stripsFor(input.tiling ?? 'off', [
          height * width,
          ...(input.styles?.map(({ image }) => image) ?? [style]).map(({ shape }) => shape[1]! * shape[2]!),
        ]);
  if (strips !== undefined) {
    input.note?.('the picture is computed strip by strip, in less memory than one graph would take');
    return assembleTiled(input, terms, planTerms(encoder, terms, [height, width], strips), label);
  }
  const transforms = distinctTransforms(terms);
  const targets = await computeTargets(input, terms, layers, transforms, label);
  const shape = [1, height, width, 3] as const;

  const gradientNorms = async (picture: TensorValue): Promise<Record<string, number>> => {
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
  };

  const compile = async (
    factors: Readonly<Record<string, number>> = {},
    profiled = false,
  ): Promise<Problem> => {
    const weights = terms.map((term) => term.weight * (factors[term.name] ?? 1));
    const scheduled = [...terms.entries()].filter(([, term]) => term.schedules !== undefined);
    let changing = new Map(scheduled.map(([index]) => [index, 1]));
    const weightValues = (): NamedValues =>
      Object.fromEntries(
        [...changing].map(([index, factor]) => [
          weightName(index),
          float32([], Float32Array.of(weights[index]! * factor)),
        ]),
      );
    const isHeld = (term: LossTerm): boolean =>
      term.refresh !== undefined && ((term.refreshEvery ?? 1) > 1 || term.redraws === true);
    const heldEvery = (every: number) =>
      [...terms.entries()].filter(([, term]) => isHeld(term) && (term.refreshEvery ?? 1) === every);
    const redraws = (every: number): boolean => heldEvery(every).some(([, term]) => term.redraws === true);

    const refreshFunction =
      (every: number) =>
      ({ image, round, ...others }: NamedTensors): NamedTensors => {
        const held: NamedTensors = {};
        const due = heldEvery(every);
        const current = referenceOf(encoder, image as tf.Tensor4D, [
          ...new Set(due.flatMap(([, term]) => term.layers)),
        ]);
        for (const [index, term] of due) {
          const own = ownTensors(others, targetPrefix(index));
          const counted = (term.redraws === true ? round! : tf.scalar(0)) as tf.Scalar;
          Object.assign(held, prefixed(heldPrefix(index), term.refresh!(current, own, counted)));
        }
        return held;
      };

    const objective: ObjectiveFunction = (image, others) => {
      const current = owned(encoderPart, () => encodedReference(encoder, image, layers));
      const values: Record<string, tf.Scalar> = {};
      let total: tf.Tensor = tf.scalar(0);
      for (const [index, term] of terms.entries()) {
        const own = ownTensors(others, targetPrefix(index));
        const held = isHeld(term)
          ? ownTensors(others, heldPrefix(index))
          : term.refresh === undefined
            ? {}
            : owned(lossPart + term.name, () => detach(() => term.refresh!(current, own, tf.scalar(0))));
        const value = owned(lossPart + term.name, () => term.value(current, own, held));
        values[term.name] = value;
        total = tf.add(total, tf.mul(value, others[weightName(index)] ?? weights[index]!));
      }
      return { total: total as tf.Scalar, terms: values };
    };

    const seconds = { refresh: 0, compile: 0 };
    const refreshers = new Map<number, Program>();
    let heldValues: NamedValues = {};
    const roundInput = (every: number, index: number): NamedValues =>
      redraws(every) ? { round: float32([], Float32Array.of(Math.floor(index / every) % rounds)) } : {};
    const blank: TensorValue = { shape, dtype: 'float32', data: new Float32Array(height * width * 3) };
    for (const every of new Set(terms.filter(isHeld).map((term) => term.refreshEvery ?? 1))) {
      const program = await engine.compile(refreshFunction(every), {
        inputs: { image: { shape }, ...(redraws(every) && { round: { shape: [] } }) },
        constants: targets,
        label: `refresh of ${label}`,
      });
      seconds.compile += program.compileSeconds;
      refreshers.set(every, program);
      // The shapes of the held tensors are known only once they have been computed.
      heldValues = { ...heldValues, ...(await program.run({ image: blank, ...roundInput(every, 0) })) };
    }
    const program = await engine.compile(valueAndGradient(objective), {
      inputs: {
        image: { shape },
        ...Object.fromEntries(scheduled.map(([index]) => [weightName(index), { shape: [] }])),
        ...Object.fromEntries(
          Object.entries(heldValues).map(([name, value]) => [
            name,
            { shape: value.shape, dtype: value.dtype },
          ]),
        ),
      },
      constants: targets,
      label,
      profiled,
    });
    seconds.compile += program.compileSeconds;

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
      refreshes: refreshers.size > 0,
      async refresh(picture, index) {
        const image: TensorValue = { shape, dtype: 'float32', data: picture };
        const begun = performance.now();
        let any = false;
        for (const [every, refresher] of refreshers) {
          if (index % every !== 0) continue;
          heldValues = { ...heldValues, ...(await refresher.run({ image, ...roundInput(every, index) })) };
          any = true;
        }
        seconds.refresh += (performance.now() - begun) / 1000;
        return any;
      },
      async evaluate(picture) {
        const image: TensorValue = { shape, dtype: 'float32', data: picture };
        const outputs = await program.run({ image, ...weightValues(), ...heldValues });
        return {
          total: outputs.total!.data[0]!,
          terms: termsOf(outputs),
          gradient: outputs.gradient!.data as Float32Array,
        };
      },
      async profile() {
        const profile = await program.profile?.();
        if (profile === undefined) return undefined;
        const { runs, total, seconds: own } = profile;
        const losses = terms.map(({ name }) => [name, own[lossPart + name] ?? 0] as const);
        return {
          evaluations: runs,
          total,
          encoder: own[encoderPart] ?? 0,
          losses: Object.fromEntries(losses),
        };
      },
      held: () => heldValues,
      restore(held) {
        heldValues = held;
      },
      async dispose() {
        for (const refresher of refreshers.values()) await refresher.dispose();
        await program.dispose();
      },
    };
  };

  return { terms, gradientNorms, compile };
}

/** Whose work what is: the encoder's, or a loss's. */
const encoderPart = 'encoder';
const lossPart = 'loss ';

const weightName = (index: number): string => `weight ${index}`;
const heldPrefix = (index: number): string => `held ${index}: `;

function once(tell: (sentence: string) => void): (sentence: string) => void {
  const told = new Set<string>();
  return (sentence) => {
    if (told.has(sentence)) return;
    told.add(sentence);
    tell(sentence);
  };
}

function heightAndWidth({ shape }: TensorValue): [number, number] {
  return [shape[1]!, shape[2]!];
}
