/** What computes trials and trainings, and the result that the store makes of what they return. */
import { hostname } from 'node:os';
import { NeckarError } from '../errors.ts';
import { neckarVersion } from '../platform/modules.ts';
import type { Attempt } from './attempt.ts';
import { storeVersion } from './store-version.ts';
import type { PerformTraining, PerformTrial, TrainingOutcome, TrialOutcome } from './trial-io.ts';
import { kindOf, type Work, type WorkResult } from './work.ts';

/** What computes: the exports of the module that workers load. */
export interface Performers {
  readonly performTrial: PerformTrial;
  /** Absent: nothing can be trained here. */
  readonly performTraining?: PerformTraining;
}

/**
 * Does a piece of work.
 * @param threads - CPU threads where the work does not say how many it wants; undefined: as many as its engine takes
 * @throws NeckarError where nothing trains networks, and whatever the work throws
 */
export async function perform(
  work: Work,
  io: Attempt['io'],
  signal: AbortSignal,
  { performTrial, performTraining }: Performers,
  threads: number | undefined,
): Promise<TrialOutcome | TrainingOutcome> {
  if (work.kind !== 'training') return await performTrial(withThreads(work.config, threads), io, signal);
  if (performTraining === undefined) {
    throw new NeckarError(
      'nothing here trains networks: the module that computes exports no performTraining.',
    );
  }
  return await performTraining(withThreads(work.config, threads), io, signal);
}

function withThreads<Config extends Work['config']>(config: Config, threads: number | undefined): Config {
  return { ...config, engine: { ...config.engine, threads: config.engine.threads ?? threads } };
}

/** The result of an attempt: what was returned, with what the store knows better. */
export function resultOf(
  work: Work,
  attempt: number,
  outcome: TrialOutcome | TrainingOutcome,
  written: { artefacts: Record<string, string>; artefactBytes: Record<string, number> },
  circumstances: { startedAt: string; shared: boolean },
): WorkResult {
  const given = outcome as unknown as Record<string, unknown>;
  const own = Object.fromEntries(kindOf(work).own.map((field) => [field, given[field]]));
  return {
    storeVersion,
    id: work.id,
    attempt,
    state: outcome.state,
    reason: outcome.reason,
    config: work.config,
    identity: { ...outcome.identity, node: process.version, neckar: neckarVersion(), host: hostname() },
    inputs: { ...work.inputs, ...outcome.inputs },
    artefacts: written.artefacts,
    artefactBytes: written.artefactBytes,
    ...own,
    timing: { ...outcome.timing, shared: circumstances.shared },
    startedAt: circumstances.startedAt,
    finishedAt: new Date().toISOString(),
  } as unknown as WorkResult;
}
