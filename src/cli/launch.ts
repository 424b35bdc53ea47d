/** What the verbs that run trials share: their options, the show while it goes on, Ctrl-C, and the ending. */
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { remarksOn } from '../../reports/damage.ts';
import { storedReport } from '../../reports/stored.ts';
import { writeReport } from '../../reports/write.ts';
import type { LauncherSpec } from '../experiment/launcher.ts';
import { shownPath } from '../experiment/load.ts';
import { quoted } from '../platform/shell.ts';
import type { RunOptions, RunSummary } from '../runs/run.ts';
import { watchInterrupts } from './interrupt.ts';
import { addLauncherOptions, chooseLauncher, type LauncherFlags } from './launcher-flags.ts';
import { positiveNumber, wholeNumber } from './options.ts';
import { createReporter } from './progress.ts';

/** What those options give. */
export interface LaunchFlags extends LauncherFlags {
  readonly runs: string;
  readonly failFast?: boolean;
  readonly fresh?: boolean;
  /** False with `--no-report`. */
  readonly report: boolean;
  readonly json?: boolean;
}

/** The options of every verb that runs trials, on this machine or elsewhere. */
export function addLaunchOptions(command: Command): void {
  addMachineOptions(command);
  command
    .option('--fail-fast', 'start nothing more after the first failure')
    .option('--fresh', 'start interrupted and failed trials from nothing')
    .option('--no-report', 'write no report at the end');
  addLauncherOptions(command);
}

/** The options that say how much of a machine may be used, and how what happens is told. */
export function addMachineOptions(command: Command): void {
  command
    .option(
      '-j, --jobs <n>',
      'trials and trainings side by side (default: 1; in a cluster: as many as it lets)',
      wholeNumber,
    )
    .option(
      '--threads <n>',
      'threads over all of them (default: all cores); in a cluster: of each task',
      wholeNumber,
    )
    .option(
      '--memory <GB>',
      'memory that all of them together may need (default: most of what is free); in a cluster: of each task',
      positiveNumber,
    )
    .option('--timing <kind>', 'any, or exclusive: timed trials run alone on this machine', timing, 'any')
    .option('--json', 'events as JSON lines on stdout, the summary last');
}

/**
 * Carries out a run with the options that the flags mean, shows it, writes the report and sets the exit code.
 * @param again - the command without flags and settings: what reruns a single trial begins with it
 * @param settled - whether the settings that brought a trial into the experiment belong into that command
 * @param spec - what the experiment itself says about its launcher
 */
export async function launch(
  flags: LaunchFlags,
  again: string,
  settled: boolean,
  carryOut: (options: RunOptions) => Promise<RunSummary>,
  spec?: LauncherSpec,
): Promise<void> {
  const { launcher, typed } = chooseLauncher(flags, spec);
  const reporter = createReporter({ output: process, json: flags.json });
  const interrupts = watchInterrupts(() =>
    reporter.report({
      type: 'note',
      sentence: launcher?.outlives
        ? 'leaving; what is in the queue goes on'
        : 'finishing the evaluations at hand and keeping checkpoints; Ctrl-C again stops at once',
    }),
  );
  const where = flags.runs === 'runs' ? '' : ` --runs ${quoted(flags.runs)}`;
  try {
    const summary = await carryOut({
      runs: flags.runs,
      launcher,
      jobs: flags.jobs,
      threads: flags.threads,
      memoryBudget: flags.memory && flags.memory * 1e9,
      timing: flags.timing,
      failFast: flags.failFast,
      fresh: flags.fresh,
      stop: interrupts.stop,
      kill: interrupts.kill,
      onEvent: (event) => reporter.report(event),
      command: (work, experiment) => {
        const { id } = work;
        const flagged = typed.map((flag) => ` ${quoted(flag)}`).join('');
        // The store knows which trials wait for a training, whatever the settings were that brought them in.
        if (work.kind === 'training') return `neckar retry ${quoted(experiment)} ${id}${where}${flagged}`;
        const { settings = [] } = work;
        const words = [...(settled ? settings : []), '--only', id].map(quoted).join(' ');
        return `${again} ${words}${where}${flagged}`;
      },
    });
    reporter.close();
    const page = flags.report ? await writtenReport(summary, again + where) : undefined;
    conclude(summary, page, flags.json);
    process.exitCode = summary.exitCode;
  } finally {
    reporter.close();
    interrupts.release();
  }
}

function conclude(
  { failures, trainings, ...counts }: RunSummary,
  report: string | undefined,
  json = false,
): void {
  if (json) {
    const record = {
      type: 'summary',
      ...counts,
      failures: failures.map(({ trial, failure }) => ({ id: trial.id, label: trial.label, ...failure })),
      ...(trainings && {
        trainings: {
          ...trainings,
          failures: trainings.failures.map(({ training, failure }) => ({
            id: training.id,
            label: training.label,
            ...failure,
          })),
        },
      }),
      report,
    };
    process.stdout.write(`${JSON.stringify(record)}\n`);
    return;
  }
  process.stderr.write(`${counts.sentence}\n`);
  if (report !== undefined) process.stderr.write(`Report: ${shownPath(report)}\n`);
}

/** The page about what is finished so far, or undefined when nothing is, or Ctrl-C asked for an end. */
async function writtenReport(summary: RunSummary, command: string): Promise<string | undefined> {
  if (summary.interrupted || summary.before + summary.finished + summary.elsewhere === 0) return undefined;
  const input = await storedReport(summary.folder, command, { studies: 'studies' });
  for (const sentence of remarksOn(input)) process.stderr.write(`${sentence}\n`);
  const { html } = await writeReport(input, join(summary.folder, 'report'), {
    memory: join(summary.folder, 'thumbnails'),
  });
  return html;
}

function timing(text: string): 'any' | 'exclusive' {
  if (text === 'any' || text === 'exclusive') return text;
  throw new InvalidArgumentError('Expected any or exclusive.');
}
