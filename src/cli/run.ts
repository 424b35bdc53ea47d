/** `neckar run`: plan an experiment and run what is missing. */
import type { Command } from 'commander';
import { checkPrimary } from '../../metrics/statistics/analysis/question.ts';
import { machineSpeed } from '../engines/speed.ts';
import { NeckarError } from '../errors.ts';
import { workKey } from '../experiment/identity.ts';
import type { Plan } from '../experiment/plan.ts';
import { quoted } from '../platform/shell.ts';
import { planOf, selectedOf } from '../run.ts';
import { diskFiles } from '../runs/files.ts';
import { identifyWork } from '../runs/identity.ts';
import { previewRun } from '../runs/preview.ts';
import { experimentFolder, runExperiment } from '../runs/run.ts';
import { readPlan } from '../runs/store.ts';
import { addLaunchOptions, type LaunchFlags, launch } from './launch.ts';
import { memoryOfLauncher } from './launcher-flags.ts';
import { collected, repeated, wholeNumber } from './options.ts';
import { previewLines, previewRecord } from './preview-text.ts';
import { palette, wantsColor } from './terminal.ts';
import { watchedRun } from './watched-run.ts';

interface RunFlags extends LaunchFlags {
  readonly dryRun?: boolean;
  readonly filter?: readonly string[];
  readonly limit?: number;
  readonly only?: readonly string[];
  readonly watch?: boolean;
}

/** Gives `neckar run` its arguments, options and action. */
export function defineRun(command: Command): void {
  command
    .description(
      'Runs the trials of an experiment, and before them the trainings of networks that they need. What is finished is kept: the same command again does only what is missing.',
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
    .option('--only <ids>', 'only the trials, or trainings, with these ids', collected)
    .option('--watch', 'serve a page that follows it, and open it where there is a browser');
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
  const plan = await planOf(experiment, {
    runs: flags.runs,
    overrides: settings,
    filter: flags.filter?.join(' '),
    limit: flags.limit,
  });
  checkPrimary(plan.primary);
  for (const { settings: earlier, problem } of plan.unfit)
    process.stderr.write(`${unfitText(earlier, problem)}\n`);
  const only = await selectedIds(plan, flags);
  if (flags.dryRun) return showPreview(plan, only, flags);
  const page = flags.watch ? await watchedRun(experimentFolder(plan.name, flags.runs)) : undefined;
  try {
    await launch(
      flags,
      `neckar run ${quoted(plan.file!)}`,
      true,
      (options) => runExperiment(plan, { ...options, only, speed: () => machineSpeed() }),
      plan.launcher,
    );
  } finally {
    await page?.close();
  }
}

function unfitText(settings: readonly string[], problem: string): string {
  const written = settings.length === 0 ? 'as written' : `with ${settings.join(' ')}`;
  return `The experiment's file as it stands cannot be planned ${written}, as it was run before: ${problem}. What is finished of that is kept, but not in the plan.`;
}

/** The ids of the work that the settings, --filter, --limit and --only leave; undefined for all. */
async function selectedIds(
  plan: Plan,
  { only: wanted, runs }: RunFlags,
): Promise<ReadonlySet<string> | undefined> {
  if (wanted === undefined) return selectedOf(plan);
  const { trials, trainings } = await identifyWork(plan.selected);
  const stored = await readPlan(diskFiles(), experimentFolder(plan.name, runs)).catch((error: unknown) => {
    if (!(error instanceof NeckarError)) throw error;
    return { trials: [] };
  });
  return new Set(
    wanted.flatMap((text) => {
      const found = [...trials, ...trainings].filter(({ id }) => id.startsWith(text));
      if (found.length > 0) return found.map(({ id }) => id);
      // What a failure said to type holds once its picture is there, although that changes the trial's id.
      const before = stored.trials
        .filter(({ id }) => id.startsWith(text))
        .map(({ config }) => workKey(config));
      const now = trials.filter(({ config }) => before.includes(workKey(config)));
      if (now.length > 0) return now.map(({ id }) => id);
      throw new NeckarError(
        `--only "${text}": no trial and no training of this plan has such an id. "--dry-run" lists them; an id changes with the settings, the images and the weights`,
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
