/** `neckar run`: plan an experiment and run what is missing. */
import type { Command } from 'commander';
import { checkPrimary } from '../../metrics/statistics/analysis/question.ts';
import { machineSpeed } from '../engines/speed.ts';
import { NeckarError } from '../errors.ts';
import { loadExperiment, shownPath } from '../experiment/load.ts';
import { type Plan, planTrials } from '../experiment/plan.ts';
import { identifyTrials } from '../runs/identity.ts';
import { previewRun } from '../runs/preview.ts';
import { runExperiment } from '../runs/run.ts';
import { quoted } from '../shell.ts';
import { addLaunchOptions, type LaunchFlags, launch } from './launch.ts';
import { memoryOfLauncher } from './launcher-flags.ts';
import { collected, repeated, wholeNumber } from './options.ts';
import { previewLines, previewRecord } from './preview-text.ts';
import { palette, wantsColor } from './terminal.ts';

interface RunFlags extends LaunchFlags {
  readonly dryRun?: boolean;
  readonly filter?: readonly string[];
  readonly limit?: number;
  readonly only?: readonly string[];
}

/** Gives `neckar run` its arguments, options and action. */
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
    .option('--only <ids>', 'only the trials with these ids', collected);
  addLaunchOptions(command);
  command
    .addHelpText(
      'after',
      `
Examples:
  neckar run experiments/loss-variants.ts
  neckar run loss-variants --dry-run
  neckar run loss-variants size=128,256 'seed=range(0, 5)' -j 2
  neckar run loss-variants 'variants.*.content.weight=0.5' ~variants.mrf
  neckar run loss-variants --filter "variant=gram,fused content=town" --limit 4
  neckar run loss-variants --launcher slurm --partition gpu --gpus 1 --time 2:00:00 -j 20`,
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
  checkPrimary(plan.primary);
  const only = await selectedIds(plan, flags.only);
  if (flags.dryRun) return showPreview(plan, only, flags);
  const again = ['neckar run', quoted(shownPath(loaded.file)), ...settings.map(quoted)].join(' ');
  await launch(
    flags,
    again,
    (options) => runExperiment(plan, { ...options, only, speed: () => machineSpeed() }),
    plan.launcher,
  );
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
  const preview = await previewRun(plan, {
    runs: flags.runs,
    only,
    availableMemory: memoryOfLauncher(flags, plan.launcher),
    speed: () => machineSpeed(),
  });
  if (flags.json) process.stdout.write(`${JSON.stringify(previewRecord(preview, plan), undefined, 2)}\n`);
  else {
    const lines = previewLines(preview, plan, palette(wantsColor(process.stdout)));
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}
