import { chmodSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { convertedWeights } from '../../src/encoders/converted-weights.ts';
import { importWeights } from '../../src/encoders/import-weights.ts';
import { expectedTensors } from '../../src/encoders/network.ts';
import { networkNames, networkStages } from '../../src/encoders/networks.ts';
import { loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import { NeckarError } from '../../src/errors.ts';
import { float32 } from '../../src/tensor.ts';
import { catalog, entriesOf, entryOf, matchesChecksum, weightNames } from '../../src/weights/catalog.ts';
import { convertedFolder, weightsFolder } from '../../src/weights/folder.ts';
import { importedNames, inventory, isWeightName, locateWeights } from '../../src/weights/installed.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { type Tensors, writeKeras, writeTorchStream } from './_formats.ts';

let root: string;
test.before(async () => {
  root = await mkdtemp(join(tmpdir(), 'neckar-installed-'));
  process.env.NECKAR_WEIGHTS = join(root, 'weights');
  await mkdir(join(root, 'weights'));
});
test.after.always(() => rm(root, { recursive: true, force: true }));

/** Weights of SqueezeNet 1.1, all of one value. */
const constant = (value: number): Tensors =>
  new Map(
    expectedTensors(networkStages('squeezenet1_1')).map(({ name, shape }) => [
      name,
      float32(shape, new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(value)),
    ]),
  );

test('the catalogue: names, addresses, checksums and files are well-formed and unique', (t) => {
  for (const entry of catalog) {
    t.true(isWeightName(entry.name), entry.name);
    t.true(entry.url.startsWith('https://'));
    t.regex(entry.file, /\.(h5|pth)$/);
    t.true(entry.bytes > 0);
    if ('md5' in entry.checksum) t.regex(entry.checksum.md5, /^[0-9a-f]{32}$/);
    else t.regex(entry.checksum.sha256, /^[0-9a-f]{8}([0-9a-f]{56})?$/);
    // PyTorch's names end in the first digits of the file's SHA-256.
    const named = /-([0-9a-f]{8})\.pth$/.exec(entry.file)?.[1];
    if (named !== undefined) t.true('sha256' in entry.checksum && entry.checksum.sha256.startsWith(named));
  }
  for (const of of ['name', 'file', 'url'] as const) {
    t.is(new Set(catalog.map((entry) => entry[of])).size, catalog.length);
  }
  for (const network of networkNames) t.true(entriesOf(network).length > 0, network);
});

/** Name, bytes and checksum as others have them who fetched the files. */
const recorded: readonly (readonly [name: string, bytes: number, digest: string, where: string])[] = [
  [
    'vgg19-keras',
    80134624,
    '253f8cb515780f3b799900260a226db6',
    'keras-applications, vgg19.py, file_hash; bytes that Keras counts while it fetches',
  ],
  [
    'vgg16-keras',
    58889256,
    '6d6bbae143d832006294945121d1f1fc',
    'keras-applications, vgg16.py, file_hash; bytes that Keras counts while it fetches',
  ],
  [
    'vgg19-torchvision',
    574673361,
    'dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44',
    'torchvision/models/vgg.py; bytes that torch.hub counts',
  ],
  [
    'vgg16-torchvision',
    553433881,
    '397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0',
    'torchvision/models/vgg.py; bytes that torch.hub counts',
  ],
  [
    'squeezenet1_1-torchvision',
    4958839,
    'b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b',
    'torchvision/models/squeezenet.py; audits of LPIPS',
  ],
  [
    'alexnet-torchvision',
    244408911,
    '7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02',
    'torchvision/models/alexnet.py; Content-Length; audits of LPIPS',
  ],
  [
    'lpips-alex',
    6009,
    'df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0',
    'lpips 0.1.4, weights/v0.1/alex.pth',
  ],
  [
    'dists',
    12288,
    'f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218',
    'the pointer in huggingface.co/chaofengc/IQA-PyTorch-Weights, dfa6d2d; weights.pt of DISTS has the same digest',
  ],
];

for (const [name, bytes, digest, where] of recorded) {
  test(`${name}: ${where}`, (t) => {
    const { checksum, ...entry } = entryOf(name);
    t.is(entry.bytes, bytes);
    t.not(entry.exact, false);
    t.is('md5' in checksum ? checksum.md5 : checksum.sha256, digest);
  });
}

test('sizes that publishers round: of SqueezeNet 1.0, 4.778 MiB (torchvision, _file_size)', (t) => {
  const { bytes, exact } = entryOf('squeezenet1_0-torchvision');
  t.is(exact, false);
  t.is((bytes / 2 ** 20).toFixed(3), '4.778');
});

test('names: of entries, of networks for the first of theirs, and near misses', (t) => {
  t.is(entryOf('vgg19').name, 'vgg19-keras');
  t.is(entryOf('vgg19-torchvision').file, 'vgg19-dcbb9e9d.pth');
  t.true(weightNames.includes('lpips-alex'));
  t.throws(() => entryOf('vgg91'), { instanceOf: NeckarError, message: /Did you mean "vgg19"\?/ });
  const hashes = { sha256: `dcbb9e9d${'0'.repeat(56)}`, md5: '253f8cb515780f3b799900260a226db6', bytes: 1 };
  t.true(matchesChecksum(entryOf('vgg19-keras'), hashes));
  t.false(matchesChecksum(entryOf('vgg19-torchvision'), hashes));
});

test('the folder: NECKAR_WEIGHTS, else the cache of the XDG specification', (t) => {
  t.is(weightsFolder({ NECKAR_WEIGHTS: '/srv/w' }), '/srv/w');
  t.is(weightsFolder({ NECKAR_WEIGHTS: '', XDG_CACHE_HOME: '/var/c' }), '/var/c/neckar/weights');
  t.regex(weightsFolder({ XDG_CACHE_HOME: 'relative' }), /\.cache\/neckar\/weights$/);
});

const asRoot = process.getuid?.() === 0;
(asRoot ? test.skip : test)(
  'a shared folder that cannot be written to is no obstacle (not as root, who may write anywhere)',
  async (t) => {
    const shared = join(root, 'shared');
    await mkdir(shared);
    chmodSync(shared, 0o555);
    const environment = { NECKAR_WEIGHTS: shared, XDG_CACHE_HOME: join(root, 'own') };
    t.is(convertedFolder(environment), join(root, 'own', 'neckar', 'weights', 'converted'));
  },
);

test('without any place for converted weights there is one sentence', async (t) => {
  const file = join(root, 'plain');
  await writeFile(file, '');
  t.throws(() => convertedFolder({ NECKAR_WEIGHTS: join(file, 'a'), XDG_CACHE_HOME: join(file, 'b') }), {
    instanceOf: NeckarError,
    message: /Converted weights cannot be kept: .* Set NECKAR_WEIGHTS/,
  });
});

test.serial('absent weights: the command that fetches them, and which file goes where', async (t) => {
  const error = t.throws(() => locateWeights('vgg16'), { instanceOf: NeckarError });
  t.true(error!.message.includes('"neckar weights pull vgg16-keras" (59 MB)'));
  t.true(error!.message.includes('put vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 (from https://'));
  t.true(error!.message.endsWith(`into ${join(root, 'weights')}`));
  await t.throwsAsync(loadEncoder(resolveEncoder('vgg16')), { message: error!.message });
  t.throws(() => locateWeights('mine'), { message: /no weights called "mine".*\.\/mine/ });
});

test.serial(
  'a file under a published name that holds something else is refused before it is used',
  async (t) => {
    const place = join(root, 'weights', 'squeezenet1_1-b8a52dc0.pth');
    await writeTorchStream(place, constant(0.5));
    t.is(locateWeights('squeezenet1_1'), place);
    t.true(inventory().find(({ entry }) => entry.name === 'squeezenet1_1-torchvision')!.here);
    await t.throwsAsync(loadEncoder(resolveEncoder('squeezenet1_1')), {
      instanceOf: NeckarError,
      message:
        /is not what https:.* holds: .*expected SHA-256 b8a52dc0.*neckar weights pull squeezenet1_1-torchvision --force/,
    });
    await t.throwsAsync(importWeights(place), {
      message: /is not squeezenet1_1-torchvision: it has \d+ bytes, expected 4958839/,
    });
    await rm(place);
  },
);

test.serial('weights of one’s own get a name, which an encoder can be given', async (t) => {
  const file = join(root, 'trained.h5');
  await writeKeras(file, new Map([...constant(0.25)].map(([name, tensor]) => [name, tensor])));
  await t.throwsAsync(importWeights(file), {
    message: /is in no catalogue: give it a name of your own, as --name/,
  });
  await t.throwsAsync(importWeights(file, { name: 'vgg19' }), { message: /the catalogue has it/ });
  await t.throwsAsync(importWeights(file, { name: 'a/b' }), { message: /use letters, digits/ });
  await t.throwsAsync(importWeights(file, { name: 'x', network: 'vgg16' }), {
    message: /does not hold weights of vgg16.*use the encoder squeezenet1_1/,
  });
  await t.throwsAsync(importWeights(file, { name: 'x', input: 'kaffe' }), {
    message: /--input gives .*"kaffe"/,
  });
  t.deepEqual(importedNames(), []);

  const imported = await importWeights(file, { name: 'trained', input: 'caffe' });
  t.like(imported, { name: 'trained', network: 'squeezenet1_1' });
  t.regex(imported.input!, /^BGR, 0\.\.255/);
  t.deepEqual(importedNames(), ['trained']);
  t.is(locateWeights('trained'), imported.path);
  const { metadata, tensors } = await readSafetensors(imported.path);
  t.like(metadata, { network: 'squeezenet1_1', input: imported.input!, source: 'trained.h5' });
  t.true(tensors.get('features.12.expand3x3.weight')!.data.every((value) => value === 0.25));
  const encoder = await loadEncoder(resolveEncoder({ name: 'squeezenet1_1', weights: 'trained' }));
  const direct = await loadEncoder(
    resolveEncoder({ name: 'squeezenet1_1', weights: { file, input: 'caffe' } }),
  );
  t.is(encoder.hash, direct.hash);
  t.deepEqual(
    (await readdir(join(root, 'weights'))).filter((name) => name.startsWith('.')),
    [],
  );
});

test.serial('a network whose weights are asked for under another network is named', async (t) => {
  const file = join(root, 'wrong.pth');
  await writeTorchStream(file, constant(1));
  await t.throwsAsync(convertedWeights(file, 'alexnet'), {
    instanceOf: NeckarError,
    message:
      /tensor features\.0\.weight should have the shape \[64, 3, 11, 11\], found \[64, 3, 3, 3\]\. .*use the encoder squeezenet1_1/,
  });
  const empty = new Map([['a.weight', float32([1], Float32Array.of(1))]]);
  await writeTorchStream(file, empty);
  await t.throwsAsync(importWeights(file, { name: 'none' }), { message: /holds the weights of no network/ });
});
