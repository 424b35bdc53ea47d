/** Finished trials of other experiments, whose speed on this machine says how long new ones will take. */
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isKnownEncoder } from '../../encoders/registry.ts';
import type { TrialResult } from '../../experiment/result.ts';
import type { Files } from '../files.ts';
import { parseJson } from '../store.ts';

/** More than this would only make looking slow. */
const mostExperiments = 20;
const mostTrials = 30;

/**
 * Results of the experiments beside one, of those that changed last, as far as they come from this machine. Only their
 * timings are looked at: what is damaged or of another version is passed over.
 *
 * @param runs - the folder of all experiments
 * @param name - the experiment whose own trials are left out
 */
export async function resultsBeside(files: Files, runs: string, name: string): Promise<TrialResult[]> {
  const names = (await files.list(runs)).filter((other) => other !== name && !other.startsWith('.'));
  const dated = await Promise.all(
    names.map(async (other) => {
      const folder = join(runs, other, 'trials');
      return { folder, changed: await changedAt(folder) };
    }),
  );
  const latest = dated
    .filter(({ changed }) => changed > 0)
    .sort((a, b) => b.changed - a.changed)
    .slice(0, mostExperiments);
  const results: TrialResult[] = [];
  for (const { folder } of latest) {
    for (const id of (await files.list(folder)).slice(0, mostTrials)) {
      const bytes = await files.read(join(folder, id, 'result.json'));
      const result = bytes && (parseJson(bytes) as TrialResult | undefined);
      if (isUsable(result) && result.identity.host === hostname()) results.push(result);
    }
  }
  return results;
}

/** Milliseconds since 1970, 0 where there is no such folder. */
async function changedAt(folder: string): Promise<number> {
  return stat(folder).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

function isUsable(result: Partial<TrialResult> | undefined): result is TrialResult {
  const { config, timing, cost, identity } = result ?? {};
  return (
    typeof config?.encoder?.name === 'string' &&
    // One of a researcher's own is not known to other experiments.
    isKnownEncoder(config.encoder) &&
    (config.method === undefined || (config.method.kind === 'network' && result?.network !== undefined)) &&
    Array.isArray(config.losses) &&
    typeof timing?.evaluate === 'number' &&
    typeof cost?.evaluations === 'number' &&
    typeof identity?.host === 'string'
  );
}
