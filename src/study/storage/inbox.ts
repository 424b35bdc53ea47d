/** Answers that arrive together are committed together, so that many raters cost few syncs of the disk. */
import type { StudyManifest } from '../design/manifest.ts';
import { type Answer, misfit } from './answer.ts';
import type { StudyDatabase } from './database.ts';
import type { AnswerRow, Rater } from './rows.ts';

export type Saved =
  | { readonly id: string; readonly saved: true }
  | { readonly id: string; readonly saved: false; readonly why: string; readonly code: RefusalCode };

/**
 * What the form tells a rater whose answer was refused: `answered` – the question was answered elsewhere first;
 * `unfit` – the session does not ask it so; `gone` – the session was withdrawn.
 */
export type RefusalCode = 'answered' | 'unfit' | 'gone';

interface Delivery {
  readonly rater: Rater;
  readonly answers: readonly Answer[];
  done(outcomes: Saved[]): void;
  failed(error: unknown): void;
}

/** Takes answers in and writes them in batches. */
export class Inbox {
  readonly #database: StudyDatabase;
  readonly #study: StudyManifest;
  readonly #now: () => number;
  #waiting: Delivery[] = [];
  #scheduled = false;

  constructor(database: StudyDatabase, study: StudyManifest, now: () => number) {
    this.#database = database;
    this.#study = study;
    this.#now = now;
  }

  /**
   * Resolves once the answers are on the disk; each says whether it was kept.
   * @throws StudyStorageError when the disk refuses; nothing of the call is kept then
   */
  put(rater: Rater, answers: readonly Answer[]): Promise<Saved[]> {
    return new Promise((done, failed) => {
      this.#waiting.push({ rater, answers, done, failed });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.flush());
    });
  }

  /** Commits what waits. */
  flush(): void {
    this.#scheduled = false;
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    try {
      const outcomes = this.#database.transact(() =>
        batch.map(({ rater, answers }) => this.#insert(rater, answers)),
      );
      for (const [i, { done }] of batch.entries()) done(outcomes[i]!);
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }

  #insert(rater: Rater, answers: readonly Answer[]): Saved[] {
    // Meanwhile the rater may have withdrawn, or finished.
    const row = this.#database
      .prepare('SELECT expires_at, finished_at FROM raters WHERE id = ?')
      .get(rater.id) as { expires_at: number; finished_at: number | null } | undefined;
    if (row === undefined)
      return answers.map(({ id }) => ({
        id,
        saved: false,
        why: 'this session was withdrawn',
        code: 'gone',
      }));
    const now = this.#now();
    const late = now > row.expires_at || (row.finished_at !== null && now > row.finished_at) ? 1 : 0;
    return answers.map((given): Saved => {
      const { id, trial, question, revision, choice, milliseconds, zooms } = given;
      const why = misfit(given, rater.session, this.#study.cannotTell);
      if (why !== undefined) return { id, saved: false, why, code: 'unfit' };
      const { changes } = this.#database
        .prepare('INSERT OR IGNORE INTO answers VALUES (?,?,?,?,?,?,?,?,?,?)')
        .run(id, rater.id, trial, question, revision, choice, milliseconds, zooms, now, late);
      if (changes === 1 || this.#isSame(rater, given)) return { id, saved: true };
      return { id, saved: false, why: 'another answer to that question is there already', code: 'answered' };
    });
  }

  #isSame(rater: Rater, given: Answer): boolean {
    const row = this.#database.prepare('SELECT * FROM answers WHERE id = ?').get(given.id) as
      | AnswerRow
      | undefined;
    if (row === undefined || row.rater !== rater.id) return false;
    return (['trial', 'question', 'revision', 'choice'] as const).every((key) => row[key] === given[key]);
  }
}
