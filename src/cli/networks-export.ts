/** `neckar networks export`: a network as an ONNX file, and as a page that stylises the visitor's photograph. */
import { readFile, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { fixtures } from '../../fixtures/index.ts';
import { NeckarError } from '../errors.ts';
import { type ExportedModel, exportNetwork, type Origin } from '../networks/export/model.ts';
import type { EmbeddedPicture } from '../networks/export/page/data.ts';
import { stylizePage } from '../networks/export/page/page.ts';
import { locateNetwork, metadataOf } from '../networks/installed.ts';
import { readParameters } from '../networks/parameters.ts';
import { type NetworkSpec, networks, resolveNetwork } from '../networks/registry.ts';
import { bytes as bytesText } from '../platform/format.ts';
import { refuseInput, replacedSentence } from '../platform/outputs.ts';
import { writeFileAtomically } from '../platform/write.ts';
import { findWork } from '../runs/queries.ts';
import { status, type TrainingStatus } from '../runs/status.ts';
import { attemptFolder } from '../runs/store.ts';
import { isWeightName } from '../weights/installed.ts';
import { findStored } from './stored.ts';

interface ExportFlags {
  readonly output?: string;
  readonly page?: string;
  readonly runs: string;
  readonly style: string[];
  readonly example?: string | false;
  readonly title?: string;
  readonly json?: boolean;
}

/** Adds `export` to `neckar networks`. */
export function addNetworksExport(command: Command): void {
  command
    .command('export')
    .summary('write a network as ONNX, and as a page that stylises photographs')
    .description(
      'Writes a network with its parameters as an ONNX file of any picture size, and with --page as one HTML page that stylises the visitor’s own photograph or camera: from disk, without a connection, with the milliseconds it took.',
    )
    .argument('<weights>', 'a name that "neckar networks list" shows, a file, or an experiment')
    .argument(
      '[trial]',
      'of an experiment: a trial of a network, or a training, by its label or the beginning of its id',
    )
    .option('-o, --output <file>', 'the ONNX file')
    .option('--page <file>', 'the page')
    .option(
      '--style <picture>',
      'a style picture to choose in the page, for networks that take any; may be given again',
      (value: string, all: string[]) => [...all, value],
      [] as string[],
    )
    .option('--example <picture>', 'what the page shows first (default: a picture made by Neckar)')
    .option('--no-example', 'show nothing before a photograph is chosen')
    .option('--title <text>', 'what the page is called', notEmpty)
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('--json', 'what was written as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar networks export candy.safetensors -o candy.onnx
  neckar networks export microast -o microast.onnx --page microast.html --style starry-night.jpg --style scream.jpg
  neckar networks export trade-off 'town×swirl johnson' --page johnson.html`,
    )
    .action(exportTo);
}

async function exportTo(what: string, work: string | undefined, flags: ExportFlags): Promise<void> {
  const { output, page } = flags;
  if (output === undefined && page === undefined)
    throw new NeckarError('say where to: -o names the ONNX file, --page the page, or both');
  if (output !== undefined && page !== undefined && resolve(output) === resolve(page))
    throw new NeckarError(`"${output}" is named twice: the ONNX file and the page need a name each`);
  if (output !== undefined && extname(output).toLowerCase() !== '.onnx')
    throw new NeckarError(`"${output}" is to be an ONNX file; give it the ending .onnx`);
  if (page !== undefined && !/^\.html?$/i.test(extname(page)))
    throw new NeckarError(`"${page}" is to be a page; give it the ending .html`);
  const { spec, file, origin } = await sourceOf(what, work, flags.runs);
  const inputs: [string, string][] = [
    ['file of parameters', file],
    ...flags.style.map((style): [string, string] => ['style picture', style]),
    ...(typeof flags.example === 'string' ? [['example', flags.example] as [string, string]] : []),
  ];
  for (const place of [output, page]) if (place !== undefined) refuseInput(place, inputs);
  const { parameters } = await readParameters(spec, file);
  const model = exportNetwork(spec, parameters, origin);
  const html = page === undefined ? undefined : await pageOf(spec, model, origin, flags);
  const written: { file: string; bytes: number }[] = [];
  for (const [place, content] of [
    [output, model.bytes],
    [page, html],
  ] as const) {
    if (place === undefined || content === undefined) continue;
    const replaced = replacedSentence(place);
    if (replaced !== undefined) process.stderr.write(`note: ${replaced}\n`);
    await writeFileAtomically(resolve(place), content);
    written.push({ file: place, bytes: (await stat(place)).size });
  }
  if (flags.json) {
    const { bytes: _, ...about } = model;
    process.stdout.write(`${JSON.stringify({ written, ...about }, undefined, 2)}\n`);
    return;
  }
  for (const { file: place, bytes } of written)
    process.stdout.write(`${place}: ${bytesText(bytes)}, the network ${spec.name}\n`);
}

interface Source {
  readonly spec: NetworkSpec;
  readonly file: string;
  readonly origin: Origin;
}

/**
 * The network that is meant, and the file of its parameters.
 * @throws NeckarError when there is no such thing, or it does not say whose parameters it holds
 */
async function sourceOf(what: string, work: string | undefined, runs: string): Promise<Source> {
  if (work !== undefined) return await ofWork(what, work, runs);
  const file = isWeightName(what) ? locateNetwork(what) : resolve(what);
  const { network, settings, training } = describedIn(file) ?? {};
  if (network === undefined || settings === undefined) {
    throw new NeckarError(
      `"${what}" does not say whose parameters it holds. Bring it in first with "neckar networks import ${what}", and export it by the name it then has.`,
    );
  }
  const spec = resolveNetwork({ ...(JSON.parse(settings) as object), name: network });
  return { spec, file, origin: { weights: basename(file), ...(training !== undefined && { training }) } };
}

/** @throws NeckarError when the file is missing or cannot be read */
function describedIn(file: string): Readonly<Record<string, string>> | undefined {
  try {
    return metadataOf(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // What is broken, or of another format, says nothing of itself.
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') return undefined;
    const why = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'it may not be read' }[
      code
    ];
    throw new NeckarError(
      `"${file}": ${why}. Give a file of a network's parameters, or a name that "neckar networks list" shows.`,
      { cause },
    );
  }
}

/** What a finished trial of a network, or a finished training, has. */
async function ofWork(experiment: string, text: string, runs: string): Promise<Source> {
  const { folder } = await findStored(experiment, runs);
  const all = await status(folder);
  const found = findWork(all, text);
  const called = `"${found.label}" (${found.id})`;
  if (found.result === undefined)
    throw new NeckarError(`${called} has no result yet; run it first: neckar run ${experiment}`);
  if (found.kind === 'training') return ofTraining(found, {});
  const { method } = found.result.config;
  if (method?.kind !== 'network') {
    throw new NeckarError(
      `${called} is no network's: its picture was made ${method === undefined ? 'by optimisation' : 'elsewhere'}. Name a trial of a network, or a training.`,
    );
  }
  const { network, parameters } = method;
  if (parameters.from === 'file') {
    const { file } = parameters;
    return { spec: network, file, origin: { weights: basename(file), trial: found.id } };
  }
  const id = found.trial?.needs?.[0] ?? found.result.network?.training?.id;
  const training = all.trainings.find((one) => one.id === id);
  if (training !== undefined) return ofTraining(training, { trial: found.id });
  throw new NeckarError(
    parameters.from === 'nowhere'
      ? `the network ${network.name} of ${called} has no parameters that could be exported.`
      : `the training ${id} of ${called} is no longer there; run it again: neckar run ${experiment}`,
  );
}

function ofTraining({ id, label, folder, result }: TrainingStatus, origin: Origin): Source {
  if (result === undefined)
    throw new NeckarError(`the training "${label}" (${id}) has no result yet; run it first`);
  const { attempt, weights, config } = result;
  return {
    spec: config.network,
    file: join(attemptFolder(folder, attempt), weights.path),
    origin: { ...origin, weights: basename(weights.path), training: id },
  };
}

async function pageOf(
  spec: NetworkSpec,
  model: ExportedModel,
  origin: Origin,
  { style, example, title }: ExportFlags,
): Promise<string> {
  if (style.length > 0 && !model.inputs.includes('style')) {
    throw new NeckarError(
      `--style: the network ${spec.name} takes no style pictures, as ${networks.get(spec.name).class === 'per-style' ? 'it has learnt one style' : 'it has learnt its styles'}; leave it out`,
    );
  }
  const shown = example === undefined ? fixtures.town.path : example;
  return await stylizePage(spec, model, {
    ...origin,
    stylePictures: await Promise.all(style.map((one) => embedded(one, 512))),
    ...(shown !== false && { example: await embedded(shown, 512) }),
    ...(title !== undefined && { title }),
  });
}

/** A picture as it is carried in the page: a JPEG of no more than `longest` pixels. */
async function embedded(file: string, longest: number): Promise<EmbeddedPicture> {
  const { default: sharp } = await import('sharp');
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new NeckarError(`cannot read "${file}" (${cause.code}); give a picture's file`, { cause });
  });
  try {
    const jpeg = await sharp(bytes)
      .rotate()
      .resize(longest, longest, { fit: 'inside', withoutEnlargement: true })
      .toColorspace('srgb')
      .jpeg({ quality: 88 })
      .toBuffer();
    return { name: basename(file, extname(file)), type: 'image/jpeg', base64: jpeg.toString('base64') };
  } catch (cause) {
    throw new NeckarError(`"${file}" is no picture that can be read`, { cause });
  }
}

function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('it is empty');
  return text;
}
