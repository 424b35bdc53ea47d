/**
 * Bringing another machine's runs into these. What is finished there and not here is taken over through the lease, as if
 * it had been done here; what is finished in both is compared. Nothing that is finished is ever written over.
 */
import { join } from 'node:path';
import { NeckarError } from '../errors.ts';
import { sameSettings } from '../experiment/additions.ts';
import type { TrialResult } from '../experiment/result.ts';
import { holder } from './execute.ts';
import { diskFiles, type Files } from './files.ts';
import { clearDamagedScores } from './later-scores.ts';
import { claim, publish, release } from './lease.ts';
import { writePlan } from './plan-files.ts';
import {
  attemptFolder,
  attemptsOf,
  checkResult,
  createWork,
  parseJson,
  readExperiment,
  readPlan,
  resultText,
} from './store.ts';
import { allWork, type KindOfWork, kindOf, kinds, type Work, type WorkResult, workFolder } from './work.ts';

/** A trial or training that both have finished, otherwise. */
export interface MergeConflict {
  readonly id: string;
  readonly label: string;
  /** What is otherwise, such as `images/final.png`. */
  readonly differs: readonly string[];
}

export interface MergeSummary {
  readonly name: string;
  /** Finished there, and here now as well. */
  readonly taken: readonly string[];
  /** Finished in both, with the same pictures. */
  readonly same: number;
  /** Not finished there, or damaged: nothing to take. */
  readonly unfinished: number;
  /** Left as they are here. */
  readonly conflicts: readonly MergeConflict[];
  /** Sentences about what could not be taken. */
  readonly notes: readonly string[];
}

/**
 * Merges one experiment's folder into another.
 *
 * @param from - the experiment's folder of the other store; it is only read
 * @param to - its folder here; made where there is none
 * @throws NeckarError when there is no experiment in `from`, either was written by a newer Neckar, or the disk refuses:
 *   what was taken before stays, whole
 */
export async function mergeExperiment(
  from: string,
  to: string,
  files: Files = diskFiles(),
): Promise<MergeSummary> {
  const theirs = await readPlan(files, from);
  const experiment = (await readExperiment(files, from))!;
  const notes = await mergePlan(from, to, files);
  const planned = new Map(allWork(theirs).map((work) => [work.id, work]));
  const taken: string[] = [];
  const conflicts: MergeConflict[] = [];
  let same = 0;
  let unfinished = 0;
  for (const kind of kinds) {
    const there = new Set(await files.list(join(from, kind.folder)));
    // As planned; what is stale after that.
    for (const id of new Set([...[...planned.keys()].filter((one) => there.has(one)), ...there])) {
      const source = join(from, kind.folder, id);
      const check = await checkResult(files, source, kind, 'hashes');
      const work = planned.get(id) ?? (await storedWork(files, source));
      if (check.state !== 'valid' || work === undefined) {
        unfinished++;
        continue;
      }
      const outcome = await take(files, source, to, work, check.result);
      if (outcome === 'taken') taken.push(work.label);
      else if (outcome === 'same') same++;
      else if (typeof outcome === 'string') notes.push(outcome);
      else conflicts.push({ id, label: work.label, differs: outcome });
    }
  }
  await copyNew(files, join(from, 'inputs'), join(to, 'inputs'));
  return { name: experiment.name, taken, same, unfinished, conflicts, notes };
}

/** The plan here, with what only the other store plans; made where there is none. */
async function mergePlan(from: string, to: string, files: Files): Promise<string[]> {
  const [theirs, here] = [await readExperiment(files, from), await readExperiment(files, to)];
  const plan = await readPlan(files, from);
  const { name, declaration, file } = theirs!;
  const asked = theirs!.asked ?? [[]];
  // A plan that was not written to its end, or is damaged, is as if it were not there.
  const own = here && (await readPlan(files, to).catch(unlessDamaged));
  if (here === undefined || own === undefined) {
    return await writePlan(files, to, { name, declaration, ...(file && { file }), asked, ...plan });
  }
  const known = here.asked ?? [[]];
  const added = asked.filter((one) => !known.some((other) => sameSettings(one, other)));
  const ids = new Set(own.trials.map(({ id }) => id));
  const trials = plan.trials.filter(
    ({ id, settings = [] }) => !ids.has(id) && added.some((one) => sameSettings(one, settings)),
  );
  if (trials.length === 0) return [];
  return await writePlan(files, to, {
    name: here.name,
    declaration: here.declaration,
    asked: [...known, ...added],
    trials: [...own.trials, ...trials],
    trainings: [...own.trainings, ...plan.trainings],
  });
}

function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof NeckarError)) throw error;
}

/** What the folder of stale work says it is. */
async function storedWork(files: Files, folder: string): Promise<Work | undefined> {
  const bytes = await files.read(join(folder, 'config.json'));
  const work =
    bytes === undefined ? undefined : (parseJson(bytes) as (Work & { storeVersion?: number }) | undefined);
  if (work?.config === undefined) return undefined;
  const { storeVersion: _, ...rest } = work;
  return rest as Work;
}

/** Takes over finished work; returns what differs where both have finished it, or a sentence where it cannot be had. */
async function take(
  files: Files,
  source: string,
  to: string,
  work: Work,
  result: WorkResult,
): Promise<'taken' | 'same' | string | readonly string[]> {
  const folder = workFolder(to, work);
  const kind = kindOf(work);
  const before = await finishedHere(files, folder, kind);
  if (before !== undefined) return compared(before, result);
  await createWork(files, to, work);
  const lease = await claim(files, folder, { lastAttempt: (await attemptsOf(files, folder)).at(-1) });
  if ('heldBy' in lease) {
    return `${work.label} was not taken: ${holder(lease.heldBy)} is at work at it here. Merge again once that has ended.`;
  }
  try {
    // Somebody may have finished it while the lease was being had.
    const meanwhile = await finishedHere(files, folder, kind);
    if (meanwhile !== undefined) return compared(meanwhile, result);
    const [there, here] = [attemptFolder(source, result.attempt), attemptFolder(folder, lease.attempt)];
    await files.folder(here);
    for (const path of [...Object.keys(result.artefacts), 'log.txt']) {
      const bytes = await files.read(join(there, path));
      if (bytes === undefined) continue;
      await files.folder(join(here, path, '..'));
      await files.write(join(here, path), bytes);
    }
    const scores = await files.read(join(source, 'scores.json'));
    if (scores !== undefined) await files.write(join(folder, 'scores.json'), scores);
    // Scores that were measured later are read into a result; the file of them goes with it, the result stays as it was.
    const stored = parseJson((await files.read(join(source, 'result.json'))) ?? '') as WorkResult;
    if (!(await publish(files, lease, resultText({ ...stored, attempt: lease.attempt })))) {
      return `${work.label} was not taken: another process took it over meanwhile. Merge again.`;
    }
    if (work.kind !== 'training') await clearDamagedScores(files, folder, result as TrialResult);
    return 'taken';
  } finally {
    await release(files, lease).catch(() => {});
  }
}

async function finishedHere(files: Files, folder: string, kind: KindOfWork): Promise<WorkResult | undefined> {
  const check = await checkResult(files, folder, kind, 'hashes');
  return check.state === 'valid' ? check.result : undefined;
}

/**
 * What two results of the same work differ in. Traces say how long each evaluation took, so that no two are the same bytes:
 * what counts is what was made.
 */
function compared(here: WorkResult, there: WorkResult): 'same' | readonly string[] {
  const made = ({ artefacts }: WorkResult) => Object.keys(artefacts).filter((path) => path !== 'trace.jsonl');
  const paths = [...new Set([...made(here), ...made(there)])].sort();
  const differs = paths.filter((path) => here.artefacts[path] !== there.artefacts[path]);
  if (here.state !== there.state) differs.unshift(`its end (${here.state} here, ${there.state} there)`);
  return differs.length === 0 ? 'same' : differs;
}

async function copyNew(files: Files, from: string, to: string): Promise<void> {
  const names = await files.list(from);
  if (names.length === 0) return;
  await files.folder(to);
  const there = new Set(await files.list(to));
  for (const name of names) {
    if (there.has(name)) continue;
    const bytes = await files.read(join(from, name));
    if (bytes !== undefined) await files.write(join(to, name), bytes);
  }
}
