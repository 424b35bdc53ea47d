/** The process's peak memory, resettable where the system allows it. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Starts the peak anew, so that a process that runs several trials gives each its own (Linux only; else no-op). */
export function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux, or not permitted: the peak is then the process's whole life's.
  }
}

/** Peak resident memory in bytes since `resetPeakMemory`, or of the process's whole life. */
export function peakMemory(): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line !== null) return Number(line[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
