/**
 * What makes two trials the same: a hash of everything that decides the picture, and of nothing else.
 *
 * What enters: losses, encoder, optimiser, sizes, style scale, weights of blended styles, softness of regions, initialisation, clamp, seed, budget, weighting,
 * snapshots (or the other method's command), the engine's name and provider (engines agree to rounding, not to the bit), the SHA-256 of every input
 * (content, styles, region maps or masks with their names, the encoder, and the initial picture where it is a file) and the version of the objective's code.
 *
 * The code of components that a researcher brought enters by its hash.
 *
 * What does not: the names of the experiment and the variant and the record of swept values (renaming, or adding a
 * value to a sweep, must not throw finished work away), what is measured besides (it leaves the picture as it is), the
 * number of threads (it changes when, hardly what), and paths of files whose bytes are hashed.
 */
import { createHash } from 'node:crypto';
import { type Method, type NetworkMethod, readsSetting } from '../external/method.ts';
import { withFile } from '../networks/variant.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import type { TrialConfig } from './trial.ts';

/** SHA-256 in hexadecimal of what goes into a trial. */
export interface InputHashes {
  readonly content: string;
  readonly style: string;
  /** Further styles that are blended with it: `style 2` and so on. */
  readonly [further: `style ${number}`]: string;
  /** Region maps, where they guide the losses: of the content, and of each style. */
  readonly 'content regions'?: string;
  readonly [regions: `style ${number} regions`]: string;
  /** The same by masks, one for each region. */
  readonly [mask: `content mask ${string}`]: string;
  readonly [mask: `style ${number} mask ${string}`]: string;
  /** The encoder's own hash, or that of its weight file. */
  readonly encoder?: string;
  /** Where the initial picture is a file. */
  readonly initialization?: string;
  /** The picture, where it was made elsewhere. */
  readonly picture?: string;
  /** The id of the training that makes the network's parameters, which is a hash of all that goes into it. */
  readonly training?: string;
  /** The file of a network's parameters. */
  readonly network?: string;
  /** Files that settings of a network name, by the setting. */
  readonly [setting: `network ${string}`]: string;
}

/**
 * Raised when the factors of `gradient-norm` weighting come out otherwise for the same objective: trials weighted so run
 * anew, and no others. Since 2, norms are added up in double precision.
 */
const gradientNorms = 2;

/**
 * The first 16 hexadecimal digits of the SHA-256 over the canonical JSON of a trial's work.
 * @param objectiveVersion - raised whenever the code computes other numbers for the same configuration
 */
export function trialId(config: TrialConfig, inputs: InputHashes, objectiveVersion: number): string {
  const identity = { config: workOf(config), inputs, objectiveVersion };
  return createHash('sha256').update(canonicalJson(identity)).digest('hex').slice(0, 16);
}

/**
 * The part of a configuration that enters the id. Of another method that is its command with its environment, the
 * size and the seed where it looks at them, and what its picture is measured with.
 */
export function workOf(config: TrialConfig): Record<string, unknown> {
  if (config.method !== undefined) return workOfMethod(config, config.method);
  const {
    experiment: _,
    variant: __,
    swept: ___,
    content: ____,
    style: _____,
    metrics: ______,
    styles,
    regions,
    heldOut: _______,
    modules,
    measuringModules: ________,
    ...work
  } = config;
  const { initialization } = work;
  return {
    ...work,
    ...(styles && { styles: styles.map(({ weight }) => weight) }),
    ...(regions && { regions: { soften: regions.soften } }),
    ...(modules && { modules: modules.map(({ hash }) => hash) }),
    ...(work.weighting === 'gradient-norm' && { gradientNorms }),
    ...measuredWith(config),
    initialization: initialization.from === 'file' ? { ...initialization, file: undefined } : initialization,
  };
}

/** What decides the work of a trial, as far as it is known before its files are read. */
export function workKey(config: Omit<TrialConfig, 'swept'>): string {
  return canonicalJson([
    config.content,
    config.style,
    config.styles,
    config.regions,
    workOf({ ...config, swept: {} }),
    config.method,
    config.encoder,
    config.initialization,
  ]);
}

function workOfMethod(config: TrialConfig, method: Method): Record<string, unknown> {
  const { variant, sizes, seed } = config;
  if (method.kind === 'network') {
    const { modules } = config;
    return {
      method: workOfNetwork(method),
      ...seenBy(config, method),
      size: sizes.at(-1),
      ...(readsSetting(method, 'seed') && { seed }),
      ...(modules && { modules: modules.map(({ hash }) => hash) }),
      ...measuredWith(config),
    };
  }
  return {
    method:
      method.kind === 'command'
        ? { kind: method.kind, command: method.command, shell: method.shell, env: method.env }
        : // Two folders may hold the same picture; measuring both says so.
          { kind: method.kind, variant },
    ...(readsSetting(method, 'size') && { size: sizes.at(-1) }),
    ...(readsSetting(method, 'seed') && { seed }),
    ...measuredWith(config),
  };
}

/** A network without its files, whose bytes are hashed, and without what its training says of itself. */
function workOfNetwork({ kind, network, parameters, alpha, weights, files = [] }: NetworkMethod) {
  const hashed = files.reduce((spec, place) => withFile(spec, place, 'hashed'), network);
  return { kind, network: hashed, parameters: { from: parameters.from }, alpha, weights };
}

/** What a network sees besides the content: how the styles are prepared and blended, colours and regions. */
function seenBy({ styleScale, styles, color, regions }: TrialConfig, { seesStyles }: NetworkMethod) {
  return {
    color,
    ...(seesStyles === true && {
      styleScale,
      ...(styles && { styles: styles.map(({ weight }) => weight) }),
      ...(regions && { regions: { soften: regions.soften } }),
    }),
  };
}

/** Encoder and engine: weights that lie in a file are hashed, and engines agree whatever their threads. */
function measuredWith({ encoder, engine }: TrialConfig): Record<string, unknown> {
  return {
    engine: { name: engine.name, provider: engine.provider },
    encoder:
      'weights' in encoder && 'file' in encoder.weights
        ? { ...encoder, weights: { input: encoder.weights.input, file: 'hashed' } }
        : encoder,
  };
}
