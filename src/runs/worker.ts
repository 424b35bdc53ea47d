/** A worker process: does one piece of work after another as told by its parent. */
import { NeckarError } from '../errors.ts';
import { executeWork } from './execute.ts';
import { faultFromEnvironment } from './faults.ts';
import { diskFiles } from './files.ts';
import { type Heart, startHeart } from './heart.ts';
import type { Order, Word } from './messages.ts';
import type { Performers } from './performers.ts';
import type { TrialProgress } from './trial-io.ts';

/** Milliseconds between two messages about the progress of the same work. */
const progressInterval = 200;

const files = diskFiles(faultFromEnvironment('worker'));
let begun: (Extract<Order, { type: 'begin' }> & { perform: Performers; heart: Heart }) | undefined;
let running: AbortController | undefined;
/** Told to stop before the work had begun. */
let stopped = false;
let orphaned = false;

// The terminal sends Ctrl-C to the whole group of processes; the parent decides what it means.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => stop());
process.on('SIGHUP', () => stop());
process.on('disconnect', () => {
  orphaned = true;
  stop();
  if (running === undefined) process.exit(0);
});
let orders: Promise<void> = Promise.resolve();
process.on('message', (order: Order) => {
  // One after the other, but for the order that interrupts.
  if (order.type === 'stop') stop();
  else orders = orders.then(() => obey(order));
});

async function obey(order: Exclude<Order, { type: 'stop' }>): Promise<void> {
  switch (order.type) {
    case 'begin': {
      const perform = (await import(order.performModule)) as Performers;
      begun = { ...order, perform, heart: startHeart(Math.max(0.05, order.leaseSeconds / 15)) };
      say({ type: 'ready' });
      return;
    }
    case 'run':
      await run(order);
      if (orphaned) process.exit(0);
      return;
    case 'exit':
      process.exit(0);
  }
}

async function run(order: Extract<Order, { type: 'run' }>): Promise<void> {
  if (begun === undefined) throw new Error('told to run before being told where');
  const { perform, heart, experimentFolder, neighbors } = begun;
  running = new AbortController();
  if (stopped) stop();
  let told = 0;
  const progress = (progress: TrialProgress): void => {
    const now = performance.now();
    if (now - told < progressInterval) return;
    told = now;
    say({ type: 'progress', progress, memory: process.memoryUsage.rss() });
  };
  try {
    const ending = await executeWork(order.work, {
      files,
      experimentFolder,
      neighbors,
      heart,
      perform,
      threads: order.threads,
      signal: running.signal,
      command: order.command,
      fresh: order.fresh,
      knownAttempts: order.knownAttempts,
      silent: (state) => order.silent.includes(state.name),
      onStart: (start) => say({ type: 'started', ...start }),
      onProgress: progress,
      onNote: (sentence) => say({ type: 'note', sentence }),
    });
    say({ type: 'ended', ending, memory: process.memoryUsage.rss() });
  } catch (error) {
    if (!(error instanceof NeckarError)) throw error;
    say({ type: 'refused', message: error.message, exitCode: error.exitCode });
  } finally {
    running = undefined;
  }
}

function stop(): void {
  stopped = true;
  running?.abort(new Error('the run was interrupted'));
}

function say(word: Word): void {
  if (process.connected) process.send?.(word, undefined, undefined, () => {});
}
