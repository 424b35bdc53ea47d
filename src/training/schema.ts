/** The way from a training as it is written to its configuration. */
import { isAbsolute, resolve } from 'node:path';
import type { ComponentModule } from '../components/modules.ts';
import { problemsOf } from '../components/problems.ts';
import { isRecord } from '../components/schema-walk.ts';
import type { EncoderOutline } from '../encoders/encoder.ts';
import { type EncoderSpec, encoderDefaults } from '../encoders/registry.ts';
import type { EngineSpec } from '../engines/engine.ts';
import { messageOf, NeckarError } from '../errors.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import { type LossSpec, layersRead, resolveLoss } from '../losses/registry.ts';
import { styleColors } from '../losses/style-colors.ts';
import { type NetworkDefinition, type NetworkSpec, networkClass, networks } from '../networks/registry.ts';
import type { OptimizerSpec } from '../optimizers/registry.ts';
import { isWeightName, locateWeights } from '../weights/installed.ts';
import { listPictures, picturesHeldOut } from './listing.ts';
import { defaultRate, trainingSchema, type WrittenTraining } from './written.ts';

export { type TrainingInput, trainingSchema } from './written.ts';

/** What a training is resolved beside. */
export interface TrainingContext {
  readonly network: NetworkSpec;
  /** The experiment's, unless the training names one. */
  readonly encoder: EncoderSpec;
  readonly engine: EngineSpec;
  /** The trial's own style, absolute: what a network for one style is trained in. Default: the first of `styles`. */
  readonly style?: string;
  /** All styles of the experiment in a fixed order, absolute: what a network for many or any styles is trained in. */
  readonly styles: readonly string[];
  readonly seed: number;
  /** Makes a path of the experiment absolute. Default: from the working directory. */
  readonly path?: (file: string) => string;
  /** Modules of components that do not come with Neckar. */
  readonly modules?: readonly ComponentModule[];
  /** Where the training stands, for errors, such as `variants.johnson.training`. Default: `training`. */
  readonly place?: string;
}

/**
 * A training with nothing left to choose.
 *
 * Style losses have the style's colours matched beside them as in trials (losses/style-colors.ts).
 *
 * @param written - what stands under `training:`
 * @throws NeckarError with everything that is wrong, a line each
 */
export function resolveTraining(written: unknown, context: TrainingContext): TrainingConfig {
  const { network, engine, seed, modules, place = 'training' } = context;
  const parsed = trainingSchema.safeParse(written);
  if (!parsed.success) {
    throw new NeckarError(problemsOf(parsed.error, trainingSchema, written, [place]).join('\n'), {
      cause: parsed.error,
    });
  }
  const checked = parsed.data;
  const problems: string[] = [];
  /** The value, or undefined where it is refused, which is noted. */
  const sound = <Value>(make: () => Value): Value | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      problems.push(...error.message.split('\n'));
      return undefined;
    }
  };
  const path = context.path ?? ((name: string) => (isAbsolute(name) ? name : resolve(name)));
  const definition = networks.get(network.name);
  const encoder = sound(() => withPath(checked.encoder ?? context.encoder, path, `${place}.encoder`));
  const losses = encoder && sound(() => resolveLosses(checked, encoder, place));
  const styles = stylesOf(checked, context, path);
  problems.push(...styleProblems(definition, network, styles, place));
  if (losses !== undefined)
    problems.push(...sizeProblems(checked.size, losses, encoderDefaults(encoder!), place));
  problems.push(...networkSizeProblems(checked.size, definition, network, place));
  const optimizer = sound(() => resolveOptimizer(checked, written, place));
  const held = picturesHeldOut(checked.held?.map(path));
  const pictures = sound(() =>
    listPictures(checked.pictures, { path, held, size: checked.size, place: `${place}.pictures` }),
  );
  const from = checked.from === undefined ? undefined : sound(() => weightFile(checked.from!, path, place));
  problems.push(...parameterProblems(definition, network, checked.from !== undefined, place));
  const samples = sound(() => samplesOf(checked, place));
  const { steps, seconds, plateau, target } = checked;
  if (plateau !== undefined && 2 * plateau.steps > steps) {
    problems.push(
      `${place}.plateau.steps: ${plateau.steps} and as many before are more than the ${steps} steps of the training; give fewer`,
    );
  }
  const late = checked.rate.find(({ from: step }) => step >= steps);
  if (late !== undefined) {
    problems.push(`${place}.rate: step ${late.from} does not lie before the last one, ${steps}`);
  }
  if (problems.length > 0) throw new NeckarError([...new Set(problems)].join('\n'));
  return {
    network,
    losses: losses!,
    encoder: encoder!,
    engine,
    optimizer: optimizer!,
    pictures: pictures!,
    held: held.filter((one) => !pictures!.includes(one)),
    styles,
    size: checked.size,
    styleSize: checked.styleSize ?? checked.size,
    batch: checked.batch,
    augment: {
      mirror: checked.augment.mirror,
      recolor: checked.augment.recolor ?? (checked.pictures === 'fixtures' ? 0.5 : 0),
    },
    budget: {
      steps,
      ...(seconds !== undefined && { seconds }),
      ...(plateau !== undefined && { plateau }),
      ...(target !== undefined && { target }),
    },
    ...(checked.rate.length > 0 && { rate: checked.rate }),
    samples: samples!,
    seed: checked.seed ?? seed,
    ...(from !== undefined && { from, ...(checked.fresh && { fresh: true as const }) }),
    ...(modules !== undefined && modules.length > 0 && { modules }),
  };
}

function resolveLosses(checked: WrittenTraining, encoder: EncoderSpec, place: string): readonly LossSpec[] {
  const outline = encoderDefaults(encoder);
  const problems: string[] = [];
  const losses = checked.losses.flatMap((loss, index) => {
    try {
      return [resolveLoss(loss, outline, `${place}.losses[${index}]`)];
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      problems.push(error.message);
      return [];
    }
  });
  for (const [index, { name, type }] of losses.entries()) {
    if (losses.findIndex((other) => other.name === name) === index) continue;
    problems.push(
      `${place}.losses: two losses are named "${name}"; give one of them another name, as in { type: '${type}', name: '${name}-2' }`,
    );
  }
  if (problems.length > 0) throw new NeckarError(problems.join('\n'));
  const colors = styleColors(losses, outline, checked.styleColors);
  return colors === undefined ? losses : [...losses, colors];
}

function stylesOf(
  { styles }: WrittenTraining,
  context: TrainingContext,
  path: (file: string) => string,
): readonly string[] {
  if (styles !== undefined) return [...new Set(styles.map(path))];
  if (networkClass(context.network) !== 'per-style') return [...new Set(context.styles)];
  const own = context.style ?? context.styles[0];
  return own === undefined ? [] : [own];
}

function styleProblems(
  definition: NetworkDefinition,
  network: NetworkSpec,
  styles: readonly string[],
  place: string,
): string[] {
  const { name, ...settings } = network;
  const kind = networkClass(network);
  if (styles.length === 0) return [`${place}.styles: none; name at least one style image`];
  if (kind === 'per-style' && styles.length > 1) {
    return [
      `${place}.styles: ${styles.length} styles, but the network ${name} learns one; name one, or leave styles out, so that each style of the experiment has a training of its own`,
    ];
  }
  const wanted = kind === 'many-styles' ? definition.styles?.(settings) : undefined;
  if (wanted === undefined || wanted === styles.length) return [];
  return [
    `${place}.styles: ${styles.length} ${styles.length === 1 ? 'style' : 'styles'}, but the network ${name} is set to ${wanted}; name as many, or change its setting`,
  ];
}

/** Layers that crops of this size leave without a position. */
function sizeProblems(
  size: number,
  losses: readonly LossSpec[],
  encoder: EncoderOutline,
  place: string,
): string[] {
  for (const layer of layersRead(losses)) {
    try {
      encoder.shapeOf(layer, size, size);
    } catch (error) {
      return [`${place}.size: ${messageOf(error)}`];
    }
  }
  return [];
}

function networkSizeProblems(
  size: number,
  definition: NetworkDefinition,
  { name, ...settings }: NetworkSpec,
  place: string,
): string[] {
  const least = definition.minimumSize?.(settings) ?? 1;
  const factor = definition.multipleOf?.(settings) ?? 1;
  if (size < least)
    return [`${place}.size: ${size}, but the network ${name} takes pictures of at least ${least}`];
  if (size % factor === 0) return [];
  const near = Math.max(Math.ceil(least / factor), Math.round(size / factor)) * factor;
  return [
    `${place}.size: ${size}, but the network ${name} is trained on sides that are multiples of ${factor}, such as ${near}`,
  ];
}

/** What of a network's parameters cannot be trained. */
function parameterProblems(
  definition: NetworkDefinition,
  { name, ...settings }: NetworkSpec,
  begun: boolean,
  place: string,
): string[] {
  if (definition.open !== undefined) {
    return [
      `${place}: the network ${name} is a file that is only applied; it has nothing that could be trained`,
    ];
  }
  const parameters = definition.parameters(settings);
  const isFrozen = (parameter: string) => definition.frozen?.(settings, parameter) === true;
  if (parameters.every((parameter) => isFrozen(parameter.name))) {
    return [`${place}: the network ${name} has no parameter that could be trained; leave training out`];
  }
  const stored = parameters.find(
    (parameter) => ['mean', 'variance'].includes(parameter.role) && !isFrozen(parameter.name),
  );
  if (stored !== undefined) {
    return [
      `${place}: the network ${name} is set to normalise by stored means and variances, such as "${stored.name}", which no training finds; set its norm to instance or batch`,
    ];
  }
  const frozen = parameters.find((parameter) => isFrozen(parameter.name));
  if (frozen === undefined || begun) return [];
  return [
    `${place}.from: missing; the network ${name} has parameters that no training changes, such as "${frozen.name}": name weights that hold them`,
  ];
}

/** @param raw - as it was written: whether it names a learning rate decides which is the default */
function resolveOptimizer({ optimizer, rate }: WrittenTraining, raw: unknown, place: string): OptimizerSpec {
  const written = isRecord(raw) ? raw.optimizer : undefined;
  if (optimizer.name === 'lbfgs') {
    throw new NeckarError(
      `${place}.optimizer: lbfgs compares evaluations of one function, but each step of a training sees other pictures; choose adam or gradient-descent`,
    );
  }
  const rated = 'learningRate' in optimizer && optimizer.name !== 'gradient-descent';
  if (rate.length > 0 && !rated) {
    throw new NeckarError(
      `${place}.rate: ${optimizer.name} has no learning rate that could be changed on the way; choose adam, or leave rate out`,
    );
  }
  const named = isRecord(written) && 'learningRate' in written;
  return optimizer.name === 'adam' && !named ? { ...optimizer, learningRate: defaultRate } : optimizer;
}

function withPath(encoder: EncoderSpec, path: (file: string) => string, place: string): EncoderSpec {
  if (!('weights' in encoder) || !('file' in encoder.weights)) return encoder;
  const named = encoder.weights.file;
  try {
    const located = isWeightName(named) ? locateWeights(named) : path(named);
    return { ...encoder, weights: { ...encoder.weights, file: located } };
  } catch (error) {
    throw new NeckarError(`${place}.weights: ${messageOf(error)}`, { cause: error });
  }
}

function weightFile(named: string, path: (file: string) => string, place: string): string {
  try {
    return isWeightName(named) ? locateWeights(named) : path(named);
  } catch (error) {
    throw new NeckarError(`${place}.from: ${messageOf(error)}`, { cause: error });
  }
}

/** Samples that a training may keep: each is a few files. */
const mostSamples = 1000;

function samplesOf({ samples, steps }: WrittenTraining, place: string): readonly number[] {
  const quarters = [0, 1, 2, 3].map((quarter) => Math.floor((quarter * steps) / 4));
  if (samples === undefined) return [...new Set(quarters)];
  if (Array.isArray(samples)) {
    const late = samples.find((step) => step > steps);
    if (late !== undefined) {
      throw new NeckarError(`${place}.samples: ${late} lies after the last step, ${steps}`);
    }
    return [...new Set(samples)].sort((a, b) => a - b);
  }
  const { every } = samples;
  const kept = Math.floor(steps / every);
  if (kept > mostSamples) {
    throw new NeckarError(
      `${place}.samples.every: ${every} of ${steps} steps would keep ${kept} samples; at most ${mostSamples} are kept, so give a larger number`,
    );
  }
  return Array.from({ length: kept }, (_, i) => (i + 1) * every);
}
