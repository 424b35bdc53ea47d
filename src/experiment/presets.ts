/**
 * Named settings with their source. A value that its source does not state, or that we could not check against it,
 * is named in `unverified`.
 */

import { isRecord } from '../components/schema-walk.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import { findLossPreset, type LossPreset, type LossPresetName, lossPresets } from '../losses/presets.ts';
import type { SettingsInput } from './define.ts';
import { normalize, type Plain } from './normalize.ts';
import { procedures, publishedMethods, unverifiedOf } from './published.ts';
import { isSweep } from './sweep.ts';

/** Settings that belong together, and where they come from. */
export interface Preset extends SettingsInput {
  /** Paper and section, or who found the values and how. */
  readonly source: string;
  /** Which of the values the source does not confirm, and why. */
  readonly unverified?: string;
}

const gatys = 'Gatys, Ecker & Bethge, Image Style Transfer Using Convolutional Neural Networks, CVPR 2016';

/** A published set of losses as the experiment's only variant; the encoder it wants is named in the source. */
function fromLosses(preset: LossPreset): Preset {
  const { name, description, citation, encoder, losses, weighting } = preset;
  const unverified = unverifiedOf(preset);
  return {
    source: `${citation} ${description} For ${encoderText(encoder)}, which the experiment chooses itself.`,
    ...(unverified !== undefined && { unverified }),
    weighting,
    variants: { [name]: losses },
  };
}

function encoderText(encoder: LossPreset['encoder']): string {
  if (encoder.name === 'wavelet') return encoder.name;
  const normalized = encoder.normalized ? ' and normalized features' : '';
  return `${encoder.name} with ${encoder.pooling} pooling${normalized}`;
}

const published = Object.fromEntries(
  lossPresets.map((preset) => [preset.name, fromLosses(preset)]),
) as Readonly<Record<LossPresetName, Preset>>;

/** How the founding paper minimises its objective. */
const gatysOptimization = {
  optimizer: { name: 'lbfgs', history: 10 },
  initialization: { from: 'noise' },
  styleScale: 1,
  budget: { evaluations: 500 },
} as const;

/** All presets by name. */
export const presets = {
  ...published,
  ...publishedMethods,
  'gatys2016-optimization': {
    source: `${gatys}, section 2.3: L-BFGS from white noise; style image resized to the content's size`,
    unverified: 'the number of evaluations, which the paper does not state',
    ...gatysOptimization,
  },
  gatys2016: {
    source: `${gatys}, sections 2 and 3: its objective (the losses of gatys-2016), L-BFGS from white noise; style image resized to the content's size`,
    unverified:
      'the number of evaluations, which the paper does not state; the paper encodes with normalised VGG-19 and average pooling, which the experiment chooses itself with its weights',
    ...gatysOptimization,
    variants: { gatys: findLossPreset('gatys-2016')!.losses },
  },
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
  'gatys2017-coarse-to-fine': {
    source:
      'Gatys et al., Controlling Perceptual Factors in Neural Style Transfer, CVPR 2017, section 6, and their notebooks (github.com/leongatys/NeuralImageSynthesis, ExampleNotebooks/BasicStyleTransfer.ipynb@c3ce8ac and ScaleControl.ipynb): 500 iterations at 512, then 200 at 1024 from the enlarged result',
    unverified:
      'iterations are taken as evaluations and sizes as longest sides, where the notebooks mean the square root of the area; the start at 512, which the experiment chooses itself; the history is what torch/optim keeps where nothing is said',
    levels: [
      { size: 512, evaluations: 500 },
      { size: 1024, evaluations: 200 },
    ],
    optimizer: { name: 'lbfgs', history: 100 },
    styleScale: 1,
  },
  'cnnmrf-resolutions': {
    ...procedures.cnnmrf,
    source: `Li & Wand, CVPR 2016, their own code (github.com/chuanli11/CNNMRF): ${procedures.cnnmrf.source}; its losses are the preset cnnmrf`,
  },
  'kolkin-2019-scales': {
    ...published['kolkin-2019'],
    ...procedures['kolkin-2019'],
    source: `Kolkin et al., STROTSS, CVPR 2019, their own code (github.com/nkolkin13/STROTSS): ${procedures['kolkin-2019'].source}; losses of kolkin-2019, for vgg16 with max pooling, which the experiment chooses itself`,
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

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
