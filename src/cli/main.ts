/** The command line: one verb per file, no logic of its own. */
import { Command } from 'commander';
import { neckarVersion } from '../platform/modules.ts';
import { reportError } from './errors.ts';
import { guardStream } from './terminal.ts';

/** Adds a verb's arguments, options and action to its command. */
type Define = (command: Command) => void;

/** Verb -> what help says about it, and where it is defined: only the verb that was typed is loaded. */
const verbs: Readonly<Record<string, readonly [summary: string, load: () => Promise<Define>]>> = {
  init: ['make a study of your own', async () => (await import('./init.ts')).defineInit],
  run: ['run the trials of an experiment that are missing', async () => (await import('./run.ts')).defineRun],
  work: [
    'take part in an experiment that several machines run',
    async () => (await import('./work.ts')).defineWork,
  ],
  transfer: [
    'make one picture from a content and a style image',
    async () => (await import('./transfer.ts')).defineTransfer,
  ],
  report: [
    'write the page that compares the trials of an experiment',
    async () => (await import('./report.ts')).defineReport,
  ],
  figure: [
    'write chosen pictures as a figure for a paper',
    async () => (await import('./figure.ts')).defineFigure,
  ],
  export: [
    'write an experiment as tables and pictures for other programs',
    async () => (await import('./export.ts')).defineExport,
  ],
  merge: ["bring another machine's runs into these", async () => (await import('./merge.ts')).defineMerge],
  compare: [
    'compare two experiments or variants over the pairs both have',
    async () => (await import('./compare.ts')).defineCompare,
  ],
  measure: ['measure any picture by every metric', async () => (await import('./measure.ts')).defineMeasure],
  status: [
    'say how far the trials of an experiment are',
    async () => (await import('./status.ts')).defineStatus,
  ],
  watch: [
    'serve a page that follows an experiment as it runs',
    async () => (await import('./watch.ts')).defineWatch,
  ],
  show: ['say everything about one trial', async () => (await import('./show.ts')).defineShow],
  diff: ['say what tells two trials apart', async () => (await import('./diff.ts')).defineDiff],
  cancel: [
    "end what an experiment has in a cluster's queue",
    async () => (await import('./cancel.ts')).defineCancel,
  ],
  retry: ['run failed trials again', async () => (await import('./retry.ts')).defineRetry],
  rm: ['remove stored trials', async () => (await import('./rm.ts')).defineRm],
  study: [
    'ask people about the pictures: design, serve and analyse',
    async () => (await import('./study.ts')).defineStudy,
  ],
  benchmark: [
    'run, submit, check and rank methods on a fixed protocol',
    async () => (await import('./benchmark.ts')).defineBenchmark,
  ],
  weights: [
    'list, fetch, check and import the weights of networks',
    async () => (await import('./weights.ts')).defineWeights,
  ],
  networks: [
    'list, fetch and bring in networks that stylise in one pass',
    async () => (await import('./networks.ts')).defineNetworks,
  ],
  bench: ['measure how fast objectives run here', async () => (await import('./bench.ts')).defineBench],
  doctor: ['say what can run on this machine', async () => (await import('./doctor.ts')).defineDoctor],
};

/**
 * Runs one command and sets the process's exit code: 0 when all went well, 1 for work that failed, 2 for wrong input,
 * 70 for a defect of Neckar, 130 after Ctrl-C.
 * @param argv - the arguments after the program's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  // `neckar run … | head` closes the pipe early; that is no failure.
  for (const stream of [process.stdout, process.stderr]) {
    guardStream(stream);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  const fail = (error: unknown) => process.exit(report(error));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    const program = await createProgram(argv);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(knownHelp(program, argv), { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  return reportError(error, (text) => process.stderr.write(text));
}

/** The program with all its verbs, those named in `argv` ready to parse. */
export async function createProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command('neckar')
    .description('Compare neural-style-transfer methods: declare an experiment, run it, look at the report.')
    .version(neckarVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ writeErr: (text) => helpOnly(text), outputError: () => {} })
    .addHelpText(
      'after',
      `
Examples:
  neckar run experiments/loss-variants.ts
  neckar run loss-variants size=128 optimizer=lbfgs,adam --dry-run
  neckar transfer --content photo.jpg --style painting.jpg -o picture.png
  neckar doctor`,
    );
  for (const [verb, [summary, load]] of Object.entries(verbs)) {
    const command = program.command(verb).summary(summary);
    if (argv.slice(0, 2).includes(verb)) (await load())(command);
  }
  return program;
}

/**
 * The arguments, without a wish for help with a command that does not exist: it would be answered with the help of
 * another.
 */
export function knownHelp(program: Command, argv: readonly string[]): string[] {
  const words = argv[0] === 'help' ? argv.slice(1) : [...argv];
  let command = program;
  for (const word of words) {
    if (word.startsWith('-') || command.commands.length === 0) return [...argv];
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (next === undefined) return words.filter((one) => one !== '--help' && one !== '-h');
    command = next;
  }
  return [...argv];
}

/** Help that goes to stderr (no verb given) is shown; commander's own error lines are not: ours follow. */
function helpOnly(text: string): void {
  if (text.startsWith('Usage:')) process.stderr.write(text);
}
