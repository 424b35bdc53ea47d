/** Looking into a study's answers without opening them for writing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';

/** How much a study has been answered. */
export interface Answered {
  /** Everyone who has begun, and those of them who have given an answer. */
  readonly begun: number;
  readonly raters: number;
  /** Counting the newest to each question. */
  readonly answers: number;
  readonly withdrawals: number;
}

const nobody: Answered = { begun: 0, raters: 0, answers: 0, withdrawals: 0 };

/** How much the study of this folder has been answered; all 0 when there is nothing, or nothing that can be read. */
export function answered(folder: string): Answered {
  const path = databasePath(folder);
  if (!existsSync(path)) return nobody;
  const database = new Database(path, { timeout: 5000 });
  try {
    return database
      .prepare(
        `SELECT (SELECT COUNT(*) FROM raters) AS begun,
          (SELECT COUNT(DISTINCT rater) FROM answers) AS raters,
          (SELECT COUNT(*) FROM (SELECT 1 FROM answers GROUP BY rater, trial, question)) AS answers,
          (SELECT COUNT(*) FROM withdrawn) AS withdrawals`,
      )
      .get() as Answered;
  } catch {
    return nobody;
  } finally {
    database.close();
  }
}

/** Where a study's answers are kept. */
export function databasePath(folder: string): string {
  return join(folder, 'answers.db');
}
