/** No two folders import each other by value: whoever reads one of them need not read the other first. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  readonly from: string;
  readonly to: string;
  /** Types alone: gone when the code runs. */
  readonly type: boolean;
}

/** Imports of files beside it in a module's text, whether static, exported on or made when the code runs. */
function importsIn(from: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  const add = (path: string, type: boolean) => {
    found.push({ from, to: relative(root, resolve(root, dirname(from), path)), type });
  };
  for (const [, keyword, names, path] of code.matchAll(
    /^(?:import|export)\s+(type\s+)?([^;'"]*?)\s*from\s+['"](\.[^'"]+)['"]/gm,
  )) {
    const listed = /^\{([^}]*)\}$/.exec(names!.trim())?.[1];
    const all = listed?.split(',').flatMap((name) => name.trim() || []);
    const types = all !== undefined && all.length > 0 && all.every((name) => name.startsWith('type '));
    add(path!, keyword !== undefined || types);
  }
  for (const [, path] of code.matchAll(/^import\s+['"](\.[^'"]+)['"]/gm)) add(path!, false);
  for (const [, path] of code.matchAll(/(?<!: )(?<!typeof )\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/g))
    add(path!, false);
  return found;
}

/** A folder of `src`, a file that lies in `src` itself, or one of the other trees; statistics are a room of their own. */
function roomOf(file: string): string {
  const [first, second, third] = file.split('/') as [string, string?, string?];
  if (first === 'src') return third === undefined ? file : `src/${second}`;
  return first === 'metrics' && second === 'statistics' ? 'metrics/statistics' : first;
}

/** Pairs of rooms that import each other by value, each with the files that do. */
function mutual(imports: readonly Import[]): string[] {
  const between = new Map<string, string[]>();
  for (const { from, to, type } of imports) {
    const rooms = [roomOf(from), roomOf(to)] as const;
    if (type || rooms[0] === rooms[1]) continue;
    const key = rooms.join(' → ');
    between.set(key, [...(between.get(key) ?? []), `${from} imports ${to}`]);
  }
  return [...between].flatMap(([key, files]) => {
    const [a, b] = key.split(' → ') as [string, string];
    const back = between.get(`${b} → ${a}`);
    if (a > b || back === undefined) return [];
    return [`${a} and ${b}:\n  ${[...files, ...back].join('\n  ')}`];
  });
}

function everyImport(): Import[] {
  const files = ['src', 'metrics', 'reports', 'fixtures'].flatMap((tree) =>
    readdirSync(join(root, tree), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.m?[jt]s$/.test(file) && !file.endsWith('.d.ts') && !/(^|\/)dist\//.test(file))
      .map((file) => join(tree, file)),
  );
  return files.flatMap((file) => importsIn(file, readFileSync(join(root, file), 'utf8')));
}

test('no two folders import each other by value', (t) => {
  const imports = everyImport();
  t.true(imports.length > 1000);
  t.deepEqual(mutual(imports), []);
});

test('metrics and transfers know nothing of how trials are stored and carried out', (t) => {
  const upwards = everyImport().filter(
    ({ from, to }) => /^(metrics|src\/transfer)\//.test(from) && to.startsWith('src/runs/'),
  );
  t.deepEqual(upwards, []);
});

test('a pair of folders that import each other is found, however it is written; types are not', (t) => {
  const back = importsIn('metrics/b.ts', `import { b } from '../src/a/b.ts';`);
  const forms = [
    `import { a } from '../../metrics/a.ts';`,
    `import { type A, a } from '../../metrics/a.ts';`,
    `import {\n  type A,\n  a,\n} from '../../metrics/a.ts';`,
    `import '../../metrics/a.ts';`,
    `export * from '../../metrics/a.ts';`,
    `const { a } = await import('../../metrics/a.ts');`,
  ];
  for (const form of forms) {
    const [pair] = mutual([...importsIn('src/a/b.ts', form), ...back]);
    t.regex(pair ?? '', /src\/a\/b\.ts imports metrics\/a\.ts/, form);
    t.regex(pair ?? '', /metrics\/b\.ts imports src\/a\/b\.ts/, form);
  }
  const types = [
    `import type { A } from '../../metrics/a.ts';`,
    `import { type A, type B } from '../../metrics/a.ts';`,
    `// import { a } from '../../metrics/a.ts';`,
  ];
  for (const form of types) t.deepEqual(mutual([...importsIn('src/a/b.ts', form), ...back]), [], form);
});
