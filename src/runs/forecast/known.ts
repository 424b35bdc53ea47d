/** Forecasts from whatever tells most: looks farther, and measures, only where what is nearer does not tell. */
import type { MachineSpeed } from '../../engines/speed.ts';
import type { TrialResult } from '../../experiment/result.ts';
import type { TrialConfig } from '../../experiment/trial.ts';
import { type Basis, bases, type Forecast, timeForecasts } from './forecast.ts';
import type { PictureShapes } from './shapes.ts';

export interface Known {
  /** Of the experiment itself. */
  readonly results: readonly TrialResult[];
  readonly shapes: PictureShapes;
  /** Reads results of other experiments. */
  readonly others: () => Promise<readonly TrialResult[]>;
  /** Measures the processor. */
  readonly speed?: () => Promise<MachineSpeed | undefined>;
  /** Where a rough guess is less than this, nothing is measured: seconds, default 0. */
  readonly worth?: number;
}

export interface KnownForecasts {
  readonly forecast: (config: TrialConfig) => Forecast;
  /** The weakest of what they rest on. */
  readonly basis: Basis;
  /** Where they rest on it. */
  readonly speed?: MachineSpeed;
}

/** Forecasts for some trials. */
export async function knownForecasts(
  configs: readonly TrialConfig[],
  { results, shapes, others: read, speed: measure, worth = 0 }: Known,
): Promise<KnownForecasts> {
  const from = (options: Parameters<typeof timeForecasts>[1]) => {
    const forecast = remembered(timeForecasts(results, { shapes, ...options }));
    return { forecast, basis: weakest(configs.map((config) => forecast(config).basis)) };
  };
  const own = from({});
  if (own.basis === 'trials') return own;
  const others = await read();
  const beside = from({ others });
  if (beside.basis !== 'operations' || measure === undefined) return beside;
  const guess = configs.reduce((sum, config) => sum + beside.forecast(config).seconds, 0);
  const speed = guess < worth ? undefined : await measure();
  if (speed === undefined) return beside;
  const measured = from({ others, speed });
  return { ...measured, ...(measured.basis === 'speed' && { speed }) };
}

/** The same forecasts, each made once: they are asked for at every step of a run. */
function remembered(forecast: (config: TrialConfig) => Forecast): (config: TrialConfig) => Forecast {
  const made = new WeakMap<TrialConfig, Forecast>();
  return (config) => {
    const one = made.get(config) ?? forecast(config);
    made.set(config, one);
    return one;
  };
}

/** The weakest of some bases; of none, the best. */
function weakest(found: readonly Basis[]): Basis {
  return bases[Math.max(0, ...found.map((basis) => bases.indexOf(basis)))]!;
}
