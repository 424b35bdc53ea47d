/** A trial at work: what all of its levels share, and the checkpoints that are kept of it. */
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import type { Problem } from './problem.ts';
import type { TrialHooks } from './trial.ts';
import type { TrialClock } from './trial-clock.ts';
import type { TrialImages } from './trial-images.ts';
import { checkpointOf, type Ending, type TrialMemory } from './trial-state.ts';

/** What a trial runs with. */
export interface TrialParts {
  readonly config: TrialConfig;
  readonly hooks: TrialHooks;
  readonly images: TrialImages;
  readonly encoder: Encoder;
  readonly engine: Engine;
}

export interface TrialWork extends TrialParts {
  /** What a checkpoint keeps of the trial. */
  readonly memory: TrialMemory;
  readonly clock: TrialClock;
  readonly checkpoints: Checkpoints;
}

/** Seconds between checkpoints: what a crash can cost at most. */
const checkpointInterval = 10;

/** Keeps everything to go on from. */
export class Checkpoints {
  readonly #work: Omit<TrialWork, 'checkpoints'>;
  #last = performance.now();

  constructor(work: Omit<TrialWork, 'checkpoints'>) {
    this.#work = work;
  }

  get due(): boolean {
    return performance.now() - this.#last > checkpointInterval * 1000;
  }

  /** In the middle of a level, or, with an ending, after the last. */
  async write(at: { problem: Problem; optimizer: Optimizer } | { ending: Ending }): Promise<void> {
    const { hooks, memory, clock, engine } = this.#work;
    await clock.timed('output', () =>
      hooks.checkpoint(
        checkpointOf(memory, {
          seconds: clock.evaluating(),
          total: clock.total,
          threads: engine.identity.threads,
          held: 'problem' in at ? at.problem.held() : {},
          optimizer: 'optimizer' in at ? at.optimizer.state() : undefined,
          ending: 'ending' in at ? at.ending : undefined,
        }),
      ),
    );
    this.#last = performance.now();
  }
}
