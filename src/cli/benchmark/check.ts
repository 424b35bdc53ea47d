/** `neckar benchmark check`: whether submissions are what they say. */
import type { Command } from 'commander';
import { type CheckReport, checkSubmission } from '../../benchmark/check.ts';
import { count } from '../../platform/format.ts';
import { palette, wantsColor } from '../terminal.ts';
import { addPicturesOption } from './protocols.ts';

interface CheckFlags {
  readonly protocol?: string;
  readonly pictures?: string;
  readonly json?: boolean;
}

export function defineBenchmarkCheck(command: Command): void {
  addPicturesOption(command)
    .summary('check submissions')
    .description(
      'Checks submissions from their pictures: every pair is there, every picture has its bytes and its size, every number that can be computed anew agrees, and the reference is the protocol’s. Ends with 1 where one does not hold.',
    )
    .argument('<folders...>', 'submissions')
    .option('--protocol <file>', "the protocol's file, where it does not come with Neckar")
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar benchmark check submissions/gram\n  neckar benchmark check submissions/* --json',
    )
    .action(check);
}

async function check(folders: readonly string[], flags: CheckFlags): Promise<void> {
  const reports: (CheckReport & { readonly folder: string })[] = [];
  for (const folder of folders) {
    const report = await checkSubmission(
      folder,
      {
        ...(flags.protocol !== undefined && { protocol: flags.protocol }),
        ...(flags.pictures !== undefined && { folder: flags.pictures }),
      },
      (done, of) => {
        if (process.stderr.isTTY)
          process.stderr.write(`\r${folder}: ${done} of ${of} pictures measured${done === of ? '\n' : ''}`);
      },
    );
    reports.push({ folder, ...report });
    if (!flags.json) process.stdout.write(`${linesOf(folder, report).join('\n')}\n`);
  }
  if (flags.json) {
    const records = reports.map(({ submission, ...report }) => ({
      method: submission.method.name,
      ...report,
    }));
    process.stdout.write(`${JSON.stringify(records, undefined, 2)}\n`);
  }
  if (reports.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

/** Problems beyond so many are counted. */
const mostShown = 20;

function linesOf(
  folder: string,
  { submission, problems, onTrust, pictures, numbers }: CheckReport,
): string[] {
  const paint = palette(wantsColor(process.stdout));
  const holds = problems.length === 0;
  const verdict = holds ? 'holds' : `does not hold (${count(problems.length, 'problem')})`;
  return [
    `${paint.strong(folder)}: "${submission.method.name}" on ${submission.protocol.name} version ${submission.protocol.version} ${verdict}; ${count(pictures, 'picture')} hashed, ${count(numbers, 'number')} computed anew.`,
    ...problems.slice(0, mostShown).map((problem) => `  problem: ${problem}`),
    ...(problems.length > mostShown ? [`  … and ${problems.length - mostShown} more`] : []),
    ...onTrust.map((one) => `  on trust: ${one}`),
  ];
}
