/**
 * Named settings with their source. A value that its source does not state, or that we could not check against it,
 * is named in `unverified`.
 */

import { isRecord } from '../components/schema-walk.ts';
import type { EncoderInput } from '../encoders/registry.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import { publishedMethods } from '../published/all.ts';
import { type PublishedMethod, type PublishedName, unverifiedOf } from '../published/method.ts';
import { waveletLosses } from '../published/wavelet.ts';
import type { SettingsInput } from './define.ts';
import { normalize, type Plain } from './normalize.ts';
import { isSweep } from './sweep.ts';

/** Settings that belong together, and where they come from. */
export interface Preset extends SettingsInput {
  /** Paper and section, or who found the values and how. */
  readonly source: string;
  /** Which of the values the source does not confirm, and why. */
  readonly unverified?: string;
}

/** A method's losses as the experiment's only variant; the encoder they are for is named in the source. */
function lossesOf(method: PublishedMethod<string>): Preset {
  const { name, description, citation, encoder, losses, weighting } = method;
  const unverified = unverifiedOf(method);
  return {
    source: `${citation} ${description} For ${encoderText(encoder)}, which the experiment chooses itself.`,
    ...(unverified !== undefined && { unverified }),
    weighting,
    variants: { [name]: losses },
  };
}

function encoderText(encoder: PublishedMethod['encoder']): string {
  if (encoder.name === 'wavelet') return encoder.name;
  const normalized = encoder.normalized ? ' and normalized features' : '';
  return `${encoder.name} with ${encoder.pooling} pooling${normalized}`;
}

/** The whole method: its losses as the only variant, its encoder, and its procedure where one is known. */
function wholeMethod(method: PublishedMethod): Preset {
  const { name, description, citation, encoder, losses, weighting, procedure } = method;
  const {
    source = 'its optimiser, start and sizes are not known: they are the defaults',
    unverified,
    ...settings
  } = procedure ?? {};
  const doubts = [unverifiedOf(method), unverified].filter((doubt) => doubt !== undefined);
  return {
    source: `${citation} ${description} Losses and encoder of ${name}; ${source}.`,
    ...(doubts.length > 0 && { unverified: doubts.join('; ') }),
    encoder: encoder as EncoderInput,
    weighting,
    variants: { [name]: losses },
    ...settings,
  };
}

/** Each method whole by its name, and its parts for those who choose the rest themselves. */
const published = Object.fromEntries(
  publishedMethods.flatMap((method): [string, Preset][] => [
    [method.name, wholeMethod(method)],
    [`${method.name}-losses`, lossesOf(method)],
    ...(method.procedure === undefined
      ? []
      : [[`${method.name}-procedure`, procedureOf(method, method.procedure)] as [string, Preset]]),
  ]),
) as Readonly<Record<PublishedName | `${PublishedName}-losses` | `${PublishedName}-procedure`, Preset>>;

function procedureOf({ name, citation }: PublishedMethod, procedure: Preset): Preset {
  return {
    ...procedure,
    source: `${citation} All but the losses and the encoder of ${name}: ${procedure.source}`,
  };
}

/** All presets by name. */
export const presets = {
  ...published,
  wavelet: lossesOf(waveletLosses),
  'lbfgs-150': {
    source:
      'Neckar: 150 evaluations of L-BFGS from the content, after which the wavelet encoder hardly gains',
    optimizer: { name: 'lbfgs', history: 10 },
    initialization: { from: 'content', noise: 0 },
    budget: { evaluations: 150 },
  },
  'adam-500': {
    source:
      'Kingma & Ba, Adam, ICLR 2015, for the decay rates; step size and evaluations are ours, in [0,1] pixel units',
    optimizer: { name: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    initialization: { from: 'content', noise: 0 },
    budget: { evaluations: 500 },
  },
  'coarse-to-fine': {
    source:
      'Neckar: half the size first, where structure is cheap to move, then the full one; the idea is that of Gatys et al., Controlling Perceptual Factors in Neural Style Transfer, CVPR 2017, for high resolutions',
    sizes: [128, 256],
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

/** Names that presets had, and what is asked for in their place. */
const former: Readonly<Record<string, string>> = {
  gatys2016: '"gatys-2016", which sets its encoder as well',
  'gatys2016-optimization': '"gatys-2016-procedure"',
  'gatys2017-coarse-to-fine': '"gatys-normalised-procedure"',
  'cnnmrf-resolutions': '"cnnmrf-procedure"',
  'kolkin-2019-scales': '"kolkin-2019-losses" with "kolkin-2019-procedure"',
};

function formerName(name: string): string | undefined {
  const whole = name.replace(/-method$/, '');
  return former[name] ?? (whole !== name && whole in published ? `"${whole}"` : undefined);
}

/**
 * The experiment with its presets merged beneath it: objects key by key, everything else replaced. Two objects of
 * different kinds (another `name`, `type` or `from`) are never mixed.
 * @param experiment - normalised
 * @throws NeckarError for an unknown preset, with the nearest one
 */
export function withPresets(experiment: Plain): Plain {
  const { presets: chosen, ...own } = experiment;
  if (chosen === undefined) return experiment;
  if (!Array.isArray(chosen))
    throw new NeckarError('presets: expected a list of presets, such as ["lbfgs-150"]');
  const layers = chosen.map((one) => settingsOf(one));
  const merged = [...layers, own].reduce<Plain>(mergeKeys, {});
  return { ...merged, presets: chosen };
}

function settingsOf(chosen: unknown): Plain {
  const preset = typeof chosen === 'string' ? (presets as Readonly<Record<string, Preset>>)[chosen] : chosen;
  if (!isRecord(preset)) {
    const now = typeof chosen === 'string' ? formerName(chosen) : undefined;
    if (now !== undefined) throw new NeckarError(`presets: "${chosen}" is now called ${now}.`);
    const names = Object.keys(presets);
    throw new NeckarError(
      `presets: there is no preset ${JSON.stringify(chosen)}. ${typeof chosen === 'string' ? didYouMean(chosen, names) : ''}There are: ${names.join(', ')}`,
    );
  }
  const { source, unverified: _, ...settings } = preset;
  if (typeof source !== 'string' || source === '') {
    throw new NeckarError(
      'presets: a preset of your own wants a "source" that says where its values come from',
    );
  }
  return normalize(settings);
}

function mergeSettings(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isRecord(below) || !isRecord(above) || isSweep(below) || isSweep(above)) return above;
  for (const key of ['name', 'type', 'from']) {
    if (key in above && below[key] !== above[key]) return above;
  }
  return mergeKeys(below, above);
}

function mergeKeys(below: Plain, above: Plain): Plain {
  const keys = [...Object.keys(below), ...Object.keys(above).filter((key) => !(key in below))];
  return Object.fromEntries(keys.map((key) => [key, mergeSettings(below[key], above[key])]));
}
