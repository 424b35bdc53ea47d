import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeFolders } from '../../src/platform/folders.ts';

const root = mkdtempSync(join(tmpdir(), 'neckar-folders-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

test('parents are made, and the topmost new folder is named', async (t) => {
  t.is(await makeFolders(join(root, 'a/b/c')), join(root, 'a'));
  t.true(existsSync(join(root, 'a/b/c')));
  t.is(await makeFolders(join(root, 'a/b/c')), undefined);
  t.is(await makeFolders(join(root, 'a/b/d')), join(root, 'a/b/d'));
});

test('several at once agree', async (t) => {
  await Promise.all(Array.from({ length: 8 }, () => makeFolders(join(root, 'x/y/z'))));
  t.true(existsSync(join(root, 'x/y/z')));
});

test('a file in the way is the system’s error', async (t) => {
  writeFileSync(join(root, 'file'), '');
  await t.throwsAsync(makeFolders(join(root, 'file/below')), { code: 'ENOTDIR' });
  await t.throwsAsync(makeFolders(join(root, 'file')), { code: 'EEXIST' });
});

const withProc = existsSync('/proc/self') ? test : test.skip;
withProc('a place where nothing can be made is refused, not tried for ever (needs /proc)', async (t) => {
  await t.throwsAsync(makeFolders('/proc/nowhere/below'), { code: 'ENOENT' });
});
