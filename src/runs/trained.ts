/** What becomes of a trial by the trainings that it needs: it has them, waits for one, or has failed with one. */
import { basename, join, resolve } from 'node:path';
import type { TrainingResult } from '../experiment/training.ts';
import { quoted } from '../platform/shell.ts';
import type { Files } from './files.ts';
import { readLease } from './lease.ts';
import { isGone } from './owner.ts';
import { attemptFolder, attemptsOf, checkResult, type Failure, parseJson, readFailure } from './store.ts';
import { folderOf, needsOf, trainingKind, type Work } from './work.ts';

/** A finished training, and the absolute path of the parameters that it made. */
export interface Trained {
  readonly result: TrainingResult;
  readonly file: string;
}

/** A training as far as its trials must know it. */
interface Needed {
  readonly id: string;
  readonly label: string;
  readonly folder: string;
}

/**
 * The failure of a trial whose training failed or diverged, in a sentence that names the training.
 *
 * @param why - its failure, or the result by which it diverged
 */
export function failureOfNeed(
  { id, label, folder }: Needed,
  why: Failure | Pick<TrainingResult, 'state' | 'reason' | 'attempt'>,
): Failure {
  const known = { training: id, evaluation: 0, attempt: 0, at: new Date().toISOString() };
  const who = `the ${label} (${id}), which it needs,`;
  if (!('state' in why)) return { ...why, ...known, message: `${who} failed: ${why.message}` };
  return {
    ...known,
    message: `${who} diverged: ${why.reason}`,
    log: join(attemptFolder(folder, why.attempt), 'log.txt'),
    command: `neckar retry ${quoted(basename(resolve(folder, '..', '..')))} ${id}`,
  };
}

/** What the files say of the trainings that a piece of work needs, artefacts compared with their hashes. */
export async function lookAtNeeds(
  files: Files,
  experimentFolder: string,
  work: Work,
): Promise<
  | { readonly trained: Trained | undefined }
  /** The id of one that is not complete. */
  | { readonly missing: string }
  | { readonly failure: Failure }
> {
  let trained: Trained | undefined;
  for (const id of needsOf(work)) {
    const folder = folderOf(experimentFolder, trainingKind, id);
    const check = await checkResult(files, folder, trainingKind, 'hashes');
    if (check.state === 'valid' && check.result.state === 'complete') {
      const { attempt, weights } = check.result;
      trained ??= { result: check.result, file: join(attemptFolder(folder, attempt), weights.path) };
      continue;
    }
    const why = check.state === 'valid' ? check.result : await failureIn(files, folder);
    if (why === undefined || check.state === 'corrupt') return { missing: id };
    return { failure: failureOfNeed({ id, label: await labelOf(files, folder), folder }, why) };
  }
  return { trained };
}

/** Why a training's last attempt failed; undefined where another is being made. */
async function failureIn(files: Files, folder: string): Promise<Failure | undefined> {
  const attempt = (await attemptsOf(files, folder)).at(-1);
  if (attempt === undefined) return undefined;
  const lease = await readLease(files, folder);
  if (lease?.owner !== undefined && !isGone(lease.owner)) return undefined;
  return await readFailure(files, folder, attempt);
}

async function labelOf(files: Files, folder: string): Promise<string> {
  const bytes = await files.read(join(folder, 'config.json'));
  const training = bytes === undefined ? undefined : (parseJson(bytes) as { label?: string } | undefined);
  return training?.label ?? 'training';
}
