/** What this machine is, in the words that go into every result. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { NeckarError } from '../errors.ts';

/**
 * The threads to compute with: those asked for, or all that this process may use.
 * @throws NeckarError unless it is a positive integer
 */
export function threadCount(asked: number | undefined): number {
  if (asked === undefined) return availableParallelism();
  if (!Number.isInteger(asked) || asked < 1) {
    throw new NeckarError(
      `engine.threads is ${asked}: expected a whole number of at least 1, or nothing for all.`,
    );
  }
  return asked;
}

/** The processor in words, such as `AMD EPYC, 2 threads`. */
export function processorName(threads: number): string {
  const model = cpus()[0]?.model.trim().replace(/\s+/g, ' ') || process.arch;
  return `${model}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

const require = createRequire(import.meta.url);

/** The installed version of a package, or `unknown`. */
export function packageVersion(name: string): string {
  try {
    // The manifest is found by walking up from the entry, as `exports` may hide it.
    for (let folder = dirname(require.resolve(name)); ; folder = dirname(folder)) {
      const manifest = readManifest(join(folder, 'package.json'));
      if (manifest?.name === name) return manifest.version ?? 'unknown';
      if (folder === dirname(folder)) return 'unknown';
    }
  } catch {
    return 'unknown';
  }
}

function readManifest(path: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Package name -> version of the given packages. */
export function packageVersions(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, packageVersion(name)]));
}
