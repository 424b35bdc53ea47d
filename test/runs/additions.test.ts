/** Runs with other settings add to an experiment; nothing that is finished leaves it unsaid. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { storedReport } from '../../reports/stored.ts';
import { writeReport } from '../../reports/write.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { identifyTrials } from '../../src/runs/identity.ts';
import { askedBefore, writePlan } from '../../src/runs/plan-files.ts';
import { forgetRemoved, removeWork, retry } from '../../src/runs/queries.ts';
import { type RunOptions, runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { fakeModule, temporaryFolder } from './support.ts';

/** An experiment of two trials that cost nothing, and a way to run it with overrides. */
async function night(t: ExecutionContext) {
  const base = await temporaryFolder(t);
  const paint = (name: string, bytes: string) => writeFile(join(base, name), bytes);
  await paint('town.png', 'a town');
  await paint('swirl.png', 'a swirl');
  const experiment: Record<string, unknown> = {
    name: 'night',
    heldOut: 'none',
    pairs: [['town.png', 'swirl.png']],
    variants: { plain: ['content', 'gram'], other: ['content', 'moments'] },
    budget: 8,
    engine: 'onnx',
  };
  const runs = join(base, 'runs');
  const folder = join(runs, 'night');
  const notes: string[] = [];
  const options: RunOptions = {
    runs,
    performModule: fakeModule,
    neighbors: join(base, 'neighbours'),
    onEvent: (event) => event.type === 'note' && notes.push(event.sentence),
  };
  const run = async (...overrides: string[]) => {
    const earlier = await askedBefore(diskFiles(), folder);
    const plan = planTrials(experiment as never, { folder: base, overrides, earlier });
    const only = new Set((await identifyTrials(plan.selected)).map(({ id }) => id));
    return await runExperiment(plan, { ...options, only });
  };
  const states = async () => (await status(folder)).trials.map(({ label, state }) => `${label}: ${state}`);
  return { base, folder, experiment, notes, options, paint, run, states };
}

test('a run with overrides adds trials; what was finished stays in the plan and in the report', async (t) => {
  const { base, folder, run, states, notes } = await night(t);
  await run();
  t.like(await run('seed=7'), { total: 2, before: 0, finished: 2 });
  t.deepEqual(await states(), [
    'plain seed=0: complete',
    'other seed=0: complete',
    'plain seed=7: complete',
    'other seed=7: complete',
  ]);
  t.deepEqual(notes, []);
  t.like(await run(), { total: 2, before: 2, finished: 0 });
  t.is((await states()).length, 4, 'the file alone takes nothing away either');

  const report = await storedReport(folder);
  t.deepEqual(
    report.trials.map(({ config }) => config.swept.seed),
    [0, 0, 7, 7],
  );
  t.is(report.command, 'neckar run night && neckar run night seed=7');
  t.true(report.trials[3]!.command.startsWith('neckar run night seed=7 --only '));
  await writeReport(report, join(base, 'all'));
  const view = await storedReport(folder, undefined, { filter: 'seed=7 variant=plain' });
  t.deepEqual(
    view.trials.map(({ label }) => label),
    ['plain seed=7'],
  );
  t.regex(view.notes![0]!, /3 of the experiment's 4 trials/);
});

test('what a changed file no longer plans is stale, with what differs, and is told when it happens', async (t) => {
  const { base, folder, run, experiment, notes, paint } = await night(t);
  await run();
  await run('seed=7');
  experiment.budget = 12;
  await run();
  t.is(notes.length, 1);
  t.regex(
    notes[0]!,
    /^Finished, but no longer planned: plain seed=0 \(and 3 more\): budget\.evaluations 8, now 12/,
  );
  const stale = (await status(folder)).trials.filter(({ state }) => state === 'stale');
  t.is(stale.length, 4);
  for (const { reason, stale: why } of stale) {
    t.deepEqual(why!.changes, ['budget.evaluations 8, now 12']);
    t.regex(
      reason,
      /budget\.evaluations 8, now 12 \(nearest in the plan: (plain|other) seed=[07], [0-9a-f]{16}\)/,
    );
  }
  t.is(stale.filter(({ reason }) => reason.startsWith('added by "seed=7"; ')).length, 2);
  const { notes: remarks, trials } = await storedReport(folder);
  t.is(trials.length, 4);
  t.regex(remarks!.join(), /4 finished trials are kept but not shown.*budget\.evaluations 8, now 12/s);

  experiment.budget = 8;
  t.like(await run(), { before: 2, finished: 0 }, 'they come back with their plan');
  await paint('swirl.png', 'another swirl');
  await run();
  const reasons = (await status(folder)).trials.flatMap(({ stale: one }) => one?.changes ?? []);
  t.true(reasons.includes('the style image changed'));
  await mkdir(join(base, 'more'));
  await writeFile(join(base, 'more', 'face.png'), 'a face');
  experiment.pairs = [['more/face.png', 'swirl.png']];
  experiment.variants = { plain: ['content', 'gram'] };
  await run();
  const gone = (await status(folder)).trials.flatMap(({ stale: one }) => one?.changes ?? []);
  t.true(gone.includes('content town, now face'));
  t.true(gone.includes('there is no variant "other" any more'));
});

test('a trial of other code is told as one', async (t) => {
  const { folder, run } = await night(t);
  await run();
  const [trial] = (await status(folder)).trials;
  const old = join(folder, 'trials', 'ffffffffffffffff');
  await mkdir(old);
  await writeFile(join(old, 'config.json'), JSON.stringify({ ...trial!.trial, id: 'ffffffffffffffff' }));
  const { stale } = (await status(folder)).trials.find(({ id }) => id === 'ffffffffffffffff')!;
  t.deepEqual(stale!.changes, ['the code computes other numbers now']);
  t.is(stale!.nearest!.id, trial!.id);
});

test('of processes that add at the same time, none takes away what another has added', async (t) => {
  const { base, folder, experiment, run } = await night(t);
  await run();
  const seeds = [1, 2, 3, 4, 5, 6];
  await Promise.all(
    seeds.map(async (seed) => {
      // Each has looked before any has written.
      const plan = planTrials(experiment as never, {
        folder: base,
        overrides: [`seed=${seed}`],
        earlier: [[]],
      });
      const trials = await identifyTrials(plan.trials);
      await writePlan(diskFiles(), folder, { name: 'night', trials, trainings: [], asked: plan.asked });
    }),
  );
  const { trials, counts } = await status(folder);
  t.is(counts.stale, 0);
  t.is(counts.complete, 2);
  const found = new Set(trials.map(({ trial }) => trial!.config.seed));
  t.deepEqual(
    [...found].sort((a, b) => a - b),
    [0, ...seeds],
  );
  t.is(new Set(trials.map(({ label }) => label)).size, trials.length, 'labels stay unique');
  await run();
  t.is((await status(folder)).trials.length, 14, 'the next plan knows all of them');
});

test('overrides are known even where the record of them is damaged', async (t) => {
  const { folder, run } = await night(t);
  await run();
  await run('seed=7');
  await writeFile(join(folder, 'experiment.json'), '{"name": ');
  await run();
  t.like((await status(folder)).counts, { complete: 4, stale: 0 });
});

test('a store of before is taken for runs of the file as written', async (t) => {
  const { folder, run } = await night(t);
  await run();
  const path = join(folder, 'experiment.json');
  const { asked, ...before } = JSON.parse(await readFile(path, 'utf8'));
  t.deepEqual(asked, [[]]);
  await writeFile(path, JSON.stringify(before));
  await run('seed=7');
  t.like((await status(folder)).counts, { complete: 4, stale: 0 });
});

test('overrides whose trials have all been removed are forgotten', async (t) => {
  const { folder, run, states } = await night(t);
  await run();
  await run('seed=7');
  const added = (await status(folder)).trials.filter(({ trial }) => trial!.settings !== undefined);
  await removeWork(added.slice(0, 1));
  await forgetRemoved(folder);
  t.true((await states()).includes('plain seed=7: waiting'), 'one of them is left');
  await removeWork(added.slice(1));
  await forgetRemoved(folder);
  t.deepEqual(await states(), ['plain seed=0: complete', 'other seed=0: complete']);
  t.deepEqual(await askedBefore(diskFiles(), folder), [[]]);
});

test('retry takes up a picture that has been put where it was missing', async (t) => {
  const { base, folder, run, experiment, options } = await night(t);
  // The fake trial fails by its variant's name, as a real one does whose picture is missing.
  experiment.variants = { plain: ['content', 'gram'], throws: { images: 'theirs' } };
  await run();
  const missing = (await status(folder)).trials[1]!;
  t.is(missing.state, 'failed');
  await mkdir(join(base, 'theirs'));
  await writeFile(join(base, 'theirs', 'town-swirl.png'), 'a picture');
  const { failures } = await retry('night', options);
  t.not(failures[0]!.trial.id, missing.id, 'it was run as what it is now');
  t.regex(failures[0]!.trial.inputs.picture!, /^[0-9a-f]{64}$/);
  const { trials, counts } = await status(folder);
  t.like(counts, { complete: 1, failed: 1, stale: 1 });
  t.deepEqual(trials[2]!.stale!.changes, ['the picture made elsewhere is there now']);
});

test('retry takes up a file that has been mended, unless something finished rests on what it was', async (t) => {
  const { folder, run, experiment, options, paint, notes, states } = await night(t);
  experiment.variants = { throws: ['content', 'gram'] };
  t.like(await run(), { exitCode: 1 });
  await paint('town.png', 'a town, whole this time');
  const summary = await retry('night', options);
  t.is(summary.failures.length, 1, 'it was run, whatever came of it');
  t.regex(notes.at(-1)!, /A file of throws is another than when it was planned/);
  t.true((await states()).includes('throws: failed'));
  t.is((await status(folder)).counts.stale, 1, 'the attempt at the broken file');

  experiment.variants = { plain: ['content', 'gram'], throws: ['content', 'moments'] };
  await run();
  await paint('town.png', 'a third town');
  await t.throwsAsync(retry('night', options), {
    message:
      /"throws" is not what was planned any more: the content image changed\. Run the experiment itself/,
  });
  await rm(folder, { recursive: true });
});

test('retry of a stale trial says what it is', async (t) => {
  const { folder, run, experiment, options } = await night(t);
  await run();
  experiment.budget = 12;
  await run();
  const stale = (await status(folder)).trials.find(({ state }) => state === 'stale')!;
  await t.throwsAsync(retry('night', { ...options, work: [stale] }), {
    message: /is not in the plan any more: budget\.evaluations 8, now 12/,
  });
});
