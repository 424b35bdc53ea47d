/** What the verbs say of trainings. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { fakeModule, fakePlan, temporaryFolder } from '../runs/support.ts';
import { neckar } from './_run.ts';

test('status, show and rm know trainings, their trials, and what a removal means for these', async (t) => {
  const base = await temporaryFolder(t);
  const plan = await fakePlan(base, [
    { training: {} },
    { training: {} },
    { training: { network: { name: 'throws' } } },
  ]);
  const runs = join(base, 'runs');
  await runExperiment(plan, { runs, performModule: fakeModule, neighbors: join(base, 'n') });
  const { trainings, trials } = await status(join(runs, 'fake'));
  const [done, failed] = trainings;
  const [seen, shown, json] = await Promise.all([
    neckar(['status', 'fake', '--runs', runs], { cwd: base }),
    neckar(['show', 'fake', done!.label, '--runs', runs], { cwd: base }),
    neckar(['status', 'fake', '--runs', runs, '--json'], { cwd: base }),
  ]);
  const lines = seen.stdout.split('\n');
  t.regex(lines[0]!, new RegExp(`^${done!.id} +complete +training of plain +budget$`));
  t.regex(lines[1]!, new RegExp(`^${failed!.id} +failed +training of .* all pictures are gone\\.$`));
  t.true(seen.stdout.includes('fake: 2 complete, 1 failed; trainings: 1 complete, 1 failed'), seen.stdout);
  for (const { id, label } of trials.slice(0, 2)) {
    t.true(shown.stdout.includes(`needed by ${label} (${id}), complete`), shown.stdout);
  }
  t.regex(shown.stdout, /12 steps, 24 pictures of 1 file, 3 s/);
  t.regex(shown.stdout, /weights\.safetensors: 64 parameters/);
  const record = JSON.parse(json.stdout);
  t.like(record.trainings[0], {
    id: done!.id,
    kind: 'training',
    state: 'complete',
    neededBy: [trials[0]!.id, trials[1]!.id],
  });
  t.false('training' in record.trainings[0]);
  const removed = await neckar(['rm', 'fake', '--runs', runs, '--failed', '--yes'], { cwd: base });
  // The trial that failed with it holds nothing that could be removed.
  t.is(removed.stdout, '1 training removed\n');
  t.regex(removed.stderr, /; the next run makes it again, for 1 trial\n/);
  t.false(existsSync(failed!.folder));
});
