/**
 * The run store: what is where, and what counts. Files are the truth; nothing else is kept.
 *
 *     runs/<experiment>/experiment.json                  what was asked, and the store's version
 *                       plan.jsonl                       one line per training and trial of the current plan
 *                       trainings/<id>/…                 as trials/<id>/ (see work.ts)
 *                       trials/<id>/config.json
 *                                   lease-<n>@<owner>/   who runs it (see lease.ts)
 *                                   attempts/<n>/…       log.txt, trace.jsonl, images/, checkpoint/, failure.json
 *                                   scores.json          what was measured later (see later-scores.ts)
 *                                   result.json          written last: work is complete iff it is there and right
 *                       rungs/…                            reports of trials that may be pruned (see pruning.ts)
 *                       planning/                        who writes the plan (see alone.ts)
 *                       report/
 */
import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { NeckarError } from '../errors.ts';
import type { TrialResult } from '../experiment/result.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import type { Files } from './files.ts';
import { sha256 } from './hash.ts';
import { checkLaterScores, withLater } from './later-scores.ts';
import { firstLease, type Lease } from './lease.ts';
import { storeVersion } from './store-version.ts';
import {
  allWork,
  type KindOfWork,
  kindOf,
  type PlannedWork,
  type Work,
  type WorkResult,
  workFolder,
} from './work.ts';

/** What an experiment's folder says about itself. */
export interface StoredExperiment {
  readonly storeVersion: number;
  readonly name: string;
  /** SHA-256 over the ids of the plan's lines, in order. */
  readonly planHash: string;
  /**
   * Every list of overrides that the experiment was run with, [] for its file as written. Absent where an older Neckar
   * wrote it, of which only the file is known.
   */
  readonly asked?: readonly (readonly string[])[];
  /** The experiment's file, as it was named last. */
  readonly file?: string;
  /** The experiment as declared, resolved, if the planner gave it. */
  readonly declaration?: unknown;
}

/** Why an attempt failed: `failure.json`. */
export interface Failure {
  readonly message: string;
  /** Absolute path of the attempt's log. */
  readonly log: string;
  /** What to type to run it again. */
  readonly command: string;
  /** The last evaluation, or step of a training, that was reported. */
  readonly evaluation: number;
  readonly attempt: number;
  readonly at: string;
  /** The end of what the process printed, when it died. */
  readonly output?: string;
  /** The id of the training that a trial failed with, before it was begun itself. */
  readonly training?: string;
}

/** What a `result.json` is worth. */
export type ResultCheck<Result extends WorkResult = WorkResult> =
  | { readonly state: 'absent' }
  | {
      readonly state: 'valid';
      readonly result: Result;
      /** What is wrong with what was measured later; the result counts without it. */
      readonly damage?: string;
    }
  | { readonly state: 'corrupt'; readonly why: string };

/** Where a trial lies. */
export function trialFolder(experimentFolder: string, id: string): string {
  return join(experimentFolder, 'trials', id);
}

/** Where an attempt at a piece of work lies. */
export function attemptFolder(folder: string, attempt: number): string {
  return join(folder, 'attempts', String(attempt));
}

/**
 * What an experiment's folder says about itself, or undefined when there is none.
 * @throws NeckarError when it was written by a newer Neckar, DamagedFile when it cannot be understood
 */
export async function readExperiment(files: Files, folder: string): Promise<StoredExperiment | undefined> {
  const path = join(folder, 'experiment.json');
  const bytes = await files.read(path);
  if (bytes === undefined) return undefined;
  const experiment = parseJson(bytes) as StoredExperiment | undefined;
  if (typeof experiment?.storeVersion !== 'number' || typeof experiment.name !== 'string') {
    throw new DamagedFile(`"${path}" is damaged.`);
  }
  refuseNewer(experiment.storeVersion, path);
  return experiment;
}

/**
 * The trainings and trials of the current plan, in order.
 * @throws NeckarError when the folder holds no experiment, a newer one, or a damaged plan
 */
export async function readPlan(files: Files, folder: string): Promise<PlannedWork> {
  const experiment = await readExperiment(files, folder);
  const path = join(folder, 'plan.jsonl');
  const bytes = await files.read(path);
  if (experiment === undefined || bytes === undefined) {
    throw new NeckarError(
      `There are no runs in "${folder}". Run the experiment first, or name its folder with --runs.`,
    );
  }
  const lines = String(bytes)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseJson(line) as Work | undefined);
  const ids = lines.map((work) => work?.id).join('\n');
  if (sha256(ids) !== experiment.planHash) {
    throw new DamagedFile(`"${path}" is damaged: it is not the plan that experiment.json names.`);
  }
  const work = lines as Work[];
  return {
    trainings: work.flatMap((one) => (one.kind === 'training' ? [one] : [])),
    trials: work.flatMap((one) => (one.kind === 'training' ? [] : [one])),
  };
}

/** The lines of a plan's file, and the hash over their ids by which `experiment.json` names it. */
export function planText(plan: PlannedWork): { readonly text: string; readonly hash: string } {
  const work = allWork(plan);
  return {
    text: work.map((one) => `${canonicalJson(one)}\n`).join(''),
    hash: sha256(work.map(({ id }) => id).join('\n')),
  };
}

/** A file of the store cannot be understood. Running the experiment again mends the plan; results are kept. */
export class DamagedFile extends NeckarError {
  override readonly name = 'DamagedFile';

  constructor(message: string) {
    super(`${message} Run the experiment again: finished trials are kept.`, { exitCode: 1 });
  }
}

/** Makes the folder of a piece of work with its configuration and its lease, all at once. Does nothing when it is there. */
export async function createWork(files: Files, experimentFolder: string, work: Work): Promise<void> {
  const folder = workFolder(experimentFolder, work);
  if ((await files.size(folder)) !== undefined) return;
  const draft = join(
    experimentFolder,
    kindOf(work).folder,
    `.${work.id}.${randomBytes(6).toString('hex')}.tmp`,
  );
  await files.folder(join(draft, firstLease));
  await files.scribble(join(draft, firstLease, 'heartbeat'), '\n');
  await files.write(join(draft, 'config.json'), configText(work));
  if (!(await files.move(draft, folder))) await files.remove(draft);
}

/** Writes a `config.json` again if it is not what it should be. Only for the holder of the lease. */
export async function mendConfig(files: Files, folder: string, work: Work): Promise<void> {
  await writeIfChanged(files, join(folder, 'config.json'), configText(work));
}

function configText(work: Work): string {
  return `${JSON.stringify({ storeVersion, ...work }, undefined, 2)}\n`;
}

/** The text of `result.json`: the result with its checksum. */
export function resultText(result: WorkResult): string {
  const { checksum: _, ...rest } = result;
  return `${JSON.stringify({ ...rest, checksum: checksumOf(rest) }, undefined, 2)}\n`;
}

function checksumOf(result: object): string {
  // Through JSON once: what a reader finds (numbers that are none become null) is what is hashed.
  return sha256(canonicalJson(JSON.parse(JSON.stringify(result))));
}

/**
 * The result in a folder, and whether it and its artefacts are what was written.
 *
 * @param kind - what lies in the folder
 * @param verify - `sizes`: artefacts are there and as long as they were; `hashes`: and hold the same bytes
 * @throws NeckarError when the result was written by a newer Neckar
 */
export async function checkResult<Result extends WorkResult>(
  files: Files,
  folder: string,
  kind: KindOfWork<Result>,
  verify: 'sizes' | 'hashes' = 'sizes',
): Promise<ResultCheck<Result>> {
  const path = join(folder, 'result.json');
  const bytes = await files.read(path);
  if (bytes === undefined) return { state: 'absent' };
  const parsed = parseJson(bytes) as Result | undefined;
  if (typeof parsed !== 'object' || parsed === null || typeof parsed.storeVersion !== 'number') {
    return { state: 'corrupt', why: `result.json is not a result (${bytes.length} bytes)` };
  }
  refuseNewer(parsed.storeVersion, path);
  const { checksum, ...rest } = parsed;
  if (checksum === undefined ? parsed.storeVersion >= 1 : checksum !== checksumOf(rest)) {
    return { state: 'corrupt', why: 'result.json does not match its checksum' };
  }
  const known = kind.states.includes(parsed.state) && typeof parsed.attempt === 'number';
  if (!known || typeof parsed.artefacts !== 'object' || parsed.id !== basename(folder)) {
    return { state: 'corrupt', why: `result.json is not the result of this ${kind.name}` };
  }
  const why = await damagedArtifact(files, folder, parsed, verify);
  if (why !== undefined) return { state: 'corrupt', why };
  const total = parsed.final?.total ?? Number.NaN;
  const result = { ...parsed, final: { ...parsed.final, total } };
  // Only trials are measured.
  if (!isTrialResult(result)) return { state: 'valid', result };
  const { scores: later, damage } = await checkLaterScores(files, folder, result);
  const scores = withLater(result.scores, later);
  return { state: 'valid', result: { ...result, scores }, ...(damage !== undefined && { damage }) };
}

function isTrialResult<Result extends WorkResult>(result: Result): result is Result & TrialResult {
  return 'images' in result;
}

async function damagedArtifact(
  files: Files,
  folder: string,
  result: WorkResult,
  verify: 'sizes' | 'hashes',
): Promise<string | undefined> {
  for (const [path, hash] of Object.entries(result.artefacts)) {
    const absolute = join(attemptFolder(folder, result.attempt), path);
    const size = await files.size(absolute);
    const expected = result.artefactBytes?.[path];
    if (size === undefined) return `${path} is missing`;
    if (expected !== undefined && size !== expected) return `${path} has ${size} bytes, not ${expected}`;
    if (verify === 'hashes' && sha256((await files.read(absolute)) ?? '') !== hash) {
      return `${path} is not the file that was written`;
    }
  }
  return undefined;
}

/**
 * Sets a corrupt result aside as `result.json.corrupt-<k>`, by way of the lease's folder: who has lost the lease finds
 * that folder gone, and cannot set the heir's result aside. Returns the new name, or undefined when the lease is lost.
 */
export async function quarantine(files: Files, lease: Lease): Promise<string | undefined> {
  const folder = lease.workFolder;
  const taken = (await files.list(folder)).filter((name) => name.startsWith('result.json.corrupt-')).length;
  const name = `result.json.corrupt-${taken + 1}`;
  const between = join(lease.folder, 'corrupt.json');
  if (!(await files.move(join(folder, 'result.json'), between))) return undefined;
  return (await files.move(between, join(folder, name))) ? name : undefined;
}

/** Numbers of the attempts at a piece of work, ascending. */
export async function attemptsOf(files: Files, folder: string): Promise<number[]> {
  const names = await files.list(join(folder, 'attempts'));
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Why an attempt failed, if it left word. */
export async function readFailure(
  files: Files,
  folder: string,
  attempt: number,
): Promise<Failure | undefined> {
  const path = join(attemptFolder(folder, attempt), 'failure.json');
  const bytes = await files.read(path);
  if (bytes === undefined) return undefined;
  const failure = parseJson(bytes) as Failure | undefined;
  if (typeof failure?.message === 'string') return failure;
  const log = join(attemptFolder(folder, attempt), 'log.txt');
  return {
    message: 'the note about the failure is damaged',
    log,
    command: '',
    evaluation: 0,
    attempt,
    at: '',
  };
}

/** The value of a JSON text, or undefined when it is none. */
export function parseJson(text: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : new TextDecoder().decode(text));
  } catch {
    return undefined;
  }
}

function refuseNewer(version: number, path: string): void {
  if (version <= storeVersion) return;
  throw new NeckarError(
    `"${path}" was written by a newer Neckar (store version ${version}; this one reads up to ${storeVersion}). Update Neckar, or choose another folder with --runs.`,
  );
}

async function writeIfChanged(files: Files, path: string, text: string): Promise<void> {
  const before = await files.read(path);
  if (before === undefined || String(before) !== text) await files.write(path, text);
}
