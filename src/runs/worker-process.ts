/** The parent's end of a worker process. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { harmless } from '../harmless.ts';
import { moduleBeside, nodeFlags } from '../platform/modules.ts';
import type { Order, Word } from './messages.ts';

/** How an order to run ended, from the parent's side. */
export type WorkerEnding =
  | Extract<Word, { type: 'ended' | 'refused' }>
  /** The process died: `cause` in words, the end of what it printed, and whether it had been ready at all. */
  | {
      readonly type: 'died';
      readonly cause: string;
      readonly signal: NodeJS.Signals | null;
      readonly output: string;
      readonly wasReady: boolean;
    };

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Does one piece of work; one at a time. */
  run(order: Extract<Order, { type: 'run' }>, hear: (word: Word) => void): Promise<WorkerEnding>;
  /** Asks what runs to end with a checkpoint. */
  stop(): void;
  /** Ends the process now. */
  kill(): void;
  /** Ends the process when it is idle. */
  dispose(): Promise<void>;
}

/** How much of what a worker prints is kept for the case that it dies, in characters. */
const keptOutput = 8000;

/** Starts a worker process; it loads what it needs while the parent goes on. */
export function startWorker(begin: Extract<Order, { type: 'begin' }>): WorkerProcess {
  const program = moduleBeside(import.meta.url, './worker');
  const child: ChildProcess = fork(fileURLToPath(program), [], {
    execArgv: nodeFlags(program),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  let output = '';
  let ready = false;
  let finish: ((ending: WorkerEnding) => void) | undefined;
  let hear: (word: Word) => void = () => {};
  let dead: WorkerEnding | undefined;
  const end = (ending: WorkerEnding): void => {
    finish?.(ending);
    finish = undefined;
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptOutput);
    });
  }
  child.on('message', (word: Word) => {
    if (word.type === 'ready') ready = true;
    else if (word.type === 'ended' || word.type === 'refused') end(word);
    else hear(word);
  });
  child.on('error', () => {});
  // 'close' comes after 'exit', when everything that was printed has been read.
  const closed = new Promise<void>((resolve) => {
    child.on('close', (code, signal) => {
      dead = {
        type: 'died',
        cause: deathCause(code, signal),
        signal,
        output: harmless(output),
        wasReady: ready,
      };
      end(dead);
      resolve();
    });
  });
  const send = (order: Order): void => {
    if (child.connected) child.send(order, () => {});
  };
  send(begin);
  return {
    pid: child.pid,
    run: (order, listener) =>
      new Promise((resolve) => {
        if (dead !== undefined) return resolve(dead);
        finish = resolve;
        hear = listener;
        output = '';
        send(order);
      }),
    stop: () => send({ type: 'stop' }),
    kill: () => {
      child.kill('SIGKILL');
    },
    dispose: async () => {
      send({ type: 'exit' });
      await closed;
    },
  };
}

function deathCause(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL), most often because memory ran out';
  if (signal !== null) return `it crashed (${signal})`;
  return `it ended with exit code ${code}`;
}
