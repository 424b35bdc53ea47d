/** How far a study is: every session, and the answers so far. */
import { existsSync } from 'node:fs';
import type { StudyManifest } from '../design/manifest.ts';
import { databasePath } from './answered.ts';
import { StudyStore } from './store.ts';

export interface SessionProgress {
  /** The beginning of the rater's random id. */
  readonly session: string;
  /**
   * `answering`: an answer came within the last minutes; `paused`: it can be continued; `finished`; `expired`: it was
   * not finished and can no longer be continued.
   */
  readonly state: 'answering' | 'paused' | 'finished' | 'expired';
  readonly origin: 'web' | 'file';
  /** Questions answered and asked, practice left out. */
  readonly answered: number;
  readonly asked: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** When the last answer came; absent before the first. */
  readonly lastAt?: number;
}

export interface StudyProgress {
  readonly study: string;
  readonly version: number;
  /** Raters that are planned. */
  readonly planned: number;
  readonly begun: number;
  readonly finished: number;
  readonly answering: number;
  readonly paused: number;
  readonly expired: number;
  /** Practice left out, of each question the newest. */
  readonly answers: number;
  /** Forms that were handed out as files and have not come back. */
  readonly formsOut: number;
  readonly withdrawals: number;
  /** In the order in which they began. */
  readonly sessions: readonly SessionProgress[];
}

/** Without an answer for longer than this, a session counts as paused. */
const pausedAfterMilliseconds = 3 * 60_000;

/**
 * How far a study is. Reads only: a study that nobody has begun gets no file of answers by being looked at.
 *
 * @param folder - of the study
 * @param now - the clock, milliseconds since 1970
 */
export function studyProgress(folder: string, study: StudyManifest, now = Date.now()): StudyProgress {
  const base = { study: study.name, version: study.version, planned: study.raters };
  if (!existsSync(databasePath(folder))) {
    const none = { begun: 0, finished: 0, answering: 0, paused: 0, expired: 0, answers: 0 };
    return { ...base, ...none, formsOut: 0, withdrawals: 0, sessions: [] };
  }
  const store = new StudyStore(folder, study, { now: () => now });
  try {
    const answers = new Map<string, { count: number; lastAt: number }>();
    const raters = store.raters();
    const sessions = new Map(raters.map(({ id, session }) => [id, session]));
    for (const { rater, trial, receivedAt } of store.answers()) {
      const before = answers.get(rater) ?? { count: 0, lastAt: 0 };
      const practice = sessions.get(rater)?.[trial]?.role === 'training';
      answers.set(rater, {
        count: before.count + (practice ? 0 : 1),
        lastAt: Math.max(before.lastAt, receivedAt),
      });
    }
    const rows = raters.map((rater): SessionProgress => {
      const { count = 0, lastAt } = answers.get(rater.id) ?? {};
      const active = now - (lastAt ?? rater.startedAt) < pausedAfterMilliseconds;
      return {
        session: rater.id.slice(0, 8),
        state:
          rater.finishedAt !== undefined
            ? 'finished'
            : store.hasExpired(rater)
              ? 'expired'
              : active
                ? 'answering'
                : 'paused',
        origin: rater.origin,
        answered: count,
        asked: rater.session
          .filter(({ role }) => role !== 'training')
          .reduce((sum, { questions }) => sum + questions.length, 0),
        startedAt: rater.startedAt,
        ...(lastAt !== undefined && { lastAt }),
      };
    });
    const inState = (state: SessionProgress['state']) => rows.filter((row) => row.state === state).length;
    return {
      ...base,
      begun: rows.length,
      finished: inState('finished'),
      answering: inState('answering'),
      paused: inState('paused'),
      expired: inState('expired'),
      answers: rows.reduce((sum, { answered }) => sum + answered, 0),
      formsOut: store.formsOut().length,
      withdrawals: store.withdrawals(),
      sessions: rows,
    };
  } finally {
    store.close();
  }
}
