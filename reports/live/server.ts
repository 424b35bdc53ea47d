/** The local page that follows a sweep while anything, anywhere, writes to its run store. */
import { createHash } from 'node:crypto';
import { open, readFile, realpath } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { join, sep } from 'node:path';
import { browserScript } from '../../src/platform/browser-script.ts';
import { pageStyle } from '../../src/platform/page-style.ts';
import {
  pathOf,
  Refusal,
  type Reply,
  type RunningServer,
  securityHeaders,
  serve,
} from '../../src/platform/web.ts';
import { kinds } from '../../src/runs/work.ts';
import { Watcher } from './watcher.ts';

export interface LiveOptions {
  /** The experiment's folder within the runs; it need not be there yet. */
  readonly folder: string;
  /** Default 127.0.0.1: this machine only. */
  readonly address?: string;
  /** Default 8090; 0 takes any that is free. */
  readonly port?: number;
  readonly onDefect?: (error: unknown) => void;
}

/**
 * Milliseconds after a look within which everyone is told what it saw. A look that took long is not repeated soon: watching
 * must not take a processor's time from the trials.
 */
const freshness = { least: 400, perLook: 20, most: 1000 };

/** Bytes of a log's end that are shown. */
const logEnd = 256 * 1024;

/** A file of the store that may be asked for, by the parts of its path. */
const filePath = new RegExp(
  `^/(picture|log)/(${kinds.map(({ folder }) => folder).join('|')})/([0-9a-f]{16})/(\\d{1,7})(?:/([a-z][a-z0-9-]{0,80}\\.png))?$`,
);

/**
 * Serves the page until closed. Reads the run store, and writes nothing.
 * @throws NeckarError when the address or port cannot be had
 */
export async function serveLive(options: LiveOptions): Promise<RunningServer> {
  const { folder, address = '127.0.0.1', port = 8090, onDefect } = options;
  const [page, common, style, script] = await Promise.all([
    readFile(new URL('page.html', import.meta.url), 'utf8'),
    pageStyle(),
    readFile(new URL('live.css', import.meta.url), 'utf8'),
    browserScript(import.meta.url, './client/main'),
  ]);
  const state = sharedState(new Watcher(folder));
  const fixed: Readonly<Record<string, Reply>> = {
    '/': { status: 200, type: 'text/html; charset=utf-8', body: page },
    '/live.css': { status: 200, type: 'text/css; charset=utf-8', body: `${common}\n${style}` },
    '/live.js': { status: 200, type: 'text/javascript; charset=utf-8', body: script },
    '/robots.txt': { status: 200, type: 'text/plain', body: 'User-agent: *\nDisallow: /\n' },
  };
  const routes = async (request: IncomingMessage): Promise<Reply> => {
    if (isLoopback(address)) refuseStrangeHost(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new Refusal(405, 'bad-request', 'This page can only be looked at.');
    }
    const path = pathOf(request);
    if (path === '/state') {
      const { text, version } = await state();
      const known = /[?&]after=([0-9a-f]{16})(?:&|$)/.exec(request.url ?? '')?.[1];
      if (known === version) return { status: 204, type: 'text/plain', body: '' };
      return { status: 200, type: 'application/json; charset=utf-8', body: text };
    }
    const file = filePath.exec(path);
    if (file !== null) return await storedFile(folder, file.slice(1));
    const reply = Object.hasOwn(fixed, path) ? fixed[path] : undefined;
    if (reply === undefined) throw new Refusal(404, 'not-found', 'There is nothing here.');
    return reply;
  };
  return await serve({
    routes,
    headers: securityHeaders("'self' data:"),
    address,
    port,
    what: 'The page',
    ...(onDefect && { onDefect }),
  });
}

/** What the watcher saw last, looked for anew when it is old; however many ask, there is one look at a time. */
function sharedState(watcher: Watcher): () => Promise<{ readonly text: string; readonly version: string }> {
  let last: { text: string; version: string; until: number } | undefined;
  let looking: Promise<{ text: string; version: string; until: number }> | undefined;
  const look = async () => {
    const begun = performance.now();
    const body = JSON.stringify(await watcher.look());
    const version = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const took = performance.now() - begun;
    const rest = Math.min(freshness.most, Math.max(freshness.least, freshness.perLook * took));
    last = { text: `{"version":"${version}","state":${body}}`, version, until: performance.now() + rest };
    return last;
  };
  return async () => {
    if (last !== undefined && performance.now() < last.until) return last;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return await looking;
  };
}

/**
 * A page elsewhere whose name its owner lets point to this machine is not to read what is served to this machine alone: the
 * name by which it asks gives it away.
 */
function refuseStrangeHost(request: IncomingMessage): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (host === 'localhost' || (isIP(host) !== 0 && isLoopback(host))) return;
  throw new Refusal(403, 'other-host', 'This page is for this machine alone: ask for localhost.');
}

/** Whether only this machine reaches an address. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\./.test(address);
}

async function storedFile(
  folder: string,
  [what, kind, id, attempt, name]: readonly (string | undefined)[],
): Promise<Reply> {
  const isLog = what === 'log';
  const missing = new Refusal(404, 'not-found', 'There is no such file.');
  if (isLog !== (name === undefined)) throw missing;
  const path = join(folder, kind!, id!, 'attempts', attempt!, isLog ? 'log.txt' : join('images', name!));
  try {
    // A link in the store may lead anywhere.
    const [home, real] = await Promise.all([realpath(folder), realpath(path)]);
    if (!real.startsWith(home + sep)) throw missing;
    if (isLog) return { status: 200, type: 'text/plain; charset=utf-8', body: await endOf(real) };
    // Work that is done again has another attempt, and with it another address.
    return { status: 200, type: 'image/png', body: await readFile(real), keep: 'forever' };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw missing;
  }
}

async function endOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, logEnd);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
