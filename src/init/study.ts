/** A study of one's own: a folder with everything that the first `neckar run` needs. */
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contents, styles } from '../../fixtures/index.ts';
import { isRecord } from '../components/schema-walk.ts';
import { messageOf, NeckarError } from '../errors.ts';
import { makeFolders } from '../platform/folders.ts';
import { neckarVersion } from '../platform/modules.ts';

/** What was made. */
export interface NewStudy {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  /** Files in it, in the order in which they were written. */
  readonly files: readonly string[];
}

/** What a package manager or git leaves in a folder in which nobody has begun anything. */
const tolerated = ['.git', 'node_modules', 'package-lock.json', 'package.json', '.DS_Store'];

/** What of a package.json `npm install` writes by itself. */
const installed = ['dependencies', 'devDependencies'];

/** Files of the study, and the texts that they are made from. */
const texts: Readonly<Record<string, string>> = {
  'tsconfig.json': 'tsconfig.json.txt',
  '.gitignore': 'gitignore.txt',
  'experiments/first.ts': 'experiment.ts.txt',
  'README.md': 'README.md.txt',
};

/**
 * Makes a study that runs at once: package.json, tsconfig.json, .gitignore, README.md, one commented experiment and the
 * pictures that it names. Asks nothing.
 *
 * @param folder - made if need be; what `npm install neckar` has put into it may be there, and `.git`
 * @throws NeckarError when anything else is in it, it is a file, or the disk refuses; of files, those written before stay
 */
export async function makeStudy(folder: string): Promise<NewStudy> {
  const home = resolve(folder);
  await refuseUsed(home, folder);
  const name = packageName(basename(home));
  const files: string[] = [];
  const put = async (path: string, write: (absolute: string) => Promise<void>): Promise<void> => {
    await makeFolders(dirname(join(home, path)));
    await write(join(home, path));
    files.push(path);
  };
  try {
    const manifest = await manifestFor(home, name);
    await put('package.json', (path) => writeFile(path, `${JSON.stringify(manifest, undefined, 2)}\n`));
    for (const [path, template] of Object.entries(texts)) {
      const text = await readFile(new URL(`./template/${template}`, import.meta.url), 'utf8');
      await put(path, (absolute) => writeFile(absolute, text.replaceAll('{{name}}', name), { flag: 'wx' }));
    }
    for (const { path } of [contents.town, styles.swirl]) {
      await put(`pictures/${basename(path)}`, (absolute) => copyFile(path, absolute));
    }
  } catch (cause) {
    if (cause instanceof NeckarError) throw cause;
    throw new NeckarError(`The study cannot be made in "${folder}": ${messageOf(cause)}.`, {
      cause,
      exitCode: 1,
    });
  }
  return { folder: home, name, files };
}

async function refuseUsed(home: string, shown: string): Promise<void> {
  const found = await stat(home).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isDirectory()) {
    throw new NeckarError(`"${shown}" is a file; a study needs a folder. Give another name.`);
  }
  const there = (await readdir(home)).filter((name) => !tolerated.includes(name));
  const manifest = await readManifest(home);
  const begun = manifest !== undefined && Object.keys(manifest).some((key) => !installed.includes(key));
  const [first] = begun ? [...there, 'package.json'] : there;
  if (first === undefined) return;
  throw new NeckarError(
    `The folder "${shown}" is not empty (it holds ${first}): nothing was written. Give an empty folder or one that is not there yet, such as \`neckar init ${shown === '.' ? 'my-study' : `${shown}/my-study`}\`.`,
  );
}

/** The package.json in a folder; undefined where there is none, and an empty one that cannot be understood counts as begun. */
async function readManifest(home: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(join(home, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const manifest: unknown = JSON.parse(text);
    return isRecord(manifest) ? manifest : { unreadable: true };
  } catch {
    return { unreadable: true };
  }
}

async function manifestFor(home: string, name: string): Promise<object> {
  const { dependencies, ...others } = (await readManifest(home)) ?? {};
  const known = isRecord(dependencies) ? dependencies : {};
  return {
    name,
    version: '0.0.0',
    private: true,
    type: 'module',
    engines: { node: '>=20.9' },
    scripts: { start: 'neckar run first' },
    dependencies: { neckar: await ownDependency(home), ...known },
    ...others,
  };
}

/**
 * Where a package manager is to find the Neckar that made the study: as the project has it into which it was installed,
 * its checkout, or the registry.
 */
async function ownDependency(home: string): Promise<string> {
  const here = fileURLToPath(import.meta.url);
  const inModules = /^(.*)[\\/]node_modules[\\/]neckar[\\/]/.exec(here)?.[1];
  if (inModules === undefined) {
    const checkout = resolve(dirname(here), '../..');
    return existsSync(join(checkout, 'src/cli/bin.mjs')) ? `file:${checkout}` : `^${neckarVersion()}`;
  }
  const { dependencies } = (await readManifest(inModules)) ?? {};
  const asked = isRecord(dependencies) ? dependencies.neckar : undefined;
  if (typeof asked !== 'string') return `^${neckarVersion()}`;
  if (!asked.startsWith('file:')) return asked;
  const path = relative(home, resolve(inModules, asked.slice('file:'.length)));
  return `file:${path.replaceAll('\\', '/')}`;
}

/** A folder's name as the name of a package: lower case, and only what npm takes. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, 100);
  // A package of the dependency's own name could not be installed.
  return name === '' || name === 'neckar' || name === 'node_modules' ? 'neckar-study' : name;
}
