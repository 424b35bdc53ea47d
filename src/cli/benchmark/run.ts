/** `neckar benchmark run`: methods on the pairs of a protocol, as an ordinary run. */
import type { Command } from 'commander';
import { requirePictures } from '../../benchmark/pictures.ts';
import { planBenchmark } from '../../benchmark/plan.ts';
import { loadProtocol } from '../../benchmark/protocol.ts';
import { machineSpeed } from '../../engines/speed.ts';
import { selectedOf } from '../../run.ts';
import { previewRun } from '../../runs/preview.ts';
import { runExperiment } from '../../runs/run.ts';
import { addLaunchOptions, type LaunchFlags, launch } from '../launch.ts';
import { memoryOfLauncher } from '../launcher-flags.ts';
import { previewLines, previewRecord } from '../preview-text.ts';
import { palette, wantsColor } from '../terminal.ts';
import { addPicturesOption } from './protocols.ts';

interface RunFlags extends LaunchFlags {
  readonly smoke?: boolean;
  readonly tier?: string;
  readonly alone?: boolean;
  readonly pictures?: string;
  readonly dryRun?: boolean;
}

export function defineBenchmarkRun(command: Command): void {
  addPicturesOption(command)
    .summary('run methods on a protocol')
    .description(
      'Runs the reference of a protocol and the methods that are named on every pair of it. What is finished is kept: the same command again does only what is missing, and other methods add to it.',
    )
    .argument('<protocol>', 'its name, or its file')
    .argument(
      '[methods...]',
      'a method of "neckar transfer --loss", an installed network, file.ts:variant of an experiment, name=command with {content} {style} {output}, name=folder of pictures; default: the baselines',
    )
    .option('--smoke', "only the protocol's smoke part")
    .option('--tier <name>', "which of the protocol's tiers (default: its first)")
    .option('--alone', 'the named methods without the reference')
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('--dry-run', 'print the trials, what is done and what is new, and run nothing');
  addLaunchOptions(command);
  command
    .addHelpText(
      'after',
      `
Examples:
  neckar benchmark run neckar-1 --smoke
  neckar benchmark run neckar-1 moments mrf -j 2
  neckar benchmark run neckar-1 --tier full adain
  neckar benchmark run neckar-1 experiments/loss-variants.ts:fused
  neckar benchmark run neckar-1 'theirs=python stylize.py {content} {style} {output} --size {size}'
  neckar benchmark run neckar-1 paper=their-results --dry-run`,
    )
    .action(run);
}

async function run(name: string, methods: readonly string[], flags: RunFlags): Promise<void> {
  const loaded = await loadProtocol(name);
  const part = flags.smoke ? 'smoke' : 'all';
  const located = await requirePictures(loaded, part, { ...(flags.pictures && { folder: flags.pictures }) });
  const plan = await planBenchmark(loaded, located, { part, tier: flags.tier, methods, alone: flags.alone });
  const only = await selectedOf(plan);
  if (flags.dryRun) {
    const preview = await previewRun(plan, {
      runs: flags.runs,
      only,
      availableMemory: memoryOfLauncher(flags),
      speed: () => machineSpeed(),
    });
    if (flags.json) process.stdout.write(`${JSON.stringify(previewRecord(preview, plan), undefined, 2)}\n`);
    else {
      const lines = previewLines(preview, plan, palette(wantsColor(process.stdout)));
      process.stdout.write(`${lines.join('\n')}\n`);
    }
    return;
  }
  await launch(flags, `neckar retry ${plan.name}`, false, (options) =>
    runExperiment(plan, { ...options, speed: () => machineSpeed() }),
  );
}
