/** Work that other processes do while this run waits for it. */
import type { LaunchRequest, OpenWork } from './launcher.ts';
import { leaseWatch, readLease } from './lease.ts';
import { isGone } from './owner.ts';
import { checkResult, readFailure } from './store.ts';
import { kindOf, type WorkResult, workFolder } from './work.ts';

type Request = Pick<LaunchRequest, 'files' | 'experimentFolder' | 'emit'>;

/** What is said of the end of what another process did. */
export function elsewhereReason({ state, reason }: Pick<WorkResult, 'state' | 'reason'>): string {
  return state === 'complete' ? 'another process finished it' : reason;
}

export class Elsewhere {
  readonly #request: Request;
  readonly #watch: ReturnType<typeof leaseWatch>;
  readonly #work = new Map<string, OpenWork>();
  /** Names of leases that were watched and found silent: they may be taken over. */
  readonly silent = new Set<string>();

  /** @param leaseSeconds - of watched silence after which work is taken over */
  constructor(request: Request, leaseSeconds: number) {
    this.#request = request;
    this.#watch = leaseWatch(request.files, leaseSeconds);
  }

  get size(): number {
    return this.#work.size;
  }

  add(open: OpenWork, by: string): void {
    this.#work.set(open.work.id, open);
    this.#request.emit({ type: 'elsewhere', work: open.work, by });
  }

  /**
   * Looks at each once; to be called every second or so. Those that ended are reported and dropped.
   * @returns whether one of them failed, and those that this run is to take over
   */
  async look(): Promise<{ failed: boolean; takeover: OpenWork[] }> {
    const { files, experimentFolder, emit } = this.#request;
    const takeover: OpenWork[] = [];
    let failed = false;
    for (const [id, open] of this.#work) {
      const { work } = open;
      const folder = workFolder(experimentFolder, work);
      const check = await checkResult(files, folder, kindOf(work));
      if (check.state === 'valid') {
        this.#work.delete(id);
        const { state, attempt } = check.result;
        emit({
          type: 'finished',
          work,
          state,
          attempt,
          reason: elsewhereReason(check.result),
          seconds: undefined,
        });
        continue;
      }
      const lease = await readLease(files, folder);
      if (lease === undefined) continue;
      const free = lease.owner === undefined || isGone(lease.owner);
      const failure = free ? await readFailure(files, folder, lease.attempt) : undefined;
      if (failure !== undefined && lease.attempt > open.knownAttempts) {
        this.#work.delete(id);
        failed = true;
        emit({ type: 'failed', work, failure });
        continue;
      }
      const silent = !free && (await this.#watch.look(folder, lease));
      if (silent) this.silent.add(lease.name);
      if (free || silent) {
        this.#work.delete(id);
        takeover.push(open);
      }
    }
    return { failed, takeover };
  }
}
