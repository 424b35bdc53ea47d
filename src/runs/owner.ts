/** Who runs a trial: a process, named so that others can tell whether it still lives. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface Owner {
  readonly host: string;
  /** Tells machines, their boots and their process namespaces apart: a pid means something within one only. */
  readonly machine: string;
  readonly pid: number;
  /** When the process started, in the kernel's ticks since boot; '0' where the system does not say. */
  readonly started: string;
  /** Random: tells processes apart even where nothing else does. */
  readonly token: string;
}

let self: Owner | undefined;

/** This process. */
export function thisProcess(): Owner {
  self ??= {
    host: hostname(),
    machine: createHash('sha256')
      .update([hostname(), readOr('/proc/sys/kernel/random/boot_id'), namespaceOfPids()].join('\n'))
      .digest('hex')
      .slice(0, 12),
    pid: process.pid,
    started: startOf(process.pid) ?? '0',
    token: randomBytes(6).toString('hex'),
  };
  return self;
}

/**
 * Whether the process certainly lives no more: it ran on this machine since its last boot, and its pid is free or
 * another process's by now. Of a process elsewhere nothing is known: false.
 */
export function isGone(owner: Owner, here: Owner = thisProcess()): boolean {
  if (owner.machine !== here.machine) return false;
  if (owner.pid === here.pid) return owner.token !== here.token;
  const started = startOf(owner.pid);
  return started === undefined || (started !== '0' && owner.started !== '0' && started !== owner.started);
}

/** The owner as a part of a file name; at most 130 characters of [A-Za-z0-9.-~]. */
export function ownerText(owner: Owner): string {
  const host = owner.host.replace(/[^A-Za-z0-9.-]/g, '-').slice(0, 63) || 'host';
  return [host, owner.machine, owner.pid, owner.started, owner.token].join('~');
}

/** The owner that `ownerText` wrote, or undefined. */
export function parseOwner(text: string): Owner | undefined {
  const [host, machine, pid, started, token, ...rest] = text.split('~');
  if (token === undefined || rest.length > 0 || !/^\d+$/.test(pid ?? '')) return undefined;
  return { host: host!, machine: machine!, pid: Number(pid), started: started!, token };
}

/** Ticks between boot and the start of a process; '0' when it lives but the system does not say; undefined when it does not. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, which may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return state === 'Z' || state === 'X' ? undefined : fields[19];
  } catch {
    return process.platform === 'linux' || !responds(pid) ? undefined : '0';
  }
}

function responds(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function namespaceOfPids(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
