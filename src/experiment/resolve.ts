/** From one case of an experiment, sweeps taken out, to a trial's configuration with nothing left to choose. */
import { isAbsolute, resolve } from 'node:path';
import type { z } from 'zod';
import { problemsOf } from '../components/problems.ts';
import { isRecord } from '../components/schema-walk.ts';
import { type EncoderSpec, encoderDefaults } from '../encoders/registry.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import {
  isMethodInput,
  type MethodInput,
  methodOf,
  type methodSchema,
  methodSchemaOf,
} from '../external/method.ts';
import { type LossSpec, resolveLoss } from '../losses/registry.ts';
import { styleColors } from '../losses/style-colors.ts';
import type { NetworkSpec } from '../networks/define.ts';
import { networkMethod, type VariantSurroundings, withSettingsOfFile } from '../networks/variant.ts';
import { resolveTraining } from '../training/schema.ts';
import { isWeightName, locateWeights } from '../weights/installed.ts';
import type { NamedPair } from './header.ts';
import { evaluationsOf, leveledBudget, levelSettings, type WrittenLevels, weightNames } from './levels.ts';
import { regionFiles } from './region-files.ts';
import { type SettingName, type Settings, settings } from './schema.ts';
import type { TrainingConfig } from './training.ts';
import type { Initialization, TrialConfig } from './trial.ts';

/** What one case consists of, as written. */
export interface Case {
  readonly experiment: string;
  readonly pair: NamedPair;
  /** Style files of all pairs in their order, each once: what networks for many or any styles are trained in. */
  readonly styles: readonly string[];
  /** A list of losses, or somebody else's method. */
  readonly variant: { readonly name: string; readonly losses: unknown };
  readonly settings: Readonly<Partial<Record<SettingName, unknown>>>;
}

/**
 * Resolves cases one by one and collects what is wrong with them, so that a person learns everything at once.
 * Parts that many cases share are checked once.
 */
export class Resolver {
  /** All problems so far, one line each, without repetitions. */
  readonly problems = new Set<string>();
  readonly #folder: string;
  readonly #checked = new Map<SettingName, Map<unknown, unknown>>();
  readonly #losses = new WeakMap<object, WeakMap<object, readonly LossSpec[] | undefined>>();
  readonly #methods = new WeakMap<object, z.output<typeof methodSchema> | undefined>();
  readonly #encoders = new WeakMap<object, EncoderSpec>();
  readonly #trainings = new Map<string, TrainingConfig | undefined>();
  /** Names that weights of levels have, and those that some losses have. */
  readonly #weighed = new Map<string, string>();
  readonly #lossNames = new Set<string>();

  /** @param folder - absolute; what relative image and weight files start from */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The configuration of a case, or undefined when something about it is wrong. */
  resolve(one: Case): Omit<TrialConfig, 'swept'> | undefined {
    const before = this.problems.size;
    const checked = this.#settings(one.settings);
    const complete = settingNames.every((name) => checked[name] !== undefined);
    // Before the losses, as the layers of a network of one's own are read from its file.
    const encoder = checked.encoder && this.#encoder(checked.encoder as EncoderSpec);
    const made = encoder && this.#making(one, { ...checked, encoder });
    if (!complete || encoder === undefined || made === undefined) return undefined;
    const { sizes, levels, initialization } = checked;
    const budget = this.#sound(leveledBudget(levels, checked.budget)) ?? checked.budget;
    const own = this.#sound(levelSettings(levels, made.losses, (loss) => loss !== made.colors));
    if (made.method === undefined) this.#noteWeights(levels, made.losses);
    if (budget.perLevel !== undefined && budget.perLevel.length !== sizes.length) {
      this.problems.add(
        `budget.perLevel: a list of ${budget.perLevel.length}, but there are ${sizes.length} sizes; give one number of evaluations for each`,
      );
    }
    const snapshots = this.#sound(snapshotsOf(checked.snapshots, budget.evaluations)) ?? [];
    const late = snapshots.find((evaluation) => evaluation > budget.evaluations);
    if (late !== undefined) {
      this.problems.add(`snapshots: ${late} lies after the last evaluation, ${budget.evaluations}`);
    }
    const style = this.#style(one, made.method);
    const regions =
      made.method === undefined || made.method.kind === 'network'
        ? regionFiles(checked.regions, {
            pair: one.pair,
            styles: style.styles?.map(({ file }) => file) ?? [style.style],
            path: (file) => this.#path(file),
            problem: (sentence) => this.problems.add(sentence),
          })
        : undefined;
    if (this.problems.size > before) return undefined;
    return {
      experiment: one.experiment,
      variant: one.variant.name,
      content: this.#path(one.pair.content),
      ...style,
      ...(regions && { regions }),
      losses: made.losses,
      ...(made.method && { method: made.method }),
      encoder,
      engine: checked.engine,
      optimizer: checked.optimizer,
      sizes,
      ...(own !== undefined && { levels: own }),
      styleScale: checked.styleScale,
      ...(checked.color !== 'free' && { color: checked.color }),
      ...(checked.tiling !== 'auto' && { tiling: checked.tiling }),
      initialization: this.#start(initialization),
      clamp: checked.clamp,
      seed: checked.seed,
      budget,
      weighting: checked.weighting,
      snapshots,
    };
  }

  /** The encoder that judges, as an experiment names it. */
  heldOut(encoder: EncoderSpec): EncoderSpec {
    return this.#encoder(encoder, 'heldOut');
  }

  /** Weights of levels that belong to no loss of any case, as further problems. */
  finish(): void {
    for (const [name, place] of this.#weighed) {
      if (this.#lossNames.has(name)) continue;
      const known = [...this.#lossNames];
      this.problems.add(
        `${place}: there is no loss or term "${name}". ${didYouMean(name, known)}There are: ${known.join(', ')}`,
      );
    }
  }

  #noteWeights(levels: WrittenLevels, losses: readonly LossSpec[]): void {
    if (levels.every(({ weights }) => weights === undefined)) return;
    for (const name of weightNames(losses)) this.#lossNames.add(name);
    for (const [index, { weights }] of levels.entries()) {
      for (const name of Object.keys(weights ?? {})) this.#weighed.set(name, `levels[${index}].weights`);
    }
  }

  /** The start with its file's path; what it would do anyway is left out, so that finished trials keep their ids. */
  #start(initialization: Settings['initialization']): Initialization {
    if (initialization.from === 'file') {
      return { ...initialization, file: this.#path(initialization.file) };
    }
    if (initialization.from !== 'noise') return initialization;
    return initialization.colors === 'style' ? { from: 'noise', colors: 'style' } : { from: 'noise' };
  }

  /** What is not a sentence; a sentence is a problem. */
  #sound<Part>(part: Part | string): Part | undefined {
    if (typeof part !== 'string') return part;
    this.problems.add(part);
    return undefined;
  }

  /** All settings, checked; sizes and evaluations from levels that have them. */
  #settings(written: Case['settings']): Settings {
    const levels = this.#setting('levels', written.levels);
    const leveled = levels !== undefined && levels.length > 0;
    if (leveled && written.sizes !== undefined) {
      this.problems.add('levels: the sizes are given as well; give either sizes, or levels with a size each');
    }
    const evaluations = levels && evaluationsOf(levels);
    return Object.fromEntries(
      settingNames.map((name) => {
        if (name === 'sizes' && leveled) return [name, levels.map(({ size }) => size)];
        if (name === 'budget' && evaluations !== undefined)
          return [name, this.#budget(written.budget, evaluations)];
        return [name, this.#setting(name, written[name])];
      }),
    ) as Settings;
  }

  /** A budget that need not name its evaluations, as the levels do. */
  #budget(written: unknown, evaluations: number): Settings['budget'] | undefined {
    const plain = written === undefined ? {} : written;
    const named = isRecord(plain) && ('evaluations' in plain || 'perLevel' in plain);
    const whole = isRecord(plain) && !named ? { ...plain, evaluations } : plain;
    return this.#check(settings.budget, whole, ['budget']) as Settings['budget'] | undefined;
  }

  /** The style's file; of several, that of the greatest weight, and all of them by descending weight. */
  #style({ pair, variant }: Case, method: TrialConfig['method']): Pick<TrialConfig, 'style' | 'styles'> {
    if (typeof pair.style === 'string') return { style: this.#path(pair.style) };
    const total = pair.style.reduce((sum, { weight = 1 }) => sum + weight, 0);
    const styles = pair.style
      .map(({ image, weight = 1 }) => ({ file: this.#path(image), weight: weight / total }))
      .sort((a, b) => b.weight - a.weight);
    const { file } = styles[0]!;
    if (styles.length === 1) return { style: file };
    if (method !== undefined && method.kind !== 'network') {
      this.problems.add(
        `variants.${variant.name}: another method takes one style, but ${pair.names.style} is ${styles.length}; give it pairs of its own`,
      );
    }
    return { style: file, styles };
  }

  #setting<Name extends SettingName>(name: Name, written: unknown): Settings[Name] | undefined {
    let known = this.#checked.get(name);
    if (known === undefined) {
      known = new Map();
      this.#checked.set(name, known);
    }
    if (!known.has(written)) known.set(written, this.#check(settings[name], written, [name]));
    return known.get(written) as Settings[Name] | undefined;
  }

  #check(schema: z.ZodType, written: unknown, path: readonly PropertyKey[]): unknown {
    const checked = schema.safeParse(written);
    if (checked.success) return checked.data;
    for (const problem of problemsOf(checked.error, schema, written, path)) this.problems.add(problem);
    return undefined;
  }

  /** What makes the picture: losses, or another method. */
  #making(
    { variant: { name, losses: written }, pair, styles }: Case,
    {
      encoder,
      engine,
      sizes,
      seed,
      styleColors: factor,
      color,
      regions,
    }: Partial<Omit<Settings, 'encoder'>> & { readonly encoder: EncoderSpec },
  ): (Pick<TrialConfig, 'losses' | 'method'> & { readonly colors?: LossSpec }) | undefined {
    if (isMethodInput(written)) {
      const method = this.#method(name, written);
      if (method === undefined || sizes === undefined || seed === undefined) return undefined;
      if ('network' in method) {
        if (color === undefined || regions === undefined || engine === undefined) return undefined;
        const style = this.#path(typeof pair.style === 'string' ? pair.style : pair.style[0]!.image);
        return this.#network(name, method, {
          style,
          trained: (training, network) =>
            this.#training(name, training, {
              network,
              encoder,
              engine,
              style,
              styles: styles.map((file) => this.#path(file)),
              seed,
              path: (file) => this.#path(file),
            }),
          styles: typeof pair.style === 'string' ? 1 : pair.style.length,
          color,
          guided: regions.from !== 'none',
        });
      }
      const trial = { names: pair.names, size: sizes.at(-1)!, seed };
      return { losses: [], method: methodOf(method, trial, (file) => this.#path(file)) };
    }
    const losses = this.#lossesOf(name, written as readonly unknown[], encoder);
    if (losses === undefined || factor === undefined) return undefined;
    const colors = styleColors(losses, encoderDefaults(encoder), factor);
    return colors === undefined ? { losses } : { losses: [...losses, colors], colors };
  }

  #method(name: string, written: MethodInput): z.output<typeof methodSchema> | undefined {
    if (!this.#methods.has(written)) {
      const whole = 'network' in written ? withSettingsOfFile(written, (file) => this.#path(file)) : written;
      const checked = this.#check(methodSchemaOf(written), whole, ['variants', name]);
      this.#methods.set(written, checked as z.output<typeof methodSchema> | undefined);
    }
    return this.#methods.get(written);
  }

  #network(
    name: string,
    variant: Extract<z.output<typeof methodSchema>, { network: unknown }>,
    around: Omit<VariantSurroundings, 'path'>,
  ): Pick<TrialConfig, 'losses' | 'method'> | undefined {
    try {
      const method = networkMethod(variant, { ...around, path: (file) => this.#path(file) });
      // What is wrong with its training has been said.
      return method.parameters === undefined ? undefined : { losses: [], method };
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      for (const problem of error.message.split('\n')) this.problems.add(`variants.${name}: ${problem}`);
      return undefined;
    }
  }

  /** The training of a variant, each once; undefined where something about it is wrong. */
  #training(
    name: string,
    written: unknown,
    context: Omit<Parameters<typeof resolveTraining>[1], 'place'> & { readonly network: NetworkSpec },
  ): TrainingConfig | undefined {
    const { path: _, ...decisive } = context;
    const key = JSON.stringify([name, written, decisive]);
    if (!this.#trainings.has(key)) this.#trainings.set(key, this.#resolvedTraining(name, written, context));
    return this.#trainings.get(key);
  }

  #resolvedTraining(
    name: string,
    written: unknown,
    context: Omit<Parameters<typeof resolveTraining>[1], 'place'>,
  ): TrainingConfig | undefined {
    try {
      return resolveTraining(written, { ...context, place: `variants.${name}.training` });
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      for (const problem of error.message.split('\n')) this.problems.add(problem);
      return undefined;
    }
  }

  #lossesOf(name: string, losses: readonly unknown[], encoder: EncoderSpec): readonly LossSpec[] | undefined {
    let byEncoder = this.#losses.get(losses);
    if (byEncoder === undefined) {
      byEncoder = new WeakMap();
      this.#losses.set(losses, byEncoder);
    }
    if (!byEncoder.has(encoder)) byEncoder.set(encoder, this.#resolveLosses(name, losses, encoder));
    return byEncoder.get(encoder);
  }

  #resolveLosses(
    variant: string,
    written: readonly unknown[],
    encoder: EncoderSpec,
  ): readonly LossSpec[] | undefined {
    if (written.length === 0) {
      this.problems.add(`variants.${variant}: an empty list; name at least one loss, such as gram()`);
      return undefined;
    }
    const resolved = written.map((loss, index) => {
      try {
        return resolveLoss(loss, encoderDefaults(encoder), `variants.${variant}[${index}]`);
      } catch (error) {
        if (!(error instanceof NeckarError)) throw error;
        for (const problem of error.message.split('\n')) this.problems.add(problem);
        return undefined;
      }
    });
    const losses = resolved.filter((loss) => loss !== undefined);
    for (const [index, loss] of losses.entries()) {
      if (losses.findIndex((other) => other.name === loss.name) === index) continue;
      this.problems.add(
        `variants.${variant}: two losses are named "${loss.name}"; give one of them another name, as in { type: '${loss.type}', name: '${loss.name}-2' }`,
      );
    }
    return losses.length === written.length ? losses : undefined;
  }

  #encoder(encoder: EncoderSpec, key = 'encoder'): EncoderSpec {
    if (!('weights' in encoder) || !('file' in encoder.weights)) return encoder;
    let resolved = this.#encoders.get(encoder);
    if (resolved === undefined) {
      resolved = {
        ...encoder,
        weights: { ...encoder.weights, file: this.#weights(encoder.weights.file, key) },
      };
      this.#encoders.set(encoder, resolved);
    }
    return resolved;
  }

  /** Names become paths here, as a trial's identity wants the file's content. */
  #weights(file: string, key: string): string {
    if (!isWeightName(file)) return this.#path(file);
    try {
      return locateWeights(file);
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      this.problems.add(`${key}.weights: ${error.message}`);
      return file;
    }
  }

  #path(file: string): string {
    return isAbsolute(file) ? file : resolve(this.#folder, file);
  }
}

const settingNames = Object.keys(settings) as SettingName[];

/** Pictures that a trial may keep on the way: each is a file. */
const mostSnapshots = 10_000;

function snapshotsOf(
  snapshots: number[] | { readonly every: number },
  evaluations: number,
): readonly number[] | string {
  // Not `'every' in snapshots`: every list has a method of that name.
  if (Array.isArray(snapshots)) return [...new Set(snapshots)].sort((a, b) => a - b);
  const { every } = snapshots;
  if (evaluations / every > mostSnapshots) {
    return `snapshots.every: ${every} of ${evaluations} evaluations would keep ${Math.floor(evaluations / every)} pictures of each trial; at most ${mostSnapshots} are kept, so give a larger number`;
  }
  return Array.from({ length: Math.floor(evaluations / every) }, (_, i) => (i + 1) * every);
}
