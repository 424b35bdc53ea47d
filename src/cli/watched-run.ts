/** The page beside a run: served while it goes on, and opened where somebody sits before it. */
import { spawn } from 'node:child_process';
import { serveLive } from '../../reports/live/server.ts';
import { NeckarError } from '../errors.ts';
import type { RunningServer } from '../platform/web.ts';

/** Serves the page of an experiment's folder, on the usual port or, where that is taken, on any. */
export async function watchedRun(folder: string): Promise<RunningServer> {
  const server = await serveLive({ folder }).catch((error: unknown) => {
    if (!(error instanceof NeckarError)) throw error;
    return serveLive({ folder, port: 0 });
  });
  process.stderr.write(`Watch it at ${server.url}\n`);
  if (process.stderr.isTTY && process.env.CI === undefined) openInBrowser(server.url);
  return server;
}

/** Asks the desktop to show an address; where there is none, nothing happens, and the address has been said. */
function openInBrowser(url: string): void {
  const { platform, env } = process;
  const remote = env.SSH_CONNECTION !== undefined;
  const headless = platform === 'linux' && env.DISPLAY === undefined && env.WAYLAND_DISPLAY === undefined;
  if (remote || headless) return;
  const [command, ...args] =
    platform === 'darwin' ? ['open'] : platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  const opening = spawn(command!, [...args, url], { stdio: 'ignore', detached: true });
  opening.on('error', () => {});
  opening.unref();
}
