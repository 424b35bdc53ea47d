import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { planTrials } from '../../src/experiment/plan.ts';
import type { Pruning } from '../../src/experiment/trial.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { removeWork, show } from '../../src/runs/queries.ts';
import { type RunOptions, runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { reportRung, rungGroup, standingOf } from '../../src/runs/successive-halving.ts';
import {
  deadOwner,
  execute,
  fakeModule,
  fakePlan,
  mortal,
  outcomeOf,
  plannedFolder,
  temporaryFolder,
} from './support.ts';

const pruning: Pruning = { metric: 'total', rungs: [2, 6], reduction: 3 };
const files = diskFiles();

test('of n reports the best ⌊n/3⌋, at least one, go on', (t) => {
  // By hand: the sorted list after each report, and whether the newcomer is among its first max(1, ⌊n/3⌋).
  const reports: [value: number, rank: number, places: number, goesOn: boolean][] = [
    [0.5, 1, 1, true], // 0.5
    [0.7, 2, 1, false], // 0.5 0.7
    [0.4, 1, 1, true], // 0.4 0.5 0.7
    [0.45, 2, 1, false], // 0.4 0.45 0.5 0.7
    [0.9, 5, 1, false],
    [0.42, 2, 2, true], // 0.4 0.42 | 0.45 0.5 0.7 0.9
    [0.42, 2, 2, true], // a tie has the better rank
    [0.42, 2, 2, true],
    [0.43, 5, 3, false], // 0.4 0.42 0.42 0.42 0.43 …
    [Number.NaN, 10, 3, false],
  ];
  const values: number[] = [];
  for (const [value, rank, places, goesOn] of reports) {
    values.push(value);
    t.deepEqual(standingOf(values, 'lower', 3), { rank, of: values.length, places, goesOn }, String(values));
  }
  t.like(standingOf([1, 2, 3], 'higher', 3), { rank: 1, goesOn: true });
  t.like(standingOf([3, 2, Number.NaN], 'higher', 3), { rank: 3, goesOn: false });
});

test('everyone is judged by the order of reports, once, however many report at a time', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(
    base,
    Array.from({ length: 12 }, () => ({ pruning })),
  );
  for (const trial of trials) await files.folder(join(folder, 'trials', trial.id));
  const report = (i: number, value = (i * 7) % 12) =>
    reportRung(files, folder, trials[i]!, { evaluation: 2, value, measure: 'total', better: 'lower' });
  const first = await Promise.all(trials.map((_, i) => report(i)));
  const rung = join(folder, 'rungs', rungGroup(trials[0]!, 'total'), '00000002');
  const names = await files.list(rung);
  t.is(names.length, 12);
  const order = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(rung, name, 'report.json'), 'utf8'))),
  );
  t.is(new Set(order.map(({ trial }) => trial)).size, 12);
  for (const [k, { trial }] of order.entries()) {
    const values = order.slice(0, k + 1).map(({ value }) => value);
    const i = trials.findIndex(({ id }) => id === trial);
    t.is(first[i] === undefined, standingOf(values, 'lower', 3).goesOn);
  }
  // A second report, even of another value, changes nothing.
  t.deepEqual(await Promise.all(trials.map((_, i) => report(i, 99))), first);
  t.is((await files.list(rung)).length, 12);
});

test('only what is comparable competes', async (t) => {
  const plan = (more: object) =>
    planTrials({
      name: 'p',
      pairs: [{ content: 'a.png', style: 'b.png' }],
      variants: { gram: ['content', { type: 'gram', weight: 30 }] },
      budget: { evaluations: 20, pruning: { rungs: [5] } },
      ...more,
    }).trials.map((trial) => ({ ...trial, id: 'x', inputs: { content: 'a', style: 'b' } }))[0]!;
  const base = plan({});
  const same = (more: object, measure: string) => rungGroup(plan(more), measure) === rungGroup(base, measure);
  const heavier = { variants: { gram: ['content', { type: 'gram', weight: 40 }] } };
  t.true(same({ optimizer: 'adam' }, 'total'));
  t.true(same({ seed: 3 }, 'total'));
  t.false(same(heavier, 'total'), 'totals under other weights are other numbers');
  t.true(same(heavier, 'ssim;scale=native'));
  t.false(same({ size: 128 }, 'ssim;scale=native'));
  t.false(same({ budget: { evaluations: 20, pruning: { rungs: [5], reduction: 2 } } }, 'total'));
  const other = { ...base, inputs: { content: 'a', style: 'c' } };
  t.not(rungGroup(other, 'total'), rungGroup(base, 'total'));

  // What changes the total on the way parts trials under it, and under no metric; optimisers are what is compared.
  const scheduled = {
    variants: {
      gram: [
        'content',
        {
          type: 'gram',
          weight: 30,
          schedule: [
            [0, 1],
            [1, 0.5],
          ],
        },
      ],
    },
  };
  const weighted = { levels: [{ size: 256, weights: { gram: 2 } }] };
  const scaled = { levels: [{ size: 256, styleScale: 2 }] };
  for (const more of [{ color: 'luminance' }, scheduled, weighted, scaled]) {
    t.false(same(more, 'total'));
    t.true(same(more, 'ssim'));
  }
  const longer = { budget: { evaluations: 40, pruning: { rungs: [5] } } };
  t.true(same(longer, 'total'));
  t.not(rungGroup(plan({ ...scheduled, ...longer }), 'total'), rungGroup(plan(scheduled), 'total'));
  const coarse = (first: object) => plan({ levels: [{ size: 128, ...first }, { size: 256 }] });
  t.is(
    rungGroup(coarse({ optimizer: 'adam', weights: { gram: 2 } }), 'total'),
    rungGroup(coarse({ weights: { gram: 2 } }), 'total'),
  );
});

test('of a sweep the right trials survive; pruned ones keep what they have and stay as they are', async (t) => {
  const base = await temporaryFolder(t);
  const worth = [5, 7, 4, 9, 8, 3, 6, 2, 1];
  const plan = await fakePlan(
    base,
    worth.map((n) => ({ variant: `worth-${n}`, pruning })),
  );
  const options: RunOptions = {
    runs: join(base, 'runs'),
    performModule: fakeModule,
    neighbors: join(base, 'n'),
  };
  const summary = await runExperiment(plan, options);
  // Rung 2, in order: 5 first, 7 of two, 4 best, 9, 8, 3 (best 2 of 6), 6 (rank 4 of 7), 2, 1. Rung 6 alike.
  const expected = [
    'complete',
    'pruned',
    'complete',
    'pruned',
    'pruned',
    'complete',
    'pruned',
    'complete',
    'complete',
  ];
  const folder = join(base, 'runs', 'fake');
  const { trials, counts } = await status(folder);
  t.deepEqual(
    trials.map(({ state }) => state),
    expected,
  );
  t.like(summary, { finished: 9, pruned: 4, exitCode: 0, open: 0 });
  t.regex(summary.sentence, /9 of 9 trials are finished, 4 of them were pruned/);
  t.like(counts, { pruned: 4, complete: 5 });
  t.is(trials[1]!.reason, 'rung 2: rank 2 of 2 by total (7.5); only the best goes on');
  const { result } = trials[1]!;
  t.deepEqual(result!.cost, { evaluations: 2, steps: 2 });
  t.true(Object.keys(result!.artefacts).includes('images/final.png'));
  t.is(
    (await readFile(join(trials[1]!.folder, 'attempts', '1', 'trace.jsonl'), 'utf8')).split('\n').length,
    3,
  );
  t.true((await show(trials[1]!)).attempts[0]!.log.at(-1)!.startsWith('pruned: rung 2'));
  t.like(await runExperiment(plan, options), { before: 9, finished: 0, pruned: 4 });
  // Side by side the order of reports is another, but the best is never pruned.
  await rm(folder, { recursive: true });
  t.like(await runExperiment(plan, { ...options, jobs: 3 }), { finished: 9, open: 0 });
  t.is((await status(folder)).trials.at(-1)!.state, 'complete');
});

test('a removed trial competes no more', async (t) => {
  const base = await temporaryFolder(t);
  const variants = ['worth-1', 'worth-2'].map((variant) => ({ variant, pruning }));
  const { folder, trials } = await plannedFolder(base, variants);
  await execute(folder, trials[0]!);
  await removeWork([(await status(folder)).trials[0]!]);
  t.like(await execute(folder, trials[1]!), { state: 'complete' });
});

test('killed at any step, a trial that is judged ends as if it had never been killed', async (t) => {
  const base = await temporaryFolder(t);
  const variants = ['worth-1', 'worth-2', 'worth-1'].map((variant) => ({
    variant,
    evaluations: 7,
    snapshots: [],
    pruning,
  }));
  const { folder, trials } = await plannedFolder(base, variants);
  const { cp } = await import('node:fs/promises');
  await execute(folder, trials[0]!);
  const pristine = join(base, 'pristine');
  await cp(folder, pristine, { recursive: true });
  let survived = 0;
  for (const [trial, state] of [
    [trials[1]!, 'pruned'],
    [trials[2]!, 'complete'],
  ] as const) {
    const undisturbed = join(base, `undisturbed-${state}`);
    await cp(pristine, undisturbed, { recursive: true });
    t.like(await execute(undisturbed, trial), { state });
    const expected = await outcomeOf(undisturbed, trial.id);
    for (let at = 1; ; at++) {
      const again = join(base, `${state}-${at}`);
      await cp(pristine, again, { recursive: true });
      const { files, owner, died } = mortal(at);
      const ending = await Promise.race([execute(again, trial, { files, owner }), died]);
      if (ending !== 'died') break;
      const last = await execute(again, trial, { owner: deadOwner() });
      t.true(last.kind === 'finished' || last.kind === 'done-before', `after step ${at}: ${last.kind}`);
      t.deepEqual(await outcomeOf(again, trial.id), expected, `${state}, killed before step ${at}`);
      survived++;
    }
  }
  t.true(survived > 60, String(survived));
  t.log(`${survived} deaths injected, ${survived} survived`);
});

for (const [what, budget, said] of [
  [
    'a rung after the end',
    { evaluations: 10, pruning: { rungs: [5, 10] } },
    '10 does not lie before the last evaluation, 10',
  ],
  ['rungs out of order', { evaluations: 10, pruning: { rungs: [5, 3] } }, 'each larger than the one before'],
  [
    'an unknown metric',
    { evaluations: 10, pruning: { metric: 'sssim', rungs: [5] } },
    'no such metric; expected total or one of ssim',
  ],
  [
    'a reduction of 1',
    { evaluations: 10, pruning: { rungs: [5], reduction: 1 } },
    'budget.pruning.reduction: 1 is too small; expected more than 1',
  ],
] as const) {
  test(`refused: ${what}`, (t) => {
    const pairs = [{ content: 'a.png', style: 'b.png' }];
    const error = t.throws(() =>
      planTrials({ name: 'p', pairs, variants: { gram: ['gram'] }, budget: budget as never }),
    );
    t.true(error.message.includes(said), error.message);
  });
}
