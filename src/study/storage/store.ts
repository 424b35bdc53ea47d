/** The answers of one study: who rates, what they answered, and what was handed out or withdrawn. */
import { randomBytes } from 'node:crypto';
import type { StudyManifest, StudyTrial } from '../design/manifest.ts';
import type { Answer } from './answer.ts';
import { databasePath } from './answered.ts';
import { digest, normalizeCode, withdrawalCode } from './codes.ts';
import { StudyDatabase } from './database.ts';
import { Inbox, type Saved } from './inbox.ts';
import {
  type AnswerRow,
  answerOf,
  type HandedForm,
  type NewRater,
  type Rater,
  type RaterRow,
  raterOf,
  type StoredAnswer,
} from './rows.ts';

/** The answers of a study, open for reading and writing until closed. */
export class StudyStore {
  readonly study: StudyManifest;
  readonly #database: StudyDatabase;
  readonly #inbox: Inbox;
  readonly #now: () => number;

  /**
   * @param folder - of the study
   * @param options - `now`: the clock, for tests; `maximumPages`: a limit on the file's size, in pages of 4 KiB
   * @throws NeckarError when the file belongs to another version of the study, or cannot be opened
   */
  constructor(
    folder: string,
    study: StudyManifest,
    options: { now?: () => number; maximumPages?: number } = {},
  ) {
    this.study = study;
    this.#now = options.now ?? Date.now;
    this.#database = new StudyDatabase(databasePath(folder), study.hash, options.maximumPages);
    this.#inbox = new Inbox(this.#database, study, this.#now);
  }

  /**
   * Begins a session, or finds the one this token began before.
   * @param plan - makes the session of a slot
   * @throws StudyStorageError when the disk refuses
   */
  begin(rater: NewRater, plan: (slot: number) => readonly StudyTrial[]): Rater {
    const existing = this.rater(rater.token);
    if (existing !== undefined) return existing;
    return this.#database.transact(() => {
      const slot = rater.slot ?? this.#freeSlot();
      const session = rater.session ?? plan(slot);
      const now = this.#now();
      const id = randomBytes(16).toString('hex');
      this.#database
        .prepare(
          'INSERT INTO raters (id, token_hash, code_hash, slot, origin, language, background, conditions, session, started_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)',
        )
        .run(
          id,
          digest(rater.token),
          digest(withdrawalCode(rater.token)),
          slot,
          rater.origin ?? 'web',
          rater.language,
          JSON.stringify(rater.background),
          JSON.stringify(rater.conditions),
          JSON.stringify(session),
          now,
          now + this.study.resumeHours * 3_600_000,
        );
      return this.rater(rater.token)!;
    });
  }

  /** Takes a slot for a form that is handed out as a file. */
  handOut(plan: (slot: number) => readonly StudyTrial[]): HandedForm {
    return this.#database.transact(() => {
      const slot = this.#freeSlot();
      const form: HandedForm = {
        id: randomBytes(16).toString('hex'),
        seal: randomBytes(32).toString('hex'),
        slot,
        session: plan(slot),
      };
      this.#database
        .prepare('INSERT INTO forms VALUES (?,?,?,?)')
        .run(form.id, form.seal, slot, JSON.stringify(form.session));
      return form;
    });
  }

  /** A form that was handed out. */
  form(id: string): HandedForm | undefined {
    const row = this.#database.prepare('SELECT * FROM forms WHERE id = ?').get(id) as
      | { id: string; seal: string; slot: number; session: string }
      | undefined;
    if (row === undefined) return undefined;
    return { id: row.id, seal: row.seal, slot: row.slot, session: JSON.parse(row.session) };
  }

  /** Forms that were handed out and of which no answers have come back. */
  formsOut(): HandedForm[] {
    const rows = this.#database
      .prepare("SELECT * FROM forms WHERE slot NOT IN (SELECT slot FROM raters WHERE origin = 'file')")
      .all() as { id: string; seal: string; slot: number; session: string }[];
    return rows.map((row) => ({ ...row, session: JSON.parse(row.session) }));
  }

  /** Who holds this token. */
  rater(token: string): Rater | undefined {
    const row = this.#database.prepare('SELECT * FROM raters WHERE token_hash = ?').get(digest(token));
    return row === undefined ? undefined : raterOf(row as RaterRow);
  }

  /** Everyone, in the order in which they began. */
  raters(): Rater[] {
    return (this.#database.prepare('SELECT * FROM raters ORDER BY started_at, id').all() as RaterRow[]).map(
      raterOf,
    );
  }

  /**
   * Keeps answers. Resolves once they are on the disk; each says whether it was kept. Answers that do not fit the
   * session, or contradict one that is there, are refused one by one.
   * @throws StudyStorageError when the disk refuses; nothing of the call is kept then
   */
  save(rater: Rater, answers: readonly Answer[]): Promise<Saved[]> {
    return this.#inbox.put(rater, answers);
  }

  /** Answers of one rater, or all; of each question only the newest revision. */
  answers(rater?: string): StoredAnswer[] {
    const where = rater === undefined ? '' : 'WHERE rater = ?';
    const rows = this.#database
      .prepare(
        `SELECT *, MAX(revision) AS revision FROM answers ${where} GROUP BY rater, trial, question ORDER BY rater, trial, question`,
      )
      .all(...(rater === undefined ? [] : [rater])) as AnswerRow[];
    return rows.map(answerOf);
  }

  /** Whether an unfinished session can no longer be resumed. */
  hasExpired(rater: Rater): boolean {
    return rater.finishedAt === undefined && this.#now() > rater.expiresAt;
  }

  /** Whether a session still asks, was finished, can no longer be resumed, or is not there any more. */
  stateOf(token: string): 'open' | 'finished' | 'expired' | 'gone' {
    const rater = this.rater(token);
    if (rater === undefined) return 'gone';
    if (rater.finishedAt !== undefined) return 'finished';
    return this.hasExpired(rater) ? 'expired' : 'open';
  }

  /** Marks a session as finished; again changes nothing. */
  finish(token: string): void {
    this.#database.transact(() =>
      this.#database
        .prepare('UPDATE raters SET finished_at = COALESCE(finished_at, ?) WHERE token_hash = ?')
        .run(this.#now(), digest(token)),
    );
  }

  /** Deletes everything of the rater with this code; false when there is none. */
  withdraw(code: string): boolean {
    const hash = digest(normalizeCode(code));
    const deleted = this.#database.transact(() => {
      const row = this.#database.prepare('SELECT id FROM raters WHERE code_hash = ?').get(hash) as
        | { id: string }
        | undefined;
      if (row === undefined) return this.wasWithdrawn(code);
      this.#database.prepare('DELETE FROM answers WHERE rater = ?').run(row.id);
      this.#database.prepare('DELETE FROM raters WHERE id = ?').run(row.id);
      this.#database.prepare('INSERT OR IGNORE INTO withdrawn (code_hash) VALUES (?)').run(hash);
      return true;
    });
    // Overwritten in the file, and gone from its log.
    if (deleted) this.#database.checkpoint();
    return deleted;
  }

  /** Whether the rater with this code, or with this token, has withdrawn. */
  wasWithdrawn(code: string): boolean {
    const hash = digest(normalizeCode(code));
    return (
      this.#database.prepare('SELECT 1 AS found FROM withdrawn WHERE code_hash = ?').get(hash) !== undefined
    );
  }

  /** How many have withdrawn. */
  withdrawals(): number {
    return (this.#database.prepare('SELECT COUNT(*) AS n FROM withdrawn').get() as { n: number }).n;
  }

  /** Commits what waits, moves the log into the file, and closes it. */
  close(): void {
    this.#inbox.flush();
    this.#database.close();
  }

  /** The slot that the fewest hold whose session is finished or can still be. */
  #freeSlot(): number {
    const rows = this.#database
      .prepare(
        `SELECT slot, COUNT(*) AS held FROM (
        SELECT slot FROM raters WHERE origin = 'web' AND (finished_at IS NOT NULL OR expires_at > ?)
        UNION ALL SELECT slot FROM forms
      ) GROUP BY slot`,
      )
      .all(this.#now()) as { slot: number; held: number }[];
    const held = new Map(rows.map((row) => [row.slot, row.held]));
    if (this.study.design.kind === 'active') return Math.max(-1, ...held.keys()) + 1;
    let best = 0;
    for (let slot = 0; slot < this.study.raters; slot++) {
      if ((held.get(slot) ?? 0) < (held.get(best) ?? 0)) best = slot;
    }
    return best;
  }
}
