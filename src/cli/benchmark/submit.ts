/** `neckar benchmark submit`: a method's pictures and numbers as one folder. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { requirePictures } from '../../benchmark/pictures.ts';
import { benchmarkName } from '../../benchmark/plan.ts';
import { loadProtocol, tierOf } from '../../benchmark/protocol.ts';
import { submit } from '../../benchmark/submission.ts';
import { count } from '../../platform/format.ts';
import { addPicturesOption } from './protocols.ts';

interface SubmitFlags {
  readonly output: string;
  readonly smoke?: boolean;
  readonly tier?: string;
  readonly runs: string;
  readonly pictures?: string;
  readonly title?: string;
  readonly citation?: string;
  readonly json?: boolean;
}

export function defineBenchmarkSubmit(command: Command): void {
  addPicturesOption(command)
    .summary('make a submission of a method')
    .description(
      'Gathers what a method has made of a protocol into one folder: results.json with every number, hash, second and setting, and the pictures. Whoever has the folder can check it and put it on a board.',
    )
    .argument('<protocol>', 'its name, or its file')
    .argument('<method>', 'as it was called in the run')
    .requiredOption('-o, --output <folder>', 'the folder that is made')
    .option('--smoke', "only the protocol's smoke part")
    .option('--tier <name>', "which of the protocol's tiers (default: its first)")
    .option('--title <text>', 'what the method is, in a few words')
    .option('--citation <text>', 'where it was published')
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar benchmark submit neckar-1 gram -o submissions/gram
  neckar benchmark submit neckar-1 theirs --citation "Doe et al., 2026" -o submissions/theirs`,
    )
    .action(submitMethod);
}

async function submitMethod(name: string, method: string, flags: SubmitFlags): Promise<void> {
  const loaded = await loadProtocol(name);
  const part = flags.smoke ? 'smoke' : 'all';
  const located = await requirePictures(loaded, part, { ...(flags.pictures && { folder: flags.pictures }) });
  const { name: tier } = tierOf(loaded.protocol, flags.tier);
  const { submission, notes } = await submit({
    loaded,
    located,
    part,
    tier,
    method,
    runs: join(flags.runs, benchmarkName(loaded.protocol, tier)),
    output: flags.output,
    title: flags.title,
    citation: flags.citation,
  });
  for (const note of notes) process.stderr.write(`note: ${note}\n`);
  if (flags.json) process.stdout.write(`${JSON.stringify(submission, undefined, 2)}\n`);
  else
    process.stderr.write(
      `${flags.output}: ${count(submission.results.length, 'picture')} of "${method}", checksum ${submission.checksum.slice(0, 12)}\n`,
    );
}
