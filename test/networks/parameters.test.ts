import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { importNetwork, networkCalled } from '../../src/networks/import.ts';
import { installedNetwork, locateNetwork } from '../../src/networks/installed.ts';
import { encodeParameters, readParameters } from '../../src/networks/parameters.ts';
import { resolveNetwork } from '../../src/networks/registry.ts';
import { float32 } from '../../src/tensor.ts';
import { encodeSafetensors } from '../../src/weights/safetensors.ts';
import { writeTorchZip } from '../weights/_formats.ts';
import { mixer, palette, randomParameters, tiny } from './_networks.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-parameters-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const environment = { NECKAR_WEIGHTS: join(folder, 'weights') };
const at = (name: string) => join(folder, name);

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

test('what is written is read as it was, with the network and its settings beside', async (t) => {
  const values = randomParameters(tiny);
  const bytes = encodeParameters(tiny, values);
  const { parameters, bytes: size } = await readParameters(tiny, written('own.safetensors', bytes));
  t.is(size, bytes.byteLength);
  t.deepEqual(parameters, values);
});

test('parameters of another network or of other settings are refused with the name and both shapes', async (t) => {
  const own = written('tiny.safetensors', encodeParameters(tiny, randomParameters(tiny)));
  const larger = resolveNetwork({ name: 'johnson', width: 0.2, blocks: 1 });
  await t.throwsAsync(readParameters(larger, own), {
    message:
      /tiny\.safetensors does not hold parameters of this johnson: parameter conv1\.weight should have the shape \[9, 9, 3, 6\], found \[9, 9, 3, 3\]\. It is of the settings \{"width":0\.1/,
  });
  await t.throwsAsync(readParameters(resolveNetwork(palette()), own), {
    message:
      /holds parameters of the network johnson: parameter colors should have the shape \[2, 3\], and is missing\. Take the network johnson/,
  });
  // One for another number of styles.
  const two = resolveNetwork(palette());
  const file = written(
    'two.safetensors',
    encodeParameters(two, { colors: float32([2, 3], new Float32Array(6)) }),
  );
  await t.throwsAsync(readParameters(resolveNetwork(palette({ styles: 5 })), file), {
    message:
      /parameter colors should have the shape \[5, 3\], found \[2, 3\]\. It is of the settings \{"styles":2/,
  });
});

test('a value that is no finite number is named', async (t) => {
  const two = resolveNetwork(palette());
  const colors = float32([2, 3], Float32Array.of(0, 1, 2, Number.NaN, 4, 5));
  const file = written('nan.safetensors', encodeParameters(two, { colors }));
  await t.throwsAsync(readParameters(two, file), {
    message: /nan\.safetensors: parameter colors holds values that are no finite numbers/,
  });
});

test('a published file is read where its settings are those that are written, else they are said', async (t) => {
  const gain = float32([1], Float32Array.of(0.25));
  await writeTorchZip(at('published.pth'), new Map([['module.g', gain]]));
  const { parameters } = await readParameters(resolveNetwork(mixer({ steps: 3 })), at('published.pth'));
  t.deepEqual([...parameters.gain!.data], [0.25]);
  await t.throwsAsync(readParameters(resolveNetwork(mixer()), at('published.pth')), {
    message: /is of other settings of test-mixer: write test-mixer\(\{ steps: 3 \}\), or bring it in with/,
  });
  await t.throwsAsync(readParameters(tiny, at('published.pth')), {
    message:
      /holds parameters of the network test-mixer \(a published mixer\): parameter conv1\.weight should/,
  });
});

/** One float32 array of one value, as numpy saves it. */
function savedArray(value: number): Buffer {
  const header = `${"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".padEnd(117)}\n`;
  const opening = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
  const length = Buffer.from(Uint16Array.of(header.length).buffer);
  return Buffer.concat([opening, length, Buffer.from(header), Buffer.from(Float32Array.of(value).buffer)]);
}

test('a folder of raw arrays with names is a checkpoint like any other', async (t) => {
  mkdirSync(at('arrays'));
  written('arrays/module.g.npy', savedArray(0.5));
  const imported = await importNetwork([at('arrays')], { name: 'raw', environment });
  t.is(imported.checkpoint, 'a published mixer');
  t.deepEqual([...(await readParameters(imported.network, imported.path)).parameters.gain!.data], [0.5]);
  await t.throwsAsync(importNetwork([at('arrays')], { environment }), { message: /give a name of your own/ });
});

test('files are converted and kept under a name, with the settings that they tell', async (t) => {
  const gain = float32([1], Float32Array.of(0.75));
  await writeTorchZip(at('mine.pth'), new Map([['module.g', gain]]));
  const imported = await importNetwork([at('mine.pth')], { name: 'mine', environment });
  t.deepEqual(imported.network, { name: 'test-mixer', steps: 3 });
  t.is(imported.checkpoint, 'a published mixer');
  t.is(imported.path, locateNetwork('mine', environment));
  t.deepEqual(installedNetwork('mine', environment), {
    path: imported.path,
    network: 'test-mixer',
    settings: { steps: 3 },
  });
  t.deepEqual(networkCalled('mine', environment), { network: 'test-mixer', weights: 'mine' });
  const read = await readParameters(imported.network, imported.path);
  t.deepEqual([...read.parameters.gain!.data], [0.75]);
  // Neckar's own file is known by what it says.
  const again = await importNetwork([imported.path], { name: 'copy', environment });
  t.deepEqual(again.network, imported.network);
  await t.throwsAsync(importNetwork([at('mine.pth')], { name: 'mine', environment }), {
    message: /there are weights called "mine" already/,
  });
});

test('what is nobody’s, has no name or a taken one is refused in a sentence', async (t) => {
  const stray = written(
    'stray.safetensors',
    encodeSafetensors(new Map([['x', float32([1], new Float32Array(1))]])),
  );
  const refused = (files: string[], name: string | undefined, message: RegExp) =>
    t.throwsAsync(importNetwork(files, { ...(name && { name }), environment }), { message });
  await refused(
    [stray],
    'stray',
    /stray\.safetensors: these tensors \(x\) are no network's that Neckar reads/,
  );
  await refused(
    [stray],
    undefined,
    /in no catalogue of networks; give a name of your own, as --name my-style/,
  );
  await refused(
    [stray],
    'johnson',
    /"johnson" cannot be the name of your parameters: a network is called so/,
  );
  await refused([stray], 'adain', /"adain" cannot be the name/);
  await refused([stray, stray], 'twice', /two of the files are called stray; give them names that differ/);
  await refused([at('nothing.pth')], 'x', /There is no weights file .*nothing\.pth/);
  t.throws(() => locateNetwork('adain', environment), {
    message:
      /the network adain is not installed\. Fetch it with "neckar networks pull adain" \(94 MB\); offline, get https:/,
  });
  t.throws(() => locateNetwork('adian', environment), { message: /Did you mean "adain"\?/ });
  t.throws(() => networkCalled('jonson', environment), {
    message: /there is no network "jonson"\. Did you mean "johnson"\?/,
  });
});
