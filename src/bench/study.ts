/** `neckar bench --study`: whether a study loses answers, keeps raters waiting, or claims more than it knows. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../median.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { agreeing, type Coverage, coverageOf, differing } from './coverage.ts';
import { type BenchRow, row } from './rows.ts';
import { benchStudy } from './study-folder.ts';
import { type RatersOutcome, sendRaters } from './study-raters.ts';

/**
 * Sends 200 raters at once through a served study, kills the server under others, and analyses 200 simulated studies of
 * 40 raters whose scale is known. Quick: 40 raters, and 40 studies.
 *
 * @throws Error when the server cannot be started or refuses a rater
 */
export async function runStudyBench(options: BenchOptions): Promise<BenchReport> {
  const { quick = false, signal } = options;
  const raters = quick ? 40 : 200;
  const repetitions = quick ? 40 : 200;
  const folder = await mkdtemp(join(tmpdir(), 'neckar-bench-'));
  const rows: BenchRow[] = [];
  const measurements: Record<string, { kind: 'times'; seconds: number[] }> = {};
  const parts: [string, () => Promise<BenchRow[]> | BenchRow[]][] = [
    [
      `${raters} raters at once`,
      async () => {
        const path = join(folder, 'load');
        const study = await benchStudy(path, quick ? 9 : 12, 512);
        const outcome = await sendRaters({ folder: path, study, raters, pause: quick ? 0.5 : 2, signal });
        for (const [kind, times] of Object.entries(outcome.times)) {
          measurements[kind] = { kind: 'times', seconds: times.map((time) => time / 1000) };
        }
        return loadRows(raters, outcome);
      },
    ],
    [
      'the server killed while raters answer',
      async () => {
        const path = join(folder, 'kill');
        const study = await benchStudy(path, 9, 256);
        const kills = quick ? 2 : 6;
        const people = quick ? 12 : 40;
        const outcome = await sendRaters({ folder: path, study, raters: people, pause: 0.1, kills, signal });
        return killRows(people, kills, outcome);
      },
    ],
    [
      `${repetitions} studies of raters and pictures that differ`,
      () => coverageRows('differing', 'raters and pictures differ', repetitions, differing, signal),
    ],
    [
      `${repetitions} studies of raters who agree but for chance`,
      () => coverageRows('agreeing', 'raters agree but for chance', repetitions, agreeing, signal),
    ],
  ];
  try {
    for (const [index, [title, measure]] of parts.entries()) {
      options.onProgress?.(title, index, parts.length);
      rows.push(...(await measure()));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { rows, measurements };
}

function loadRows(raters: number, { answers, lost, missing, times }: RatersOutcome): BenchRow[] {
  const late = (all: readonly number[]) =>
    [...all].sort((a, b) => a - b)[Math.floor(0.95 * (all.length - 1))]!;
  return [
    row('study-answers', `answers of ${raters} raters at once`, answers, ''),
    row('study-lost', '… acknowledged and lost', lost, '', { atMost: 0 }),
    row('study-missing', '… given and not there at the end', missing, '', { atMost: 0 }),
    row('study-answer-median', '… an answer is acknowledged, median', median(times.answer), 'ms', {
      atMost: 50,
    }),
    row('study-answer-95', '… the slowest of 20', late(times.answer), 'ms'),
    row('study-picture-median', '… a picture, median', median(times.picture), 'ms'),
    row('study-start-median', '… a session begins or ends, median', median(times.start), 'ms'),
  ];
}

function killRows(raters: number, kills: number, { answers, lost, missing }: RatersOutcome): BenchRow[] {
  return [
    row('kill-answers', `answers of ${raters} raters, the server killed ${kills} times`, answers, ''),
    row('kill-lost', '… acknowledged and lost', lost, '', { atMost: 0 }),
    row('kill-missing', '… given and not there at the end', missing, '', { atMost: 0 }),
  ];
}

async function coverageRows(
  id: string,
  title: string,
  repetitions: number,
  model: Parameters<typeof coverageOf>[0],
  signal: AbortSignal | undefined,
): Promise<BenchRow[]> {
  const found: [number, Coverage][] = [];
  for (const pairs of [6, 12]) {
    found.push([pairs, await coverageOf(model, { repetitions, pairs, signal })]);
  }
  return found.flatMap(([pairs, { covered, low, high, intervals, width }]) => [
    row(
      `coverage-${id}-${pairs}`,
      `${title}, ${pairs} pairs: 95 % intervals that hold the truth (of ${intervals}; [${low.toFixed(3)}, ${high.toFixed(3)}])`,
      covered,
      '',
      { atLeast: 0.95 },
    ),
    row(`width-${id}-${pairs}`, '… their width, where 1 is just what is due', width, '×'),
  ]);
}
