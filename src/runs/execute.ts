/** One trial in this process: take its lease, go on where it was left, compute, publish. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { TrialResult } from '../experiment/result.ts';
import { neckarVersion } from '../platform/modules.ts';
import { type Attempt, openAttempt } from './attempt.ts';
import { latestCheckpoint, type Restorable } from './checkpoint.ts';
import { type Files, StorageError, storageError } from './files.ts';
import type { Heart } from './heart.ts';
import type { IdentifiedTrial } from './identity.ts';
import { claim, holds, type Lease, type LeaseState, leasesIn, publish, release } from './lease.ts';
import { announce } from './neighbours.ts';
import type { Owner } from './owner.ts';
import {
  attemptFolder,
  attemptsOf,
  checkResult,
  createTrial,
  type Failure,
  mendConfig,
  quarantine,
  readFailure,
  resultText,
  trialFolder,
} from './store.ts';
import { storeVersion } from './store-version.ts';
import { reportRung } from './successive-halving.ts';
import type { PerformTrial, TrialOutcome, TrialProgress } from './trial-io.ts';

/** How an execution ended. */
export type TrialEnding =
  | { readonly kind: 'finished'; readonly state: TrialResult['state']; readonly reason: string }
  /** It was finished when the lease was had. */
  | { readonly kind: 'done-before'; readonly state: TrialResult['state'] }
  /** Another process runs it; `lost`: took it from this one, which had been silent too long. */
  | { readonly kind: 'held' | 'lost'; readonly by: string }
  /** `storage`: the disk refused, so that no other trial can be kept either. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly storage: boolean }
  | { readonly kind: 'interrupted'; readonly evaluation: number };

export interface ExecuteOptions {
  readonly files: Files;
  readonly experimentFolder: string;
  readonly perform: PerformTrial;
  readonly signal: AbortSignal;
  /** What to type to run this trial again, for messages. */
  readonly command: string;
  /** Start from nothing even if there is a checkpoint. */
  readonly fresh?: boolean;
  /** Attempts that the caller knows of: when a later one has failed, its failure stands and nothing is run. */
  readonly knownAttempts?: number;
  readonly heart?: Heart;
  readonly owner?: Owner;
  /** Whether the owner of a lease has been silent too long (see `leaseWatch`). */
  readonly silent?: (state: LeaseState) => boolean;
  readonly onStart?: (start: { attempt: number; folder: string; resumedFrom: number | undefined }) => void;
  readonly onProgress?: (progress: TrialProgress) => void;
  /** Something worth a line, such as a corrupt result that was set aside. */
  readonly onNote?: (sentence: string) => void;
  /** The folder that announces running trials; default: this machine's. */
  readonly neighbours?: string;
}

/**
 * Runs a trial unless it is finished or someone else's.
 * @throws StorageError when the disk refuses before the trial could begin; NeckarError when the store is newer
 */
export async function executeTrial(trial: IdentifiedTrial, options: ExecuteOptions): Promise<TrialEnding> {
  const { files, experimentFolder, onNote = () => {} } = options;
  const folder = trialFolder(experimentFolder, trial.id);
  await createTrial(files, experimentFolder, trial);
  const attempts = await attemptsOf(files, folder);
  const claimed = await claim(files, folder, {
    owner: options.owner,
    silent: options.silent,
    lastAttempt: attempts.at(-1),
  });
  if ('heldBy' in claimed) return { kind: 'held', by: holder(claimed.heldBy) };

  const lease = claimed;
  try {
    const check = await checkResult(files, folder, 'hashes');
    if (check.state === 'valid') return { kind: 'done-before', state: check.result.state };
    if (check.state === 'corrupt') {
      const name = await quarantine(files, lease);
      if (name === undefined) return { kind: 'lost', by: await thief(files, lease) };
      onNote(
        `The result of ${trial.label} was damaged (${check.why}). It is kept as ${name}; the trial runs again.`,
      );
    }
    const known = await failedMeanwhile(files, folder, options.knownAttempts);
    if (known !== undefined) return { kind: 'failed', failure: known, storage: false };
    await mendConfig(files, folder, trial);
    const before = await attemptsOf(files, folder);
    // What is to start from nothing must not go on from there later either.
    if (options.fresh === true) await clearAttempts(files, folder, before);
    const restored = await latestCheckpoint(files, folder, trial.id, before, onNote);
    return await attemptTrial(trial, lease, restored, before, options);
  } catch (error) {
    if (await holds(files, lease)) throw error;
    return { kind: 'lost', by: await thief(files, lease) };
  } finally {
    // Does nothing for one that is lost.
    await release(files, lease).catch(() => {});
  }
}

async function attemptTrial(
  trial: IdentifiedTrial,
  lease: Lease,
  restored: Restorable | undefined,
  before: readonly number[],
  options: ExecuteOptions,
): Promise<TrialEnding> {
  const { files, heart } = options;
  const folder = attemptFolder(lease.trialFolder, lease.attempt);
  const startedAt = new Date().toISOString();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  heart?.start(lease, () => stop.abort(new Error('another process has taken this trial over')));
  const presence = announce(options.neighbours);
  let superseded = before;
  let attempt: Attempt | undefined;
  try {
    attempt = await openAttempt(files, folder, trial.id, {
      restored,
      onProgress: options.onProgress,
      rung: (report) => reportRung(files, options.experimentFolder, trial, report),
      // From here on this attempt can be resumed by itself: what earlier ones kept for that purpose may go.
      onCheckpoint: async () => {
        await clearAttempts(files, lease.trialFolder, superseded);
        superseded = [];
      },
    });
    const from = restored?.checkpoint.records;
    attempt.io.log(
      `attempt ${lease.attempt} at ${trial.label} (${trial.id}) on ${hostname()}, process ${process.pid}, ${startedAt}` +
        (from === undefined ? '' : `, from evaluation ${from} of attempt ${restored?.attempt}`),
    );
    options.onStart?.({ attempt: lease.attempt, folder, resumedFrom: from });
    const outcome = await options.perform(trial.config, attempt.io, signal);
    attempt.io.log(`${outcome.state}: ${outcome.reason}`);
    const written = await attempt.finish();
    const result = resultOf(trial, lease.attempt, outcome, written, {
      startedAt,
      shared: presence.shared || outcome.timing.shared === true,
    });
    if (!(await publish(files, lease, resultText(result))))
      return { kind: 'lost', by: await thief(files, lease) };
    await tidy(files, lease, [...before, lease.attempt]);
    return { kind: 'finished', state: outcome.state, reason: outcome.reason };
  } catch (error) {
    return await explain(storageError(folder, error), lease, folder, attempt, options);
  } finally {
    presence.leave();
    heart?.stop();
  }
}

async function explain(
  error: unknown,
  lease: Lease,
  folder: string,
  attempt: Attempt | undefined,
  options: ExecuteOptions,
): Promise<TrialEnding> {
  const { files } = options;
  const evaluation = attempt?.evaluation ?? 0;
  if (!(await holds(files, lease))) {
    await attempt?.abandon();
    return { kind: 'lost', by: await thief(files, lease) };
  }
  const storage = error instanceof StorageError;
  if (options.signal.aborted && !storage) {
    attempt?.io.log(`interrupted at evaluation ${evaluation}`);
    await attempt?.abandon();
    return { kind: 'interrupted', evaluation };
  }
  const message = messageOf(error);
  attempt?.io.log(
    `failed at evaluation ${evaluation}: ${error instanceof Error ? (error.stack ?? message) : message}`,
  );
  await attempt?.abandon();
  const failure: Failure = {
    message,
    log: join(folder, 'log.txt'),
    command: options.command,
    evaluation,
    attempt: lease.attempt,
    at: new Date().toISOString(),
  };
  await writeFailure(files, lease.trialFolder, failure).catch(() => {});
  return { kind: 'failed', failure, storage };
}

/** Leaves word of a failed attempt: `failure.json` in its folder. */
export async function writeFailure(files: Files, folder: string, failure: Failure): Promise<void> {
  const path = join(attemptFolder(folder, failure.attempt), 'failure.json');
  await files.write(path, `${JSON.stringify(failure, undefined, 2)}\n`);
}

async function failedMeanwhile(
  files: Files,
  folder: string,
  known: number | undefined,
): Promise<Failure | undefined> {
  const last = (await attemptsOf(files, folder)).at(-1);
  if (known === undefined || last === undefined || last <= known) return undefined;
  return await readFailure(files, folder, last);
}

/** Frees what a finished trial needs no more; a failure here costs only room. */
async function tidy(files: Files, lease: Lease, attempts: readonly number[]): Promise<void> {
  try {
    await files.remove(join(attemptFolder(lease.trialFolder, lease.attempt), 'checkpoint'));
    await clearAttempts(
      files,
      lease.trialFolder,
      attempts.filter((attempt) => attempt !== lease.attempt),
    );
  } catch {}
}

/** Removes everything of superseded attempts but their logs and failures. */
async function clearAttempts(files: Files, folder: string, attempts: readonly number[]): Promise<void> {
  for (const attempt of attempts) {
    const old = attemptFolder(folder, attempt);
    const names = await files.list(old);
    // The checkpoint goes first: without it nothing looks for the trace and the pictures.
    for (const name of ['checkpoint', 'images', 'trace.jsonl']) {
      if (names.includes(name)) await files.remove(join(old, name));
    }
  }
}

function resultOf(
  trial: IdentifiedTrial,
  attempt: number,
  outcome: TrialOutcome,
  written: { artefacts: Record<string, string>; artefactBytes: Record<string, number> },
  circumstances: { startedAt: string; shared: boolean },
): TrialResult {
  return {
    storeVersion,
    id: trial.id,
    attempt,
    state: outcome.state,
    reason: outcome.reason,
    config: trial.config,
    identity: { ...outcome.identity, node: process.version, neckar: neckarVersion(), host: hostname() },
    inputs: { ...trial.inputs, ...outcome.inputs },
    artefacts: written.artefacts,
    artefactBytes: written.artefactBytes,
    images: outcome.images,
    timing: { ...outcome.timing, shared: circumstances.shared },
    cost: outcome.cost,
    final: outcome.final,
    weightFactors: outcome.weightFactors,
    scores: outcome.scores,
    startedAt: circumstances.startedAt,
    finishedAt: new Date().toISOString(),
  };
}

async function thief(files: Files, lease: Lease): Promise<string> {
  const names = await files.list(lease.trialFolder);
  return holder(leasesIn(names).at(-1));
}

/** The holder of a lease in words. */
export function holder(state: LeaseState | undefined): string {
  if (state?.owner === undefined) return 'another process';
  return `process ${state.owner.pid} on ${state.owner.host}`;
}
