/**
 * Stands between Neckar and a program of somebody else: starts it in a process group of its own, tells how it ended,
 * and ends the whole group when it is told to or when whoever started it is gone, however that came about. Plain
 * JavaScript, so that it starts in a moment.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

/** Milliseconds a program has to end by itself when it is asked to. */
const grace = 5000;

let child;
let order;

process.on('message', (message) => {
  if (message === 'end') end();
  else start(message);
});
process.on('disconnect', () => {
  signalGroup('SIGKILL');
  if (order !== undefined) rmSync(order.scratch, { recursive: true, force: true });
  process.exit(1);
});
// The terminal tells every process of Ctrl-C; what it means is decided where the program was started from.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

function start(given) {
  order = given;
  const begun = performance.now();
  const [program, ...args] = order.words;
  child = spawn(program, args, {
    cwd: order.folder,
    env: order.env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  child.on('error', (error) => tell({ error: error.code ?? error.message }));
  child.on('exit', (code, signal) => {
    const seconds = (performance.now() - begun) / 1000;
    // What it left running in the background would hold its output open.
    signalGroup('SIGKILL');
    tell({ code, signal, seconds });
  });
}

function tell(ending) {
  process.removeAllListeners('disconnect');
  process.send(ending, () => process.exit(0));
}

function end() {
  signalGroup('SIGTERM');
  setTimeout(() => signalGroup('SIGKILL'), grace).unref();
}

function signalGroup(signal) {
  if (child?.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // It has ended.
  }
}
