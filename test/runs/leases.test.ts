import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { diskFiles, type FaultHook } from '../../src/runs/files.ts';
import { beat, claim, leaseWatch, publish, readLease, release } from '../../src/runs/lease.ts';
import { isGone, type Owner, ownerText, parseOwner, thisProcess } from '../../src/runs/owner.ts';
import { createWork, trialFolder } from '../../src/runs/store.ts';
import { performTrial } from './fake-trial.ts';
import { deadOwner, execute, outcomeOf, plannedFolder, temporaryFolder } from './support.ts';

const files = diskFiles();
const full = process.env.NECKAR_FAULTS === 'full';

/** The name of a process on another machine, of which nothing is known. */
function foreigner(token: string): Owner {
  return { ...thisProcess(), host: 'elsewhere', machine: token, token };
}

test('owners survive the round trip through a file name', (t) => {
  const owner = { ...thisProcess(), host: 'node-17.cluster.example' };
  t.deepEqual(parseOwner(ownerText(owner)), owner);
  t.is(parseOwner('free'), undefined);
  t.is(parseOwner(ownerText({ ...owner, host: 'a@b~c/d' }))?.host, 'a-b-c-d');
});

test('a process is gone when its pid is free or reused; elsewhere nothing is known', (t) => {
  const here = thisProcess();
  t.false(isGone(here));
  t.true(isGone({ ...here, token: 'ffffff' }), 'the same pid, another process');
  t.true(isGone(deadOwner()));
  t.false(isGone({ ...here, pid: process.ppid, started: '0' }), 'alive, start unknown');
  t.is(
    isGone({ ...here, pid: process.ppid, started: '1' }),
    process.platform === 'linux',
    'the pid was reused',
  );
  t.false(isGone({ ...deadOwner(), machine: 'other' }));
});

test('a lease passes from hand to hand, numbered, and only its holder publishes', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}]);
  await createWork(files, folder, trials[0]!);
  const trial = trialFolder(folder, trials[0]!.id);
  const first = await claim(files, trial, { owner: foreigner('aa') });
  if ('heldBy' in first) return t.fail();
  t.is(first.attempt, 1);
  const refused = await claim(files, trial, { owner: foreigner('bb') });
  t.is('heldBy' in refused ? refused.heldBy?.owner?.token : undefined, 'aa');
  // What it had prepared to publish is not inherited.
  await files.write(join(first.folder, 'result.json'), '"half-published by aa"');
  const second = await claim(files, trial, { owner: foreigner('bb'), silent: () => true });
  if ('heldBy' in second) return t.fail();
  t.is(second.attempt, 2);
  t.false(await publish(files, first, '"late"'));
  t.is(await files.read(join(trial, 'result.json')), undefined);
  await release(files, first);
  t.is((await readLease(files, trial))?.owner?.token, 'bb', 'the late one releases nothing');
  t.true(await publish(files, second, '"in time"'));
  t.false(await publish(files, first, '"later still"'));
  t.is(String(await files.read(join(trial, 'result.json'))), '"in time"');
  await release(files, second);
  const third = await claim(files, trial, { owner: foreigner('cc') });
  t.is('heldBy' in third ? undefined : third.attempt, 3);
});

test('a trial folder that was copied without its lease gets one, after its last attempt', async (t) => {
  const base = await temporaryFolder(t);
  const trial = join(base, 'trial');
  await mkdir(trial);
  const lease = await claim(files, trial, { lastAttempt: 4 });
  t.is('heldBy' in lease ? undefined : lease.attempt, 5);
  await mkdir(join(trial, 'lease-000002@free'));
  if ('heldBy' in lease) return t.fail();
  await release(files, lease);
  const next = await claim(files, trial, { lastAttempt: 4 });
  t.is('heldBy' in next ? undefined : next.attempt, 6);
  t.deepEqual((await readdir(trial)).length, 1, 'the stray lease is gone');
});

test('silence is unchanged heartbeats over watched time; sleeping watchers learn nothing', async (t) => {
  const base = await temporaryFolder(t);
  const name = `lease-000001@${ownerText(foreigner('aa'))}`;
  await mkdir(join(base, name));
  const state = { attempt: 1, owner: foreigner('aa'), name };
  let now = 0;
  const watch = leaseWatch(files, 60, () => now);
  const look = async (seconds: number, count?: number): Promise<boolean> => {
    now += seconds * 1000;
    if (count !== undefined) await writeFile(join(base, name, 'heartbeat'), beat(count));
    return await watch.look(base, state);
  };
  t.false(await look(0, 1));
  for (let i = 0; i < 59; i++) t.false(await look(1));
  t.false(await look(1, 2), 'a beat in the last second');
  for (let i = 0; i < 59; i++) t.false(await look(1));
  t.true(await look(1), '60 seconds watched');
  t.true(watch.silent(state));
  t.false(await look(1, 3), 'it beats again');
  // A day asleep counts as no more than one long look (a tenth of the lease).
  t.false(await look(86_400));
  t.false(await look(-86_400), 'a clock that goes back');
  for (let i = 0; i < 53; i++) t.false(await look(1));
  t.true(await look(1));
});

test('a clock that jumps by years changes nothing', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}, {}]);
  await execute(folder, trials[0]!);
  const [expected] = [await outcomeOf(folder, trials[0]!.id)];
  const again = await plannedFolder(join(base, 'again', '..'), [{}, {}]);
  await rm(join(again.folder, 'trials', trials[0]!.id), { recursive: true });
  const realNow = Date.now;
  let years = 0;
  Date.now = () => realNow() + years * 365.25 * 86_400_000;
  t.teardown(() => {
    Date.now = realNow;
  });
  const stop = new AbortController();
  const interrupted = execute(folder, trials[0]!, {
    signal: stop.signal,
    onProgress: ({ evaluation }) => {
      years = evaluation % 2 === 0 ? 30 : -30;
      if (evaluation === 7) stop.abort(new Error('stopped'));
    },
  });
  t.is((await interrupted).kind, 'interrupted');
  years = -60;
  t.is((await execute(folder, trials[0]!)).kind, 'finished');
  t.deepEqual(await outcomeOf(folder, trials[0]!.id), expected);
});

for (const corrupt of [false, true]) {
  const where = corrupt ? ', where a damaged result lay' : '';
  test(`frozen before any I/O step past its lease, a process that wakes publishes nothing over the newer attempt${where}`, async (t) => {
    const base = await temporaryFolder(t);
    let thawed = 0;
    for (let at = 1; ; at += full ? 1 : 2) {
      const { folder, trials } = await plannedFolder(join(base, String(at), '..'), [{ seed: at }]);
      const trial = trials[0]!;
      if (corrupt) {
        await createWork(files, folder, trial);
        await writeFile(join(trialFolder(folder, trial.id), 'result.json'), '{"storeVersion": 1');
      }
      let thaw: (() => void) | undefined;
      let frozen: (() => void) | undefined;
      const freezing = new Promise<'frozen'>((resolve) => {
        frozen = () => resolve('frozen');
      });
      const hook: FaultHook = async ({ number }) => {
        if (number !== at) return;
        frozen?.();
        await new Promise<void>((resolve) => {
          thaw = resolve;
        });
      };
      const sleeper = execute(folder, trial, { files: diskFiles(hook), owner: foreigner('sleeper') });
      if ((await Promise.race([sleeper, freezing])) !== 'frozen') break;
      const heir = await execute(folder, trial, { owner: foreigner('heir'), silent: () => true });
      t.true(heir.kind === 'finished' || heir.kind === 'done-before', `${at}: ${heir.kind}`);
      const path = join(trialFolder(folder, trial.id), 'result.json');
      const published = await readFile(path, 'utf8');
      thaw?.();
      const late = await sleeper;
      t.is(await readFile(path, 'utf8'), published, `frozen at step ${at}`);
      // Before it had the lease it finds the work done; after it had published, it has finished; else it has lost.
      const allowed = heir.kind === 'done-before' ? ['finished', 'lost'] : ['done-before', 'held', 'lost'];
      t.true(allowed.includes(late.kind), `frozen at step ${at}: ${late.kind}`);
      thawed++;
    }
    t.true(thawed > 25);
    t.log(`${thawed} processes frozen and woken, nothing published twice`);
  });
}

test('eight workers racing for forty trials do each once, whatever the order of their steps', async (t) => {
  const base = await temporaryFolder(t);
  const rounds = full ? 20 : 3;
  for (let round = 0; round < rounds; round++) {
    const { folder, trials } = await plannedFolder(
      join(base, String(round), '..'),
      Array.from({ length: 40 }, (_, i) => ({ seed: 1000 * round + i, evaluations: 3, snapshots: [] })),
    );
    const begun = new Map<number, number>();
    let random = round + 1;
    const pause: FaultHook = async () => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      if (random % 5 === 0) await sleep(random % 3);
    };
    const worker = async (_: unknown, index: number): Promise<void> => {
      const owner = foreigner(`worker${index}`);
      // Everyone goes through all trials, each from another place, until all are finished.
      for (let pass = 0, open = true; open && pass < 50; pass++) {
        open = false;
        for (let i = 0; i < trials.length; i++) {
          const trial = trials[(i + index * (round % 2 === 0 ? 5 : 0)) % trials.length]!;
          const ending = await execute(folder, trial, {
            files: diskFiles(pause),
            owner,
            perform: {
              performTrial: async (config, io, signal) => {
                begun.set(config.seed, (begun.get(config.seed) ?? 0) + 1);
                return await performTrial(config, io, signal);
              },
            },
          });
          if (ending.kind === 'held') open = true;
          else t.true(ending.kind === 'finished' || ending.kind === 'done-before', ending.kind);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    t.is(begun.size, 40);
    t.true(
      [...begun.values()].every((times) => times === 1),
      'each once',
    );
  }
  t.log(`${rounds * 320} claims raced for ${rounds * 40} trials, each run once`);
});
