/** Removing what is stale: what goes is named, and what the file as it stands plans stays. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { planOf } from '../../src/run.ts';
import { runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { fakeModule, temporaryFolder } from '../runs/support.ts';
import { neckar } from './_run.ts';

test('rm --stale names what goes, keeps what a run of the file would want, and forgets nothing unsaid', async (t) => {
  const base = await temporaryFolder(t);
  writeFileSync(join(base, 'town.png'), 'a town');
  const file = (budget: number) => {
    const name = join(base, `night-${budget}.mjs`);
    writeFileSync(
      name,
      `export default { name: 'night', heldOut: 'none', pairs: [['town.png', 'town.png']], variants: { plain: ['content', 'gram'] }, budget: ${budget} };`,
    );
    return name;
  };
  const runs = join(base, 'runs');
  const run = async (name: string, ...overrides: string[]) => {
    const plan = await planOf(name, { runs, overrides });
    await runExperiment(
      { ...plan, file: name },
      { runs, performModule: fakeModule, neighbors: join(base, 'n') },
    );
  };
  await run(file(8));
  await run(file(8), 'seed=7');
  await run(file(12));
  const stale = (await status(join(runs, 'night'))).trials.filter(({ state }) => state === 'stale');
  t.is(stale.length, 2);

  // The file was put back to what it was.
  const kept = await neckar(['rm', join(base, 'night-8.mjs'), '--runs', runs, '--stale', '--yes'], {
    cwd: base,
  });
  t.is(kept.code, 2, 'the file of another name is no stored experiment');
  const back = await neckar(['rm', 'night', '--runs', runs, '--stale', '--yes', '--json'], { cwd: base });
  t.is(back.code, 0, back.stderr);
  t.deepEqual(new Set(JSON.parse(back.stdout).removed), new Set(stale.map(({ id }) => id)));
  for (const { id, label } of stale) {
    t.regex(
      back.stderr,
      new RegExp(
        `${id}  stale, complete after 1 s  ${label}: .*budget\\.evaluations 8, now 12.*; no run of the file as it stands would make it again`,
      ),
    );
  }
});

test('what the file as it stands plans again is kept, and said', async (t) => {
  const base = await temporaryFolder(t);
  writeFileSync(join(base, 'town.png'), 'a town');
  const name = join(base, 'night.mjs');
  const write = (budget: number) =>
    writeFileSync(
      name,
      `export default { heldOut: 'none', pairs: [['town.png', 'town.png']], variants: { plain: ['content', 'gram'] }, budget: ${budget} };`,
    );
  const runs = join(base, 'runs');
  write(8);
  const before = await planOf(name, { runs });
  const options = { runs, performModule: fakeModule, neighbors: join(base, 'n') };
  await runExperiment({ ...before, file: name }, options);
  const after = {
    ...before,
    trials: before.trials.map((trial) => ({ ...trial, config: { ...trial.config, seed: 3 } })),
  };
  await runExperiment({ ...after, file: name }, options);
  const { stdout, stderr, code } = await neckar(['rm', 'night', '--runs', runs, '--stale', '--yes'], {
    cwd: base,
  });
  t.is(code, 0, stderr);
  t.is(stdout, '0 trials removed\n');
  t.regex(
    stderr,
    /^1 finished trial kept, as the experiment's file as it stands plans it again; "neckar run" takes it up:\n {2}[0-9a-f]{16} {2}stale, complete after 1 s {2}plain: seed 0, now 3/,
  );
  t.is((await status(join(runs, 'night'))).counts.stale, 1);
});
