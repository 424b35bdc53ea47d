/** `neckar transfer`: one picture from one content and one style image. */

import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { machineSpeed } from '../engines/speed.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import { inputFiles } from '../experiment/input-files.ts';
import { type MethodName, methods } from '../experiment/methods.ts';
import { type PlannedTrial, planTrials } from '../experiment/plan.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { imageFormatOf, writeImage } from '../images/encode.ts';
import { regionsBeside } from '../images/labels.ts';
import { count, plainNumber, roughDuration } from '../platform/format.ts';
import { refuseInput, replacedSentence } from '../platform/outputs.ts';
import { publishedNames } from '../published/all.ts';
import type { PublishedName } from '../published/method.ts';
import { diskFiles } from '../runs/files.ts';
import { knownForecasts } from '../runs/forecast/known.ts';
import { resultsBeside } from '../runs/forecast/others.ts';
import { pictureShapes } from '../runs/forecast/shapes.ts';
import { roleName } from '../runs/identity.ts';
import { worthMeasuring } from '../runs/run.ts';
import { refuseSizes } from '../runs/small.ts';
import { runTrial, TrialInterrupted } from '../transfer/trial.ts';
import { Interrupted, interruptedCode } from './errors.ts';
import { watchInterrupts } from './interrupt.ts';
import { positiveNumber, repeated } from './options.ts';
import { trialReporter } from './progress.ts';
import { addSettingFlags, overridesOf } from './setting-flags.ts';
import { applyToPicture, learntStyle, type NetworkFlags, part, plannedNetwork } from './transfer-network.ts';
import { type PictureFlags, pairOf, refuseSeveral } from './transfer-pair.ts';

const ownNames = Object.keys(methods) as MethodName[];
const methodNames = [...ownNames, ...publishedNames];

interface TransferFlags extends PictureFlags, NetworkFlags {
  readonly output: string;
  /** `--loss` is another name for it. */
  readonly variant: MethodName | PublishedName;
  readonly contentWeight?: number;
  readonly styleWeight?: number;
  readonly json?: boolean;
}

/** Gives `neckar transfer` its arguments, options and action. */
export function defineTransfer(command: Command): void {
  command
    .description('Makes one picture that has the content of one image and the style of another.')
    .argument('[settings...]', 'further settings as path=value, such as losses.gram.layers.scale1=0')
    .requiredOption('--content <file>', 'the image whose content is kept')
    .option(
      '--style <file>',
      'the image whose style is taken, needed by all but networks that have learnt theirs; given several times, their styles are blended',
      repeated,
    )
    .option('--style-weights <list>', 'parts of several styles, such as 2,1 (default: equal)', numbers)
    .option(
      '--regions-content <file>',
      'an image whose colours say what is where in the content: each part takes the style from the part of the same colour',
    )
    .option(
      '--regions-style <file>',
      'the same of the style; of several, one for each (default of both: <image>.regions.png)',
      repeated,
    )
    .option(
      '--mask-content <name=file>',
      "a grey image whose lightness is the weight of a region of the content: it takes the style from the style's region of the same name; may be given several times",
      repeated,
    )
    .option(
      '--mask-style <name=file>',
      'the same of the style; of several, once for each in their order (default of both: <image>.<name>.mask.png)',
      repeated,
    )
    .requiredOption('-o, --output <file>', 'where the picture goes: .png, .jpg or .webp')
    .option(
      '--loss, --variant <name>',
      `which losses are combined: ${ownNames.join(', ')}; or a published method with the encoder, optimiser and sizes of its authors: ${publishedNames.join(', ')}`,
      methodName,
      'gram',
    )
    .option(
      '--network <name>',
      'a network that makes the picture in one pass instead of losses: its name or that of its parameters ("neckar networks list"); --weights then names its parameters, and settings as network.width=0.5 are its own',
    )
    .option('--alpha <part>', 'with --network: how much is stylised, 0 to 1, where the network blends', part)
    .option(
      '--learnt-style <number>',
      'with --network, of those that have learnt many styles: which, from 0, or parts of several as 3:2,7:1',
      learntStyle,
    )
    .option('--content-weight <factor>', 'weight of the content loss', positiveNumber)
    .option('--style-weight <factor>', 'weight of the style losses', positiveNumber);
  addSettingFlags(command);
  command
    .option('--json', 'the outcome as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar transfer --content photo.jpg --style painting.jpg -o picture.png
  neckar transfer --content photo.jpg --style painting.jpg -o picture.png --loss fused --size 512
  neckar transfer --content photo.jpg --style painting.jpg -o picture.png --loss neural-style --size 256
  neckar transfer --content photo.jpg --style ink.jpg --style oil.jpg --style-weights 2,1 -o picture.png
  neckar transfer --content face.jpg --style portrait.jpg -o picture.png \\
    --regions-content face-parts.png --regions-style portrait-parts.png --soften 3
  neckar transfer --content town.jpg --style night.jpg -o picture.png \\
    --mask-content sky=town-sky.png --mask-style sky=night-sky.png
  neckar transfer --content photo.jpg --style painting.jpg -o picture.png --color luminance
  neckar transfer --network adain --alpha 0.8 --content photo.jpg --style painting.jpg -o picture.png
  neckar transfer --network johnson --weights candy.safetensors --content photo.jpg -o picture.png --size 1024
  neckar transfer --content photo.jpg --style painting.jpg -o picture.png \\
    --levels '{size: 256, evaluations: 100, optimizer: adam}, {size: 512}' 'losses.gram.schedule=[[0,1],[1,0.2]]'
  neckar transfer --content photo.jpg --style painting.jpg -o picture.png \\
    --encoder vgg19 --weights vgg19.safetensors --optimizer adam --evaluations 500`,
    )
    .action(transfer);
}

async function transfer(settings: readonly string[], flags: TransferFlags): Promise<void> {
  const { config } =
    flags.network === undefined ? plannedTrial(settings, flags) : plannedNetwork(settings, flags);
  await refuseSizes(config);
  const output = resolve(flags.output);
  // Refused before the work rather than after it.
  imageFormatOf(output);
  checkWritable(output);
  refuseInput(flags.output, inputsOf(config, flags));
  const replaced = replacedSentence(flags.output);
  if (replaced !== undefined) process.stderr.write(`note: ${replaced}\n`);
  if (config.method?.kind === 'network') {
    await applyToPicture(config, config.method, output, flags);
    return;
  }
  const reporter = trialReporter(process, flags.json);
  const notes: string[] = [];
  const interrupts = watchInterrupts(() => {
    reporter.close();
    process.stderr.write(
      'finishing the evaluation at hand, then writing the picture so far; Ctrl-C again stops at once\n',
    );
  });
  interrupts.kill.addEventListener('abort', () => process.exit(interruptedCode));
  try {
    // Not before interrupts are watched for: it may measure the processor.
    const expected = await expectedSeconds(config);
    const begun = performance.now();
    const {
      engine,
      encoder: _,
      picture,
      content: __,
      style: ___,
      ...outcome
    } = await runTrial(
      config,
      {
        trace() {},
        async snapshot() {},
        async checkpoint() {},
        log: (line) => notes.push(line),
        progress: (progress) => {
          const etaSeconds = Math.max(0, expected - (performance.now() - begun) / 1000);
          // Its own prediction begins with its first evaluation.
          reporter.report(progress.phase === 'measure' ? progress : { etaSeconds, ...progress });
        },
      },
      interrupts.stop,
    );
    await engine.dispose();
    await writeImage(output, picture);
    reporter.close();
    for (const note of notes) process.stderr.write(`note: ${note}\n`);
    if (flags.json) {
      process.stdout.write(
        `${JSON.stringify({ output, width: picture.width, height: picture.height, ...outcome, config }, undefined, 2)}\n`,
      );
    } else {
      process.stderr.write(
        `${flags.output}: ${picture.width}×${picture.height}, ${count(outcome.cost.evaluations, 'evaluation')} in ${roughDuration(outcome.timing.total)}, total ${plainNumber(outcome.final.total)} (${outcome.reason})\n`,
      );
    }
    if (outcome.state === 'diverged') {
      throw new NeckarError(
        `the optimisation diverged: ${outcome.reason}. "${flags.output}" holds the last good picture; lower the weights or the learning rate`,
        { exitCode: 1 },
      );
    }
  } catch (error) {
    if (!(error instanceof TrialInterrupted)) throw error;
    if (error.picture === undefined) throw new Interrupted(`${error.message}; nothing was written`);
    await writeImage(output, error.picture);
    throw new Interrupted(`${error.message}; "${flags.output}" holds the best picture so far`);
  } finally {
    reporter.close();
    interrupts.release();
  }
}

/** What such a picture takes by the trials in `runs`, else by the speed of the processor. */
async function expectedSeconds(config: TrialConfig): Promise<number> {
  const { forecast } = await knownForecasts([config], {
    results: [],
    shapes: await pictureShapes([config]),
    others: () => resultsBeside(diskFiles(), 'runs', ''),
    speed: () => machineSpeed(),
    worth: worthMeasuring,
  });
  return forecast(config).seconds;
}

/** The flags and settings through the same schema as an experiment: one with a single trial. */
function plannedTrial(settings: readonly string[], flags: TransferFlags): PlannedTrial {
  const { variant, contentWeight, styleWeight } = flags;
  const ofNetworks = (['alpha', 'learntStyle'] as const).find((name) => flags[name] !== undefined);
  if (ofNetworks !== undefined) {
    throw new NeckarError(
      `${ofNetworks === 'alpha' ? '--alpha' : '--learnt-style'} belongs to networks: name one with --network`,
    );
  }
  if (isPublished(variant) && (contentWeight ?? styleWeight) !== undefined) {
    throw new NeckarError(
      `--${contentWeight === undefined ? 'style' : 'content'}-weight belongs to the methods ${ownNames.join(', ')}; "${variant}" has its authors' weights. To change one of them, name its loss, as in losses.gram.weight=100`,
    );
  }
  const { pair, implied } = pairOf(flags);
  const typed = [...overridesOf({ ...flags }), ...settings];
  // A size takes the place of a published method's levels.
  const sized = isPublished(variant) && typed.some((override) => /^\+?sizes?=/.test(override));
  const overrides = [...implied, ...(sized ? ['levels=[]'] : []), ...typed];
  const encoder = overrides.findLast((override) => /^encoder(\.name)?=/.test(override));
  const wavelet = encoder === undefined || /=["']?wavelet["']?$/.test(encoder);
  const { trials } = planTrials(
    {
      name: 'transfer',
      pairs: [pair],
      ...(isPublished(variant)
        ? { presets: [variant] }
        : { variants: { [variant]: methods[variant](contentWeight, styleWeight, wavelet) } }),
    },
    { overrides },
  );
  refuseSeveral(trials);
  if (trials[0]!.config.budget.pruning !== undefined) {
    throw new NeckarError(
      'budget.pruning stops trials that do worse than others, and transfer makes a single picture; leave it out, or write an experiment and use "neckar run"',
    );
  }
  return trials[0]!;
}

function numbers(text: string): number[] {
  return text.split(',').map((part) => positiveNumber(part));
}

/** Every file that is read, by what it is called in a sentence. */
function inputsOf(
  config: TrialConfig,
  { content, style = [] }: TransferFlags,
): (readonly [string, string])[] {
  return [
    // First as they were typed, by which they are known.
    ['content image', content],
    ...style.map((file) => ['style image', file] as const),
    ...Object.entries(inputFiles(config)).map(([role, file]) => [roleName(role), file] as const),
    // Beside the pictures, for what is measured.
    ...[content, ...style].map((file) => ['region map', regionsBeside(file)] as const),
  ];
}

/** Minutes of work must not end in a folder that is not there. */
function checkWritable(output: string): void {
  try {
    accessSync(dirname(output), constants.W_OK);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new NeckarError(
      `"${output}" cannot be written: the folder "${dirname(output)}" ${missing ? 'does not exist. Create it first' : 'may not be written to. Choose another'}`,
      { cause },
    );
  }
}

function isPublished(name: MethodName | PublishedName): name is PublishedName {
  return (publishedNames as readonly string[]).includes(name);
}

function methodName(text: string): MethodName | PublishedName {
  const name = methodNames.find((known) => known === text);
  if (name !== undefined) return name;
  throw new InvalidArgumentError(`${didYouMean(text, methodNames)}There are: ${methodNames.join(', ')}.`);
}
