/** The tables, and their rows as objects. */
import type { StudyTrial } from '../design/manifest.ts';
import type { Answer, Background, Conditions } from './answer.ts';

/** Of the tables. */
export const schemaVersion = 1;

export const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS raters (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  code_hash TEXT NOT NULL UNIQUE,
  slot INTEGER NOT NULL,
  origin TEXT NOT NULL,
  language TEXT NOT NULL,
  background TEXT NOT NULL,
  conditions TEXT NOT NULL,
  session TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS answers (
  id TEXT PRIMARY KEY,
  rater TEXT NOT NULL REFERENCES raters (id),
  trial INTEGER NOT NULL,
  question TEXT NOT NULL,
  revision INTEGER NOT NULL,
  choice TEXT NOT NULL,
  milliseconds INTEGER NOT NULL,
  zooms INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  late INTEGER NOT NULL,
  UNIQUE (rater, trial, question, revision)
) STRICT;
CREATE TABLE IF NOT EXISTS forms (
  id TEXT PRIMARY KEY,
  seal TEXT NOT NULL,
  slot INTEGER NOT NULL,
  session TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS withdrawn (code_hash TEXT PRIMARY KEY) STRICT;
`;

export interface Rater {
  readonly id: string;
  readonly slot: number;
  readonly origin: 'web' | 'file';
  readonly language: string;
  readonly background: Background;
  readonly conditions: Conditions;
  readonly session: readonly StudyTrial[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly expiresAt: number;
  readonly finishedAt: number | undefined;
}

/** An answer as it is kept. */
export interface StoredAnswer extends Answer {
  readonly rater: string;
  readonly receivedAt: number;
  /** It came after the session had expired or was finished. */
  readonly late: boolean;
}

export interface NewRater {
  /** The browser's own secret: beginning twice with the same one is beginning once. */
  readonly token: string;
  readonly language: string;
  readonly background: Background;
  readonly conditions: Conditions;
  readonly origin?: 'web' | 'file';
  /** Of a form that was handed out with its session; default: the next free one. */
  readonly slot?: number;
  /** Of a form that was handed out; default: made by `plan`. */
  readonly session?: readonly StudyTrial[];
}

/** A form that was handed out as a file. */
export interface HandedForm {
  readonly id: string;
  /** The key its answers are sealed with; it is in the form, too. */
  readonly seal: string;
  readonly slot: number;
  readonly session: readonly StudyTrial[];
}

export interface RaterRow {
  readonly id: string;
  readonly slot: number;
  readonly origin: 'web' | 'file';
  readonly language: string;
  readonly background: string;
  readonly conditions: string;
  readonly session: string;
  readonly started_at: number;
  readonly expires_at: number;
  readonly finished_at: number | null;
}

export function raterOf(row: RaterRow): Rater {
  return {
    id: row.id,
    slot: row.slot,
    origin: row.origin,
    language: row.language,
    background: JSON.parse(row.background),
    conditions: JSON.parse(row.conditions),
    session: JSON.parse(row.session),
    startedAt: row.started_at,
    expiresAt: row.expires_at,
    finishedAt: row.finished_at ?? undefined,
  };
}

export interface AnswerRow {
  readonly id: string;
  readonly rater: string;
  readonly trial: number;
  readonly question: Answer['question'];
  readonly revision: number;
  readonly choice: Answer['choice'];
  readonly milliseconds: number;
  readonly zooms: number;
  readonly received_at: number;
  readonly late: number;
}

export function answerOf(row: AnswerRow): StoredAnswer {
  const { id, rater, trial, question, revision, choice, milliseconds, zooms } = row;
  return {
    id,
    rater,
    trial,
    question,
    revision,
    choice,
    milliseconds,
    zooms,
    receivedAt: row.received_at,
    late: row.late === 1,
  };
}
