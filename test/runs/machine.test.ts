/** What processes of one machine know of each other: heartbeats, neighbours, memory. */
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { TrialResult } from '../../src/experiment/result.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { startHeart } from '../../src/runs/heart.ts';
import { beat, memoryOfHolder } from '../../src/runs/lease.ts';
import { memoryEstimates } from '../../src/runs/memory.ts';
import { announce, isBusy } from '../../src/runs/neighbors.ts';
import { ownerText } from '../../src/runs/owner.ts';
import { fakeConfig } from './fake-trial.ts';
import { deadOwner, temporaryFolder } from './support.ts';

test('the heart beats while the main thread is busy, and tells when the lease is gone', async (t) => {
  const base = await temporaryFolder(t);
  const folder = join(base, 'lease');
  await mkdir(folder);
  await writeFile(join(folder, 'heartbeat'), beat(0));
  const heart = startHeart(0.02);
  t.teardown(() => heart.dispose());
  const lost = new Promise<void>((resolve) => {
    heart.start({ attempt: 1, folder, workFolder: base }, resolve);
  });
  const beats = async (): Promise<number> =>
    Number.parseInt(await readFile(join(folder, 'heartbeat'), 'utf8'), 10);
  while ((await beats()) === 0) await sleep(5);
  // Busy until a beat has come, without ever giving way to the thread's messages.
  const now = (): number => Number.parseInt(readFileSync(join(folder, 'heartbeat'), 'utf8'), 10);
  const before = now();
  const until = performance.now() + 120_000;
  while (now() <= before && performance.now() < until);
  t.true(now() > before);
  const memory = await memoryOfHolder(diskFiles(), base, { attempt: 1, owner: undefined, name: 'lease' });
  t.true(memory! > 1e7 && memory! < 1e11, 'it says how much memory its process holds');
  await rename(folder, join(base, 'taken'));
  await lost;
  t.deepEqual(await readdir(base), ['taken'], 'it makes no folder anew');
});

test('trials that overlap mark each other; those that do not, do not', async (t) => {
  const folder = await temporaryFolder(t);
  t.false(isBusy(folder));
  const first = announce(folder);
  t.true(isBusy(folder));
  t.false(first.shared);
  const second = announce(folder);
  t.true(first.shared && second.shared);
  second.leave();
  t.true(first.shared, 'once shared, always shared');
  first.leave();
  t.true(first.shared);
  const third = announce(folder);
  t.false(third.shared);
  third.leave();
  t.deepEqual(await readdir(folder), []);
});

test('what a dead process announced counts for nothing and is swept up', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, `${ownerText(deadOwner())}+1`), '');
  t.false(isBusy(folder));
  t.deepEqual(await readdir(folder), []);
  const file = join(folder, 'file');
  await writeFile(file, '');
  t.false(announce(join(file, 'no-folder')).shared, 'where nothing can be announced a trial counts as alone');
});

test('memory is what such trials needed, scaled by pixels, or a guess', (t) => {
  const config = { ...fakeConfig('x'), sizes: [128, 256] };
  const result = (peakMemory: number, memoryApart?: number): TrialResult =>
    ({ config, timing: { peakMemory, memoryApart } }) as unknown as TrialResult;
  const guess = memoryEstimates([]);
  t.is(guess(config), 0.3e9 + 9000 * 256 * 256);
  const known = memoryEstimates([result(0.9e9), result(1.1e9)]);
  t.is(known(config), 1.1e9, 'the largest');
  t.is(memoryEstimates([result(0.9e9, 0.5e9), result(1.1e9)])(config), 1.4e9, 'with what stays beside it');
  t.is(known({ ...config, sizes: [512] }), 0.3e9 + 4 * 0.8e9);
  t.is(known({ ...config, encoder: { ...config.encoder, name: 'squeezenet1_1' } as never }), guess(config));
});
