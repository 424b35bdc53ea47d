/** `neckar run`: plan an experiment and run what is missing. */
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { storedReport } from '../../reports/stored.ts';
import { writeReport } from '../../reports/write.ts';
import { NeckarError } from '../errors.ts';
import { loadExperiment, shownPath } from '../experiment/load.ts';
import { type Plan, planTrials } from '../experiment/plan.ts';
import { identifyTrials } from '../runs/identity.ts';
import { previewRun } from '../runs/preview.ts';
import { type RunSummary, runExperiment } from '../runs/run.ts';
import { watchInterrupts } from './interrupt.ts';
import { collected, positiveNumber, repeated, wholeNumber } from './options.ts';
import { previewLines, previewRecord } from './preview-text.ts';
import { createReporter } from './progress.ts';
import { palette, wantsColor } from './terminal.ts';

interface RunFlags {
  readonly runs: string;
  readonly dryRun?: boolean;
  readonly filter?: readonly string[];
  readonly limit?: number;
  readonly only?: readonly string[];
  readonly jobs: number;
  readonly threads?: number;
  readonly memory?: number;
  readonly timing: 'any' | 'exclusive';
  readonly failFast?: boolean;
  readonly fresh?: boolean;
  /** False with `--no-report`. */
  readonly report: boolean;
  readonly json?: boolean;
}

export function defineRun(command: Command): void {
  command
    .description(
      'Runs the trials of an experiment. Finished ones are kept: the same command again does only what is missing.',
    )
    .argument('<experiment>', 'a file that exports an experiment, or its name when it lies in experiments/')
    .argument('[settings...]', 'changes as path=value, +path=value (add) or ~path (remove)')
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('--dry-run', 'print the trials, what is done and what is new, and run nothing')
    .option(
      '--filter <conditions>',
      'only trials such as "variant=gram,mrf size>=256 content!=town"',
      repeated,
    )
    .option('--limit <n>', 'only the first n trials', wholeNumber)
    .option('--only <ids>', 'only the trials with these ids', collected)
    .option('-j, --jobs <n>', 'trials side by side', wholeNumber, 1)
    .option('--threads <n>', 'threads over all trials (default: all cores)', wholeNumber)
    .option(
      '--memory <GB>',
      'memory that all trials together may need (default: most of what is free)',
      positiveNumber,
    )
    .option('--timing <kind>', 'any, or exclusive: timed trials run alone on this machine', timing, 'any')
    .option('--fail-fast', 'start nothing more after the first failure')
    .option('--fresh', 'start interrupted and failed trials from nothing')
    .option('--no-report', 'write no report at the end')
    .option('--json', 'events as JSON lines on stdout, the summary last')
    .addHelpText(
      'after',
      `
Examples:
  neckar run experiments/loss-variants.ts
  neckar run loss-variants --dry-run
  neckar run loss-variants size=128,256 'seed=range(0, 5)' -j 2
  neckar run loss-variants 'variants.*.content.weight=0.5' ~variants.mrf
  neckar run loss-variants --filter "variant=gram,fused content=town" --limit 4`,
    )
    .action(run);
}

async function run(experiment: string, settings: readonly string[], flags: RunFlags): Promise<void> {
  const loaded = await loadExperiment(experiment);
  const plan = planTrials(loaded.experiment, {
    folder: loaded.folder,
    name: loaded.name,
    overrides: settings,
    filter: flags.filter?.join(' '),
    limit: flags.limit,
  });
  const only = await selectedIds(plan, flags.only);
  if (flags.dryRun) return showPreview(plan, only, flags);
  const reporter = createReporter({ output: process, json: flags.json });
  const say = (sentence: string) => reporter.report({ type: 'note', sentence });
  const interrupts = watchInterrupts(() =>
    say('finishing the evaluations at hand and keeping checkpoints; Ctrl-C again stops at once'),
  );
  const again = ['neckar run', shownPath(loaded.file), ...settings.map(quoted)].join(' ');
  try {
    const summary = await runExperiment(plan, {
      runs: flags.runs,
      only,
      jobs: flags.jobs,
      threads: flags.threads,
      memoryBudget: flags.memory && flags.memory * 1e9,
      timing: flags.timing,
      failFast: flags.failFast,
      fresh: flags.fresh,
      stop: interrupts.stop,
      kill: interrupts.kill,
      onEvent: (event) => reporter.report(event),
      command: (trial) =>
        `${again} --only ${trial.id}${flags.runs === 'runs' ? '' : ` --runs ${quoted(flags.runs)}`}`,
    });
    reporter.close();
    const page = flags.report ? await writtenReport(summary, again) : undefined;
    const { failures, ...counts } = summary;
    if (flags.json) {
      const failed = failures.map(({ trial, failure }) => ({ id: trial.id, label: trial.label, ...failure }));
      process.stdout.write(
        `${JSON.stringify({ type: 'summary', ...counts, failures: failed, report: page })}\n`,
      );
    } else {
      process.stderr.write(`${summary.sentence}\n`);
      if (page !== undefined) process.stderr.write(`Report: ${shownPath(page)}\n`);
    }
    process.exitCode = summary.exitCode;
  } finally {
    reporter.close();
    interrupts.release();
  }
}

/** The page about what is finished so far, or undefined when nothing is, or Ctrl-C asked for an end. */
async function writtenReport(summary: RunSummary, command: string): Promise<string | undefined> {
  if (summary.interrupted || summary.before + summary.finished + summary.elsewhere === 0) return undefined;
  const { html } = await writeReport(
    await storedReport(summary.folder, command),
    join(summary.folder, 'report'),
  );
  return html;
}

/** The ids of the trials that --filter, --limit and --only leave; undefined for all. */
async function selectedIds(
  plan: Plan,
  wanted: readonly string[] | undefined,
): Promise<ReadonlySet<string> | undefined> {
  if (plan.selected.length === plan.trials.length && wanted === undefined) return undefined;
  const identified = await identifyTrials(plan.trials);
  const selected = new Set(plan.selected);
  const ids = identified.filter((_, i) => selected.has(plan.trials[i]!)).map(({ id }) => id);
  if (wanted === undefined) return new Set(ids);
  return new Set(
    wanted.flatMap((text) => {
      const found = ids.filter((id) => id.startsWith(text));
      if (found.length > 0) return found;
      throw new NeckarError(
        `--only "${text}": no trial of this plan has such an id. "--dry-run" lists them; an id changes with the settings, the images and the weights`,
      );
    }),
  );
}

async function showPreview(
  plan: Plan,
  only: ReadonlySet<string> | undefined,
  flags: RunFlags,
): Promise<void> {
  const preview = await previewRun(plan, { runs: flags.runs, only });
  if (flags.json) process.stdout.write(`${JSON.stringify(previewRecord(preview), undefined, 2)}\n`);
  else {
    const lines = previewLines(preview, plan, palette(wantsColor(process.stdout)));
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

function timing(text: string): 'any' | 'exclusive' {
  if (text === 'any' || text === 'exclusive') return text;
  throw new InvalidArgumentError('Expected any or exclusive.');
}

/** An argument as it has to be typed in a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) && !text.startsWith('~')
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`;
}
