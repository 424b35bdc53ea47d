/** How fast this machine's processor convolves, measured once and remembered. */
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir, loadavg } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { writeFileAtomically } from '../platform/write.ts';
import { packageVersion, processorName, threadCount } from './device.ts';
import { quickPeak } from './peak.ts';

export interface MachineSpeed {
  /** Floating-point operations a second, over all threads. */
  readonly operations: number;
  readonly threads: number;
}

/** Milliseconds after which a measurement is taken again. */
const day = 24 * 3600 * 1000;

interface Remembered {
  /** The fastest so far. */
  readonly gflops: number;
  /** When it was last measured while little else ran, in milliseconds since 1970; 0: never. */
  readonly at: number;
}

/**
 * The speed of the processor with all threads: remembered from the last day, else measured, in about a tenth of a
 * second beside starting onnxruntime. Of several measurements the fastest counts, as a busy machine is slower, and none
 * is faster than it is; what was measured while others computed is measured again the next time.
 *
 * @param options.file - where it is remembered; default: `neckar/speed.json` in the user's cache (XDG Base Directory
 *   Specification)
 * @returns undefined where it cannot be measured
 */
export async function machineSpeed(
  options: {
    readonly file?: string;
    readonly now?: () => number;
    readonly measure?: (threads: number) => Promise<{ readonly gflops: number }>;
    /** Processes that want to compute, on average over a minute. */
    readonly load?: () => number;
  } = {},
): Promise<MachineSpeed | undefined> {
  const { file = defaultFile(), now = Date.now, measure = quickPeak } = options;
  const load = (options.load ?? (() => loadavg()[0]!))();
  const threads = threadCount(undefined);
  const key = `${processorName(threads)}, onnxruntime ${packageVersion('onnxruntime-node')}`;
  const all = read(file);
  const known = all[key];
  if (known !== undefined && now() - known.at < day && known.at <= now()) return speedOf(known, threads);
  try {
    const { gflops } = await measure(threads);
    const best: Remembered = {
      gflops: Math.max(gflops, known?.gflops ?? 0),
      at: load > threads / 2 ? 0 : now(),
    };
    await remember(file, { ...all, [key]: best });
    return speedOf(best, threads);
  } catch {
    return known && speedOf(known, threads);
  }
}

function speedOf({ gflops }: Remembered, threads: number): MachineSpeed {
  return { operations: gflops * 1e9, threads };
}

function defaultFile(): string {
  const { XDG_CACHE_HOME: cache } = process.env;
  const base = cache !== undefined && isAbsolute(cache) ? cache : join(homedir(), '.cache');
  return join(base, 'neckar', 'speed.json');
}

/** What is remembered, by machine; whatever is no such thing is as good as nothing. */
function read(file: string): Record<string, Remembered> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(
      Object.entries(parsed as Record<string, Partial<Remembered> | null>).flatMap(([key, one]) =>
        typeof one?.gflops === 'number' && one.gflops > 0 && typeof one.at === 'number'
          ? [[key, { gflops: one.gflops, at: one.at }]]
          : [],
      ),
    );
  } catch {
    return {};
  }
}

/** Where it cannot be written, it is measured again next time. */
async function remember(file: string, all: Record<string, Remembered>): Promise<void> {
  try {
    mkdirSync(dirname(file), { recursive: true });
    await writeFileAtomically(file, `${JSON.stringify(all, undefined, 2)}\n`);
  } catch {}
}
