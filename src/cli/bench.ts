/** `neckar bench`: how fast this machine runs the objectives. */

import type { Command } from 'commander';
import { type BenchReport, runBench } from '../bench/bench.ts';
import { runColorBench } from '../bench/colors.ts';
import { runIntervalsBench } from '../bench/intervals.ts';
import { runLossBench } from '../bench/losses.ts';
import { runNetworkBench } from '../bench/networks.ts';
import { runReportBench } from '../bench/report.ts';
import type { BenchRow } from '../bench/rows.ts';
import { runStoreBench } from '../bench/store.ts';
import { runStudyBench } from '../bench/study.ts';
import type { EngineName } from '../engines/engine.ts';
import { NeckarError } from '../errors.ts';
import { plainNumber } from '../platform/format.ts';
import { Interrupted } from './errors.ts';
import { watchInterrupts } from './interrupt.ts';
import { wholeNumber } from './options.ts';
import { columns, type Palette, palette, wantsColor } from './terminal.ts';

interface BenchFlags {
  readonly engine: EngineName | 'auto';
  readonly provider?: string;
  readonly threads?: number;
  readonly quick?: boolean;
  readonly store?: boolean;
  readonly study?: boolean;
  readonly report?: boolean;
  readonly losses?: boolean;
  readonly networks?: boolean;
  readonly intervals?: boolean;
  readonly colors?: boolean;
  readonly json?: boolean;
}

/** Gives `neckar bench` its arguments, options and action. */
export function defineBench(command: Command): void {
  command
    .description(
      "Measures value and gradient of the VGG-19 and wavelet objectives, their memory, and this machine's own convolution peak, each in a process of its own. Takes minutes; leave the machine alone meanwhile.",
    )
    .option('--engine <name>', 'auto, onnx or tensorflow', 'auto')
    .option('--provider <name>', 'such as webgpu')
    .option('--threads <n>', 'threads (default: all cores)', wholeNumber)
    .option('--quick', 'fewer evaluations, no 512² case, no report of 2 000 trials')
    .option('--store', 'measure planning, scheduling and storing instead of the objectives')
    .option(
      '--study',
      'measure a study instead: raters at once, kills of its server, coverage of its intervals',
    )
    .option('--report', 'measure reports instead: writing and opening those of 200 and 2 000 trials')
    .option('--losses', 'measure what an evaluation of each loss costs, relative to the Gram loss')
    .option('--networks', 'measure a step of a network’s training and its pass')
    .option('--intervals', 'measure how often the intervals of few pairs hold the truth')
    .option('--colors', 'measure how far every loss’s pictures are off the style’s mean colour')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar bench\n  neckar bench --quick --json\n  neckar bench --store\n  neckar bench --study --quick\n  neckar bench --report --quick\n  neckar bench --losses\n  neckar bench --networks\n  neckar bench --intervals --quick\n  neckar bench --colors --quick\n  neckar bench --engine onnx --provider webgpu',
    )
    .action(bench);
}

async function bench(flags: BenchFlags): Promise<void> {
  const interrupts = watchInterrupts(() => {});
  const { engine: name, provider, threads } = flags;
  try {
    const measures = [
      [flags.store, runStoreBench],
      [flags.study, runStudyBench],
      [flags.report, runReportBench],
      [flags.losses, runLossBench],
      [flags.networks, runNetworkBench],
      [flags.intervals, runIntervalsBench],
      [flags.colors, runColorBench],
    ] as const;
    const asked = measures.filter(([wanted]) => wanted);
    if (asked.length > 1) {
      throw new NeckarError(
        '--store, --study, --report, --losses, --networks, --intervals and --colors are measured one at a time: give one of them.',
      );
    }
    const measure = asked[0]?.[1] ?? runBench;
    const report = await measure({
      engine: { name, ...(provider && { provider }), ...(threads && { threads }) },
      quick: flags.quick,
      onProgress: (title, index, count) => {
        if (!flags.json) process.stderr.write(`[${index + 1}/${count}] ${title}\n`);
      },
      signal: interrupts.stop,
    });
    if (flags.json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    else process.stdout.write(`${benchLines(report, palette(wantsColor(process.stdout))).join('\n')}\n`);
  } catch (error) {
    if (interrupts.stop.aborted) throw new Interrupted('interrupted; nothing was measured to the end');
    throw error;
  } finally {
    interrupts.release();
  }
}

function benchLines({ rows }: BenchReport, paint: Palette): string[] {
  return columns(
    rows.map((row) => [row.title, plainNumber(row.value), row.unit, targetText(row, paint)]),
    [1],
  );
}

function targetText({ target, met }: BenchRow, paint: Palette): string {
  if (target === undefined) return '';
  const wanted = target.atLeast === undefined ? `at most ${target.atMost}` : `at least ${target.atLeast}`;
  return met ? paint.good(`✓ ${wanted}`) : paint.warn(`✗ ${wanted}`);
}
