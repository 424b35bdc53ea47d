/** A small training, and somewhere in memory for what it writes. */

import { contents, styles } from '../../fixtures/index.ts';
import { resolveEncoder } from '../../src/encoders/registry.ts';
import type { TrainingConfig } from '../../src/experiment/training.ts';
import type { TraceRecord } from '../../src/experiment/trial.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { johnson } from '../../src/networks/johnson.ts';
import { type NetworkInput, resolveNetwork } from '../../src/networks/registry.ts';
import { decodeState, encodeState } from '../../src/platform/state.ts';
import type { TrainingIo, TrainingOutcome, TrialState } from '../../src/runs/trial-io.ts';
import { resolveTraining, type TrainingInput } from '../../src/training/schema.ts';
import { performTraining } from '../../src/training/training.ts';

/** Johnson's network of 2, 4 and 8 channels with one block. */
export const smallJohnson = johnson({ width: 1 / 16, blocks: 1 });

/** Crops of 16 pixels by Gram matrices of the finest scales: a step takes some ten milliseconds. */
export function smallTraining(
  written: TrainingInput = {},
  network: NetworkInput = smallJohnson,
  beside: { readonly styles?: readonly string[]; readonly encoder?: unknown } = {},
): TrainingConfig {
  return resolveTraining(
    {
      pictures: [contents.landscape.path, contents.stillLife.path],
      losses: [
        { type: 'content', layers: ['scale2'] },
        { type: 'gram', layers: ['scale1', 'scale2'], weight: 10 },
      ],
      steps: 4,
      batch: 2,
      size: 16,
      samples: [],
      ...written,
    },
    {
      network: resolveNetwork(network),
      encoder: resolveEncoder(beside.encoder ?? 'wavelet'),
      engine: { name: 'onnx', provider: 'cpu', threads: 1 },
      styles: beside.styles ?? [styles.swirl.path],
      seed: 5,
    },
  );
}

/** What a training wrote. */
export interface Kept {
  readonly trace: TraceRecord[];
  readonly pictures: Map<string, RgbImage>;
  readonly files: Map<string, Uint8Array>;
  readonly log: string[];
  /** The last checkpoint, as the disk would have it. */
  checkpoint: Uint8Array | undefined;
}

/** Performs a training in memory, from where a checkpoint left it. */
export async function perform(
  config: TrainingConfig,
  {
    from,
    signal = new AbortController().signal,
    onStep,
  }: {
    readonly from?: Uint8Array;
    readonly signal?: AbortSignal;
    /** Told of each step that is done. */
    readonly onStep?: (step: number) => void;
  } = {},
): Promise<{ readonly kept: Kept; readonly outcome: TrainingOutcome | undefined; readonly reason: unknown }> {
  const kept: Kept = { trace: [], pictures: new Map(), files: new Map(), log: [], checkpoint: from };
  const io: TrainingIo = {
    folder: '/nowhere',
    ...(from && { restored: decodeState(from) as TrialState }),
    trace: (record) => {
      kept.trace.push(record);
      onStep?.(record.step);
    },
    snapshot: async () => {},
    picture: async (name, image) => {
      kept.pictures.set(name, image);
      return `images/${name}.png`;
    },
    checkpoint: async (state) => {
      kept.checkpoint = encodeState(state);
    },
    progress: () => {},
    log: (line) => kept.log.push(line),
    file: async (name, bytes) => {
      kept.files.set(name, bytes);
      return name;
    },
  };
  try {
    return { kept, outcome: await performTraining(config, io, signal), reason: undefined };
  } catch (reason) {
    return { kept, outcome: undefined, reason };
  }
}
