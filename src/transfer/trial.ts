/** One trial from its configuration to its picture: initialise, iterate coarse to fine, trace, checkpoint. */
import type { Encoder } from '../encoders/encoder.ts';
import { loadEncoder } from '../encoders/registry.ts';
import type { Engine, EngineIdentity } from '../engines/engine.ts';
import { startEngine } from '../engines/start.ts';
import type { Timing } from '../experiment/result.ts';
import type { TraceRecord, TrialConfig } from '../experiment/trial.ts';
import type { RgbImage } from '../images/image.ts';
import { resizeLongestSide } from '../images/resize.ts';
import type { StateValue } from '../platform/state.ts';
import { resetPeakMemory } from './memory.ts';
import { readTrialImages, tensorOf } from './trial-images.ts';
import { optimizeTrial } from './trial-run.ts';
import type { Ending } from './trial-state.ts';

export { TrialInterrupted } from './trial-state.ts';

/** What a trial needs of the world around it; every method may be a no-op. */
export interface TrialHooks {
  trace(record: TraceRecord): void;
  /** A picture worth keeping, on the way or at the end of a level. */
  snapshot(evaluation: number, image: RgbImage): Promise<void>;
  checkpoint(state: Record<string, StateValue>): Promise<void>;
  /** Told once, before the first evaluation, what the trial runs with. */
  ready?(engine: Engine, encoder: Encoder): void;
  /** Asked at each rung of the budget's pruning; returns why the trial is to stop there, or undefined. */
  rung?(rung: Rung): Promise<string | undefined>;
  /** A sentence for the trial's log. */
  log?(line: string): void;
  /** The last checkpoint of an interrupted attempt. */
  readonly restored?: Record<string, StateValue>;
  progress(progress: TrialProgress): void;
}

/** Where a trial is when it is judged. */
export interface Rung {
  readonly evaluation: number;
  /** The lowest total of this level so far. */
  readonly total: number;
  /** The picture so far, and what it is made of at this level. */
  readonly picture: RgbImage;
  readonly content: RgbImage;
  readonly style: RgbImage;
}

export interface TrialProgress {
  readonly phase: 'prepare' | 'compile' | 'evaluate' | 'measure';
  readonly evaluation: number;
  readonly evaluations: number;
  readonly total?: number;
  readonly etaSeconds?: number;
}

/** What is left of a trial when it has ended by itself. */
export interface TrialOutcome {
  readonly state: Ending['state'];
  readonly reason: string;
  readonly picture: RgbImage;
  /** Content and style at the sizes the last level used: what metrics compare with. */
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly timing: Omit<Timing, 'shared'>;
  readonly cost: { readonly evaluations: number; readonly steps: number };
  readonly final: {
    readonly total: number;
    readonly terms: Readonly<Record<string, { value: number; weighted: number }>>;
  };
  readonly weightFactors?: Readonly<Record<string, number>>;
  readonly identity: EngineIdentity;
  readonly inputs: Readonly<Record<string, string>>;
  /** Still running, for measurements; the caller disposes it. */
  readonly engine: Engine;
  readonly encoder: Encoder;
}

/**
 * Runs one trial to its end.
 *
 * The picture is optimised level by level over `config.sizes`, each level starting from the enlarged result of the
 * one before. Every evaluation is traced. A value that is no number, or a total that stays absurdly high, ends the
 * trial as `diverged` with the last good picture. When the optimisation has ended, a last checkpoint says so: a trial
 * that is resumed from there is not computed again.
 *
 * @param signal - when aborted, the trial writes a checkpoint and throws TrialInterrupted
 * @throws NeckarError for images, weights, layers or engines that cannot be had
 */
export async function runTrial(
  config: TrialConfig,
  hooks: TrialHooks,
  signal?: AbortSignal,
): Promise<TrialOutcome> {
  const begun = performance.now();
  resetPeakMemory();
  hooks.progress({ phase: 'prepare', evaluation: 0, evaluations: config.budget.evaluations });
  const images = await readTrialImages(config);
  const engine = await startEngine(config.engine);
  try {
    const size = config.sizes.at(-1)!;
    const encoder = await loadEncoder(config.encoder, {
      // `normalized` divides by mean activations: over the pictures of this trial.
      images: [images.content, images.style, ...images.furtherStyles].map((image) =>
        tensorOf(resizeLongestSide(image, size)),
      ),
      engine,
    });
    hooks.ready?.(engine, encoder);
    return await optimizeTrial({ config, hooks, images, encoder, engine }, begun, signal);
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}
