import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { NeckarError } from '../../src/errors.ts';
import { loadExperiment } from '../../src/experiment/load.ts';
import { planTrials } from '../../src/experiment/plan.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-load-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const experiment = `import { content, defineExperiment, gram, grid } from 'neckar';
export default defineExperiment({
  pairs: [['a.png', 'b.png']],
  variants: { gram: [content(), gram({ weight: grid([1, 2]) })] },
});
`;

for (const name of ['study.ts', 'study.mts', 'study.mjs']) {
  test(`an experiment outside of the project finds it by name: ${name}`, async (t) => {
    const loaded = await loadExperiment(write(name, experiment));
    t.is(loaded.name, 'study');
    t.is(loaded.folder, folder);
    const { trials, name: planned } = planTrials(loaded.experiment, loaded);
    t.is(planned, 'study');
    t.is(trials.length, 2);
    t.is(trials[0]!.config.content, join(folder, 'a.png'));
  });
}

for (const [what, name, text, said] of [
  [
    'a file that throws',
    'throws.ts',
    "const a: number = 1;\n\nthrow new RangeError('no ' + a);\n",
    /throws\.ts:3: the experiment throws a RangeError: no 1$/,
  ],
  [
    'a file that throws deep inside',
    'deep.ts',
    'function f() {\n  null!.x;\n}\nf();\nexport default {};\n',
    /deep\.ts:2: the experiment throws a TypeError: Cannot read/,
  ],
  [
    'a file that throws no error',
    'odd.ts',
    'throw "just so";',
    /odd\.ts: the experiment throws an error: just so$/,
  ],
  [
    'no TypeScript',
    'syntax.ts',
    'export default {\n  a: ;\n};',
    /syntax\.ts:2: this is no valid TypeScript: Unexpected ";"$/,
  ],
  [
    'a missing import',
    'import.ts',
    "import a from './gone.ts';\nexport default a;",
    /import\.ts: it imports ".*gone\.ts", which cannot be found$/,
  ],
  [
    'a missing package',
    'package.ts',
    "import a from 'no-such-package-here';\nexport default a;",
    /it imports "no-such-package-here", which cannot be found$/,
  ],
  [
    'a misspelt helper',
    'helper.ts',
    "import { grd } from 'neckar';\nexport default { seed: grd };",
    /helper\.ts.*does not provide an export named 'grd'/,
  ],
  [
    'no default export',
    'none.ts',
    'export const experiment = {};',
    /none\.ts: the file has no default export \(it exports only experiment\); write "export default defineExperiment/,
  ],
  [
    'a number',
    'number.ts',
    'export default 12;',
    /number\.ts: the default export is a number, not an experiment/,
  ],
  [
    'another object',
    'object.ts',
    'export default { rows: [] };',
    /object\.ts: the default export is an object with rows, not an experiment/,
  ],
  [
    'a wrong call',
    'range.ts',
    "import { range } from 'neckar';\n\nexport default { seed: range(1, 5, -1) };",
    /range\.ts:3: range\(1, 5, -1\) never reaches its end/,
  ],
] as const) {
  test(`refused: ${what}`, async (t) => {
    const error = await t.throwsAsync(loadExperiment(write(name, text)), { instanceOf: NeckarError });
    t.regex(error.message, said);
    t.false(error.message.includes('\n'));
  });
}

test('a missing file is refused with what is there', async (t) => {
  write('shapes.ts', experiment);
  const error = await t.throwsAsync(loadExperiment(join(folder, 'shape.ts')), { instanceOf: NeckarError });
  t.regex(error.message, /there is no experiment file ".*shape\.ts"\. Did you mean ".*shapes\.ts"\?/);
});
