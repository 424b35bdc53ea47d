import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { replaceFile, replaceLightly, syncFile, writeFileAtomically } from '../../src/platform/write.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-write-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test('a file that is not made, or not renamed, leaves the old one and nothing beside it', async (t) => {
  const here = mkdtempSync(join(folder, 'failing-'));
  const path = join(here, 'out.txt');
  writeFileSync(path, 'old');
  const half = async (temporary: string) => {
    t.is(readFileSync(path, 'utf8'), 'old');
    writeFileSync(temporary, 'ne');
    throw new Error('the source is broken');
  };
  await t.throwsAsync(replaceFile(path, half), { message: 'the source is broken' });
  const steps: string[] = [];
  const refusing = {
    step: async (operation: string) => {
      steps.push(operation);
      throw new Error('no');
    },
  };
  const whole = async (temporary: string) => writeFileSync(temporary, 'new');
  await t.throwsAsync(replaceFile(path, whole, refusing), { message: 'no' });
  t.deepEqual([readFileSync(path, 'utf8'), readdirSync(here), steps], ['old', ['out.txt'], ['rename']]);
});

test('what can be made again is replaced as well, and a file written otherwise is waited for', async (t) => {
  const here = mkdtempSync(join(folder, 'lightly-'));
  const path = join(here, `${'long-name-'.repeat(20)}.txt`);
  await Promise.all(Array.from({ length: 8 }, (_, i) => replaceLightly(path, `${i}`.repeat(10_000))));
  t.regex(readFileSync(path, 'utf8'), /^(\d)\1{9999}$/);
  const steps: string[] = [];
  const step = async (operation: string, where: string) => {
    steps.push(`${operation} ${where === path ? 'file' : where === here ? 'folder' : where}`);
  };
  const make = async (temporary: string) => {
    writeFileSync(temporary, 'new');
    await syncFile(temporary);
  };
  await replaceFile(path, make, { step });
  await replaceFile(path, make, { step, durable: false });
  t.deepEqual(steps, ['rename file', 'fsync-folder folder', 'rename file']);
  t.is(readdirSync(here).length, 1);
});

test('a file is replaced whole, and without leftovers', async (t) => {
  const here = join(folder, 'replace');
  mkdirSync(here);
  const path = join(here, 'out.txt');
  await writeFileAtomically(path, 'first and long');
  await writeFileAtomically(path, 'second');
  t.is(readFileSync(path, 'utf8'), 'second');
  t.deepEqual(readdirSync(here), ['out.txt']);
  await Promise.all(Array.from({ length: 8 }, (_, i) => writeFileAtomically(path, `${i}`.repeat(10_000))));
  t.regex(readFileSync(path, 'utf8'), /^(\d)\1{9999}$/);
  t.deepEqual(readdirSync(here), ['out.txt']);
});

/**
 * Runs a module that writes to the folder `$DISK`, a file system of its own which vanishes with the process; gives
 * what the module printed, or undefined where no file system can be mounted.
 */
function onDisk(options: string, module: string): string | undefined {
  const disk = mkdtempSync(join(folder, 'disk-'));
  const mount = ['-rm', 'mount', '-t', 'tmpfs', '-o', options, 'none', disk];
  try {
    execFileSync('unshare', mount, { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const command = `mount -t tmpfs -o ${options} none "$DISK" && exec node --import=tsx --input-type=module -e "$MODULE"`;
  return execFileSync('unshare', ['-rm', 'sh', '-c', command], {
    env: { ...process.env, DISK: disk, MODULE: module },
    encoding: 'utf8',
  });
}

const writer = JSON.stringify(new URL('../../src/platform/write.ts', import.meta.url).href);

const full = onDisk(
  'size=64k',
  `import { writeFileAtomically } from ${writer};
  import { readdirSync, readFileSync } from 'node:fs';
  const path = process.env.DISK + '/out.bin';
  await writeFileAtomically(path, 'old');
  const error = await writeFileAtomically(path, new Uint8Array(1_000_000)).catch((thrown) => thrown);
  console.log(JSON.stringify([error.name, error.message, readFileSync(path, 'utf8'), readdirSync(process.env.DISK)]));`,
);
(full === undefined ? test.skip : test)('a full disk (where one can be mounted)', (t) => {
  const [name, message, content, files] = JSON.parse(full!);
  t.is(name, 'NeckarError');
  t.regex(message, /cannot be written: the disk is full\. Make room and try again\.$/);
  t.is(content, 'old');
  t.deepEqual(files, ['out.bin']);
});

const readOnly = onDisk(
  'ro',
  `import { writeFileAtomically } from ${writer};
  const error = await writeFileAtomically(process.env.DISK + '/out.bin', 'new').catch((thrown) => thrown);
  console.log(JSON.stringify([error.name, error.message]));`,
);
(readOnly === undefined ? test.skip : test)('a read-only disk (where one can be mounted)', (t) => {
  const [name, message] = JSON.parse(readOnly!);
  t.is(name, 'NeckarError');
  t.regex(message, /the disk is read-only/);
});
