/** Processes of their own for tests of the run store (see child.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { ChildTask } from './child.ts';

export interface Child {
  readonly process: ChildProcess;
  /** The JSON lines it printed; complete when `ended` resolves. */
  readonly lines: Record<string, unknown>[];
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Resolves when a line of this type has been printed. */
  heard(type: string, times?: number): Promise<void>;
}

/** Starts a child in a process group of its own, which ends with the test at the latest, frozen or not. */
export function child(t: ExecutionContext, task: ChildTask, environment: Record<string, string> = {}): Child {
  const started = spawn(
    process.execPath,
    [
      '--import',
      import.meta.resolve('tsx'),
      fileURLToPath(new URL('./child.ts', import.meta.url)),
      JSON.stringify(task),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true, env: { ...process.env, ...environment } },
  );
  t.teardown(() => {
    try {
      process.kill(-started.pid!, 'SIGKILL');
    } catch {
      // It has ended, and its group with it.
    }
  });
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  const waiting: (() => void)[] = [];
  started.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    lines.push(...parts.map((line) => JSON.parse(line) as Record<string, unknown>));
    for (const wake of waiting.splice(0)) wake();
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    started.on('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    process: started,
    lines,
    ended,
    heard: async (type, times = 1) => {
      while (lines.filter((line) => line.type === type).length < times) {
        await Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), ended]);
        if (started.exitCode !== null || started.signalCode !== null) return;
      }
    },
  };
}
