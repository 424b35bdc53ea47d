/** The memory of the process that a trial runs in: the trial's peak, and what is not the trial's. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Starts the peak anew, without what earlier trials left to be collected, so that a process that runs several trials
 * gives each its own (Linux only; elsewhere nothing is reset).
 */
export function resetPeakMemory(): void {
  collectGarbage();
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux, or not permitted: the peak is then the process's whole life's.
  }
}

/** Peak resident memory in bytes since `resetPeakMemory`, or of the process's whole life, without what is kept apart. */
export function peakMemory(): number {
  return Math.max(0, wholePeak() - apart);
}

function wholePeak(): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line !== null) return Number(line[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

let apart = 0;

/** Resident bytes that stay from trial to trial and are none's. */
export function memoryApart(): number {
  return apart;
}

/**
 * Does work between two trials whose outcome stays in memory, such as a network that judges all pictures: what the
 * process has grown by afterwards counts in no later trial's peak. To be used for all such work, as what it frees is
 * taken off again.
 */
export function keptApart<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = last.then(async () => {
    const before = residentMemory();
    try {
      return await work();
    } finally {
      apart = Math.max(0, apart + residentMemory() - before);
    }
  });
  last = result.catch(() => {});
  return result;
}

/** One after the other, as each would count what another takes meanwhile. */
let last: Promise<unknown> = Promise.resolve();

/** What the process holds beside JavaScript's heap, whose room any work takes and leaves to the next, and its garbage. */
function residentMemory(): number {
  collectGarbage();
  const { rss, heapTotal } = process.memoryUsage();
  return rss - heapTotal;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // Buffers go beside the program's run; the next collection waits for that.
  collect();
}
