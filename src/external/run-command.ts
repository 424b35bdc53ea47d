/** Runs somebody else's program to its end, whatever that is. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NeckarError } from '../errors.ts';
import { harmless } from '../harmless.ts';

export interface CommandRun {
  /** The program and its arguments. */
  readonly words: readonly string[];
  /** The folder it runs in, absolute. */
  readonly folder: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Seconds. */
  readonly timeout: number;
  /** A folder for it, which is removed when this process dies before the program. */
  readonly scratch: string;
  /** Told each line that it prints, on whichever stream, without what a terminal would act on. */
  readonly onLine: (line: string) => void;
  /** Ends the program. */
  readonly signal: AbortSignal;
}

type Ending =
  | { readonly error: string }
  | { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly seconds: number };

/**
 * Runs a program in a process group of its own; nothing of it is left when this returns, or when this process dies.
 *
 * @returns the wall time from its start to its end, in seconds
 * @throws NeckarError when it cannot be started, fails, or takes too long; the signal's reason when that aborts
 */
export async function runCommand(run: CommandRun): Promise<number> {
  run.signal.throwIfAborted();
  const guard = fork(fileURLToPath(new URL('./guard.mjs', import.meta.url)), [], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let last = '';
  const onLine = (printed: string): void => {
    const line = harmless(printed);
    if (line.trim() !== '') last = line.trim();
    run.onLine(line);
  };
  const read = Promise.all([guard.stdout!, guard.stderr!].map((stream) => linesOf(stream, onLine)));
  let late = false;
  const end = (): void => {
    if (guard.connected) guard.send('end', () => {});
  };
  const timer = setTimeout(() => {
    late = true;
    end();
  }, run.timeout * 1000);
  run.signal.addEventListener('abort', end);
  try {
    const ended = new Promise<Ending>((resolve) => {
      guard.on('message', (ending: Ending) => resolve(ending));
      guard.on('error', (error) => resolve({ error: error.message }));
      guard.on('close', () => resolve({ error: 'the process that watches over it was ended' }));
    });
    const { words, folder, env, scratch } = run;
    guard.send({ words, folder, env, scratch }, () => {});
    const ending = await ended;
    await read;
    run.signal.throwIfAborted();
    if (late) {
      throw new NeckarError(
        `the command did not end within ${run.timeout} s and was stopped${quoted(last)}. Raise its timeout, or make it faster`,
      );
    }
    if ('error' in ending) {
      const why = refusals[ending.error] ?? ending.error;
      throw new NeckarError(`the command "${words[0]}" cannot be started in ${folder}: ${why}`);
    }
    if (ending.code !== 0) {
      const how =
        ending.code === null ? `was ended by ${ending.signal}` : `ended with exit code ${ending.code}`;
      throw new NeckarError(`the command ${how}${quoted(last)}`);
    }
    return ending.seconds;
  } finally {
    clearTimeout(timer);
    run.signal.removeEventListener('abort', end);
    if (guard.connected) guard.disconnect();
  }
}

/** Why a program cannot be started, by the system's code. */
const refusals: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such program or folder',
  EACCES: 'it may not be executed. Make it executable (chmod +x), or name the program that reads it first',
  ENOEXEC: 'the system does not know how to execute it. Give it a first line such as #!/bin/sh',
};

/** The last words of a program, as the end of a sentence about it. */
function quoted(last: string): string {
  if (last === '') return '; it printed nothing';
  return `; the last it printed was: ${last.length > 200 ? `${last.slice(0, 200)}…` : last}`;
}

/** Hands on a stream's lines; a carriage return, with which progress bars begin anew, ends one as well. */
async function linesOf(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  for await (const text of stream.setEncoding('utf8')) {
    const parts = (rest + text).split(/\r\n|\n|\r/);
    rest = parts.pop()!;
    for (const part of parts) onLine(part);
  }
  if (rest !== '') onLine(rest);
}
