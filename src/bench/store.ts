/** `neckar bench --store`: what planning, scheduling and storing cost beside the work itself. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { contents, styles } from '../../fixtures/index.ts';
import type { ExperimentInput } from '../experiment/define.ts';
import { type Plan, planTrials } from '../experiment/plan.ts';
import { grid } from '../experiment/sweep.ts';
import type { TraceRecord } from '../experiment/trial.ts';
import { median } from '../median.ts';
import { moduleBeside, nodeArguments } from '../platform/modules.ts';
import { openAttempt } from '../runs/attempt.ts';
import { diskFiles } from '../runs/files.ts';
import { runExperiment } from '../runs/run.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { row } from './rows.ts';
import { trialSeconds } from './store-trial.ts';

/**
 * Measures in a temporary folder on this machine's disk: the time of trials that only write, each in a process of
 * its own; two real trials one after the other and side by side; single writes to the trace; the planning of 10 000
 * trials.
 *
 * @throws NeckarError when a trial fails
 */
export async function runStoreBench(options: BenchOptions): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-bench-'));
  const parts: Record<string, () => Promise<number[]>> = {
    'trials that only write': () => writingTrials(folder, options.quick ? 2 : 4, options.signal),
    'two trials, one after the other': () => twoTrials(folder, 1, options),
    'two trials, side by side': () => twoTrials(folder, 2, options),
    'trace records': () => traceWrites(join(folder, 'attempt'), 5000),
    'a plan of 10 000 trials': () => planning(folder, options.quick ? 1 : 3, options.signal),
    'its dry run': () => dryRuns(folder, options.quick ? 1 : 3, options.signal),
  };
  const seconds: Record<string, number[]> = {};
  try {
    for (const [index, [title, part]] of Object.entries(parts).entries()) {
      options.onProgress?.(title, index, Object.keys(parts).length);
      seconds[title] = await part();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const of = (title: keyof typeof parts) => seconds[title]!;
  const overhead = median(of('trials that only write'));
  const alone = median(of('two trials, one after the other'));
  const beside = median(of('two trials, side by side'));
  const writes = of('trace records').map((write) => write * 1e3);
  const latest = [...writes].sort((a, b) => a - b)[Math.floor(writes.length * 0.999)]!;
  return {
    rows: [
      row('trial-overhead', 'process, store and trace of a trial', overhead, 's'),
      row('overhead-share', '… as a share of a 60 s trial', overhead / trialSeconds, '', { atMost: 0.03 }),
      row('two-serial', 'two wavelet trials, one after the other', alone, 's'),
      row('two-parallel', '… side by side, the threads divided', beside, 's'),
      row('parallel-ratio', '… relative to one after the other', beside / alone, '×', { atMost: 1 }),
      row('trace-write', 'an evaluation waits for its trace record', median(writes), 'ms', { atMost: 1 }),
      row('trace-write-999', '… the 999th of 1000', latest, 'ms'),
      row('plan-10000', 'planning 10 000 trials', median(of('a plan of 10 000 trials')), 's', { atMost: 2 }),
      row('dry-run-10000', '… the whole command with --dry-run', median(of('its dry run')), 's'),
    ],
    measurements: Object.fromEntries(
      Object.entries(seconds).map(([title, times]) => [
        title,
        { kind: 'times', seconds: title === 'trace records' ? [median(times)] : times },
      ]),
    ),
  };
}

const pair = [contents.town.path, styles.swirl.path] as const;

/** Seconds of each trial from its process's start to its end. */
async function writingTrials(folder: string, count: number, stop?: AbortSignal): Promise<number[]> {
  const plan = planTrials({
    name: 'writing',
    pairs: [pair],
    variants: { gram: ['content', 'gram'] },
    seed: grid(Array.from({ length: count }, (_, i) => i)),
  });
  const begun = performance.now();
  await finished(plan, folder, {
    recycleAfter: 1,
    performModule: moduleBeside(import.meta.url, './store-trial').href,
    stop,
  });
  return Array.from({ length: count }, () => (performance.now() - begun) / 1000 / count);
}

/** Seconds for two real trials, on one worker or on two. */
async function twoTrials(folder: string, jobs: number, options: BenchOptions): Promise<number[]> {
  const plan = planTrials({
    name: `two-${jobs}`,
    pairs: [pair],
    variants: { gram: ['content', 'gram'] },
    engine: options.engine as NonNullable<ExperimentInput['engine']>,
    initialization: { from: 'content', noise: 0.1 },
    seed: grid([1, 2]),
    size: 256,
    budget: options.quick ? 20 : 60,
  });
  const begun = performance.now();
  await finished(plan, folder, {
    jobs,
    threads: options.engine.threads ?? availableParallelism(),
    stop: options.signal,
  });
  return [(performance.now() - begun) / 1000];
}

async function finished(
  plan: Plan,
  folder: string,
  options: Parameters<typeof runExperiment>[1],
): Promise<void> {
  const summary = await runExperiment(plan, {
    ...options,
    runs: join(folder, 'runs'),
    neighbors: join(folder, 'neighbours'),
  });
  if (summary.exitCode !== 0) throw new Error(summary.failures[0]?.failure.message ?? summary.sentence);
}

/** Seconds for which each record keeps an evaluation from going on. */
async function traceWrites(folder: string, count: number): Promise<number[]> {
  const attempt = await openAttempt(diskFiles(), folder, 'bench');
  const value = { value: 0.12345678901234, weighted: 1.2345678901234 };
  const times: number[] = [];
  for (let evaluation = 1; evaluation <= count; evaluation++) {
    const terms = { content: value, gram: value, moments: value };
    const record: TraceRecord = {
      evaluation,
      step: evaluation,
      level: 0,
      seconds: evaluation,
      total: 1,
      terms,
    };
    const begun = performance.now();
    attempt.io.trace(record);
    times.push((performance.now() - begun) / 1000);
    // Between two evaluations the disk has its turn.
    await setImmediate();
  }
  await attempt.finish();
  return times;
}

/** 2 contents × 5 styles × 4 variants × 5 sizes × 5 optimisers × 10 seeds. */
const manyTrials = {
  name: 'many',
  contents: [contents.town.path, contents.portrait.path],
  styles: Object.fromEntries(
    Object.entries(styles)
      .slice(0, 5)
      .map(([name, { path }]) => [name, path]),
  ),
  variants: {
    gram: ['content', { type: 'gram', weight: 30 }],
    histogram: ['content', 'gram', 'histogram'],
    mrf: ['content', 'mrf'],
    fused: ['fused'],
  },
  size: grid([128, 192, 256, 384, 512]),
  optimizer: grid([
    { name: 'lbfgs' },
    ...[0.005, 0.01, 0.02, 0.04].map((learningRate) => ({ name: 'adam' as const, learningRate })),
  ]),
  seed: grid(Array.from({ length: 10 }, (_, i) => i)),
} as ExperimentInput;

async function planning(folder: string, times: number, signal?: AbortSignal): Promise<number[]> {
  const file = join(folder, 'many.json');
  await writeFile(file, JSON.stringify(manyTrials));
  const seconds: number[] = [];
  for (let i = 0; i < times; i++) {
    const script = nodeArguments(moduleBeside(import.meta.url, './plan-case'));
    const { stdout } = await node([...script, file], folder, signal);
    const planned = JSON.parse(stdout) as { trials: number; seconds: number };
    if (planned.trials !== 10_000) throw new Error(`planned ${planned.trials} trials`);
    seconds.push(planned.seconds);
  }
  return seconds;
}

async function dryRuns(folder: string, times: number, signal?: AbortSignal): Promise<number[]> {
  const file = join(folder, 'many.mjs');
  await writeFile(file, `export default ${JSON.stringify(manyTrials)};\n`);
  const seconds: number[] = [];
  for (let i = 0; i < times; i++) {
    const bin = fileURLToPath(new URL('../cli/bin.mjs', import.meta.url));
    const begun = performance.now();
    await node([bin, 'run', file, '--dry-run'], folder, signal);
    seconds.push((performance.now() - begun) / 1000);
  }
  return seconds;
}

function node(args: readonly string[], cwd: string, signal?: AbortSignal): Promise<{ stdout: string }> {
  return promisify(execFile)(process.execPath, args, { cwd, signal, maxBuffer: 2 ** 26 });
}
