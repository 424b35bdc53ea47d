/** Scripts of Neckar's pages: modules in TypeScript, as one script that needs nothing else. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleBeside } from './modules.ts';

const scripts = new Map<string, Promise<string>>();

/**
 * The script of a page. A page opened from disk may not import modules, so its modules are joined: in a checkout now, and
 * once in a process; in the package that was done when it was built.
 *
 * @param base - `import.meta.url` of the module that asks
 * @param entry - the module that the page begins with, relative and without an ending, such as `./client/main`
 */
export function browserScript(base: string, entry: string): Promise<string> {
  const url = moduleBeside(base, entry);
  const known = scripts.get(url.href);
  if (known !== undefined) return known;
  const file = fileURLToPath(url);
  const script = url.pathname.endsWith('.ts') ? bundled(file) : readFile(file, 'utf8');
  scripts.set(url.href, script);
  return script;
}

/** A module with all that it imports, as a script for browsers of 2022 and later. */
export async function bundled(file: string): Promise<string> {
  const { buildSync } = await import('esbuild');
  const { outputFiles } = buildSync({
    entryPoints: [relative(dirname(file), file) || basename(file)],
    absWorkingDir: dirname(file),
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
    legalComments: 'none',
    // A page holds one script; names stay, so that whoever looks into it can read it.
    minifySyntax: true,
    minifyWhitespace: true,
  });
  return outputFiles[0]!.text;
}
