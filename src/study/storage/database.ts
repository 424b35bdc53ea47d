/** The SQLite file of one study: WAL, every commit synced, so that what was committed survives a power cut. */
import Database from 'libsql';
import { messageOf, NeckarError } from '../../errors.ts';
import { schema, schemaVersion } from './rows.ts';

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

/** Prepared statements and transactions on a study's file. */
export class StudyDatabase {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  /**
   * Opens the file, or makes it.
   *
   * @param path - of the file
   * @param study - the hash of the manifest whose answers it may hold
   * @param maximumPages - a limit on the file's size, in pages of 4 KiB
   * @throws NeckarError when it cannot be opened, belongs to another version of the study, or a newer Neckar wrote it
   */
  constructor(path: string, study: string, maximumPages?: number) {
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
    const stated = this.#meta('study', study);
    if (stated !== study) {
      this.#database.close();
      throw new NeckarError(
        `"${path}" holds answers to another version of this study (${stated.slice(0, 12)}…, the manifest is ${study.slice(0, 12)}…). Restore that manifest, or move the file away.`,
      );
    }
    if (Number(this.#meta('schema', String(schemaVersion))) > schemaVersion) {
      this.#database.close();
      throw new NeckarError(`"${path}" was written by a newer Neckar. Update Neckar.`);
    }
    if (maximumPages !== undefined) this.#database.pragma(`max_page_count = ${maximumPages}`);
  }

  /** A statement, prepared once. */
  prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /**
   * Does the work as one commit: all of it is on the disk when this returns, or nothing.
   * @throws StudyStorageError when the disk refuses; what the work throws otherwise
   */
  transact<Result>(work: () => Result): Result {
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

  /** Moves the log into the file: what was deleted is then in neither. */
  checkpoint(): void {
    try {
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // Another process reads it: the log stays, and is part of the file until the next checkpoint.
    }
  }

  /** Moves the log into the file, and closes it. */
  close(): void {
    this.checkpoint();
    this.#statements.clear();
    this.#database.close();
  }

  /** What is stated under a key; the initial value when nothing was. */
  #meta(key: string, initial: string): string {
    this.prepare('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)').run(key, initial);
    return (this.prepare('SELECT value FROM meta WHERE key = ?').get(key) as { value: string }).value;
  }
}
