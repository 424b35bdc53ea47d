/**
 * Faults on order, for tests of what survives: the process is killed, frozen or delayed before its n-th I/O step, or
 * the disk is full or broken from that step on. `NECKAR_FAULT=kill@12` in the environment does it to a whole process.
 */
import { NeckarError } from '../errors.ts';
import type { FaultHook, IoStep } from './files.ts';

export type Fault =
  /** SIGKILL, as by the kernel that runs out of memory; SIGSTOP, as by a suspended machine. */
  | { readonly action: 'kill' | 'freeze'; readonly at: number }
  /** From this step on, steps that need room (or, for EIO and EROFS, any step) are refused. */
  | { readonly action: 'enospc' | 'eio' | 'erofs'; readonly at: number }
  | { readonly action: 'stall'; readonly at: number; readonly milliseconds: number };

const needsRoom: ReadonlySet<IoStep['operation']> = new Set([
  'mkdir',
  'create',
  'write',
  'write-rest',
  'fsync',
]);

/** A hook that carries out one fault; `process` only. */
export function faultHook(fault: Fault): FaultHook {
  return async ({ number, operation, path }) => {
    if (number < fault.at) return;
    switch (fault.action) {
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        // The signal may take a moment; nothing more may happen meanwhile.
        return await new Promise<never>(() => {});
      case 'freeze':
        if (number === fault.at) process.kill(process.pid, 'SIGSTOP');
        return;
      case 'stall':
        if (number === fault.at) await new Promise((resolve) => setTimeout(resolve, fault.milliseconds));
        return;
      case 'enospc':
        if (!needsRoom.has(operation)) return;
        throw systemError('ENOSPC', 'no space left on device', path);
      case 'eio':
        throw systemError('EIO', 'i/o error', path);
      case 'erofs':
        throw systemError('EROFS', 'read-only file system', path);
    }
  };
}

/** An error as the operating system's, for hooks. */
export function systemError(code: string, message: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${message}, '${path}'`), { code, path });
}

/**
 * The fault that `NECKAR_FAULT` orders for a process of this role, if any: `kill@12`, `worker:enospc@3`,
 * `stall@5:300` (milliseconds).
 * @throws NeckarError when the variable is set to something else
 */
export function faultFromEnvironment(
  role: 'run' | 'worker' | 'task',
  text = process.env.NECKAR_FAULT,
): FaultHook | undefined {
  if (text === undefined || text === '') return undefined;
  const match = /^(?:(run|worker|task):)?(kill|freeze|enospc|eio|erofs|stall)@(\d+)(?::(\d+))?$/.exec(text);
  if (match === null) {
    throw new NeckarError(
      `NECKAR_FAULT is "${text}"; expected an action and a step such as "kill@12" or "worker:enospc@3". Unset it to run without faults.`,
    );
  }
  const [, forRole, action, at, milliseconds] = match;
  if (forRole !== undefined && forRole !== role) return undefined;
  return faultHook({ action, at: Number(at), milliseconds: Number(milliseconds ?? 0) } as Fault);
}
