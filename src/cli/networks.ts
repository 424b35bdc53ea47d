/** `neckar networks`: networks that stylise in one pass, their published parameters and one's own. */

import type { Command } from 'commander';
import { defaultOf, descriptionOf } from '../components/schema-walk.ts';
import { NeckarError } from '../errors.ts';
import { publishedNetwork, publishedNetworks, sizeText } from '../networks/catalog.ts';
import { importNetwork, networkCalled, pullNetwork } from '../networks/import.ts';
import { installedNetwork } from '../networks/installed.ts';
import { outlinesOf } from '../networks/parameters.ts';
import { type NetworkDefinition, networkStyles, networks, resolveNetwork } from '../networks/registry.ts';
import { bytes } from '../platform/format.ts';
import { checksumText } from '../weights/catalog.ts';
import { sizeOf } from '../weights/files.ts';
import { weightsFolder } from '../weights/folder.ts';
import { importedNames, placeOfImported } from '../weights/installed.ts';
import { addNetworksExport } from './networks-export.ts';
import { pullEach } from './pulls.ts';
import { columns, palette, wantsColor } from './terminal.ts';

interface JsonFlag {
  readonly json?: boolean;
}

/** Gives `neckar networks` its subcommands. */
export function defineNetworks(command: Command): void {
  command
    .description(
      `Lists, fetches, brings in and exports networks that stylise in one pass. Their parameters lie in ${weightsFolder()}; NECKAR_WEIGHTS names another folder, NECKAR_WEIGHTS_MIRROR another address to fetch from, and HTTPS_PROXY a proxy.`,
    )
    .addHelpText(
      'after',
      `
Examples:
  neckar networks list
  neckar networks show johnson
  neckar networks pull adain
  neckar transfer --network adain --content photo.jpg --style painting.jpg -o picture.png
  neckar networks import vgg_normalised.pth decoder.pth
  neckar networks import candy.pth --name candy
  neckar networks export candy -o candy.onnx --page candy.html`,
    );
  command
    .command('list')
    .summary('say what there is and what is here')
    .description(
      'Lists the networks, published parameters of theirs and those of your own: what is installed, sizes, licences.',
    )
    .option('--json', 'as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar networks list\n  neckar networks list --json')
    .action((flags: JsonFlag) => list(flags));
  command
    .command('pull')
    .summary('fetch published parameters')
    .description(
      'Fetches networks of the catalogue, compares their checksums where they are published, and converts them. A download that was broken off goes on where it stopped.',
    )
    .argument('<names...>', 'such as adain')
    .option('--force', 'fetch again what is there')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar networks pull adain\n  neckar networks pull microast johnson-udnie',
    )
    .action(pull);
  command
    .command('import')
    .summary('put in files you have')
    .description(
      'Converts the file of a network, or all files that one is published in, and keeps it under a name: PyTorch, safetensors, Keras or ONNX under the names of a published program, a folder or archive of numpy arrays, or what Neckar trained. Files of the catalogue are known by their bytes. No code in a file is ever run.',
    )
    .argument('<files...>', 'the file, or all files of one network')
    .option('--name <name>', 'the name to use it by, for parameters of your own')
    .option('--network <name>', 'whose parameters they are, where several fit')
    .option('--force', 'replace parameters that have the name')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar networks import vgg_normalised.pth decoder.pth
  neckar networks import candy.pth --name candy --network johnson
  neckar networks import candy-arrays/ --name candy`,
    )
    .action(bringIn);
  command
    .command('show')
    .summary('say everything about a network or its parameters')
    .description('Says what a network is and which settings it has, or whose installed parameters are.')
    .argument('<name>', 'a network, or a name that "neckar networks list" shows')
    .option('--json', 'as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar networks show johnson\n  neckar networks show adain --json')
    .action(show);
  addNetworksExport(command);
}

const classWords = {
  'per-style': 'one style',
  'many-styles': 'many styles',
  'any-style': 'any style',
} as const;

function list(flags: JsonFlag): void {
  const here = (name: string) => installedNetwork(name) !== undefined;
  const cataloged = new Set(publishedNetworks.map(({ name }) => name));
  const own = importedNames().flatMap((name) => {
    const installed = cataloged.has(name) ? undefined : installedNetwork(name);
    return installed === undefined ? [] : [{ name, ...installed }];
  });
  if (flags.json) {
    print({
      folder: weightsFolder(),
      networks: networks.all().map((one) => ({ ...about(one), settings: settingsOf(one) })),
      published: publishedNetworks.map((one) => ({
        ...one,
        installed: here(one.name),
        path: placeOfImported(one.name),
      })),
      imported: own,
    });
    return;
  }
  const paint = palette(wantsColor(process.stdout));
  const known = networks
    .all()
    .map((one) => [one.name, classWords[one.class], one.description, paint.faint(one.source)]);
  const published = publishedNetworks.map((one) => [
    here(one.name) ? paint.good('✓') : paint.faint('·'),
    one.name,
    sizeText(one),
    one.summary,
    paint.faint(one.licence),
  ]);
  const lines = [
    paint.strong('Networks'),
    ...columns(known),
    '',
    paint.strong('Published parameters'),
    ...columns(published, [2]),
    ...own.map(({ name, network }) => `${paint.good('✓')} ${name}  of ${network}, imported`),
    '',
    `✓ is in ${weightsFolder()}. To fetch: neckar networks pull <name>`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function pull(names: readonly string[], flags: JsonFlag & { readonly force?: boolean }): Promise<void> {
  const pulled = await pullEach(
    names.map(publishedNetwork),
    pullNetwork,
    ({ files }) =>
      files
        .map(({ file, checksum }) =>
          checksum === undefined
            ? `${file}: nobody published its checksum`
            : `${file}: ${checksumText(checksum)}`,
        )
        .join('; '),
    flags,
  );
  if (flags.json) print({ pulled });
}

async function bringIn(
  files: readonly string[],
  flags: JsonFlag & { readonly name?: string; readonly network?: string; readonly force?: boolean },
): Promise<void> {
  const { json, ...options } = flags;
  const imported = await importNetwork(files, options);
  if (json) {
    print(imported);
    return;
  }
  const { network, name, path, parameters, checkpoint } = imported;
  const { name: whose, ...settings } = network;
  const from = checkpoint === undefined ? '' : `, from ${checkpoint}`;
  process.stdout.write(
    `${name} (${whose} ${JSON.stringify(settings)}, ${parameters} parameters${from}) is now in ${path}\n`,
  );
}

async function show(name: string, flags: JsonFlag): Promise<void> {
  const installed = installedNetwork(name);
  const published = publishedNetworks.find((one) => one.name === name);
  const definition = networks.find(installed?.network ?? name) ?? networks.find(networkCalled(name).network);
  if (definition === undefined)
    throw new NeckarError(`the parameters ${name} are of a network that is not known here.`);
  const parameters =
    installed &&
    (await parametersOf(installed.path, { ...(installed.settings as object), name: installed.network }));
  const details = {
    ...about(definition),
    settings: settingsOf(definition),
    checkpoints: (definition.checkpoints ?? []).map((one) => one.name),
    ...(published && { published }),
    ...(installed && { installed: { ...installed, ...parameters } }),
  };
  if (flags.json) {
    print(details);
    return;
  }
  const paint = palette(wantsColor(process.stdout));
  const lines = [
    `${paint.strong(definition.name)}: ${definition.description}`,
    `${classWords[definition.class]}; ${definition.source}`,
    ...(details.checkpoints.length === 0 ? [] : [`reads ${details.checkpoints.join('; ')}`]),
    '',
    paint.strong('Settings'),
    ...columns(
      details.settings.map(({ name: setting, default: standard, description }) => [
        setting,
        standard === undefined ? '' : JSON.stringify(standard),
        description ?? '',
      ]),
    ),
    ...(published === undefined
      ? []
      : [
          '',
          `${paint.strong(published.name)}: ${published.summary}, ${sizeText(published)}`,
          ...published.files.map(
            ({ url, checksum }) => `  ${url}${checksum ? ` (${checksumText(checksum)})` : ''}`,
          ),
          `  licence: ${published.licence}`,
          `  cite: ${published.citation}`,
        ]),
    ...(installed === undefined
      ? []
      : [
          '',
          `${paint.good('✓')} ${installed.path}: ${JSON.stringify(installed.settings)}, ${parameters!.numbers} parameters, ${bytes(parameters!.bytes)}`,
        ]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function parametersOf(
  path: string,
  written: object,
): Promise<{ numbers: number; bytes: number; styles?: number }> {
  const spec = resolveNetwork(written);
  const numbers = outlinesOf(spec).reduce(
    (sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1),
    0,
  );
  const styles = networkStyles(spec);
  return { numbers, bytes: await sizeOf(path), ...(styles !== undefined && { styles }) };
}

function about(definition: NetworkDefinition) {
  const { name, class: kind, description, source, abilities = {} } = definition;
  return { name, class: kind, description, source, abilities };
}

function settingsOf({ settings }: NetworkDefinition) {
  return Object.entries(settings).map(([name, schema]) => ({
    name,
    default: defaultOf(schema),
    description: descriptionOf(schema),
  }));
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
