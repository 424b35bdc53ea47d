/** `neckar transfer --network`: one picture by one pass of a network. */

import { InvalidArgumentError } from 'commander';
import { NeckarError } from '../errors.ts';
import { type PlannedTrial, planTrials } from '../experiment/plan.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import type { NetworkMethod } from '../external/method.ts';
import { writeImage } from '../images/encode.ts';
import { networkCalled } from '../networks/import.ts';
import { networks } from '../networks/registry.ts';
import { roughDuration } from '../platform/format.ts';
import { applyNetwork } from '../runs/perform-network.ts';
import { Interrupted, interruptedCode } from './errors.ts';
import { watchInterrupts } from './interrupt.ts';
import { trialReporter } from './progress.ts';
import { overridesOf } from './setting-flags.ts';
import { missingStyle, type PictureFlags, pairOf, refuseSeveral } from './transfer-pair.ts';

/** What is typed of a network. */
export interface NetworkFlags {
  /** A network instead of losses. */
  readonly network?: string;
  readonly weights?: string;
  readonly alpha?: number;
  readonly learntStyle?: number | Readonly<Record<number, number>>;
}

/**
 * One pass of a network, its picture written to `output`.
 * @throws NeckarError as `applyNetwork`, and when the picture cannot be written
 */
export async function applyToPicture(
  config: TrialConfig,
  method: NetworkMethod,
  output: string,
  flags: { readonly output: string; readonly json?: boolean },
): Promise<void> {
  const reporter = trialReporter(process, flags.json);
  const interrupts = watchInterrupts(() => reporter.close());
  interrupts.kill.addEventListener('abort', () => process.exit(interruptedCode));
  try {
    const { picture, facts, timing, identity } = await applyNetwork(
      config,
      method,
      { log() {}, progress: (progress) => reporter.report(progress), repeated: false },
      interrupts.stop,
    );
    await writeImage(output, picture);
    reporter.close();
    const { width, height } = picture;
    if (flags.json) {
      const outcome = { output, width, height, network: facts, timing, identity, config };
      process.stdout.write(`${JSON.stringify(outcome, undefined, 2)}\n`);
    } else {
      process.stderr.write(
        `${flags.output}: ${width}×${height} by the network ${method.network.name} in ${roughDuration(timing.total)}, of which its pass took ${roughDuration(timing.warmup)}\n`,
      );
    }
  } catch (error) {
    if (!interrupts.stop.aborted) throw error;
    throw new Interrupted('interrupted; nothing was written');
  } finally {
    reporter.close();
    interrupts.release();
  }
}

/** Flags of the optimisation of a picture, which a network knows nothing of. */
const ofOptimization = [
  'contentWeight',
  'styleWeight',
  'encoder',
  'pooling',
  'levels',
  'styleColors',
  'tiling',
  'optimizer',
  'learningRate',
  'history',
  'evaluations',
  'seconds',
  'init',
  'noise',
  'clamp',
  'weighting',
] as const;

/**
 * The flags and settings through the same schema as an experiment: one whose only trial is a network's.
 * @throws NeckarError for what a network knows nothing of, and whatever is wrong with the rest
 */
export function plannedNetwork(
  settings: readonly string[],
  flags: PictureFlags & NetworkFlags,
): PlannedTrial {
  const typed = flags as unknown as Readonly<Record<string, unknown>>;
  const foreign = ofOptimization.find((name) => typed[name] !== undefined);
  if (foreign !== undefined) {
    const flag = foreign.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new NeckarError(
      `--${flag} belongs to the optimisation of a picture, and a network makes it in one pass; leave it out`,
    );
  }
  const called = networkCalled(flags.network!);
  const needs = networks.get(called.network).open === undefined;
  const weights = flags.weights ?? (needs ? called.weights : undefined);
  const { weights: _, ...others } = typed;
  const { pair, implied } = pairOf(flags);
  const own = settings.map((text) => text.replace(/^([+~]?)network(?=[.=])/, '$1variants.*.network'));
  const { trials } = planTrials(
    {
      name: 'transfer',
      pairs: [pair],
      variants: {
        [called.network]: {
          network: called.network,
          ...(weights !== undefined && { weights }),
          ...(flags.alpha !== undefined && { alpha: flags.alpha }),
          ...(flags.learntStyle !== undefined && { style: flags.learntStyle }),
        },
      },
      heldOut: 'none',
    },
    { overrides: [...implied, ...overridesOf(others), ...own] },
  );
  refuseSeveral(trials);
  const { method } = trials[0]!.config;
  if (flags.style === undefined && method?.kind === 'network' && method.seesStyles) throw missingStyle();
  return trials[0]!;
}

/** A part of one, 0 and 1 included. */
export function part(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number from 0 to 1.');
}

/** `7`, or `3:2,7:1`. */
export function learntStyle(text: string): number | Record<number, number> {
  if (/^\d+$/.test(text)) return Number(text);
  const parts = text.split(',').map((one) => /^(\d+):(\d*\.?\d+)$/.exec(one.trim()));
  if (parts.some((one) => one === null)) {
    throw new InvalidArgumentError(
      'Expected a number such as 7, or parts of several styles such as 3:2,7:1.',
    );
  }
  return Object.fromEntries(parts.map((one) => [Number(one![1]), Number(one![2])]));
}
