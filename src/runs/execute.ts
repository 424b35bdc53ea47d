/** One piece of work in this process: take its lease, go on where it was left, compute, publish. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { type Attempt, openAttempt } from './attempt.ts';
import { latestCheckpoint, type Restorable } from './checkpoint.ts';
import { type Files, StorageError, storageError } from './files.ts';
import type { Heart } from './heart.ts';
import { claim, holds, type Lease, type LeaseState, leasesIn, publish, release } from './lease.ts';
import { announce } from './neighbors.ts';
import type { Owner } from './owner.ts';
import { type Performers, perform, resultOf } from './performers.ts';
import {
  attemptFolder,
  attemptsOf,
  checkResult,
  createWork,
  type Failure,
  mendConfig,
  quarantine,
  readFailure,
  resultText,
} from './store.ts';
import { reportRung } from './successive-halving.ts';
import { lookAtNeeds, type Trained } from './trained.ts';
import type { TrialProgress } from './trial-io.ts';
import { kindOf, type Work, type WorkResult, workFolder } from './work.ts';

/** How an execution ended. */
export type WorkEnding =
  | {
      readonly kind: 'finished';
      readonly state: WorkResult['state'];
      readonly reason: string;
      readonly attempt: number;
    }
  /** It was finished when the lease was had. */
  | {
      readonly kind: 'done-before';
      readonly state: WorkResult['state'];
      readonly reason: string;
      readonly attempt: number;
    }
  /** A training that it needs is not complete; nothing was begun. */
  | { readonly kind: 'early'; readonly training: string }
  /** Another process runs it; `lost`: took it from this one, which had been silent too long. */
  | { readonly kind: 'held' | 'lost'; readonly by: string }
  /** `storage`: the disk refused, so that nothing else can be kept either. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly storage: boolean }
  | { readonly kind: 'interrupted'; readonly evaluation: number };

export interface ExecuteOptions {
  readonly files: Files;
  readonly experimentFolder: string;
  readonly perform: Performers;
  readonly signal: AbortSignal;
  /** CPU threads for work that does not say how many it wants; absent: as many as its engine takes. */
  readonly threads?: number;
  /** What to type to run this again, for messages. */
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
  /** The folder that announces running work; default: this machine's. */
  readonly neighbors?: string;
}

/**
 * Runs a trial or a training unless it is finished or someone else's, or a training that it needs is not complete.
 * @throws StorageError when the disk refuses before the work could begin; NeckarError when the store is newer
 */
export async function executeWork(work: Work, options: ExecuteOptions): Promise<WorkEnding> {
  const { files, experimentFolder, onNote = () => {} } = options;
  const kind = kindOf(work);
  const folder = workFolder(experimentFolder, work);
  await createWork(files, experimentFolder, work);
  const attempts = await attemptsOf(files, folder);
  const claimed = await claim(files, folder, {
    owner: options.owner,
    silent: options.silent,
    lastAttempt: attempts.at(-1),
  });
  if ('heldBy' in claimed) return { kind: 'held', by: holder(claimed.heldBy) };

  const lease = claimed;
  try {
    const check = await checkResult(files, folder, kind, 'hashes');
    if (check.state === 'valid') {
      const { state, reason, attempt } = check.result;
      return { kind: 'done-before', state, reason, attempt };
    }
    if (check.state === 'corrupt') {
      const name = await quarantine(files, lease);
      if (name === undefined) return { kind: 'lost', by: await thief(files, lease) };
      onNote(
        `The result of ${work.label} was damaged (${check.why}). It is kept as ${name}; the ${kind.name} runs again.`,
      );
    }
    const known = await failedMeanwhile(files, folder, options.knownAttempts);
    if (known !== undefined) return { kind: 'failed', failure: known, storage: false };
    const needs = await lookAtNeeds(files, experimentFolder, work);
    if ('failure' in needs) return { kind: 'failed', failure: needs.failure, storage: false };
    if ('missing' in needs) return { kind: 'early', training: needs.missing };
    await mendConfig(files, folder, work);
    const before = await attemptsOf(files, folder);
    // What is to start from nothing must not go on from there later either.
    if (options.fresh === true) await clearAttempts(files, folder, before);
    const restored = await latestCheckpoint(files, folder, work.id, before, onNote);
    return await attemptWork(work, lease, { restored, trained: needs.trained, before }, options);
  } catch (error) {
    if (await holds(files, lease)) throw error;
    return { kind: 'lost', by: await thief(files, lease) };
  } finally {
    // Does nothing for one that is lost.
    await release(files, lease).catch(() => {});
  }
}

/** What an attempt begins with. */
interface Beginning {
  readonly restored: Restorable | undefined;
  readonly trained: Trained | undefined;
  /** Attempts of before. */
  readonly before: readonly number[];
}

async function attemptWork(
  work: Work,
  lease: Lease,
  { restored, trained, before }: Beginning,
  options: ExecuteOptions,
): Promise<WorkEnding> {
  const { files, heart } = options;
  const kind = kindOf(work);
  const folder = attemptFolder(lease.workFolder, lease.attempt);
  const startedAt = new Date().toISOString();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  heart?.start(lease, () => stop.abort(new Error(`another process has taken this ${kind.name} over`)));
  const presence = announce(options.neighbors);
  let superseded = before;
  let attempt: Attempt | undefined;
  try {
    attempt = await openAttempt(files, folder, work.id, {
      restored,
      onProgress: options.onProgress,
      ...(work.kind !== 'training' && {
        rung: (report) => reportRung(files, options.experimentFolder, work, report),
      }),
      ...(trained && { trained }),
      // From here on this attempt can be resumed by itself: what earlier ones kept for that purpose may go.
      onCheckpoint: async () => {
        await clearAttempts(files, lease.workFolder, superseded);
        superseded = [];
      },
    });
    const from = restored && (restored.checkpoint.evaluation ?? restored.checkpoint.records);
    attempt.io.log(
      `attempt ${lease.attempt} at ${work.label} (${work.id}) on ${hostname()}, process ${process.pid}, ${startedAt}` +
        (from === undefined ? '' : `, from ${kind.unit} ${from} of attempt ${restored?.attempt}`),
    );
    options.onStart?.({ attempt: lease.attempt, folder, resumedFrom: from });
    const outcome = await perform(work, attempt.io, signal, options.perform, options.threads);
    attempt.io.log(`${outcome.state}: ${outcome.reason}`);
    const written = await attempt.finish();
    const result = resultOf(work, lease.attempt, outcome, written, {
      startedAt,
      shared: presence.shared || outcome.timing.shared === true,
    });
    if (!(await publish(files, lease, resultText(result))))
      return { kind: 'lost', by: await thief(files, lease) };
    await tidy(files, lease, [...before, lease.attempt]);
    const { state, reason } = outcome;
    return { kind: 'finished', state, reason, attempt: lease.attempt };
  } catch (error) {
    return await explain(storageError(folder, error), work, lease, attempt, options);
  } finally {
    presence.leave();
    heart?.stop();
  }
}

async function explain(
  error: unknown,
  work: Work,
  lease: Lease,
  attempt: Attempt | undefined,
  options: ExecuteOptions,
): Promise<WorkEnding> {
  const { files } = options;
  const { unit } = kindOf(work);
  const evaluation = attempt?.evaluation ?? 0;
  if (!(await holds(files, lease))) {
    await attempt?.abandon();
    return { kind: 'lost', by: await thief(files, lease) };
  }
  const storage = error instanceof StorageError;
  if (options.signal.aborted && !storage) {
    attempt?.io.log(`interrupted at ${unit} ${evaluation}`);
    await attempt?.abandon();
    return { kind: 'interrupted', evaluation };
  }
  const message = messageOf(error);
  attempt?.io.log(
    `failed at ${unit} ${evaluation}: ${error instanceof Error ? (error.stack ?? message) : message}`,
  );
  await attempt?.abandon();
  const failure: Failure = {
    message,
    log: join(attemptFolder(lease.workFolder, lease.attempt), 'log.txt'),
    command: options.command,
    evaluation,
    attempt: lease.attempt,
    at: new Date().toISOString(),
  };
  await writeFailure(files, lease.workFolder, failure).catch(() => {});
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

/** Frees what finished work needs no more; a failure here costs only room. */
async function tidy(files: Files, lease: Lease, attempts: readonly number[]): Promise<void> {
  try {
    await files.remove(join(attemptFolder(lease.workFolder, lease.attempt), 'checkpoint'));
    await clearAttempts(
      files,
      lease.workFolder,
      attempts.filter((attempt) => attempt !== lease.attempt),
    );
  } catch {}
}

/** Removes everything of superseded attempts but their logs and failures. */
async function clearAttempts(files: Files, folder: string, attempts: readonly number[]): Promise<void> {
  for (const attempt of attempts) {
    const old = attemptFolder(folder, attempt);
    const names = (await files.list(old)).filter((name) => !['log.txt', 'failure.json'].includes(name));
    // The checkpoint goes first: without it nothing looks for the trace and the pictures.
    const [first, others] = [names.filter(isCheckpoint), names.filter((name) => !isCheckpoint(name))];
    for (const name of [...first, ...others]) await files.remove(join(old, name));
  }
}

function isCheckpoint(name: string): boolean {
  return name === 'checkpoint';
}

async function thief(files: Files, lease: Lease): Promise<string> {
  const names = await files.list(lease.workFolder);
  return holder(leasesIn(names).at(-1));
}

/** The holder of a lease in words. */
export function holder(state: LeaseState | undefined): string {
  if (state?.owner === undefined) return 'another process';
  return `process ${state.owner.pid} on ${state.owner.host}`;
}
