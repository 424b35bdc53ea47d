import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { faultFromEnvironment, systemError } from '../../src/runs/faults.ts';
import { diskFiles, type IoStep } from '../../src/runs/files.ts';
import { temporaryFolder } from './support.ts';

test('a file is written beside, synced, renamed, and its folder synced, in this order', async (t) => {
  const folder = await temporaryFolder(t);
  const steps: string[] = [];
  const files = diskFiles(({ operation }) => {
    steps.push(operation);
  });
  await files.write(join(folder, 'a.txt'), 'alpha');
  t.deepEqual(steps, ['create', 'write', 'write-rest', 'fsync', 'rename', 'fsync-folder']);
  t.is(await readFile(join(folder, 'a.txt'), 'utf8'), 'alpha');
});

test('whichever step is refused, the file is the old one or the new one and nothing else lies about', async (t) => {
  for (let at = 1; at <= 6; at++) {
    const folder = await temporaryFolder(t);
    const path = join(folder, 'a.txt');
    await writeFile(path, 'old');
    const files = diskFiles(({ number }: IoStep) => {
      if (number === at) throw systemError('EDQUOT', 'quota', path);
    });
    await t.throwsAsync(files.write(path, 'new'), {
      name: 'StorageError',
      message: `The run store cannot write "${path}": the disk quota is used up. Make room and run the same command again; what is finished is kept.`,
    });
    t.is(await readFile(path, 'utf8'), at < 6 ? 'old' : 'new', `step ${at}`);
    t.deepEqual(await readdir(folder), ['a.txt']);
  }
});

test('of many that move one folder exactly one succeeds, and a taken destination is left alone', async (t) => {
  const folder = await temporaryFolder(t);
  const files = diskFiles();
  await mkdir(join(folder, 'from'));
  await writeFile(join(folder, 'from', 'x'), '1');
  const moved = await Promise.all(
    Array.from({ length: 20 }, (_, i) => files.move(join(folder, 'from'), join(folder, `to-${i}`))),
  );
  t.is(moved.filter(Boolean).length, 1);
  await mkdir(join(folder, 'taken'));
  await writeFile(join(folder, 'taken', 'y'), '2');
  const winner = join(folder, `to-${moved.indexOf(true)}`);
  t.false(await files.move(winner, join(folder, 'taken')));
  t.deepEqual(await readdir(join(folder, 'taken')), ['y']);
});

test('folders are made with their parents, each synced into the one above', async (t) => {
  const folder = await temporaryFolder(t);
  const synced: string[] = [];
  const files = diskFiles(({ operation, path }) => {
    if (operation === 'fsync-folder') synced.push(path);
  });
  await files.folder(join(folder, 'a', 'b', 'c'));
  t.deepEqual(synced, [join(folder, 'a', 'b'), join(folder, 'a'), folder]);
  await files.folder(join(folder, 'a', 'b', 'c'));
  t.is(synced.length, 3, 'nothing to sync the second time');
});

test('what is not there reads as undefined or empty; temporary files are not listed', async (t) => {
  const folder = await temporaryFolder(t);
  const files = diskFiles();
  t.is(await files.read(join(folder, 'none')), undefined);
  t.is(await files.size(join(folder, 'none', 'deeper')), undefined);
  t.deepEqual(await files.list(join(folder, 'none')), []);
  await writeFile(join(folder, 'b'), '');
  await writeFile(join(folder, 'a'), '');
  await writeFile(join(folder, '.a.0123.tmp'), '');
  t.deepEqual(await files.list(folder), ['a', 'b']);
});

test('NECKAR_FAULT orders a fault for one kind of process, and is refused when it makes no sense', async (t) => {
  t.is(faultFromEnvironment('run', ''), undefined);
  t.is(faultFromEnvironment('run', 'worker:eio@3'), undefined);
  const hook = faultFromEnvironment('worker', 'worker:eio@3')!;
  await t.notThrowsAsync(async () => hook({ number: 2, operation: 'rename', path: 'x' }));
  await t.throwsAsync(async () => hook({ number: 3, operation: 'rename', path: 'x' }), { code: 'EIO' });
  t.throws(() => faultFromEnvironment('run', 'explode@1'), {
    name: 'NeckarError',
    message: /NECKAR_FAULT is "explode@1"/,
  });
});
