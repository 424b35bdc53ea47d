/** The whole way, once: an experiment file, its runs, its report; a picture from two images. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import sharp from 'sharp';
import { bin } from '../_bin.ts';
import { neckar } from './_run.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-run-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** A picture of smooth waves; `phase` makes another one. */
async function paint(name: string, phase: number): Promise<string> {
  const [width, height] = [48, 40];
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    data[i] = 128 + 120 * Math.sin((x * (channel + 1) + y * 2 + phase) / 7);
  }
  const file = join(folder, name);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
  return file;
}

const runs = join(folder, 'runs');
const study = join(folder, 'waves.ts');

test.before(async () => {
  await paint('content.png', 0);
  await paint('style.png', 20);
  writeFileSync(
    study,
    `import { content, defineExperiment, gram, grid } from 'neckar';
export default defineExperiment({
  question: 'Does it run?',
  pairs: [['content.png', 'style.png']],
  variants: { gram: [content(), gram({ weight: grid([1, 30]) })] },
  size: 32,
  budget: 4,
});
`,
  );
});

test.serial(
  'run: what is missing is run, a second time nothing is, a changed image makes it invalid',
  async (t) => {
    const dry = await neckar(['run', study, '--runs', runs, '--dry-run'], { cwd: folder });
    t.is(dry.code, 0, dry.stderr);
    t.regex(dry.stdout, /^[\da-f]{16} +new +~\S+ s +gram\.weight=1$/m);
    t.regex(dry.stdout, /waves: 2 trials, 0 done, 2 to run/);
    t.false(existsSync(runs), 'a dry run writes nothing');

    const first = await neckar(['run', study, '--runs', runs, '--json'], { cwd: folder });
    t.is(first.code, 0, first.stderr + first.stdout);
    const events = first.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.deepEqual(events.map(({ type }) => type).filter((type) => type === 'trial-finished').length, 2);
    const summary = events.at(-1);
    t.like(summary, { type: 'summary', total: 2, before: 0, finished: 2, open: 0, exitCode: 0 });
    t.regex(readFileSync(summary.report, 'utf8'), /Does it run\?/);

    const again = await neckar(['run', study, '--runs', runs, '--no-report'], { cwd: folder });
    t.is(again.code, 0, again.stderr);
    t.regex(again.stderr, /2 trials: 2 done, 0 to run/);

    const figure = await neckar(['figure', 'waves', '--runs', runs, '-o', 'paper', '--json'], {
      cwd: folder,
    });
    t.is(figure.code, 0, figure.stderr);
    const { files } = JSON.parse(figure.stdout);
    for (const file of ['figure.png', 'figure.pdf', 'figure.tex'])
      t.true(files.includes(join('paper', file)));
    const twice = await neckar(['figure', 'waves', '--runs', runs, '-o', 'paper'], { cwd: folder });
    t.is(twice.code, 0, twice.stderr);
    t.is(twice.stdout, ['png', 'pdf', 'tex'].map((end) => `${join('paper', `figure.${end}`)}\n`).join(''));

    const review = ['report', 'waves', '--runs', runs, '--anonymous', '-o', 'review'];
    const hidden = await neckar(review, { cwd: folder });
    t.is(hidden.code, 0, hidden.stderr);
    for (const name of readdirSync(join(folder, 'review'), { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, 'review', name);
      if (!statSync(path).isFile()) continue;
      const text = readFileSync(path, 'latin1');
      for (const place of [folder, tmpdir(), homedir(), fileURLToPath(new URL('../..', import.meta.url))])
        t.false(text.includes(place), `${place} in ${name}`);
      if (!/\.(png|html)$/.test(name))
        t.notRegex(text, new RegExp(`\\b(${hostname()}|${userInfo().username})\\b`), name);
    }

    await paint('style.png', 30);
    const invalid = await neckar(['run', study, '--runs', runs, '--dry-run'], { cwd: folder });
    t.regex(invalid.stdout, /invalid: gram\.weight=1: the style image changed; [\da-f]{16} takes its place/);
    t.regex(invalid.stdout, /0 done, 2 to run/);
  },
);

test.serial('run: Ctrl-C keeps what was reached, and the next run goes on from there', async (t) => {
  // Adam does not converge, and this many evaluations take minutes: only the signal ends it.
  const settings = ['budget=100000', 'optimizer=adam', '--filter', 'weight=1'];
  const args = ['run', study, '--runs', join(folder, 'long'), '--no-report', '--json', ...settings];
  for (const attempt of [1, 2]) {
    const child = start(args);
    const line = await said(child, '"trial-started"');
    t.is(JSON.parse(line).attempt, attempt);
    // Now it computes: the trace has a line.
    await until(() => traced(join(folder, 'long'), attempt));
    child.process.kill('SIGINT');
    t.is(await child.ended, 130);
  }
});

test.serial('transfer writes one picture', async (t) => {
  const output = join(folder, 'out.png');
  const { code, stdout, stderr } = await neckar(
    [
      'transfer',
      '--content',
      'content.png',
      '--style',
      'style.png',
      '-o',
      'out.png',
      '--size',
      '32',
      '--evaluations',
      '3',
      '--json',
    ],
    { cwd: folder },
  );
  t.is(code, 0, stderr);
  t.is(stderr, '');
  const { width, height } = await sharp(output).metadata();
  t.deepEqual([width, height], [32, 27]);
  t.like(JSON.parse(stdout), { output, width: 32, height: 27, state: 'complete', cost: { evaluations: 3 } });
});

/** Whether an attempt at the only trial of an experiment has evaluated anything. */
function traced(runs: string, attempt: number): boolean {
  return readdirSync(runs, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(join(String(attempt), 'trace.jsonl')))
    .some((file) => readFileSync(join(runs, file), 'utf8').includes('\n'));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
}

function start(args: readonly string[]): Child {
  const process_ = spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { process: process_, ended: new Promise((resolve) => process_.on('exit', resolve)) };
}

/** The first whole line that holds the text; rejects when the child ends without it. */
function said(child: Child, text: string): Promise<string> {
  let all = '';
  return new Promise((resolve, reject) => {
    child.process.stdout!.on('data', (part: Buffer) => {
      all += part;
      const line = all
        .split('\n')
        .slice(0, -1)
        .find((candidate) => candidate.includes(text));
      if (line !== undefined) resolve(line);
    });
    child.process.on('exit', () => reject(new Error(`ended without ${text}: ${all}`)));
  });
}
