/** That onnxruntime is never loaded with its telemetry on. Whole commands are in ../cli/leaves-nothing.test.ts. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));
const runtime = join('src', 'engines', 'onnx', 'runtime.ts');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(?:ts|mjs|js)$/.test(entry.name) ? [path] : [];
  });
}

test('one module loads onnxruntime, and all others get it from there', (t) => {
  const folders = ['src', 'metrics', 'reports', 'experiments', 'fixtures', 'test'];
  // A type leaves no trace in what is run.
  const loads =
    /^(?!\s*import type ).*(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"`]onnxruntime-(?:node|web|common)/m;
  t.true(
    loads.test("  return await import('onnxruntime-node');") && loads.test('import "onnxruntime-node";'),
  );
  t.false(loads.test("import type * as Onnxruntime from 'onnxruntime-node';"));
  // What runs in a visitor's browser has no environment, and its page lets no request out.
  const inPage = join('src', 'networks', 'export', 'page', 'client');
  const found = folders
    .flatMap(sources)
    .filter((file) => !file.startsWith(inPage) && loads.test(readFileSync(join(root, file), 'utf8')));
  t.deepEqual(
    found.filter((file) => file !== join('test', 'engines', 'runtime.test.ts')),
    [runtime],
  );
});

/** What a program of its own prints, and what it leaves in an empty home, cache and temporary folder. */
async function alone(t: import('ava').ExecutionContext, program: string, environment: NodeJS.ProcessEnv) {
  const folders = Object.fromEntries(
    ['HOME', 'XDG_CACHE_HOME', 'TMPDIR'].map((name) => {
      const folder = mkdtempSync(join(tmpdir(), `neckar-${name.toLowerCase()}-`));
      t.teardown(() => rmSync(folder, { recursive: true, force: true }));
      return [name, folder];
    }),
  );
  // On continuous integration (CI) onnxruntime keeps its telemetry off by itself, and nothing would be shown.
  const { CI: _, ORT_DISABLE_TELEMETRY: __, ...inherited } = process.env;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program];
  const env = { ...inherited, ...folders, TSX_DISABLE_CACHE: '1', ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: folders.HOME!,
    env,
    encoding: 'utf8',
  });
  const left = Object.values(folders).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }),
  );
  return { stdout, left };
}

const session = `
const { loadRuntime } = await import(${JSON.stringify(new URL('../../src/engines/onnx/runtime.ts', import.meta.url).href)});
const { InferenceSession } = await loadRuntime();
await InferenceSession.create(new Uint8Array(8)).catch(({ message }) => console.log(message));
`;

/** A thread does not get the loader that reads TypeScript. */
const loader = `(await import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))})).register();`;

for (const [set, environment] of [
  ['is not set', {}],
  ['says otherwise', { ORT_DISABLE_TELEMETRY: '0' }],
] as const) {
  test(`a session leaves nothing behind when the environment ${set}`, async (t) => {
    const { stdout, left } = await alone(t, session, environment);
    // It did come as far as reading a model.
    t.regex(stdout, /protobuf parsing failed/);
    t.deepEqual(left, []);
  });
}

test('in a thread whose environment is a copy it is refused, unless the process has it', async (t) => {
  const inThread = (options: string) => `
import { SHARE_ENV, Worker } from 'node:worker_threads';
const program = ${JSON.stringify(`(async () => { ${loader}${session} })().catch(({ message }) => console.log(message))`)};
new Worker(program, { eval: true, ${options} });
`;
  const refused = await alone(t, inThread(''), {});
  t.regex(refused.stdout, /^onnx cannot start in this worker thread: .*env: SHARE_ENV\.\n$/);
  t.deepEqual(refused.left, []);
  for (const [options, environment] of [
    ['env: SHARE_ENV', {}],
    ['', { ORT_DISABLE_TELEMETRY: '1' }],
  ] as const) {
    const { stdout, left } = await alone(t, inThread(options), environment);
    t.regex(stdout, /protobuf parsing failed/);
    t.deepEqual(left, []);
  }
});
