/**
 * One step of a training as a function of the network's parameters: the pictures that the network makes of a batch, seen by
 * the encoder all at once and judged by the losses one by one.
 */
import type { Encoder, Features } from '../encoders/encoder.ts';
import { gradientsOf, type NamedObjective, termsOf, valueAndGradients } from '../engines/objective.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import { type LossTerm, type Reference, rounds } from '../losses/loss.ts';
import { factorAt } from '../losses/schedule.ts';
import { type NetworkInputs, networkClass, networks } from '../networks/define.ts';
import { detach, float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../tensor.ts';
import { drawnNoise } from './batches.ts';
import { itemPrefix, type StepInput, StyleInputs, styleSides, termsFor } from './style-inputs.ts';
import { type Need, referencesOf, styleIn, targetOf, transformsOf } from './style-targets.ts';

/** A term as the trace has it. */
export interface StepTerm {
  readonly name: string;
  /** Its weight at the step, schedules and all. */
  readonly weight: number;
}

/** The value of a step at some parameters; `terms` are unweighted means over the batch. */
export interface StepEvaluation {
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
  /** As long as the parameters; the next step writes into the same array. */
  readonly gradient: Float32Array;
}

export interface StepProblem {
  /** The terms and their weights at a 0-based step; known after the first evaluation. */
  termsAt(step: number): readonly StepTerm[];
  /** Value and gradient at parameters, for the crops of a 0-based step. */
  evaluate(parameters: Float32Array, contents: TensorValue, step: number): Promise<StepEvaluation>;
  readonly compileSeconds: number;
  dispose(): Promise<void>;
}

const parameterPrefix = 'parameter ';

/**
 * Computes what the losses need of the styles, and compiles a step.
 *
 * Losses that hold something between evaluations (matches of patches) find it anew in every step, as every step has other
 * pictures.
 *
 * @throws NeckarError when a loss refuses these sizes
 */
export async function prepareStep(input: StepInput): Promise<StepProblem> {
  const { config, engine, layout } = input;
  const { size, batch, losses, network } = config;
  const kind = networkClass(network);
  const sides = kind === 'any-style' ? [] : await styleSides(input);
  const terms = termsFor(input, kind === 'per-style' ? input.styles[0]! : undefined);
  const shared = kind === 'per-style' ? sides[0]!.values : {};
  const styleInputs = new StyleInputs(input, terms, sides);
  const scheduled = [...terms.entries()].filter(([, { schedules }]) => schedules !== undefined);
  const factorsAt = (step: number) =>
    new Map(
      scheduled.map(([place, { schedules }]) => [
        place,
        schedules!.reduce((product, schedule) => product * factorAt(schedule, step, config.budget.steps), 1),
      ]),
    );
  const weightValues = (step: number): NamedValues =>
    Object.fromEntries(
      [...factorsAt(step)].map(([place, factor]) => [
        weightName(place),
        float32([], Float32Array.of(terms[place]!.weight * factor)),
      ]),
    );
  const round = (step: number): NamedValues => ({
    round: float32([], Float32Array.of(step % rounds)),
  });
  const extras = new Map<string, number>();
  const objective = objectiveOf(input, terms, kind === 'any-style' ? undefined : sides[0]!.needs, extras);
  const variables = layout.names.map((name) => parameterPrefix + name);
  const constants: NamedValues = {
    ...Object.fromEntries(
      Object.entries(layout.frozen).map(([name, value]) => [parameterPrefix + name, value]),
    ),
    ...shared,
  };
  const shapes: NamedValues = {
    ...prefixed(layout.views(new Float32Array(layout.size))),
    content: float32([batch, size, size, 3], new Float32Array(batch * size * size * 3)),
    ...styleInputs.at(0),
    ...noiseAt(config, 0),
    ...weightValues(0),
    ...round(0),
  };
  const program = await engine.compile(valueAndGradients(objective, variables), {
    inputs: Object.fromEntries(
      Object.entries(shapes).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
    ),
    constants,
    label: `training ${network.name} by ${losses.map(({ name }) => name).join('+')}, ${batch} × ${size}²`,
  });
  const gradient = new Float32Array(layout.size);
  const into = Object.fromEntries(
    Object.entries(layout.views(gradient)).map(([name, { data }]) => [
      `gradient:${parameterPrefix}${name}`,
      data as Float32Array,
    ]),
  );
  return {
    compileSeconds: program.compileSeconds,
    termsAt(step) {
      const factors = factorsAt(step);
      return [
        ...terms.map(({ name, weight }, place) => ({ name, weight: weight * (factors.get(place) ?? 1) })),
        ...[...extras].map(([name, weight]) => ({ name, weight })),
      ];
    },
    async evaluate(parameters, contents, step) {
      const outputs = await program.run(
        {
          ...prefixed(layout.views(parameters)),
          content: contents,
          ...styleInputs.at(step),
          ...noiseAt(config, step),
          ...weightValues(step),
          ...round(step),
        },
        into,
      );
      // Where an engine has memory of its own, what it gives is brought together here.
      for (const [name, { data }] of Object.entries(gradientsOf(outputs))) {
        const own = into[`gradient:${name}`]!;
        if (data !== own) own.set(data);
      }
      return { total: outputs.total!.data[0]!, terms: termsOf(outputs), gradient };
    },
    dispose: () => program.dispose(),
  };
}

const weightName = (place: number): string => `weight ${place}`;

function prefixed(values: NamedValues): NamedValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [parameterPrefix + name, value]));
}

/** The random maps of a step, by `noise <name>`. */
function noiseAt(config: TrainingConfig, step: number): NamedValues {
  const { name, ...settings } = config.network;
  const shapes = networks.get(name).noise?.(settings, config.size, config.size) ?? {};
  return Object.fromEntries(
    Object.entries(shapes).map(([map, shape]) => [`noise ${map}`, drawnNoise(config, map, shape, step)]),
  );
}

/** The maps of a batch one by one; their gradients are laid end to end again. */
function apart(maps: tf.Tensor4D): tf.Tensor4D[] {
  const [batch] = maps.shape;
  // tfjs refuses the gradient of a split into one part.
  return batch === 1 ? [maps] : (tf.split(maps, batch, 0) as tf.Tensor4D[]);
}

/** The pictures of a batch with their features, encoded together. */
function references(encoder: Encoder, images: tf.Tensor4D, layers: readonly string[]): Reference[] {
  const features = layers.length === 0 ? {} : encoder.encode(images, layers);
  const single: Features[] = Array.from({ length: images.shape[0] }, () => ({}));
  for (const [layer, maps] of Object.entries(features)) {
    for (const [index, map] of apart(maps).entries()) single[index]![layer] = map;
  }
  return apart(images).map((image, index) => ({ image, features: single[index]! }));
}

/**
 * The weighted sum of the means of all terms over the batch.
 *
 * @param needs - what targets are made of, where styles are known beforehand; else all are made in the step
 * @param extras - told the weights of the terms that the network itself adds
 */
function objectiveOf(
  { config, encoder }: StepInput,
  terms: readonly LossTerm[],
  needs: readonly Need[] | undefined,
  extras: Map<string, number>,
): NamedObjective {
  const { network, batch } = config;
  const { name, ...settings } = network;
  const definition = networks.get(name);
  const transforms = transformsOf(terms);
  const layersOf = (some: readonly LossTerm[]) => [...new Set(some.flatMap(({ layers }) => layers))];
  const contentLayers = layersOf(terms.filter((_, place) => needs === undefined || needs[place]!.content));
  return (tensors) => {
    const parameters = ownTensors(tensors, parameterPrefix);
    const inputs = networkInputs(tensors);
    const pictures = definition.apply(settings, inputs, parameters);
    const current = references(encoder, pictures, layersOf(terms));
    const contents = references(encoder, inputs.content, contentLayers);
    const styles =
      needs === undefined ? references(encoder, tensors.style as tf.Tensor4D, layersOf(terms)) : undefined;
    const copies = transforms.map((_, index) =>
      needs === undefined
        ? references(encoder, tensors[`style copy ${index}`] as tf.Tensor4D, layersOf(terms))
        : [],
    );
    const values: Record<string, tf.Scalar> = {};
    let total: tf.Tensor = tf.scalar(0);
    const add = (term: string, value: tf.Scalar, weight: tf.Tensor | number) => {
      values[term] = value;
      total = tf.add(total, tf.mul(value, weight));
    };
    for (const [place, term] of terms.entries()) {
      const sums = Array.from({ length: batch }, (_, index) => {
        const given =
          networkClass(network) === 'many-styles' ? ownTensors(tensors, itemPrefix(index)) : tensors;
        const style = styles?.[index] ?? styleIn(given, place, term.layers);
        const targets =
          needs === undefined || needs[place]!.content
            ? term.targets(
                referencesOf(
                  contents[index]!,
                  style,
                  term,
                  transforms,
                  copies.map((all) => all[index]!),
                ),
              )
            : ownTensors(given, targetOf(place));
        const counted = term.redraws === true ? (tensors.round as tf.Scalar) : tf.scalar(0);
        const held =
          term.refresh === undefined ? {} : detach(() => term.refresh!(current[index]!, targets, counted));
        return term.value(current[index]!, targets, held) as tf.Tensor;
      });
      const mean = tf.mul(
        sums.reduce((sum, value) => tf.add(sum, value)),
        1 / batch,
      ) as tf.Scalar;
      add(term.name, mean, tensors[weightName(place)] ?? term.weight);
    }
    const further = definition.extra?.(settings, inputs, pictures, parameters) ?? {};
    for (const [term, { weight, value }] of Object.entries(further)) {
      extras.set(term, weight);
      add(term, value, weight);
    }
    return { total: total as tf.Scalar, terms: values };
  };
}

/** What the network is given, of all tensors of a step or of samples. */
export function networkInputs(tensors: NamedTensors): NetworkInputs {
  const noise = ownTensors(tensors, 'noise ');
  return {
    content: tensors.content as tf.Tensor4D,
    ...(tensors.style && { styles: [tensors.style as tf.Tensor4D] }),
    ...(tensors.weights && { weights: tensors.weights as tf.Tensor2D }),
    ...(Object.keys(noise).length > 0 && { noise }),
  };
}

/** The tensors whose names begin with a prefix, without it. */
export function ownTensors(tensors: NamedTensors, prefix: string): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}
