/** A made-up experiment of every class of method, with costs that are easy to reckon with. */
import type { Score } from '../../metrics/score.ts';
import type { ReportedTrial, ReportInput } from '../../reports/input.ts';
import type { NetworkFacts, TrialResult } from '../../src/experiment/result.ts';
import type { TrainingConfig } from '../../src/experiment/training.ts';
import type { Method } from '../../src/external/method.ts';
import { synthetic } from './_synthetic.ts';

export const heldOut = 'held-out-gram;encoder=vgg16-random-0@0123456789ab';
const allContents = ['hillside', 'harbour', 'orchard', 'mill'];
const styles = ['swirls', 'hatching'];

interface Made {
  readonly seconds: number;
  readonly quality: number;
  readonly network?: Omit<NetworkFacts, 'pass' | 'training'> & { readonly training?: number };
  readonly method?: Method;
}

/** Seconds of a picture, of a training; quality on the held-out encoder. */
export const made: Readonly<Record<string, Made>> = {
  gram: { seconds: 20, quality: 0.04 },
  johnson: {
    seconds: 0.1,
    quality: 0.06,
    network: { class: 'per-style', parameters: 430_000, bytes: 1_720_000, training: 200 },
  },
  dumoulin: {
    seconds: 0.12,
    quality: 0.08,
    network: { class: 'many-styles', parameters: 450_000, bytes: 1_800_000, styles: 2, training: 300 },
  },
  microast: {
    seconds: 0.05,
    quality: 0.12,
    network: { class: 'any-style', parameters: 475_000, bytes: 1_900_000, training: 400 },
  },
  adain: {
    seconds: 0.4,
    quality: 0.1,
    network: { class: 'any-style', parameters: 7_000_000, bytes: 28_000_000 },
  },
  theirs: {
    seconds: 3,
    quality: 0.09,
    method: {
      kind: 'command',
      command: 'them {content} {style} {output}',
      shell: false,
      timeout: 60,
      env: {},
      folder: '/',
    },
  },
};

export interface TradeOffOptions {
  readonly variants?: readonly string[];
  /** Default: four, and with two styles eight pairs. */
  readonly contents?: readonly string[];
  /** Changes each result after it was made. */
  readonly change?: (result: TrialResult, variant: string) => TrialResult;
  /** Seconds of pair k are these times as long; default: all alike. */
  readonly lengths?: readonly number[];
}

/** Eight pairs; by default all pairs take equally long, and a little of the quality differs. */
export function tradeOffInput(options: TradeOffOptions = {}): ReportInput {
  const {
    variants = Object.keys(made),
    contents = allContents,
    change = (result) => result,
    lengths = [],
  } = options;
  const base = synthetic({
    contents,
    styles,
    variants,
    optimizers: ['lbfgs'],
    size: 64,
    evaluations: 10,
    allFine: true,
  });
  const trials = base.trials.map((trial): ReportedTrial => {
    const { variant } = trial.config;
    const { seconds, quality, network, method } = made[variant]!;
    const pair = contents.indexOf(trial.names.content) * styles.length + styles.indexOf(trial.names.style);
    const took = seconds * (lengths[pair] ?? 1);
    const from =
      network === undefined
        ? undefined
        : network.training === undefined
          ? ({ from: 'file', file: '/weights/adain.safetensors' } as const)
          : ({ from: 'training', training: {} as TrainingConfig } as const);
    const score = (value: number, better: 'higher' | 'lower', label: string): Score => ({
      value,
      better,
      label,
    });
    const identity = trial.result!.identity;
    const { training, ...facts } = network ?? ({} as NonNullable<Made['network']>);
    const { parts: _, ...timing } = trial.result!.timing;
    const own = variant === 'johnson' ? trial.names.style : 'all';
    const result: TrialResult = {
      ...trial.result!,
      timing: {
        ...timing,
        ...((method ?? network) !== undefined && { known: 'total' as const }),
        total: method !== undefined ? took : took + 5,
        prepare: 0,
        compile: 0,
        warmup: 0,
        evaluate: took,
        optimizer: 0,
        refresh: 0,
        shared: false,
        peakMemory: network === undefined ? 6e8 : 2e8,
      },
      ...(network !== undefined && {
        network: {
          ...facts,
          pass: took,
          ...(training !== undefined && {
            training: {
              id: `${variant}-${own}`,
              seconds: training,
              steps: 300,
              pictures: 1200,
              files: 16,
              host: identity.host,
              device: identity.device,
              shared: false,
            },
          }),
        },
      }),
      scores: {
        'ssim;color=luma-float': score(0.6 - quality + 0.01 * pair, 'higher', 'SSIM to the content'),
        [heldOut]: score(
          quality * (1 + 0.02 * pair + 0.01 * ((pair * 7) % 3)),
          'lower',
          'Style distance (Gram, vgg16-random-0, a held-out encoder)',
        ),
      },
    };
    const config = {
      ...trial.config,
      swept: { content: trial.names.content, style: trial.names.style, variant },
      ...(from !== undefined && {
        losses: [],
        method: { kind: 'network', network: { name: variant }, parameters: from } as Method,
      }),
      ...(method !== undefined && { losses: [], method }),
    };
    return {
      ...trial,
      label: `${trial.names.content}×${trial.names.style} ${variant}`,
      config,
      result: change({ ...result, config }, variant),
    };
  });
  return {
    ...base,
    title: 'Four classes on eight pairs',
    question: 'Which is worth its training?',
    primary: { metric: 'held-out-gram', factor: 'variant' },
    trials,
  };
}
