/** `neckar measure`: every metric of any picture. */
import { type Command, Option } from 'commander';
import { measureFile } from '../../metrics/measure-file.ts';
import { aboutScore, repeatedScores } from '../../metrics/registry.ts';
import type { Score } from '../../metrics/score.ts';
import { encoderNames, resolveEncoder } from '../encoders/registry.ts';
import { NeckarError } from '../errors.ts';
import { readImageInfo } from '../images/decode.ts';
import { number } from '../platform/format.ts';
import { type ExperimentFlags, measureExperiment } from './measure-experiment.ts';
import { columns, type Palette, palette, wantsColor } from './terminal.ts';

interface MeasureFlags extends ExperimentFlags {
  readonly content?: string;
  readonly style?: string;
  readonly encoder: string;
  readonly weights?: string;
  readonly regionsContent?: string;
  readonly regionsStyle?: string;
}

export function defineMeasure(command: Command): void {
  command
    .description(
      'Measures a picture, made by whatever means, against a content and a style image: by every metric there is, or with the reason why not. Or measures what the finished trials of an experiment were not measured by yet, on their stored pictures.',
    )
    .argument('<what>', 'a picture; or the name of an experiment, its file, or the folder of its runs')
    .option('--content <file>', 'of a picture: the image whose content it should have')
    .option('--style <file>', 'of a picture: the image whose style it should have')
    .addOption(
      new Option('--encoder <name>', 'whose features are compared').choices(encoderNames).default('wavelet'),
    )
    .option('--weights <file>', "the encoder's weights: a safetensors file, or random")
    .option(
      '--regions-content <file>',
      'an image whose colours say what is where in the content (default: <content>.regions.png, if there)',
    )
    .option('--regions-style <file>', 'the same of the style')
    .option('--runs <folder>', 'of an experiment: where results are kept', 'runs')
    .option(
      '--metrics <names...>',
      'of an experiment: besides those that it asks for itself, such as lpips, or all',
    )
    .option('--held-out <encoder>', 'of an experiment: the judge, instead of its own')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar measure picture.png --content photo.jpg --style painting.jpg
  neckar measure picture.png --content photo.jpg --style painting.jpg --json
  neckar measure picture.png --content photo.jpg --style painting.jpg \\
    --encoder squeezenet1_1 --weights squeezenet1_1.safetensors
  neckar measure loss-variants --metrics lpips dists
  neckar measure experiments/loss-variants.ts`,
    )
    .action(measure);
}

async function measure(image: string, flags: MeasureFlags): Promise<void> {
  const { content, style, regionsContent, regionsStyle } = flags;
  if (content === undefined && style === undefined) return await measureExperiment(image, flags);
  if (content === undefined || style === undefined) {
    throw new NeckarError(
      `a picture is measured against both images: give ${content === undefined ? '--content' : '--style'} too; without either, an experiment is measured`,
    );
  }
  if ((regionsContent === undefined) !== (regionsStyle === undefined)) {
    throw new NeckarError(
      'regions are compared between both images: give --regions-content and --regions-style together, or neither',
    );
  }
  const weights = flags.weights === 'random' ? { random: 0 } : flags.weights;
  const encoder = resolveEncoder({ name: flags.encoder, ...(weights !== undefined && { weights }) });
  const scores = await measureFile({
    picture: image,
    content,
    style,
    encoders: [encoder],
    ...(regionsContent !== undefined && { regions: { content: regionsContent, style: regionsStyle! } }),
  });
  const remark = await sizesRemark(image, content, style);
  if (remark !== undefined) process.stderr.write(`${remark}\n`);
  if (flags.json) {
    const list = Object.entries(scores).map(([id, score]) => ({ id, ...aboutScore(id, score), ...score }));
    process.stdout.write(`${JSON.stringify({ image, content, style, scores: list }, undefined, 2)}\n`);
  } else {
    const lines = linesOf(scores, palette(wantsColor(process.stdout)));
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

/** A score is of one size: whoever gives images of several is told which. */
async function sizesRemark(picture: string, content: string, style: string): Promise<string | undefined> {
  const sizes = [];
  for (const file of [picture, content, style]) {
    const { width, height } = await readImageInfo(file);
    sizes.push(`${width}×${height}`);
  }
  if (new Set(sizes).size === 1) return undefined;
  const [own, contents, styles] = sizes;
  return `The images differ in size (picture ${own}, content ${contents}, style ${styles}): content and style are resampled to the picture's longest side, and compared there.`;
}

const titles = { content: 'Content', style: 'Style', colour: 'Colour', artefact: 'Artefacts' } as const;

function linesOf(scores: Readonly<Record<string, Score>>, paint: Palette): string[] {
  const repeated = repeatedScores([scores]);
  const entries = Object.entries(scores).filter(([id]) => !repeated.has(id));
  const groups = Object.entries(titles).map(([purpose, title]) => {
    const rows = entries.flatMap(([id, score]) => {
      const about = aboutScore(id, score);
      if (about?.purpose !== purpose || !('value' in score)) return [];
      const arrow = score.better === 'higher' ? '↑' : '↓';
      return [[`  ${score.label} ${arrow}`, number(score.value), paint.faint(about.unit)]];
    });
    return { title, rows };
  });
  const filled = groups.filter(({ rows }) => rows.length > 0);
  // One table, so that the numbers of all groups stand under each other.
  const lines = columns(
    filled.flatMap(({ rows }) => rows),
    [1],
  );
  let next = 0;
  const refused = entries.flatMap(([, score]) =>
    'value' in score ? [] : [`  ${score.label}: ${score.refused}`],
  );
  return [
    ...filled.flatMap(({ title, rows }) => {
      next += rows.length;
      return [paint.strong(title), ...lines.slice(next - rows.length, next), ''];
    }),
    ...(refused.length > 0 ? [paint.strong('Not measured'), ...refused, ''] : []),
    paint.faint(
      '↑ higher is better, ↓ lower is better. If the picture was optimised on these very features, its distances in them are circular.',
    ),
  ];
}
