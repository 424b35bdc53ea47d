import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { planOf, run, status } from '../src/run.ts';
import { fakeModule, temporaryFolder } from './runs/support.ts';

test('run from a program: what is selected runs, and what earlier runs added stays', async (t) => {
  const base = await temporaryFolder(t);
  const image = new URL('../fixtures/styles/tiles.jpg', import.meta.url).pathname;
  const file = join(base, 'small.mjs');
  writeFileSync(
    file,
    `export default {
      name: 'small', contents: [${JSON.stringify(image)}], styles: [${JSON.stringify(image)}],
      variants: { gram: ['content', 'gram'] }, size: 32, seed: { $sweep: 'values', values: [1, 2] }, budget: 3,
    };`,
  );
  const runs = join(base, 'runs');
  const options = { runs, performModule: fakeModule, neighbors: join(base, 'n') };
  const states = async () => {
    const { trials } = await status(join(runs, 'small'));
    return trials
      .map(({ trial, state }) => `${trial!.config.sizes[0]} ${trial!.config.seed} ${state}`)
      .sort();
  };
  t.is((await run(file, { ...options, filter: 'seed=2' })).finished, 1);
  t.deepEqual(await states(), ['32 1 waiting', '32 2 complete']);
  t.is((await run(file, { ...options, overrides: ['size=48', 'seed=1'] })).finished, 1);
  t.deepEqual(await states(), ['32 1 waiting', '32 2 complete', '48 1 complete']);
  // The file as it is written, with what was added.
  const plan = await planOf(file, { runs });
  t.deepEqual([plan.trials.length, plan.selected.length], [3, 2]);
  await run(file, { ...options, limit: 1 });
  t.deepEqual(await states(), ['32 1 complete', '32 2 complete', '48 1 complete']);
});
