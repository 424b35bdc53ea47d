/**
 * What a stretch of work cost in joules, by the processors' own counters (Intel's and AMD's RAPL, as Linux shows them
 * under /sys/class/powercap). They count whole processor packages: whatever else ran meanwhile is in them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Energy } from '../experiment/result.ts';

export interface EnergyMeter {
  /** Joules since the meter was started, and stops it; further calls repeat the answer. */
  stop(): Energy;
}

/** Counters go round at some 260 kJ, which a busy package reaches in half an hour. */
const readingInterval = 60_000;

/** Starts to count. Never fails: where there is nothing to read, the meter's answer says why. */
export function startEnergyMeter(folder = '/sys/class/powercap'): EnergyMeter {
  let counters: Counter[];
  try {
    counters = packages(folder);
  } catch (error) {
    const refused = reason((error as NodeJS.ErrnoException).code);
    return { stop: () => ({ refused }) };
  }
  const timer = setInterval(() => {
    for (const counter of counters) advance(counter);
  }, readingInterval);
  timer.unref();
  let answer: Energy | undefined;
  return {
    stop() {
      if (answer !== undefined) return answer;
      clearInterval(timer);
      for (const counter of counters) advance(counter);
      const lost = counters.some(({ failed }) => failed);
      const joules = counters.reduce((sum, { microjoules }) => sum + microjoules, 0) / 1e6;
      answer = lost
        ? { refused: 'Not measured: the processor’s energy counter could not be read to the end.' }
        : { joules, source: 'rapl-package' };
      return answer;
    },
  };
}

interface Counter {
  readonly file: string;
  /** The value after which it begins again, in microjoules. */
  readonly range: number;
  last: number;
  microjoules: number;
  failed: boolean;
}

function packages(folder: string): Counter[] {
  // `intel-rapl:0` is a package, `intel-rapl:0:1` a part of it; AMD's go by the same names.
  const zones = readdirSync(folder).filter((name) => /^[a-z]+-rapl:\d+$/.test(name));
  const counters = zones
    .map((zone) => join(folder, zone))
    // `psys` holds the packages once more.
    .filter((zone) => readFileSync(join(zone, 'name'), 'utf8').startsWith('package'))
    .map((zone) => {
      const file = join(zone, 'energy_uj');
      return {
        file,
        range: numberIn(join(zone, 'max_energy_range_uj')),
        last: numberIn(file),
        microjoules: 0,
        failed: false,
      };
    });
  if (counters.length === 0) throw Object.assign(new Error('no counters'), { code: 'ENOENT' });
  return counters;
}

function advance(counter: Counter): void {
  try {
    const now = numberIn(counter.file);
    counter.microjoules += now >= counter.last ? now - counter.last : now + counter.range - counter.last;
    counter.last = now;
  } catch {
    counter.failed = true;
  }
}

function numberIn(file: string): number {
  const value = Number(readFileSync(file, 'utf8'));
  if (!Number.isFinite(value)) throw new Error(`no number in ${file}`);
  return value;
}

function reason(code: string | undefined): string {
  if (code === 'EACCES' || code === 'EPERM') {
    return 'Not measured: the processor’s energy counters (/sys/class/powercap) may be read by root only here.';
  }
  return 'Not measured: this machine shows no energy counters of its processor (/sys/class/powercap).';
}
