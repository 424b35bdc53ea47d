/** What whole commands leave behind outside the folder they work in, and whether they call anybody. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { writeImage } from '../../src/images/encode.ts';
import { createImage } from '../../src/images/image.ts';
import { bin } from '../_bin.ts';

const base = mkdtempSync(join(tmpdir(), 'neckar-leaves-'));
test.after.always(() => rmSync(base, { recursive: true, force: true }));

const work = join(base, 'work');
test.before(async () => {
  mkdirSync(work);
  await writeImage(
    join(work, 'content.png'),
    createImage(48, 36, (x, y) => [x / 48, y / 36, 0.5]),
  );
  await writeImage(
    join(work, 'style.png'),
    createImage(40, 40, (x, y) => [(x ^ y) % 8 < 4 ? 0.9 : 0.1, 0.4, y / 40]),
  );
  const experiment = {
    name: 'small',
    pairs: [['content.png', 'style.png']],
    variants: { gram: [{ type: 'content' }, { type: 'gram', weight: 30 }] },
    size: 32,
    budget: 3,
  };
  writeFileSync(join(work, 'small.mjs'), `export default ${JSON.stringify(experiment)};\n`);
});

/** Where strace is, when it is installed and may look at other processes here. */
function findStrace(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const path = execFileSync('sh', ['-c', 'command -v strace'], { encoding: 'utf8' }).trim();
    execFileSync(path, ['-f', '-o', join(base, 'try'), 'true'], { stdio: 'ignore' });
    return path;
  } catch {
    return undefined;
  }
}
const strace = findStrace();

/** What the README names: transpiled sources, the folder that announces running trials, the processor's speed. */
const user = process.getuid?.() ?? userInfo().username;
const named = [
  new RegExp(`^tmp/tsx-${user}(/|$)`),
  new RegExp(`^tmp/neckar-running-${process.getuid?.() ?? 'user'}$`),
  /^(home\/\.cache|cache)(\/neckar(\/speed\.json)?)?$/,
];

/**
 * Runs a command in the folder of the pictures, with an empty home, cache and temporary folder.
 *
 * @returns what it left there beside what is named; all its calls that were watched, and those to other machines
 */
async function left(command: readonly string[], environment: Readonly<Record<string, string>>) {
  const place = mkdtempSync(join(base, 'place-'));
  const [home, cache, tmp] = ['home', 'cache', 'tmp'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [home, cache, tmp]) mkdirSync(folder);
  // On continuous integration (CI) onnxruntime keeps its telemetry off by itself, and nothing would be shown.
  const { CI: _, ORT_DISABLE_TELEMETRY: __, ...inherited } = process.env;
  const env = { ...inherited, HOME: home, XDG_CACHE_HOME: cache, TMPDIR: tmp, ...environment };
  const log = join(place, '..', 'calls');
  const watch = [
    '-f',
    '-qq',
    '-e',
    'trace=execve,connect,sendto,sendmsg,sendmmsg',
    '-e',
    'signal=none',
    '-o',
    log,
  ];
  const words = [...(strace === undefined ? [] : [strace, ...watch]), process.execPath, bin, ...command];
  await promisify(execFile)(words[0]!, words.slice(1), { cwd: work, env, maxBuffer: 2 ** 26 });
  const unnamed = readdirSync(place, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !['home', 'cache', 'tmp'].includes(file))
    .filter((file) => !named.some((pattern) => pattern.test(file)));
  const calls = strace === undefined ? [] : readFileSync(log, 'utf8').split('\n');
  return { unnamed, calls, abroad: calls.filter((line) => /\bAF_INET6?\b/.test(line)) };
}

const transfer = ['transfer', '--content', 'content.png', '--style', 'style.png', '-o', 'out.png'];
for (const [title, command, environment] of [
  // An empty XDG_CACHE_HOME is none: the cache is in the home then.
  ['a run with its report', ['run', 'small.mjs'], { XDG_CACHE_HOME: '' }],
  ['a transfer', [...transfer, '--size', '32', '--evaluations', '3'], {}],
  ['a measurement', ['measure', 'style.png', '--content', 'content.png', '--style', 'style.png'], {}],
  // No PATH: Slurm's own programs, where there are any, ask the network for their controller.
  ['the doctor', ['doctor'], { PATH: '' }],
] as const) {
  test.serial(`${title} leaves nothing that is not named, and calls nobody`, async (t) => {
    const { unnamed, calls, abroad } = await left(command, environment);
    t.deepEqual(unnamed, []);
    t.deepEqual(abroad, []);
    // The start of the command itself is a call: an empty log would mean that nothing was watched.
    if (strace !== undefined) t.true(calls.some((line) => line.includes('execve(')));
    else t.log('calls to other machines were not watched: strace is not here, or may not look at processes');
  });
}

(strace ? test : test.skip)('a call to another machine would be seen (where there is strace)', async (t) => {
  const log = join(base, 'seen');
  const program = "require('node:net').connect(9, '127.0.0.1').on('error', () => {})";
  const args = ['-f', '-qq', '-e', 'trace=connect', '-o', log, process.execPath, '-e', program];
  await promisify(execFile)(strace!, args);
  t.regex(readFileSync(log, 'utf8'), /connect\(\d+, \{sa_family=AF_INET, sin_port=htons\(9\)/);
});
