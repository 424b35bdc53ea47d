/** Looking into a study's answers without opening them for writing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';

/** How many raters have given answers in the study of this folder; 0 when it holds none. */
export function answeredRaters(folder: string): number {
  const path = databasePath(folder);
  if (!existsSync(path)) return 0;
  const database = new Database(path, { timeout: 5000 });
  try {
    const row = database.prepare('SELECT COUNT(DISTINCT rater) AS raters FROM answers').get() as {
      raters: number;
    };
    return row.raters;
  } catch {
    return 0;
  } finally {
    database.close();
  }
}

/** Where a study's answers are kept. */
export function databasePath(folder: string): string {
  return join(folder, 'answers.db');
}
