/** A small trial, its pictures, and a way to run it that interrupts and resumes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encoderDefaults, resolveEncoder } from '../../src/encoders/registry.ts';
import type { TraceRecord, TrialConfig } from '../../src/experiment/trial.ts';
import { writeImage } from '../../src/images/encode.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { resolveLoss } from '../../src/losses/registry.ts';
import { decodeState, encodeState, type StateValue } from '../../src/platform/state.ts';
import { runTrial, type TrialHooks, TrialInterrupted } from '../../src/transfer/trial.ts';

export const folder = mkdtempSync(join(tmpdir(), 'neckar-trial-'));
const content = join(folder, 'content.png');
const style = join(folder, 'style.png');
export const contentImage = createImage(40, 30, (x, y) => [x / 40, y / 30, (x ^ y) % 8 < 4 ? 0.2 : 0.8]);
export const styleImage = createImage(36, 36, (x, y) => [
  0.5 + 0.5 * Math.sin(x * 0.9),
  0.5 + 0.4 * Math.cos(y * 0.7 + x * 0.2),
  ((x * 7 + y * 3) % 11) / 11,
]);

/** Writes the pictures the trial reads. */
export async function writePictures(): Promise<void> {
  await writeImage(content, contentImage);
  await writeImage(style, styleImage);
}

/** Removes them. */
export function removePictures(): void {
  rmSync(folder, { recursive: true, force: true });
}

/** A loss of the wavelet encoder. */
export function loss(input: object) {
  return resolveLoss(input, encoderDefaults(resolveEncoder('wavelet')));
}

export const base: TrialConfig = {
  experiment: 'test',
  variant: 'gram',
  content,
  style,
  losses: [
    loss({ type: 'content', layers: ['scale2'] }),
    loss({ type: 'gram', layers: ['scale1', 'scale2'], weight: 10 }),
  ],
  encoder: resolveEncoder('wavelet'),
  engine: { name: 'onnx', provider: 'cpu', threads: 1 },
  optimizer: { name: 'lbfgs', history: 5 },
  sizes: [32],
  styleScale: 1,
  initialization: { from: 'content', noise: 0 },
  clamp: 'step',
  seed: 1,
  budget: { evaluations: 12 },
  weighting: 'fixed',
  snapshots: [],
  swept: {},
};

/** What is seen of a trial. */
export interface Observed {
  readonly picture: RgbImage;
  readonly trace: readonly Omit<TraceRecord, 'seconds'>[];
  readonly snapshots: readonly number[];
  readonly snapshotPictures: readonly RgbImage[];
  readonly state: string;
  readonly reason: string;
  readonly weightFactors?: Readonly<Record<string, number>>;
  readonly evaluations: number;
}

/** Runs a trial to its end, interrupting it after each of the given evaluations and going on from its checkpoint. */
export async function run(config: TrialConfig, interruptAfter: readonly number[] = []): Promise<Observed> {
  const trace: Omit<TraceRecord, 'seconds'>[] = [];
  const snapshots: number[] = [];
  const snapshotPictures: RgbImage[] = [];
  let restored: Record<string, StateValue> | undefined;
  for (;;) {
    const controller = new AbortController();
    let saved: Record<string, StateValue> | undefined;
    const hooks: TrialHooks = {
      trace({ seconds: _, ...record }) {
        trace.push(record);
        if (interruptAfter.includes(record.evaluation)) controller.abort();
      },
      async snapshot(evaluation, image) {
        snapshots.push(evaluation);
        snapshotPictures.push(image);
      },
      async checkpoint(state) {
        saved = decodeState(encodeState(state));
      },
      progress() {},
      restored,
    };
    try {
      const outcome = await runTrial(config, hooks, controller.signal);
      await outcome.engine.dispose();
      return {
        picture: outcome.picture,
        trace,
        snapshots,
        snapshotPictures,
        state: outcome.state,
        reason: outcome.reason,
        weightFactors: outcome.weightFactors,
        evaluations: outcome.cost.evaluations,
      };
    } catch (error) {
      if (!(error instanceof TrialInterrupted)) throw error;
      restored = saved;
    }
  }
}
