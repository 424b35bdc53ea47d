/**
 * Where Neckar's own files are, and how Node starts them. In a checkout they are TypeScript, which needs a loader; in
 * the installed package they were compiled, and nothing but Node is needed.
 */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The module `name` beside the one that asks, in the language that one is in.
 *
 * @param base - `import.meta.url` of the module that asks
 * @param name - relative and without an ending, such as `./worker`
 */
export function moduleBeside(base: string, name: string): URL {
  return new URL(name + extname(new URL(base).pathname), base);
}

/** Node's flags for a process that starts with one of Neckar's modules, whatever its working folder is. */
export function nodeFlags(program: URL): string[] {
  return program.pathname.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
}

/** What to give Node to start one of Neckar's modules as a program: flags, then its path. */
export function nodeArguments(program: URL): string[] {
  return [...nodeFlags(program), fileURLToPath(program)];
}

/** Neckar's own version, as its package.json has it. */
export function neckarVersion(): string {
  version ??= readVersion();
  return version;
}

let version: string | undefined;

/** package.json lies two folders above this file in a checkout, and three in the package, below `dist`. */
function readVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    const text = readIfThere(new URL(path, import.meta.url));
    if (text === undefined) continue;
    const found = JSON.parse(text) as { name?: string; version: string };
    if (found.name === 'neckar') return found.version;
  }
  return 'unknown';
}

function readIfThere(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
