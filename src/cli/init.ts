/** `neckar init`: make a study of one's own. */
import type { Command } from 'commander';
import { shownPath } from '../experiment/load.ts';
import { makeStudy } from '../init/study.ts';
import { quoted } from '../platform/shell.ts';

/** Gives `neckar init` its arguments, options and action. */
export function defineInit(command: Command): void {
  command
    .description(
      'Makes a study that runs at once in an empty folder: package.json, tsconfig.json, one commented experiment, two pictures, .gitignore and a README of its own commands. Asks nothing.',
    )
    .argument('[folder]', 'made if need be', '.')
    .option('--json', 'what was made, as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar init my-study\n  cd my-study && npx neckar run first')
    .action(init);
}

async function init(folder: string, { json }: { readonly json?: boolean }): Promise<void> {
  const study = await makeStudy(folder);
  if (json) {
    process.stdout.write(`${JSON.stringify(study, undefined, 2)}\n`);
    return;
  }
  const there = shownPath(study.folder);
  const go = there === '' ? '' : `  cd ${quoted(there)}\n`;
  process.stdout.write(
    `Made ${study.files.join(', ')}.\n\n${go}  npm install\n  npx neckar run first --dry-run\n  npx neckar run first\n`,
  );
}
