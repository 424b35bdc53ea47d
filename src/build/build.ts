/**
 * Compiles Neckar into a package that needs no loader: `npm run build`, then `npm pack`.
 *
 *     tsx src/build/build.ts [folder]      default: dist
 *
 * Modules with their types, and beside them what they read: style sheets, page scripts, texts, pictures.
 */
import { execFileSync } from 'node:child_process';
import { cp, readdir, rm } from 'node:fs/promises';
import { extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, 'dist'));

await rm(folder, { recursive: true, force: true });
const compiler = join(root, 'node_modules/.bin/tsc');
execFileSync(compiler, ['-p', join(root, 'src/build/tsconfig.json'), '--outDir', folder], {
  stdio: 'inherit',
});
for (const room of ['src', 'metrics', 'reports', 'fixtures']) {
  const entries = await readdir(join(root, room), { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || extname(entry.name) === '.ts' || entry.name === 'tsconfig.json') continue;
    const from = join(entry.parentPath, entry.name);
    await cp(from, join(folder, relative(root, from)));
  }
}
