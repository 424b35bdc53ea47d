/** Checks of a stored state before an optimiser goes on from it. */
import { NeckarError } from '../errors.ts';
import type { OptimizerState } from './optimizer.ts';

/** What a state must agree with: the optimiser's name, the length of its vectors, its bounds and history. */
export interface Expected {
  readonly name: string;
  readonly n: number;
  readonly bounds: 'unit-box' | 'none';
  /** L-BFGS only. */
  readonly history?: number;
}

/** @throws NeckarError naming the first thing in which the state differs from what the trial asks for */
export function checkState(state: OptimizerState, expected: Expected): void {
  const wanted: readonly (readonly [string, string, unknown])[] = [
    ['optimiser', 'name', expected.name],
    ['number of entries', 'n', expected.n],
    ['bounds', 'bounds', expected.bounds],
    ['history', 'capacity', expected.history ?? null],
  ];
  for (const [what, key, value] of wanted) {
    if ((state[key] ?? null) !== value) {
      throw new NeckarError(
        `The stored optimiser state has ${what} ${JSON.stringify(state[key] ?? null)}, the trial asks for ${JSON.stringify(value)}. Go on with the settings it was made with, or delete the checkpoint to start anew.`,
      );
    }
  }
}
