/** The time of each operation, as onnxruntime writes it down, added up part by part. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { median } from '../../median.ts';
import type { Profile } from '../engine.ts';

/** What onnxruntime writes (Chrome's trace event format), as far as it is read here; times in microseconds. */
export interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
}

/** Where one session writes its times down. */
export interface Profiler {
  readonly sessionOptions: Pick<InferenceSession.SessionOptions, 'enableProfiling' | 'profileFilePrefix'>;
  /**
   * Stops writing down; from then on runs cost nothing more.
   * @param owners - node names to the part that the node belongs to
   */
  end(session: InferenceSession, owners: ReadonlyMap<string, string>): Promise<Profile>;
  /** Removes what was written. */
  dispose(): Promise<void>;
}

/** A profiler that writes into a folder of its own, or undefined where no such folder can be made. */
export async function startProfiler(): Promise<Profiler | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-profile-')).catch(() => undefined);
  if (folder === undefined) return undefined;
  const dispose = () => rm(folder, { recursive: true, force: true });
  return {
    sessionOptions: { enableProfiling: true, profileFilePrefix: join(folder, 'profile') },
    async end(session, owners) {
      session.endProfiling();
      try {
        const [file] = await readdir(folder);
        const events = JSON.parse(await readFile(join(folder, file!), 'utf8')) as ProfileEvent[];
        return profileOf(events, owners);
      } finally {
        await dispose();
      }
    },
    dispose,
  };
}

/**
 * What one run consists of, by the times of all runs but the first, which is slower than the others. Of each
 * operation the median over the runs counts: that something else held the machine up for a moment is nobody's.
 *
 * The runtime fuses nodes and gives them new layouts, and its new nodes bear the names of the old ones or of what they
 * compute. Only its conversions between layouts have names of their own: they are run just before what needs them,
 * and count as its work.
 *
 * @param owners - node names (`Conv v12`) to the part that the node belongs to
 */
export function profileOf(events: readonly ProfileEvent[], owners: ReadonlyMap<string, string>): Profile {
  const runs = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const counted = runs.slice(1);
  if (counted.length === 0) return { runs: 0, total: 0, seconds: {} };
  const ownerOfValue = new Map([...owners].map(([name, owner]) => [madeBy(name), owner]));
  // In the order of the first run that counts, which is that of all.
  const times = new Map<string, number[]>();
  for (const { cat, name, ts, dur } of [...events].sort((a, b) => a.ts - b.ts)) {
    if (cat !== 'Node' || !name.endsWith(kernelSuffix) || ts < counted[0]!.ts) continue;
    const node = name.slice(0, -kernelSuffix.length);
    const known = times.get(node);
    if (known === undefined) times.set(node, [dur / 1e6]);
    else known.push(dur / 1e6);
  }
  const seconds: Record<string, number> = {};
  let claimed = 0;
  let waiting = 0;
  for (const [node, durations] of times) {
    const usual = median(durations);
    claimed += usual;
    waiting += usual;
    const value = madeBy(node);
    if (value === undefined) continue;
    const owner = ownerOfValue.get(value);
    if (owner !== undefined) seconds[owner] = (seconds[owner] ?? 0) + waiting;
    waiting = 0;
  }
  // A sum of medians may exceed the median of sums.
  const total = Math.max(claimed, median(counted.map(({ dur }) => dur / 1e6)));
  return { runs: counted.length, total, seconds };
}

const kernelSuffix = '_kernel_time';

/** The value that a node makes, from its name: `v12` of `Conv v12` and `v12_nchwc`, and outputs under their own. */
function madeBy(node: string): string | undefined {
  if (node.startsWith('output ')) return node;
  return /(?:^|\s)(v\d+)(?![0-9])/.exec(node)?.[1];
}
