/** `neckar study status`: sessions and answers, as they come. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { count, roughDuration } from '../../platform/format.ts';
import { readStudy } from '../../study/design/new-study.ts';
import { type SessionProgress, type StudyProgress, studyProgress } from '../../study/storage/sessions.ts';
import { watchInterrupts } from '../interrupt.ts';
import { positiveNumber } from '../options.ts';
import { columns, type Palette, palette, wantsColor } from '../terminal.ts';
import { findStudy } from './folders.ts';

interface StatusFlags {
  readonly studies: string;
  readonly watch?: boolean;
  readonly interval: number;
  readonly json?: boolean;
}

export function defineStudyStatus(command: Command): void {
  command
    .summary('show sessions and answers as they come')
    .description(
      'Says how many raters have begun and finished, how far each session is, and how many answers there are. It names no rater and no fact about one; it can be asked while the study is served.',
    )
    .argument('<study>', 'the name of a study, or its folder')
    .option('-w, --watch', 'show it again whenever something has changed, until Ctrl-C')
    .option('--interval <seconds>', 'how often --watch looks', positiveNumber, 2)
    .option('--json', 'as JSON on stdout; with --watch one object a line')
    .option('--studies <folder>', 'where studies are kept', 'studies')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar study status loss-variants\n  neckar study status loss-variants --watch\n  neckar study status loss-variants --json',
    )
    .action(async (name: string, flags: StatusFlags) => {
      const folder = await findStudy(name, flags.studies);
      const study = await readStudy(folder);
      const look = () => studyProgress(folder, study);
      if (!flags.watch) {
        const found = look();
        process.stdout.write(
          flags.json
            ? `${JSON.stringify(found, undefined, 2)}\n`
            : `${statusLines(found, palette(wantsColor(process.stdout)), Date.now()).join('\n')}\n`,
        );
        return;
      }
      const stop = new AbortController();
      watchInterrupts(() => stop.abort());
      await watchStatus(look, process.stdout, {
        json: flags.json === true,
        signal: stop.signal,
        wait: () => sleep(flags.interval * 1000, undefined, { signal: stop.signal }),
      });
    });
}

/** Where a watched status goes. */
export interface WatchOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Shows the status, and again whenever it has changed: on a terminal in place of the last one, elsewhere one line each
 * time (or one JSON object).
 *
 * @param wait - until it is time to look again; it may reject when the signal fires
 */
export async function watchStatus(
  look: () => StudyProgress,
  output: WatchOutput,
  { json, signal, wait }: { json: boolean; signal: AbortSignal; wait: () => Promise<unknown> },
): Promise<void> {
  let last: string | undefined;
  while (!signal.aborted) {
    const found = look();
    const state = JSON.stringify(found);
    if (json && state !== last) output.write(`${state}\n`);
    else if (!json && output.isTTY) {
      // Times pass without anything else changing. Cursor home, the lines, and nothing below them.
      const lines = statusLines(found, palette(wantsColor(output)), Date.now());
      output.write(
        `${last === undefined ? '\u001b[2J' : ''}\u001b[H${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`,
      );
    } else if (!json && state !== last) output.write(`${summary(found)}\n`);
    last = state;
    await wait().catch(() => {});
  }
}

/** The summary, and a line for every session. */
export function statusLines(found: StudyProgress, paint: Palette, now: number): string[] {
  const rows = found.sessions.map((one) => row(one, paint, now));
  return [
    paint.strong(summary(found)),
    ...(rows.length === 0
      ? []
      : ['', ...columns([['session', 'state', 'answers', '', 'begun', 'last answer'], ...rows], [2, 3])]),
  ];
}

/** `small (version 1): 3 of 12 planned raters finished, 1 answering, 0 paused; 214 answers`. */
function summary(found: StudyProgress): string {
  const { study, version, planned, finished, answering, paused, expired, answers, formsOut, withdrawals } =
    found;
  return [
    `${study} (version ${version}): ${finished} of ${count(planned, 'planned rater')} finished, ${answering} answering, ${paused} paused`,
    ...(expired > 0 ? [`${expired} expired`] : []),
    ...(formsOut > 0 ? [`${count(formsOut, 'form')} out`] : []),
    ...(withdrawals > 0 ? [`${withdrawals} withdrawn`] : []),
  ]
    .join(', ')
    .concat(`; ${count(answers, 'answer')}`);
}

function row(
  { session, state, answered, asked, startedAt, lastAt }: SessionProgress,
  paint: Palette,
  now: number,
): string[] {
  const color = { answering: paint.good, paused: paint.warn, finished: paint.strong, expired: paint.faint }[
    state
  ];
  const ago = (then: number) => `${roughDuration(Math.max(0, Math.round((now - then) / 1000)))} ago`;
  return [
    session,
    color(state),
    `${answered} of ${asked}`,
    `${Math.round((100 * answered) / Math.max(1, asked))} %`,
    ago(startedAt),
    lastAt === undefined ? '–' : ago(lastAt),
  ];
}
