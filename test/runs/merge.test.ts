/** Runs of another machine brought into these. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { diskFiles } from '../../src/runs/files.ts';
import { sha256 } from '../../src/runs/hash.ts';
import { claim, release } from '../../src/runs/lease.ts';
import { mergeExperiment } from '../../src/runs/merge.ts';
import { status } from '../../src/runs/status.ts';
import { resultText } from '../../src/runs/store.ts';
import { execute, filesBelow, outcomeOf, plannedFolder, temporaryFolder } from './support.ts';

test('what is finished there is finished here; merged again, nothing changes', async (t) => {
  const base = await temporaryFolder(t);
  const other = await plannedFolder(join(base), [{}, {}, { variant: 'throws' }, {}]);
  const from = join(base, 'other');
  const { rename } = await import('node:fs/promises');
  await rename(other.folder, from);
  const [first, second, third, fourth] = other.trials;
  for (const trial of [first, second, third]) await execute(from, trial!);
  const before = await filesBelow(from);

  // Here the first is done as well, the second failed once, and the fourth is nobody's.
  const { folder } = await plannedFolder(base, [{}, {}, { variant: 'throws' }, {}]);
  await execute(folder, first!);
  const own = await filesBelow(join(folder, 'trials', first!.id));
  const summary = await mergeExperiment(from, folder);
  t.like(summary, { name: 'fake', taken: ['trial 2'], same: 1, unfinished: 1, conflicts: [], notes: [] });
  t.deepEqual(
    await filesBelow(join(folder, 'trials', first!.id)),
    own,
    'what was finished here is as it was',
  );
  t.deepEqual(await filesBelow(from), before, 'the other store is only read');
  const [here, there] = [await outcomeOf(folder, second!.id), await outcomeOf(from, second!.id)];
  t.deepEqual({ ...here, 'result.json': '' }, { ...there, 'result.json': '' });
  const { counts } = await status(folder, { verify: 'hashes' });
  t.like(counts, { complete: 2, waiting: 2 });
  t.is(fourth!.label, 'trial 4');
  const after = await filesBelow(folder);
  t.like(await mergeExperiment(from, folder), { taken: [], same: 2, unfinished: 1, conflicts: [] });
  t.deepEqual(await filesBelow(folder), after);

  // Into a store that has none of it.
  const fresh = join(base, 'fresh');
  t.like(await mergeExperiment(from, fresh), { taken: ['trial 1', 'trial 2'], same: 0 });
  t.like((await status(fresh, { verify: 'hashes' })).counts, { complete: 2, waiting: 2, stale: 0 });
});

test('one trial of different bytes is a conflict that is named, and stays as it is; a damaged one is not taken', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}, {}]);
  for (const trial of trials) await execute(folder, trial);
  const from = join(base, 'other');
  await mergeExperiment(folder, from);
  const [first, second] = trials;
  // As another processor would have made it: another picture, rightly named by its result.
  const place = join(from, 'trials', first!.id);
  const result = JSON.parse(await readFile(join(place, 'result.json'), 'utf8'));
  const picture = join(place, 'attempts', String(result.attempt), 'images/final.png');
  const bytes = Buffer.concat([await readFile(picture), Buffer.from([0])]);
  await writeFile(picture, bytes);
  result.artefacts['images/final.png'] = sha256(bytes);
  result.artefactBytes['images/final.png'] = bytes.length;
  await writeFile(join(place, 'result.json'), resultText(result));
  await writeFile(join(from, 'trials', second!.id, 'attempts', '1', 'images', 'final.png'), 'cut');
  const before = await filesBelow(folder);
  const summary = await mergeExperiment(from, folder);
  t.like(summary, { taken: [], same: 0, unfinished: 1 });
  t.deepEqual(summary.conflicts, [{ id: first!.id, label: 'trial 1', differs: ['images/final.png'] }]);
  t.deepEqual(await filesBelow(folder), before);
  // The damaged one is not taken where there is none either.
  await rm(join(folder, 'trials', second!.id), { recursive: true });
  t.like(await mergeExperiment(from, folder), { taken: [], unfinished: 1 });
});

test('a trial that is being run here is left to that, and said; a disk that refuses leaves nothing half-taken', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}]);
  await execute(folder, trials[0]!);
  const here = join(base, 'here');
  await mergeExperiment(folder, here);
  const place = join(here, 'trials', trials[0]!.id);
  await rm(join(place, 'result.json'));
  const lease = await claim(diskFiles(), place);
  if (!('folder' in lease)) return t.fail('the lease could not be had');
  const held = await mergeExperiment(folder, here);
  t.like(held, { taken: [], conflicts: [] });
  t.regex(held.notes[0]!, /^trial 1 was not taken: process \d+ on .+ is at work at it here\. Merge again/);
  await release(diskFiles(), lease);

  let refused = 0;
  for (let at = 1; ; at++) {
    const target = join(base, `refused-${at}`);
    const files = diskFiles(({ number }) => {
      if (number === at) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    const error = await mergeExperiment(folder, target, files).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    if (error === undefined) break;
    refused++;
    t.regex(error.message, /the disk is full/, `step ${at}`);
    const again = await mergeExperiment(folder, target);
    t.is(again.taken.length + again.same, 1, `step ${at}`);
    t.like((await status(target, { verify: 'hashes' })).counts, { complete: 1, waiting: 0, stale: 0 });
    const left = (await readdir(join(target, 'trials'))).filter((name) => !name.startsWith('.'));
    t.deepEqual(left, [trials[0]!.id]);
  }
  t.true(refused > 15, `${refused} refusals`);
});
