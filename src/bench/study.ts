/** `neckar bench --study`: whether a study loses answers, keeps raters waiting, or claims more than it knows. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../median.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import {
  agreeing,
  type Coverage,
  type coverageOf,
  decidedCoverageOf,
  differing,
  wanted,
} from './coverage.ts';
import { type BenchRow, row } from './rows.ts';
import { benchStudy } from './study-folder.ts';
import { type RatersOutcome, sendRaters } from './study-raters.ts';

/**
 * Sends 200 raters at once through a served study, kills the server under others, and analyses simulated studies of 1 to
 * 40 raters and 2 to 12 pairs whose scale is known: 500 each without an effect, 150 each with a small and with a large
 * one, and ten times as many where that does not decide. Quick: 40 raters, and a twenty-fifth of the studies on fewer
 * sizes.
 *
 * @throws Error when the server cannot be started or refuses a rater
 */
export async function runStudyBench(options: BenchOptions): Promise<BenchReport> {
  const { quick = false, signal } = options;
  const raters = quick ? 40 : 200;
  const folder = await mkdtemp(join(tmpdir(), 'neckar-bench-'));
  const rows: BenchRow[] = [];
  const measurements: Record<string, BenchReport['measurements'][string]> = {};
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
      'simulated studies of raters and pictures that differ',
      () => coverageRows('differing', 'raters and pictures differ', differing, measurements, options),
    ],
    [
      'simulated studies of raters who agree but for chance',
      () => coverageRows('agreeing', 'raters agree but for chance', agreeing, measurements, options),
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

/**
 * Few and many raters and pairs, and what they are asked to find. Of each number of pairs the table has the worst over
 * the numbers of raters; the measurements have every cell.
 */
async function coverageRows(
  id: string,
  title: string,
  model: Parameters<typeof coverageOf>[0],
  measurements: Record<string, BenchReport['measurements'][string]>,
  { quick = false, signal }: BenchOptions,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const cells: Coverage[] = [];
  for (const effect of ['null', 'small', 'separation'] as const) {
    // False alarms are rarer than intervals, of which every study has three.
    const repetitions = (effect === 'null' ? 500 : 150) / (quick ? 25 : 1);
    for (const pairs of quick ? [2, 6] : [2, 3, 4, 6, 12]) {
      const found: Coverage[] = [];
      for (const raters of quick ? [1, 3, 12] : [1, 2, 3, 5, 10, 20, 40]) {
        found.push(await decidedCoverageOf(model, { effect, raters, pairs, repetitions, signal }));
      }
      cells.push(...found);
      const measured = found.filter(({ intervals }) => intervals > 0);
      const rate = (part: number, whole: number) => part / whole;
      const alarms = Math.max(...found.map(({ falseAlarms, studies }) => rate(falseAlarms, studies)));
      const covered = Math.min(...measured.map(({ covered, intervals }) => rate(covered, intervals)));
      const of = `${title}, ${described[effect]}, ${pairs} pairs, ${found[0]!.raters} to ${found.at(-1)!.raters} raters`;
      rows.push(
        row(`alarms-${id}-${effect}-${pairs}`, `${of}: false alarms at worst (5 % declared)`, alarms, '', {
          atMost: wanted.alarms,
        }),
        row(
          `coverage-${id}-${effect}-${pairs}`,
          '… 95 % intervals that hold the truth, at worst',
          covered,
          '',
          {
            atLeast: wanted.covered,
          },
        ),
      );
    }
  }
  measurements[`coverage ${id}`] = { kind: 'coverage', cells };
  return rows;
}

const described = {
  null: 'no effect',
  small: 'a preference of 60 %',
  separation: 'a preference of 99 %',
} as const;
