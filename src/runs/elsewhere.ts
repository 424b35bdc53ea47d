/** Trials that other processes run while this run waits for them. */
import type { LaunchRequest, OpenTrial } from './launcher.ts';
import { leaseWatch, readLease } from './lease.ts';
import { isGone } from './owner.ts';
import { checkResult, readFailure, trialFolder } from './store.ts';

type Request = Pick<LaunchRequest, 'files' | 'experimentFolder' | 'emit'>;

export class Elsewhere {
  readonly #request: Request;
  readonly #watch: ReturnType<typeof leaseWatch>;
  readonly #trials = new Map<string, OpenTrial>();
  /** Names of leases that were watched and found silent: they may be taken over. */
  readonly silent = new Set<string>();

  /** @param leaseSeconds - of watched silence after which a trial is taken over */
  constructor(request: Request, leaseSeconds: number) {
    this.#request = request;
    this.#watch = leaseWatch(request.files, leaseSeconds);
  }

  get size(): number {
    return this.#trials.size;
  }

  add(open: OpenTrial, by: string): void {
    this.#trials.set(open.trial.id, open);
    this.#request.emit({ type: 'trial-elsewhere', trial: open.trial, by });
  }

  /**
   * Looks at each once; to be called every second or so. Those that ended are reported and dropped.
   * @returns whether one of them failed, and those that this run is to take over
   */
  async look(): Promise<{ failed: boolean; takeover: OpenTrial[] }> {
    const { files, experimentFolder, emit } = this.#request;
    const takeover: OpenTrial[] = [];
    let failed = false;
    for (const [id, open] of this.#trials) {
      const { trial } = open;
      const folder = trialFolder(experimentFolder, id);
      const check = await checkResult(files, folder);
      if (check.state === 'valid') {
        this.#trials.delete(id);
        const reason = 'another process finished it';
        emit({ type: 'trial-finished', trial, state: check.result.state, reason, seconds: undefined });
        continue;
      }
      const lease = await readLease(files, folder);
      if (lease === undefined) continue;
      const free = lease.owner === undefined || isGone(lease.owner);
      const failure = free ? await readFailure(files, folder, lease.attempt) : undefined;
      if (failure !== undefined && lease.attempt > open.knownAttempts) {
        this.#trials.delete(id);
        failed = true;
        emit({ type: 'trial-failed', trial, failure });
        continue;
      }
      const silent = !free && (await this.#watch.look(folder, lease));
      if (silent) this.silent.add(lease.name);
      if (free || silent) {
        this.#trials.delete(id);
        takeover.push(open);
      }
    }
    return { failed, takeover };
  }
}
