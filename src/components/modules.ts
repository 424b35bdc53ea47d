/**
 * Modules of a researcher's own that define components. A trial names those that it needs with a hash of their code,
 * so that whoever runs it, in another process or on another machine, loads the very same.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { messageOf, NeckarError } from '../errors.ts';
import { readExperimentCode } from '../platform/experiment-code.ts';
import type { Component } from './registry.ts';

/** A module as a trial's configuration names it. */
export interface ComponentModule {
  /** Absolute path. */
  readonly file: string;
  /** SHA-256 of its code with that of everything it imports from files beside it. */
  readonly hash: string;
}

/** The modules behind components that do not come with Neckar, each once, by path. */
export function modulesOf(components: Iterable<Component | undefined>): ComponentModule[] {
  const files = new Set<string>();
  for (const component of components) {
    if (component?.module !== undefined) files.add(fileURLToPath(component.module.replace(/[?#].*$/, '')));
  }
  return [...files].sort().map((file) => ({ file, hash: moduleHash(file) }));
}

/**
 * SHA-256 of a module's code joined with what it imports by relative paths, comments and types left out; packages are
 * named in it, not read.
 * @throws NeckarError when it is missing or is no JavaScript or TypeScript
 */
export function moduleHash(file: string): string {
  if (!existsSync(file)) {
    throw new NeckarError(
      `the module ${file}, which defines a component of this trial, is missing. Put it back.`,
    );
  }
  try {
    const { outputFiles } = buildSync({
      entryPoints: [relative(dirname(file), file) || file],
      absWorkingDir: dirname(file),
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      write: false,
      logLevel: 'silent',
      legalComments: 'none',
      minifyWhitespace: true,
    });
    return createHash('sha256').update(outputFiles[0]!.contents).digest('hex');
  } catch (cause) {
    throw new NeckarError(`the module ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

const loaded = new Map<string, string>();

/**
 * Loads modules so that their components are known here.
 * @throws NeckarError when one is missing, throws, or is not what it was when the trial was planned
 */
export async function loadModules(modules: readonly ComponentModule[] = []): Promise<void> {
  for (const { file, hash } of modules) {
    if (loaded.get(file) === hash) continue;
    const now = moduleHash(file);
    if (now !== hash) {
      throw new NeckarError(
        `the module ${file} has changed since the trial was planned. Run the experiment again, or measure it by its file: it is then planned with the code as it is now.`,
      );
    }
    readExperimentCode();
    try {
      await import(`${pathToFileURL(file).href}${loaded.has(file) ? `?${hash}` : ''}`);
    } catch (cause) {
      throw new NeckarError(`the module ${file} cannot be loaded: ${messageOf(cause)}`, { cause });
    }
    loaded.set(file, hash);
  }
}
