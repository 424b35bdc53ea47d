/** `neckar weights`: the weights of networks, published and one's own. */
import { type Command, Option } from 'commander';
import { importWeights } from '../encoders/import-weights.ts';
import { type NetworkName, networkNames } from '../encoders/networks.ts';
import { messageOf } from '../errors.ts';
import { installedNetwork } from '../networks/installed.ts';
import { catalog, checksumText, entryOf } from '../weights/catalog.ts';
import { weightsFolder } from '../weights/folder.ts';
import {
  importedNames,
  inventory,
  locateWeights,
  megabytes,
  placeOf,
  placeOfImported,
} from '../weights/installed.ts';
import { pullWeights, verifyWeights } from '../weights/pull.ts';
import { readTensors } from '../weights/tensor-file.ts';
import { pullEach } from './pulls.ts';
import { columns, palette, wantsColor } from './terminal.ts';

interface JsonFlag {
  readonly json?: boolean;
}

export function defineWeights(command: Command): void {
  command
    .description(
      `Fetches, checks and finds the weights of pretrained networks. They lie in ${weightsFolder()}; NECKAR_WEIGHTS names another folder, such as one a group shares, NECKAR_WEIGHTS_MIRROR another address to fetch from, and HTTPS_PROXY a proxy.`,
    )
    .addHelpText(
      'after',
      `
Examples:
  neckar weights list
  neckar weights list --json
  neckar weights pull vgg19
  neckar transfer --encoder vgg19 --content photo.jpg --style painting.jpg -o picture.png
  neckar weights import ~/Downloads/vgg19-dcbb9e9d.pth
  neckar weights import sketch.h5 --name vgg19-sketches --network vgg19
  NECKAR_WEIGHTS=/srv/weights neckar weights verify`,
    );
  command
    .command('list')
    .summary('say what there is and what is here')
    .description('Lists the catalogue and the weights of your own: what is installed, sizes, licences.')
    .option('--json', 'as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar weights list\n  neckar weights list --json')
    .action((flags: JsonFlag) => list(flags));
  command
    .command('pull')
    .summary('fetch published weights')
    .description(
      "Fetches weights of the catalogue, by their name or a network's. A download that was broken off goes on where it stopped; the checksum decides whether the file is used.",
    )
    .argument('<names...>', 'such as vgg19 or squeezenet1_1-torchvision')
    .option('--force', 'fetch again what is there')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar weights pull vgg19\n  neckar weights pull alexnet lpips-alex',
    )
    .action(pull);
  command
    .command('verify')
    .summary('compare what is here with what was published')
    .description('Computes the checksums of installed weights and compares them with the published ones.')
    .argument('[names...]', 'default: everything that is here')
    .option('--json', 'as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar weights verify\n  neckar weights verify vgg19-keras')
    .action(verify);
  command
    .command('import')
    .summary('put in a file you have')
    .description(
      'Puts a weight file into the folder: safetensors, Keras .h5, PyTorch .pth or ONNX. Files of the catalogue are known by their bytes; others get a name of yours and are converted. No code in a file is ever run.',
    )
    .argument('<file>', 'the file')
    .option('--name <name>', 'the name to use it by, for weights of your own')
    .addOption(
      new Option('--network <name>', 'whose weights they are, where several fit').choices(networkNames),
    )
    .option(
      '--input <convention>',
      'how the network wants its input, where the file misleads: torchvision, caffe, or such as "BGR, 0..255, minus mean (104, 117, 123)"',
    )
    .option('--force', 'replace weights of your own that have the name')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar weights import vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5
  neckar weights import finetuned.pth --name vgg19-paintings --network vgg19 --input torchvision`,
    )
    .action(bringIn);
  command
    .command('where')
    .summary('print the path of weights')
    .description('Prints the folder of weights, or the file of installed ones.')
    .argument('[name]', 'a name of "neckar weights list" or a network')
    .option('--json', 'as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar weights where\n  neckar weights where vgg19')
    .action(where);
}

function list(flags: JsonFlag): void {
  const known = inventory();
  // Networks that stylise are listed by their own verb.
  const own = importedNames().filter((name) => installedNetwork(name) === undefined);
  if (flags.json) {
    const published = known.map(({ entry, place, here }) => ({ ...entry, installed: here, path: place }));
    const imported = own.map((name) => ({ name, path: placeOfImported(name) }));
    print({ folder: weightsFolder(), published, imported });
    return;
  }
  const paint = palette(wantsColor(process.stdout));
  const rows = known.map(({ entry, here }) => [
    here ? paint.good('✓') : paint.faint('·'),
    entry.name,
    megabytes(entry),
    entry.summary,
    paint.faint(entry.licence),
  ]);
  const lines = [
    ...columns(rows, [2]),
    ...own.map((name) => `${paint.good('✓')} ${name}  imported`),
    '',
    `✓ is in ${weightsFolder()}. To fetch: neckar weights pull <name>`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function pull(names: readonly string[], flags: JsonFlag & { readonly force?: boolean }): Promise<void> {
  const pulled = await pullEach(
    names.map(entryOf),
    (entry, { begins: _, ...hooks }) => pullWeights(entry, hooks),
    ({ checksum }) => checksumText(checksum),
    flags,
  );
  if (flags.json) print({ pulled });
}

async function verify(names: readonly string[], flags: JsonFlag): Promise<void> {
  const chosen =
    names.length > 0 ? names.filter((name) => !importedNames().includes(name)).map(entryOf) : catalog;
  const own = importedNames().filter((name) => names.length === 0 || names.includes(name));
  const verdicts: { name: string; path: string; state: string; problem?: string }[] = [];
  for (const entry of chosen) {
    const verdict = await verifyWeights(entry);
    if (verdict.state === 'absent' && names.length === 0) continue;
    const problem =
      verdict.state === 'wrong' ? verdict.problem : verdict.state === 'absent' ? 'it is not here' : undefined;
    verdicts.push({
      name: entry.name,
      path: placeOf(entry),
      state: verdict.state,
      ...(problem === undefined ? {} : { problem }),
    });
  }
  for (const name of own) {
    const path = placeOfImported(name);
    const problem = await readTensors(path).then(() => undefined, messageOf);
    verdicts.push({
      name,
      path,
      ...(problem === undefined ? { state: 'readable' } : { state: 'wrong', problem }),
    });
  }
  if (flags.json) print({ verified: verdicts });
  else if (verdicts.length === 0) process.stdout.write(`There are no weights in ${weightsFolder()}.\n`);
  else {
    const paint = palette(wantsColor(process.stdout));
    for (const { name, state, problem } of verdicts) {
      const said =
        { good: 'as published', readable: 'readable; nobody published its checksum' }[state] ?? problem;
      process.stdout.write(`${problem === undefined ? paint.good('✓') : paint.bad('✗')} ${name}: ${said}\n`);
    }
  }
  if (verdicts.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
}

async function bringIn(
  file: string,
  flags: JsonFlag & {
    readonly name?: string;
    readonly network?: NetworkName;
    readonly input?: string;
    readonly force?: boolean;
  },
): Promise<void> {
  const { json, ...options } = flags;
  const { entry, ...imported } = await importWeights(file, options);
  if (json) print(imported);
  else {
    const kind = entry === undefined ? `${imported.network}, input ${imported.input}` : entry.summary;
    process.stdout.write(`${imported.name} (${kind}) is now in ${imported.path}\n`);
  }
}

function where(name: string | undefined, flags: JsonFlag): void {
  const path = name === undefined ? weightsFolder() : locateWeights(name);
  if (flags.json) print({ path });
  else process.stdout.write(`${path}\n`);
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
