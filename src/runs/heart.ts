/**
 * The heartbeat of a process that runs trials and trainings. It beats in a thread of its own, so that an evaluation that keeps the
 * main thread busy for a minute does not look like death; a frozen or dead process does not beat.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Lease } from './lease.ts';

export interface Heart {
  /** Beats for this lease until `stop` or another lease; `lost` is called when its folder is gone. */
  start(lease: Lease, lost: () => void): void;
  stop(): void;
  dispose(): Promise<void>;
}

// What it writes is `beat` of lease.ts. Plain JavaScript, because a thread does not get the loader that reads TypeScript. 'r+' creates nothing: when the
// lease has passed to someone else, its folder has another name and opening fails.
const source = `
const { parentPort, workerData } = require('node:worker_threads');
const fs = require('node:fs');
let path; let count = 0;
const beat = () => {
  if (path === undefined) return;
  try {
    const file = fs.openSync(path, 'r+');
    const memory = process.memoryUsage.rss();
    const beat = String(++count).padStart(12, '0') + ' ' + String(memory).padStart(15, '0') + '\\n';
    try { fs.writeSync(file, beat, 0); } finally { fs.closeSync(file); }
  } catch (error) {
    if (error.code === 'ENOENT') { parentPort.postMessage(path); path = undefined; }
  }
};
parentPort.on('message', (next) => { path = next ?? undefined; beat(); });
setInterval(beat, workerData.milliseconds);
`;

/** @param seconds - between two beats */
export function startHeart(seconds: number): Heart {
  const thread = new Worker(source, {
    eval: true,
    workerData: { milliseconds: seconds * 1000 },
    execArgv: [],
  });
  thread.unref();
  let current: { path: string; lost: () => void } | undefined;
  thread.on('message', (path: string) => {
    if (path === current?.path) current.lost();
  });
  // Without a heart the lease merely ends early; the fence still keeps results right.
  thread.on('error', () => {});
  return {
    start: (lease, lost) => {
      current = { path: join(lease.folder, 'heartbeat'), lost };
      thread.postMessage(current.path);
    },
    stop: () => {
      current = undefined;
      thread.postMessage(null);
    },
    dispose: async () => {
      await thread.terminate();
    },
  };
}
