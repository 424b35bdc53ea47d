/**
 * One level of a trial as a minimisation problem: the encoder and the losses assembled into one function of the
 * picture, with everything that content and style contribute computed once.
 */
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
import type { Tiling } from '../experiment/trial.ts';
import { outlineToward } from '../losses/flat-style.ts';
import type { LossTerm, StyleTransform } from '../losses/loss.ts';
import type { RegionPair } from '../losses/region.ts';
import { type LossSpec, prepareLosses } from '../losses/registry.ts';
import type { NamedValues, TensorValue } from '../tensor.ts';
import { assemblePlanned, planAtOnce, planStrips } from './tiled/problem.ts';
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
 * weighted and compiled: as one graph, or strip by strip where that would not fit.
 *
 * @throws NeckarError when a loss refuses its options for these sizes
 */
export async function assembleProblem(input: ProblemInput): Promise<AssembledProblem> {
  const { encoder, content, style } = input;
  const [height, width] = heightAndWidth(content);
  const label = `${input.losses.map((loss) => loss.name).join('+')} on ${encoder.name} at ${width}×${height}`;
  const terms = prepareLosses(
    input.losses,
    {
      encoder: outlineToward(encoder, style),
      size: [height, width],
      styleSize: heightAndWidth(style),
      ...(input.styles && {
        styles: input.styles.map(({ image, weight, regions }) => ({
          size: heightAndWidth(image),
          weight,
          regions,
          encoders: (regions ?? [undefined]).map((region) => outlineToward(encoder, image, region?.style)),
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
  }
  const planned =
    strips === undefined
      ? planAtOnce(encoder, terms, [height, width])
      : planStrips(encoder, terms, [height, width], strips);
  return assemblePlanned(input, terms, planned, label);
}

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
