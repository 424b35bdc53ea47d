/**
 * Compiles Neckar into a package that needs no loader: `npm run build`, then `npm pack`.
 *
 *     tsx src/build/build.ts [folder]      default: dist
 *
 * Modules with their types, and beside them what they read: style sheets, texts, pictures, and each page's script, its
 * modules joined.
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundled } from '../platform/browser-script.ts';

/** What pages begin with. */
const pages = [
  'reports/page/client/main',
  'reports/page/client/board',
  'reports/live/client/main',
  'src/study/form/client/main',
  'src/networks/export/page/client/main',
  'src/networks/export/page/client/worker',
];

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
// Protocols are data that programs read; experiments are not part of the package.
const protocols = 'experiments/benchmarks';
for (const name of await readdir(join(root, protocols))) {
  if (extname(name) === '.json') await cp(join(root, protocols, name), join(folder, protocols, name));
}
for (const page of pages) {
  const file = join(folder, `${page}.js`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await bundled(join(root, `${page}.ts`)));
}
