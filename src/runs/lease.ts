/**
 * Leases: which process may do a piece of work, and whose result counts.
 *
 * The folder of a piece of work holds exactly one lease folder, `lease-<attempt>@<owner>` or `lease-<attempt>@free`. Every change
 * of hands is one rename of it, which the file system does for exactly one of several contenders:
 *
 *     lease-2@free ─claim→ lease-3@hostA… ─release→ lease-3@free
 *     lease-3@hostA… ─take over from the dead or the silent→ lease-4@hostB…
 *
 * The number is the fence. A result is published by moving it out of the lease folder, under the owner's own name for
 * it; whoever has lost the lease finds that name gone and cannot publish, however late it wakes up. No clock takes
 * part: an owner of this machine is dead when its process is, and any other is silent when its heartbeat file has not
 * changed for the lease's length while somebody kept watching, by the watcher's monotonic clock.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Files } from './files.ts';
import { isGone, type Owner, ownerText, parseOwner, thisProcess } from './owner.ts';

/** A lease as its folder's name tells it. */
export interface LeaseState {
  readonly attempt: number;
  /** Undefined: free. */
  readonly owner: Owner | undefined;
  /** The lease folder's name. */
  readonly name: string;
}

/** A lease that this process holds, or held. */
export interface Lease {
  readonly attempt: number;
  /** The lease folder: gone when the lease is lost. */
  readonly folder: string;
  readonly workFolder: string;
}

/** The lease's first name, of work that nobody has done. */
export const firstLease = 'lease-000000@free';

const leaseName = /^lease-(\d+)@(.+)$/;
const pendingResult = 'result.json';

/**
 * The lease in a folder; undefined when its folder has none. A folder that is renamed while the names are being read
 * may be missed, so what is not there is looked for again before it counts as missing.
 */
export async function readLease(files: Files, workFolder: string): Promise<LeaseState | undefined> {
  for (let look = 0; look < 4; look++) {
    if (look > 0) await setTimeout(10 * 2 ** look);
    const lease = leasesIn(await files.list(workFolder)).at(-1);
    if (lease !== undefined) return lease;
  }
  return undefined;
}

/** Makes a lease where there is none: the folder was copied without it, or a part of it removed. */
async function newLease(files: Files, workFolder: string, attempt = 0): Promise<LeaseState> {
  const name = `lease-${numbered(attempt)}@free`;
  await files.folder(join(workFolder, name));
  return (await readLease(files, workFolder)) ?? { attempt, owner: undefined, name };
}

/** The leases among the names in a folder, the one that counts last. There is one, unless someone meddled. */
export function leasesIn(names: readonly string[]): LeaseState[] {
  const leases: LeaseState[] = [];
  for (const name of names) {
    const match = leaseName.exec(name);
    if (match !== null) leases.push({ attempt: Number(match[1]), owner: parseOwner(match[2]!), name });
  }
  return leases.sort((a, b) => a.attempt - b.attempt || (a.name < b.name ? -1 : 1));
}

/**
 * Takes a folder's lease when it is free, its owner is dead, or `silent` says the owner has been silent long enough.
 * Returns the lease, or the state it was found in when it belongs to someone else.
 */
export async function claim(
  files: Files,
  workFolder: string,
  options: { owner?: Owner; silent?: (state: LeaseState) => boolean; lastAttempt?: number } = {},
): Promise<Lease | { readonly heldBy: LeaseState | undefined }> {
  const owner = options.owner ?? thisProcess();
  const state =
    (await readLease(files, workFolder)) ?? (await newLease(files, workFolder, options.lastAttempt));
  const free = state.owner === undefined || isGone(state.owner, owner) || options.silent?.(state) === true;
  if (!free) return { heldBy: state };
  const attempt = state.attempt + 1;
  const name = `lease-${numbered(attempt)}@${ownerText(owner)}`;
  const folder = join(workFolder, name);
  if (!(await files.move(join(workFolder, state.name), folder))) {
    return { heldBy: await readLease(files, workFolder) };
  }
  const lease: Lease = { attempt, folder, workFolder };
  try {
    // Two leases stand side by side only where someone removed or copied folders by hand: the last one counts.
    const leases = leasesIn(await files.list(workFolder));
    const last = leases.at(-1);
    for (const other of leases) {
      if (other.name !== last?.name) await files.remove(join(workFolder, other.name));
    }
    if (last !== undefined && last.name !== name) return { heldBy: last };
    // What the former owner was about to publish goes: a rename of it that has already begun now fails.
    await files.remove(join(folder, pendingResult));
    await files.scribble(join(folder, 'heartbeat'), beat(0));
  } catch (error) {
    // Frozen in between, it may have lost the lease again.
    if (!(await holds(files, lease))) return { heldBy: await readLease(files, workFolder) };
    await release(files, lease).catch(() => {});
    throw error;
  }
  return lease;
}

/**
 * Publishes the work's result: true, or false when the lease has passed to someone else, whose result counts. Either
 * nothing of this one is seen, or all of it.
 */
export async function publish(files: Files, lease: Lease, result: string): Promise<boolean> {
  const pending = join(lease.folder, pendingResult);
  try {
    await files.write(pending, result);
  } catch (error) {
    if (await holds(files, lease)) throw error;
    return false;
  }
  return await files.move(pending, join(lease.workFolder, pendingResult));
}

/** Gives the lease back; does nothing when it is lost. */
export async function release(files: Files, lease: Lease): Promise<void> {
  await files.move(lease.folder, join(lease.workFolder, `lease-${numbered(lease.attempt)}@free`));
}

/** Whether the lease is still this process's. */
export async function holds(files: Files, lease: Lease): Promise<boolean> {
  return (await files.size(lease.folder)) !== undefined;
}

/**
 * The heartbeat file's content: how often it has beaten, and the bytes of memory that its process holds. Always as long, so
 * that writing it needs no room on a full disk.
 */
export function beat(count: number, memory = 0): string {
  return `${String(count).padStart(12, '0')} ${String(memory).padStart(15, '0')}\n`;
}

/** The bytes of memory that the holder of a lease said it holds; undefined where it said nothing yet. */
export async function memoryOfHolder(
  files: Files,
  workFolder: string,
  { name }: LeaseState,
): Promise<number | undefined> {
  const beat = String((await files.read(join(workFolder, name, 'heartbeat'))) ?? '');
  const memory = Number(/^\d{12} (\d{15})\n$/.exec(beat)?.[1] ?? 0);
  return memory > 0 ? memory : undefined;
}

/**
 * Watches leases for silence. Call `look` every second or so; a lease is silent once its folder's name and its
 * heartbeat have stayed the same for `seconds` of watching. Time in which the watcher itself slept (a frozen process, a
 * suspended machine) counts for little: the sleeper cannot know whether the owner slept as well.
 */
export function leaseWatch(
  files: Files,
  seconds: number,
  now: () => number = () => performance.now(),
): { look(workFolder: string, state: LeaseState): Promise<boolean>; silent(state: LeaseState): boolean } {
  const longestLook = Math.max(2000, (seconds * 1000) / 10);
  const seen = new Map<string, { beat: string; silence: number; at: number }>();
  const silent = (state: LeaseState): boolean => (seen.get(state.name)?.silence ?? 0) >= seconds * 1000;
  return {
    silent,
    look: async (workFolder, state) => {
      const beat = String(await files.read(join(workFolder, state.name, 'heartbeat')));
      const before = seen.get(state.name);
      const at = now();
      if (before === undefined || before.beat !== beat) seen.set(state.name, { beat, silence: 0, at });
      else {
        before.silence += Math.min(Math.max(0, at - before.at), longestLook);
        before.at = at;
      }
      return silent(state);
    },
  };
}

function numbered(attempt: number): string {
  return String(attempt).padStart(6, '0');
}
