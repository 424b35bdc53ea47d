/**
 * Which trials run on this machine at the same time, whoever started them: a timing taken beside another trial is not
 * comparable. Each running trial has a file in a folder of the machine's temporary directory; a newcomer marks those it
 * finds, and itself. Of two that start at once, at least one sees the other and marks both.
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGone, ownerText, parseOwner, thisProcess } from './owner.ts';

export interface Presence {
  /** Whether any other trial ran on this machine since this one was announced. */
  readonly shared: boolean;
  leave(): void;
}

const suffix = '.shared';
let announced = 0;

/** Announces a trial. Never fails: where the folder cannot be used, the trial counts as alone. */
export function announce(folder: string = defaultFolder()): Presence {
  const name = `${ownerText(thisProcess())}+${++announced}`;
  let shared = false;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    touch(join(folder, name));
    for (const other of others(folder, name)) {
      shared = true;
      touch(join(folder, other + suffix));
    }
  } catch {}
  const look = (): boolean => {
    shared ||= names(folder).includes(name + suffix);
    return shared;
  };
  return {
    get shared() {
      return look();
    },
    leave: () => {
      look();
      rmSync(join(folder, name), { force: true });
      rmSync(join(folder, name + suffix), { force: true });
    },
  };
}

/** Whether any trial runs on this machine now. */
export function isBusy(folder: string = defaultFolder()): boolean {
  return others(folder, '').length > 0;
}

/** Names of the living trials but one; what the dead left is swept up. */
function others(folder: string, own: string): string[] {
  return names(folder).filter((name) => {
    if (name === own || name.endsWith(suffix)) return false;
    const owner = parseOwner(name.replace(/\+\d+$/, ''));
    if (owner !== undefined && !isGone(owner)) return true;
    rmSync(join(folder, name), { force: true });
    rmSync(join(folder, name + suffix), { force: true });
    return false;
  });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function touch(path: string): void {
  closeSync(openSync(path, 'a'));
}

function defaultFolder(): string {
  return join(tmpdir(), `neckar-running-${process.getuid?.() ?? 'user'}`);
}
