/** Which of a launch's trials wait for which of its trainings, and what becomes of them when those end. */
import type { LaunchEvent, OpenWork } from './launcher.ts';
import type { Failure } from './store.ts';
import { failureOfNeed } from './trained.ts';
import { needsOf, type Work, workFolder } from './work.ts';

/** Hears of the ends of trainings, and tells which trials may begin. */
export class Dependents {
  readonly #experimentFolder: string;
  readonly #open = new Map<string, OpenWork>();
  readonly #failed = new Map<string, Failure>();

  /** @param open - all that is launched */
  constructor(open: readonly OpenWork[], experimentFolder: string) {
    this.#experimentFolder = experimentFolder;
    for (const one of open) if (one.work.kind === 'training') this.#open.set(one.work.id, one);
  }

  /** Whether a training that the work needs has not ended yet. */
  waits(work: Work): boolean {
    return needsOf(work).some((id) => this.#open.has(id));
  }

  /** The ids of those trainings. */
  awaited(work: Work): string[] {
    return needsOf(work).filter((id) => this.#open.has(id));
  }

  /** Why the work can never be done: a training that it needs has failed or diverged. */
  failureOf(work: Work): Failure | undefined {
    return needsOf(work)
      .map((id) => this.#failed.get(id))
      .find((failure) => failure !== undefined);
  }

  /** Takes note of an event; returns whether a training has come to its end. */
  hear(event: LaunchEvent): boolean {
    if (event.type !== 'finished' && event.type !== 'failed') return false;
    const open = this.#open.get(event.work.id);
    if (open === undefined) return false;
    const { work, command } = open;
    this.#open.delete(work.id);
    const needed = { id: work.id, label: work.label, folder: workFolder(this.#experimentFolder, work) };
    const { type } = event;
    if (type === 'failed') this.#failed.set(work.id, failureOfNeed(needed, event.failure));
    else if (event.state === 'diverged') {
      const { state, reason, attempt } = event;
      this.#failed.set(work.id, { ...failureOfNeed(needed, { state, reason, attempt }), command });
    }
    return true;
  }
}
