/**
 * One level of a trial as a minimisation problem by a plan of stages. The plan with no strips is one graph of everything:
 * encoder, losses and the gradient of their weighted sum. Strips compute the same function of pictures whose graph would
 * not fit into memory.
 *
 * With strips, an evaluation goes over the lower stages twice. On the way up each strip adds its sums over positions,
 * and the maps between the stages are kept; the last stage, computed at once, turns sums and its own maps into the value,
 * and into its gradient with respect to both; on the way down each strip is computed again with that gradient coming in.
 */
import type { Encoder } from '../../encoders/encoder.ts';
import type { LossTerm } from '../../losses/loss.ts';
import { float32, type NamedValues, type tf } from '../../tensor.ts';
import type { AssembledProblem, Problem, ProblemEvaluation, ProblemInput } from '../problem.ts';
import type { ChainEncoder } from './chain.ts';
import { pictureReference, topReference } from './encode.ts';
import { layoutOf, sizeOf } from './maps.ts';
import { type StageRunner, stageRunner } from './passes.ts';
import { planTiling, type TilingPlan } from './plan.ts';
import { type Sums, statisticsIn, sumValues, wholeWeights } from './statistics.ts';
import { computeTargets, type Targets } from './targets.ts';
import { type ObjectivePlan, termStatistics } from './terms.ts';
import { wholePart } from './whole.ts';

/** The most rows of a strip; absent: what fits. */
export interface StripOptions {
  readonly rows?: number;
}

/** Everything at once, which needs nothing of the encoder but that it encodes. */
export function planAtOnce(
  encoder: Encoder,
  terms: readonly LossTerm[],
  [height, width]: readonly [number, number],
): ObjectivePlan {
  const top = { links: [], input: [height, width, 3], first: true, layers: [] } as const;
  const plan: TilingPlan = { cuts: [0], strips: [], top };
  return {
    plan,
    planFor: () => plan,
    terms: terms.map((term, index) => ({ term, index, way: 'top' })),
    reference: (image, layers) => pictureReference(encoder, image as tf.Tensor4D, layers),
    constantWeights: true,
  };
}

/**
 * A picture of this size strip by strip.
 * @throws NeckarError when the encoder or a loss cannot be computed strip by strip, and when strips are too low
 */
export function planStrips(
  encoder: ChainEncoder,
  terms: readonly LossTerm[],
  size: readonly [number, number],
  { rows }: StripOptions,
): ObjectivePlan {
  const layers = [...new Set(terms.flatMap((term) => term.layers))];
  const groups = terms.flatMap(({ additive }) =>
    additive === undefined
      ? []
      : [additive, ...additive.steps].flatMap(({ statistics }) => statistics.map((one) => one.layers)),
  );
  const options = {
    layers,
    groups: [...new Map(groups.map((group) => [group.join('×'), group])).values()].filter(
      ({ length }) => length > 1,
    ),
    whole: terms.filter(({ additive }) => additive === undefined).flatMap((term) => term.layers),
    ...(rows !== undefined && { rows }),
  };
  const plan = planTiling(encoder, size, options);
  const inTop = (name: string): boolean => plan.top.layers.some((layer) => layer.name === name);
  return {
    plan,
    planFor: (height, width) => planTiling(encoder, [height, width], { ...options, cuts: plan.cuts }),
    terms: terms.map((term, index) => ({
      term,
      index,
      way: term.layers.length === 0 ? 'pixels' : term.layers.every(inTop) ? 'top' : 'sums',
    })),
    reference: (map, layers) => topReference(plan.top, map, layers),
    constantWeights: false,
  };
}

/** Pixels of a picture in strips up to which the last stage keeps its memory between evaluations: some 0.5 GB. */
const pixelsKeptWhole = 768 ** 2;

/**
 * Computes every loss's targets and returns the problem ready to be weighted and compiled.
 * @throws NeckarError when an encoder or a loss cannot be computed strip by strip, saying which can
 */
export async function assemblePlanned(
  input: ProblemInput,
  terms: readonly LossTerm[],
  planned: ObjectivePlan,
  label: string,
): Promise<AssembledProblem> {
  const targets = await computeTargets({
    ...planned,
    engine: input.engine,
    encoder: input.encoder,
    content: input.content,
    styles: (input.styles ?? [{ image: input.style, transform: input.transformStyle }]).map(
      ({ image, transform }) => ({ image, transformed: transform }),
    ),
    label,
  });
  const compile = (
    factors: Readonly<Record<string, number>> = {},
    profiled: boolean = false,
  ): Promise<Problem> => {
    const weights = terms.map((term) => term.weight * (factors[term.name] ?? 1));
    return compilePlanned(input, planned, targets, weights, profiled, label);
  };
  return {
    terms,
    compile,
    async gradientNorms(picture) {
      const problem = await compilePlanned(input, planned, targets, [], false, label);
      try {
        const norms: Record<string, number> = {};
        await problem.refresh(picture.data as Float32Array, 0);
        for (const [index, { name }] of terms.entries()) {
          const alone = terms.map((_, other) => (other === index ? 1 : 0));
          const { gradient } = await problem.evaluateWith(picture.data as Float32Array, alone);
          norms[name] = Math.fround(Math.sqrt(gradient.reduce((sum, one) => sum + one * one, 0)));
        }
        return norms;
      } finally {
        await problem.dispose();
      }
    },
  };
}

/** A problem whose terms may be weighted at every evaluation. */
interface WeightedProblem extends Problem {
  evaluateWith(picture: Float32Array, weights: readonly number[]): Promise<ProblemEvaluation>;
}

async function compilePlanned(
  { engine, content }: ProblemInput,
  { plan, terms, reference, constantWeights }: ObjectivePlan,
  targets: Targets,
  weights: readonly number[],
  profiled: boolean,
  label: string,
): Promise<WeightedProblem> {
  const [, height, width] = content.shape as [number, number, number, 3];
  const shape = [1, height, width, 3] as const;
  const sums = terms.filter(({ way }) => way === 'sums');
  const known = { ...targets.values, ...targets.locals };
  const statistics = termStatistics(sums, known, ({ term }) => term.additive!.statistics);
  const inputs = { statistics, constants: targets.values, locals: targets.locals };
  const seconds = { refresh: 0, compile: 0 };
  const runners: StageRunner[] = [];
  for (const [index, stage] of plan.strips.entries()) {
    const runner = await stageRunner(engine, stage, inputs, {
      label: `strips ${index + 1} of ${label}`,
      directions: 'both',
    });
    seconds.compile += runner.compileSeconds;
    runners.push(runner);
  }
  // What comes into each stage; the picture itself for the first.
  const maps = plan.strips.map(({ next }) => new Float32Array(sizeOf(layoutOf(next.shape, false))));
  const largest = Math.max(0, ...plan.strips.slice(1).map(({ input }) => sizeOf(layoutOf(input, false))));
  const scratch = [new Float32Array(largest), new Float32Array(largest)];

  /** The last stage's map, and the sums of all lower ones. */
  const ascend = async (picture: Float32Array): Promise<{ map: Float32Array; sums: NamedValues }> => {
    const found: Sums = new Map();
    let map = picture;
    for (const [index, runner] of runners.entries()) {
      await runner.forward(map, maps[index], found);
      map = maps[index]!;
    }
    return { map, sums: sumValues(found) };
  };

  const lower = Object.assign({}, ...runners.map(({ statistics }) => statistics)) as Record<
    string,
    readonly number[]
  >;
  const inTop = statisticsIn(plan.top, statistics);
  const isOneGraph = plan.strips.length === 0;
  const common = {
    frugal: !isOneGraph && shape[1] * shape[2] > pixelsKeptWhole,
    // One graph alone can tell how its time goes to terms.
    profiled: profiled && isOneGraph,
    targets: targets.values,
    count: terms.length,
    fixed: weights.map((weight, index) =>
      constantWeights && terms[index]!.term.schedules === undefined ? weight : undefined,
    ),
  };
  const mapShape = layoutOf(plan.top.input, plan.top.first).shape;
  const top = await wholePart(engine, {
    ...common,
    terms: terms.filter(({ way }) => way !== 'pixels'),
    shape: mapShape,
    reference,
    own: inTop,
    weightsOf: wholeWeights(plan.top),
    lower,
    label: isOneGraph ? label : `last stage of ${label}`,
  });
  const readingPixels = terms.filter(({ way }) => way === 'pixels');
  const pixels =
    readingPixels.length === 0
      ? undefined
      : await wholePart(engine, {
          ...common,
          terms: readingPixels,
          shape,
          reference: (image) => ({ image: image as tf.Tensor4D, features: {} }),
          own: [],
          weightsOf: wholeWeights(plan.top),
          lower: {},
          label: `pixels of ${label}`,
        });
  const parts = pixels === undefined ? [top] : [top, pixels];
  for (const part of parts) seconds.compile += part.compileSeconds;

  let now = weights;
  const evaluateWith = async (
    picture: Float32Array,
    given: readonly number[],
  ): Promise<ProblemEvaluation> => {
    const factors = Float32Array.from(given);
    const { map, sums } = await ascend(picture);
    const above = await top.evaluate(map, sums, factors);
    let { gradient } = above;
    for (const index of [...runners.keys()].reverse()) {
      const stage = plan.strips[index]!;
      const size = sizeOf(layoutOf(stage.input, stage.first));
      const into = index === 0 ? new Float32Array(size) : scratch[index % 2]!.subarray(0, size);
      const from = index === 0 ? picture : maps[index - 1]!;
      await runners[index]!.backward(from, gradient, above.slopes, into);
      gradient = into;
    }
    if (pixels === undefined) return { total: above.total, terms: above.terms, gradient };
    const beside = await pixels.evaluate(picture, {}, factors);
    for (let i = 0; i < gradient.length; i++) gradient[i]! += beside.gradient[i]!;
    return {
      total: Math.fround(above.total + beside.total),
      terms: { ...above.terms, ...beside.terms },
      gradient,
    };
  };

  return {
    shape,
    get terms() {
      return terms.map(({ term: { name, convention } }, index) => ({
        name,
        convention,
        weight: now[index]!,
      }));
    },
    setFactors(factors) {
      now = terms.map(({ term }, index) =>
        term.schedules === undefined ? weights[index]! : weights[index]! * (factors[term.name] ?? 1),
      );
    },
    seconds,
    evaluateWith,
    evaluate: (picture) => evaluateWith(picture, now),
    refreshes: parts.some(({ held }) => held.refreshes),
    async refresh(picture, index) {
      const begun = performance.now();
      // Only where something is held are the lower stages gone through.
      let any = (await pixels?.held.refresh(float32(shape, picture), index)) ?? false;
      if (top.held.refreshes) {
        const { map } = await ascend(picture);
        any = (await top.held.refresh(float32(mapShape, map), index)) || any;
      }
      seconds.refresh += (performance.now() - begun) / 1000;
      return any;
    },
    profile: () => top.profile(),
    held: () => Object.assign({}, ...parts.map(({ held }) => held.values)) as NamedValues,
    restore(values) {
      for (const { held } of parts) held.restore(values);
    },
    async dispose() {
      for (const runner of runners) await runner.dispose();
      for (const part of parts) await part.dispose();
    },
  };
}
