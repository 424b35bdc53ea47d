/** What the tests of the run store share: folders that vanish, plans of fake trials, and simulated deaths. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type ExecuteOptions, executeWork, type WorkEnding } from '../../src/runs/execute.ts';
import { diskFiles, type FaultHook, type Files } from '../../src/runs/files.ts';
import { sha256 } from '../../src/runs/hash.ts';
import { type IdentifiedTrial, identifyWork } from '../../src/runs/identity.ts';
import { type Owner, thisProcess } from '../../src/runs/owner.ts';
import { writePlan } from '../../src/runs/plan-files.ts';
import type { ExperimentPlan } from '../../src/runs/run.ts';
import type { PlannedWork, Work } from '../../src/runs/work.ts';
import { fakeConfig, performTraining, performTrial } from './fake-trial.ts';

/** The module that workers load instead of real transfer. */
export const fakeModule: string = new URL('./fake-trial.ts', import.meta.url).href;

/** Thousands of fsyncs are quick in memory. */
const memoryDisk = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A new folder, in memory where that can be had, removed when the test ends. */
export async function temporaryFolder(t: ExecutionContext, base = memoryDisk): Promise<string> {
  const folder = await mkdtemp(join(base, 'neckar-runs-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A plan of fake trials, one per entry; its image lies in the folder. */
export async function fakePlan(
  folder: string,
  trials: readonly Parameters<typeof fakeConfig>[1][],
): Promise<ExperimentPlan> {
  const content = join(folder, 'content.png');
  await writeFile(content, 'not looked at');
  return {
    name: 'fake',
    trials: trials.map((options, i) => ({
      label: `trial ${i + 1}`,
      config: fakeConfig(content, { seed: i + 1, ...options }),
    })),
  };
}

/** An experiment's folder with its plan written, and its trials. */
export async function plannedFolder(
  folder: string,
  trials: readonly Parameters<typeof fakeConfig>[1][],
): Promise<PlannedWork & { folder: string; trials: readonly IdentifiedTrial[] }> {
  const plan = await fakePlan(folder, trials);
  const identified = await identifyWork(plan.trials);
  const experiment = join(folder, 'runs', 'fake');
  await writePlan(diskFiles(), experiment, { name: 'fake', ...identified });
  return { folder: experiment, ...identified };
}

let processes = 0;

/** Executes a trial or training in this process, as if it were alone on the machine. */
export function execute(
  experimentFolder: string,
  work: Work,
  options: Partial<ExecuteOptions> = {},
): Promise<WorkEnding> {
  return executeWork(work, {
    files: diskFiles(),
    experimentFolder,
    perform: { performTrial, performTraining },
    signal: new AbortController().signal,
    command: `neckar retry fake ${work.id}`,
    neighbors: join(experimentFolder, '..', `neighbours-${++processes}`),
    ...options,
  });
}

/**
 * A process that dies before its n-th I/O step: from then on nothing it does reaches the disk, or comes back. `owner`
 * is what it is called in leases: a process of this machine that lives no more.
 */
export function mortal(at: number): { files: Files; owner: Owner; died: Promise<'died'> } {
  let die: (what: 'died') => void = () => {};
  const died = new Promise<'died'>((resolve) => {
    die = resolve;
  });
  const hook: FaultHook = async ({ number }) => {
    if (number < at) return;
    die('died');
    await new Promise((resolve) => graveyard.push(resolve));
  };
  return { files: diskFiles(hook), owner: deadOwner(), died };
}

/** Keeps what the dead held: a file handle that nobody can reach any more would be closed with a warning. */
const graveyard: unknown[] = [];

/** The name of a process of this machine that is gone. */
export function deadOwner(): Owner {
  processes++;
  // Process 2^22 is above Linux's largest pid.
  return { ...thisProcess(), pid: 4_194_305, started: '1', token: `dead${processes}` };
}

/** Every file below a folder by relative path, temporary ones and leases left out. */
export async function filesBelow(folder: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (!entry.isFile() || /(^|\/)\./.test(name) || name.includes('lease-')) continue;
    found.set(name, await readFile(path));
  }
  return found;
}

/**
 * What a finished trial, or training, amounts to, for comparison: SHA-256 of its artefacts' bytes, and the result without what may
 * differ (attempt, times of day, who else ran, checksum).
 */
export async function outcomeOf(
  experimentFolder: string,
  id: string,
  kind = 'trials',
): Promise<Record<string, string>> {
  const folder = join(experimentFolder, kind, id);
  const result = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'));
  const { attempt, startedAt: _, finishedAt: __, checksum: ___, ...lasting } = result;
  delete lasting.timing.shared;
  const outcome: Record<string, string> = { 'result.json': JSON.stringify(lasting) };
  for (const path of Object.keys(result.artefacts)) {
    outcome[path] = sha256(await readFile(join(folder, 'attempts', String(attempt), path)));
  }
  return outcome;
}
