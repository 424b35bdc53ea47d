/** Work that only one process at a time may do, such as writing an experiment's plan. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Files } from './files.ts';
import { claim, leaseWatch, release } from './lease.ts';

/** Seconds after which a process elsewhere that has gone silent counts as dead: the work takes far less. */
const timeout = 20;

/** How often the folder may vanish beneath a claim before something else must be wrong. */
const mostLost = 20;

/**
 * Does `work` while no other process does work of the same folder. One that died meanwhile, or is silent, is not waited
 * for.
 * @param folder - holds the lease; made if need be
 * @throws StorageError when the disk refuses
 */
export async function alone<T>(files: Files, folder: string, work: () => Promise<T>): Promise<T> {
  const watch = leaseWatch(files, timeout);
  let lost = 0;
  for (;;) {
    const claimed = await claim(files, folder, { silent: watch.silent }).catch((error: unknown) => {
      // Another process may clear the folder away between its making and the claim: it is made again.
      if ((error as { code?: string }).code !== 'ENOENT' || lost++ >= mostLost) throw error;
    });
    if (claimed === undefined) continue;
    if (!('heldBy' in claimed)) {
      try {
        return await work();
      } finally {
        await release(files, claimed).catch(() => {});
      }
    }
    if (claimed.heldBy !== undefined) await watch.look(folder, claimed.heldBy);
    await sleep(20);
  }
}
