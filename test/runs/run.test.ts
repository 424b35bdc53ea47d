import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { RunEvent } from '../../src/runs/launcher.ts';
import { runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { fakeModule, fakePlan, temporaryFolder } from './support.ts';

test('an experiment runs in order, and running it again does nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const plan = await fakePlan(folder, [{}, {}, { variant: 'diverges' }]);
  const options = { runs: join(folder, 'runs'), performModule: fakeModule, neighbours: join(folder, 'n') };
  const events: RunEvent[] = [];
  const first = await runExperiment(plan, { ...options, onEvent: (event) => events.push(event) });
  t.like(first, { total: 3, before: 0, finished: 3, diverged: 1, open: 0, exitCode: 0 });
  const order = events.flatMap((event) => (event.type === 'trial-started' ? [event.trial.label] : []));
  t.deepEqual(order, ['trial 1', 'trial 2', 'trial 3']);
  const state = await status(first.folder);
  t.deepEqual(
    state.trials.map(({ state }) => state),
    ['complete', 'complete', 'diverged'],
  );
  const path = join(state.trials[0]!.folder, 'result.json');
  const before = await readFile(path, 'utf8');
  const again = await runExperiment(plan, options);
  t.like(again, { total: 3, before: 3, finished: 0, exitCode: 0 });
  t.is(await readFile(path, 'utf8'), before);
});
