/** What a checkpoint holds of a training, and the way there and back. */

import type { TrainingResult } from '../experiment/training.ts';
import type { TraceRecord } from '../experiment/trial.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import type { StateValue } from '../platform/state.ts';
import { averagedSteps } from './stopping.ts';

/** How and why a training ended. */
export interface Ending {
  readonly state: 'complete' | 'diverged';
  readonly reason: string;
}

/** Everything of a training that changes from step to step and outlives an interruption, but for the optimiser's state. */
export interface TrainingMemory {
  /** Of each step so far. */
  readonly totals: number[];
  readonly stepSeconds: number[];
  /** The last ones, for means. */
  records: TraceRecord[];
  samples: TrainingResult['samples'][number][];
  /** Seconds since the first step began, and since the training began, over all attempts. */
  seconds: number;
  total: number;
  prepare: number;
  compile: number;
  threads: number;
  ending: Ending | undefined;
}

export function freshMemory(threads: number): TrainingMemory {
  return {
    totals: [],
    stepSeconds: [],
    records: [],
    samples: [],
    seconds: 0,
    total: 0,
    prepare: 0,
    compile: 0,
    threads,
    ending: undefined,
  };
}

/** Keeps a step's record. */
export function remember(memory: TrainingMemory, record: TraceRecord, seconds: number): void {
  memory.totals.push(record.total);
  memory.stepSeconds.push(seconds);
  memory.records = [...memory.records.slice(1 - averagedSteps), record];
}

/** @param parameters - those that it ended with, where it has ended */
export function checkpointOf(
  memory: TrainingMemory,
  at: { readonly optimizer: OptimizerState } | { readonly parameters: Float32Array },
): Record<string, StateValue> {
  const { totals, stepSeconds, records, samples, ending, ...numbers } = memory;
  return {
    ...numbers,
    // Totals come from float32 and so stay what they are.
    totals: Float32Array.from(totals),
    stepSeconds: Float32Array.from(stepSeconds),
    records: JSON.stringify(records),
    samples: JSON.stringify(samples),
    ending: ending === undefined ? null : { ...ending },
    optimizer: 'optimizer' in at ? at.optimizer : null,
    parameters: 'parameters' in at ? at.parameters : null,
  };
}

/** The way back from `checkpointOf`. */
export function resume(checkpoint: Record<string, StateValue>): {
  readonly memory: TrainingMemory;
  readonly optimizer: OptimizerState | undefined;
  readonly parameters: Float32Array | undefined;
} {
  const { totals, stepSeconds, records, samples, ending, optimizer, parameters, ...numbers } =
    checkpoint as unknown as Stored;
  return {
    memory: {
      ...numbers,
      totals: [...totals],
      stepSeconds: [...stepSeconds],
      records: JSON.parse(records),
      samples: JSON.parse(samples),
      ending: ending ?? undefined,
    },
    optimizer: optimizer ?? undefined,
    parameters: parameters ?? undefined,
  };
}

interface Stored extends Pick<TrainingMemory, 'seconds' | 'total' | 'prepare' | 'compile' | 'threads'> {
  readonly totals: Float32Array;
  readonly stepSeconds: Float32Array;
  readonly records: string;
  readonly samples: string;
  readonly ending: Ending | null;
  readonly optimizer: OptimizerState | null;
  readonly parameters: Float32Array | null;
}
