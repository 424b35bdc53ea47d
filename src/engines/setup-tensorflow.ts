/**
 * `npm run setup:tensorflow -- <folder>`: builds the native addon of tfjs-node-gpu from the sources in its npm package
 * against a libtensorflow that is on this machine already, so that nothing is fetched. The folder is either that of the
 * Python package (`…/site-packages/tensorflow`, or a wheel unpacked by hand) or that of TensorFlow's own C library
 * (with `include` and `lib`). Linux only; needs g++ and the headers of Node.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';

const addonPackage = '@tensorflow/tfjs-node-gpu';

/** Where a library and its headers are found below the folder that was named. */
const layouts = [
  { libraries: '.', main: 'libtensorflow_cc.so.2', framework: 'libtensorflow_framework.so.2' },
  { libraries: 'lib', main: 'libtensorflow.so.2', framework: 'libtensorflow_framework.so.2' },
];

function build(folder: string | undefined): string {
  if (process.platform !== 'linux') {
    throw new NeckarError(`This step knows Linux only, not ${process.platform}. Use "npm run setup:gpu".`);
  }
  if (folder === undefined) {
    throw new NeckarError(
      'No folder given. Say where TensorFlow lies: npm run setup:tensorflow -- <…/site-packages/tensorflow, or the unpacked C library>',
    );
  }
  const root = resolve(folder);
  const layout = layouts.find(
    ({ libraries, main, framework }) =>
      existsSync(join(root, libraries, main)) && existsSync(join(root, libraries, framework)),
  );
  if (layout === undefined || !existsSync(join(root, 'include/tensorflow/c/c_api.h'))) {
    throw new NeckarError(
      `"${folder}" holds no TensorFlow: expected include/tensorflow/c/c_api.h with ${layouts
        .map(({ libraries, main }) => join(libraries, main))
        .join(' or ')}.`,
    );
  }
  const addon = packageFolder();
  const { version, binary } = JSON.parse(readFileSync(join(addon, 'package.json'), 'utf8')) as {
    version: string;
    binary: { napi_versions: number[] };
  };
  const napi = Math.max(
    ...binary.napi_versions.filter((candidate) => candidate <= Number(process.versions.napi)),
  );
  const target = join(addon, 'lib', `napi-v${napi}`, 'tfjs_binding.node');
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.part`;
  const libraries = join(root, layout.libraries);
  console.log(`Building the addon of ${addonPackage} ${version} against ${join(libraries, layout.main)} …`);
  const { status, error } = spawnSync(
    'g++',
    [
      ...['-O2', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${napi}`],
      ...[`-I${nodeHeaders()}`, `-I${dirname(addon)}`, `-I${join(root, 'include')}`],
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) => join(addon, 'binding', source)),
      ...['-o', unfinished, `-L${libraries}`, `-l:${layout.main}`, `-l:${layout.framework}`],
      `-Wl,-rpath,${libraries}`,
    ],
    { stdio: 'inherit' },
  );
  if (error !== undefined) {
    throw new NeckarError(
      `g++ does not start (${error.message}). Install it, for instance "apt install g++".`,
    );
  }
  if (status !== 0) {
    throw new NeckarError(
      'g++ could not build the addon (see above). The package is made for TensorFlow 2.9; 2.15 is known to fit.',
    );
  }
  renameSync(unfinished, target);
  return target;
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${addonPackage}/package.json`));
  } catch {
    throw new NeckarError(`${addonPackage} is not installed. Run "npm ci" without --omit=optional.`);
  }
}

/** Beside the running Node, where its own distribution puts them, or where a system's package does. */
function nodeHeaders(): string {
  const beside = join(dirname(dirname(realpathSync(process.execPath))), 'include/node');
  const found = [beside, '/usr/include/node'].find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found !== undefined) return found;
  throw new NeckarError(
    `Node's headers (node_api.h) are not in ${beside}. Install them, for instance with Node's own archive or "apt install libnode-dev".`,
  );
}

try {
  console.log(`Built ${build(process.argv[2])}.`);
  console.log('Run "npm run test:tensorflow" to hold it to the contract of all engines.');
} catch (error) {
  console.error(`neckar: ${messageOf(error)}`);
  process.exitCode = 1;
}
