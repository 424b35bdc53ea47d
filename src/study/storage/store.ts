/**
 * The answers of one study, in one SQLite file (WAL, every commit synced): what was acknowledged survives a power cut.
 * Answers that arrive together are committed together, so that many raters cost few syncs.
 */
import { randomBytes } from 'node:crypto';
import Database from 'libsql';
import { messageOf, NeckarError } from '../../errors.ts';
import type { StudyManifest, StudyTrial } from '../design/manifest.ts';
import { type Answer, misfit } from './answer.ts';
import { databasePath } from './answered.ts';
import { digest, normalizeCode, withdrawalCode } from './codes.ts';
import {
  type AnswerRow,
  answerOf,
  type HandedForm,
  type NewRater,
  type Rater,
  type RaterRow,
  raterOf,
  type StoredAnswer,
  schema,
  schemaVersion,
} from './rows.ts';

export type Saved =
  | { readonly id: string; readonly saved: true }
  | { readonly id: string; readonly saved: false; readonly why: string };

/** The disk refused: nothing of the batch is kept, and the browser sends it again. */
export class StudyStorageError extends NeckarError {
  override readonly name = 'StudyStorageError';

  constructor(cause: unknown) {
    const full = (cause as { code?: string }).code === 'SQLITE_FULL';
    const why = full ? 'the disk is full. Make room' : `${messageOf(cause)}. Mend that`;
    super(`Answers cannot be saved: ${why}; the forms keep what is not saved and send it again.`, {
      cause,
      exitCode: 1,
    });
  }
}

/** The answers of a study, open for reading and writing until closed. */
export class StudyStore {
  readonly study: StudyManifest;
  readonly #database: Database.Database;
  readonly #now: () => number;
  readonly #statements = new Map<string, Database.Statement>();
  #waiting: {
    rater: Rater;
    answers: readonly Answer[];
    done: (s: Saved[]) => void;
    failed: (e: unknown) => void;
  }[] = [];
  #scheduled = false;

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
    const path = databasePath(folder);
    try {
      this.#database = new Database(path, { timeout: 5000 });
      this.#database.pragma('journal_mode = WAL');
      this.#database.pragma('synchronous = FULL');
      this.#database.pragma('foreign_keys = ON');
      this.#database.pragma('secure_delete = ON');
      this.#database.exec(schema);
    } catch (cause) {
      throw new NeckarError(
        `The answers in "${path}" cannot be opened: ${messageOf(cause)}. Restore the file from a backup, or move it away.`,
        { cause, exitCode: 1 },
      );
    }
    const stated = this.#meta('study', study.hash);
    if (stated !== study.hash) {
      this.#database.close();
      throw new NeckarError(
        `"${path}" holds answers to another version of this study (${stated.slice(0, 12)}…, the manifest is ${study.hash.slice(0, 12)}…). Restore that manifest, or move the file away.`,
      );
    }
    const version = Number(this.#meta('schema', String(schemaVersion)));
    if (version > schemaVersion) {
      this.#database.close();
      throw new NeckarError(`"${path}" was written by a newer Neckar. Update Neckar.`);
    }
    if (options.maximumPages !== undefined) {
      this.#database.pragma(`max_page_count = ${options.maximumPages}`);
    }
  }

  /**
   * Begins a session, or finds the one this token began before.
   * @param plan - makes the session of a slot
   * @throws StudyStorageError when the disk refuses
   */
  begin(rater: NewRater, plan: (slot: number) => readonly StudyTrial[]): Rater {
    const existing = this.rater(rater.token);
    if (existing !== undefined) return existing;
    return this.#transact(() => {
      const slot = rater.slot ?? this.#freeSlot();
      const session = rater.session ?? plan(slot);
      const now = this.#now();
      const id = randomBytes(16).toString('hex');
      this.#prepare(
        'INSERT INTO raters (id, token_hash, code_hash, slot, origin, language, background, conditions, session, started_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)',
      ).run(
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
    return this.#transact(() => {
      const slot = this.#freeSlot();
      const form: HandedForm = {
        id: randomBytes(16).toString('hex'),
        seal: randomBytes(32).toString('hex'),
        slot,
        session: plan(slot),
      };
      this.#prepare('INSERT INTO forms VALUES (?,?,?,?)').run(
        form.id,
        form.seal,
        slot,
        JSON.stringify(form.session),
      );
      return form;
    });
  }

  /** A form that was handed out. */
  form(id: string): HandedForm | undefined {
    const row = this.#prepare('SELECT * FROM forms WHERE id = ?').get(id) as
      | { id: string; seal: string; slot: number; session: string }
      | undefined;
    if (row === undefined) return undefined;
    return { id: row.id, seal: row.seal, slot: row.slot, session: JSON.parse(row.session) };
  }

  /** Who holds this token. */
  rater(token: string): Rater | undefined {
    const row = this.#prepare('SELECT * FROM raters WHERE token_hash = ?').get(digest(token));
    return row === undefined ? undefined : raterOf(row as RaterRow);
  }

  /** Everyone, in the order in which they began. */
  raters(): Rater[] {
    return (this.#prepare('SELECT * FROM raters ORDER BY started_at, id').all() as RaterRow[]).map(raterOf);
  }

  /**
   * Keeps answers. Resolves once they are on the disk; each says whether it was kept. Answers that do not fit the
   * session, or contradict one that is there, are refused one by one.
   * @throws StudyStorageError when the disk refuses; nothing of the call is kept then
   */
  save(rater: Rater, answers: readonly Answer[]): Promise<Saved[]> {
    return new Promise((done, failed) => {
      this.#waiting.push({ rater, answers, done, failed });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    });
  }

  /** Answers of one rater, or all; of each question only the newest revision. */
  answers(rater?: string): StoredAnswer[] {
    const where = rater === undefined ? '' : 'WHERE rater = ?';
    const rows = this.#prepare(
      `SELECT *, MAX(revision) AS revision FROM answers ${where} GROUP BY rater, trial, question ORDER BY rater, trial, question`,
    ).all(...(rater === undefined ? [] : [rater])) as AnswerRow[];
    return rows.map(answerOf);
  }

  /** Whether an unfinished session can no longer be resumed. */
  hasExpired(rater: Rater): boolean {
    return rater.finishedAt === undefined && this.#now() > rater.expiresAt;
  }

  /** Marks a session as finished; again changes nothing. */
  finish(token: string): void {
    this.#transact(() =>
      this.#prepare('UPDATE raters SET finished_at = COALESCE(finished_at, ?) WHERE token_hash = ?').run(
        this.#now(),
        digest(token),
      ),
    );
  }

  /** Deletes everything of the rater with this code; false when there is none. */
  withdraw(code: string): boolean {
    const hash = digest(normalizeCode(code));
    return this.#transact(() => {
      const row = this.#prepare('SELECT id FROM raters WHERE code_hash = ?').get(hash) as
        | { id: string }
        | undefined;
      if (row === undefined) return this.wasWithdrawn(code);
      this.#prepare('DELETE FROM answers WHERE rater = ?').run(row.id);
      this.#prepare('DELETE FROM raters WHERE id = ?').run(row.id);
      this.#prepare('INSERT OR IGNORE INTO withdrawn (code_hash) VALUES (?)').run(hash);
      return true;
    });
  }

  /** Whether the rater with this code, or with this token, has withdrawn. */
  wasWithdrawn(code: string): boolean {
    const hash = digest(normalizeCode(code));
    return this.#prepare('SELECT 1 AS found FROM withdrawn WHERE code_hash = ?').get(hash) !== undefined;
  }

  /** How many have withdrawn. */
  withdrawals(): number {
    return (this.#prepare('SELECT COUNT(*) AS n FROM withdrawn').get() as { n: number }).n;
  }

  /** Commits what waits, moves the log into the file, and closes it. */
  close(): void {
    if (this.#waiting.length > 0) this.#flush();
    try {
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // Another process reads it: the log stays, and is part of the file until the next checkpoint.
    }
    this.#statements.clear();
    this.#database.close();
  }

  #flush(): void {
    this.#scheduled = false;
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const outcomes = this.#transact(() => batch.map(({ rater, answers }) => this.#insert(rater, answers)));
      for (const [i, { done }] of batch.entries()) done(outcomes[i]!);
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }

  #insert(rater: Rater, answers: readonly Answer[]): Saved[] {
    // Meanwhile the rater may have withdrawn, or finished.
    const row = this.#prepare('SELECT expires_at, finished_at FROM raters WHERE id = ?').get(rater.id) as
      | { expires_at: number; finished_at: number | null }
      | undefined;
    if (row === undefined)
      return answers.map(({ id }) => ({ id, saved: false, why: 'this session was withdrawn' }));
    const now = this.#now();
    const late = now > row.expires_at || (row.finished_at !== null && now > row.finished_at) ? 1 : 0;
    return answers.map((given): Saved => {
      const { id, trial, question, revision, choice, milliseconds, zooms } = given;
      const why = misfit(given, rater.session, this.study.cannotTell);
      if (why !== undefined) return { id, saved: false, why };
      const { changes } = this.#prepare('INSERT OR IGNORE INTO answers VALUES (?,?,?,?,?,?,?,?,?,?)').run(
        id,
        rater.id,
        trial,
        question,
        revision,
        choice,
        milliseconds,
        zooms,
        now,
        late,
      );
      if (changes === 1 || this.#isSame(rater, given)) return { id, saved: true };
      return { id, saved: false, why: 'another answer to that question is there already' };
    });
  }

  #isSame(rater: Rater, given: Answer): boolean {
    const row = this.#prepare('SELECT * FROM answers WHERE id = ?').get(given.id) as AnswerRow | undefined;
    if (row === undefined || row.rater !== rater.id) return false;
    return (['trial', 'question', 'revision', 'choice'] as const).every((key) => row[key] === given[key]);
  }

  /** The slot that the fewest hold whose session is finished or can still be. */
  #freeSlot(): number {
    const rows = this.#prepare(
      `SELECT slot, COUNT(*) AS held FROM (
        SELECT slot FROM raters WHERE origin = 'web' AND (finished_at IS NOT NULL OR expires_at > ?)
        UNION ALL SELECT slot FROM forms
      ) GROUP BY slot`,
    ).all(this.#now()) as { slot: number; held: number }[];
    const held = new Map(rows.map((row) => [row.slot, row.held]));
    if (this.study.design.kind === 'active') return Math.max(-1, ...held.keys()) + 1;
    let best = 0;
    for (let slot = 0; slot < this.study.raters; slot++) {
      if ((held.get(slot) ?? 0) < (held.get(best) ?? 0)) best = slot;
    }
    return best;
  }

  #meta(key: string, initial: string): string {
    this.#prepare('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)').run(key, initial);
    return (this.#prepare('SELECT value FROM meta WHERE key = ?').get(key) as { value: string }).value;
  }

  #prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #transact<Result>(work: () => Result): Result {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (cause) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      if ((cause as Error).name === 'SqliteError') throw new StudyStorageError(cause);
      throw cause;
    }
  }
}
