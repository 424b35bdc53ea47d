/** The levels of a trial, coarse to fine, with what holds at each. */
import type { LevelSettings, TrialConfig } from '../experiment/trial.ts';
import type { OptimizerSpec } from '../optimizers/registry.ts';
import { evaluationsPerLevel } from './stopping.ts';

export interface Level {
  /** Longest side of the picture in pixels. */
  readonly size: number;
  /** Evaluations it may use, and those that earlier levels may. */
  readonly evaluations: number;
  readonly before: number;
  readonly styleScale: number;
  readonly optimizer: OptimizerSpec;
  /** Factors on weights by name of a loss or a term. */
  readonly weights: NonNullable<LevelSettings['weights']>;
}

/** The trial's settings at each of its levels: its own where a level has none. */
export function levelsOf(
  config: Pick<TrialConfig, 'sizes' | 'budget' | 'styleScale' | 'optimizer' | 'levels'>,
): Level[] {
  let before = 0;
  return evaluationsPerLevel(config.budget, config.sizes.length).map((evaluations, index) => {
    const own = config.levels?.[index];
    const level = {
      size: config.sizes[index]!,
      evaluations,
      before,
      styleScale: own?.styleScale ?? config.styleScale,
      optimizer: own?.optimizer ?? config.optimizer,
      weights: own?.weights ?? {},
    };
    before += evaluations;
    return level;
  });
}
