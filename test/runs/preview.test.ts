import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeckarError } from '../../src/errors.ts';
import { previewRun } from '../../src/runs/preview.ts';
import { runExperiment } from '../../src/runs/run.ts';
import { fakeModule, fakePlan, temporaryFolder } from './support.ts';

test('a preview tells done from open, and names what an image invalidated; it writes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const runs = join(folder, 'runs');
  const plan = await fakePlan(folder, [{}, { variant: 'throws' }]);
  const options = { runs, performModule: fakeModule, neighbors: join(folder, 'neighbours') };
  const before = await previewRun(plan, { runs });
  t.deepEqual(before.counts, { total: 2, done: 0, failed: 0, open: 2 });
  await runExperiment(plan, options);
  const after = await previewRun(plan, { runs });
  t.deepEqual(after.counts, { total: 2, done: 1, failed: 1, open: 1 });
  t.deepEqual(
    after.trials.map(({ state, open }) => [state, open]),
    [
      ['complete', false],
      ['failed', true],
    ],
  );
  t.deepEqual(after.invalidated, []);

  await writeFile(join(folder, 'content.png'), 'painted anew');
  const changed = await previewRun(plan, { runs });
  t.is(changed.counts.open, 2);
  t.like(changed.invalidated, {
    length: 1,
    0: { label: 'trial 1', id: before.trials[0]!.id, successor: changed.trials[0]!.id },
  });
  t.regex(changed.invalidated[0]!.reason, /content image changed/);
});

test('a trial that cannot fit is refused with the number', async (t) => {
  const folder = await temporaryFolder(t);
  const plan = await fakePlan(folder, [{}]);
  const [trial] = plan.trials;
  const sized = (tiling: 'off' | 'strips') => ({
    ...plan,
    trials: [{ ...trial!, config: { ...trial!.config, sizes: [4096], tiling } }],
  });
  const large = sized('off');
  const error = await t.throwsAsync(previewRun(large, { runs: folder, availableMemory: 8e9 }), {
    instanceOf: NeckarError,
  });
  t.regex(error.message, /"trial 1" needs about 1\d\d\.\d GB of memory, and this machine has 8\.0 GB/);
  // In strips 1 GB and 1.2 kB per pixel.
  await t.notThrowsAsync(previewRun(sized('strips'), { runs: folder, availableMemory: 22e9 }));
  await t.notThrowsAsync(previewRun(plan, { runs: folder, availableMemory: 8e9 }));
});
