import test from 'ava';
import { previewLines } from '../../src/cli/preview-text.ts';
import { palette } from '../../src/cli/terminal.ts';
import { type Plan, planTrials } from '../../src/experiment/plan.ts';
import type { Basis } from '../../src/runs/forecast/forecast.ts';
import type { StripsReason } from '../../src/runs/forecast/strips.ts';
import type { Preview, PreviewedTraining } from '../../src/runs/preview.ts';

const pairs = [['content.png', 'style.png']] as const;

/** What is printed of open trials that are computed in strips for these reasons, or not. */
function lines(
  strips: readonly (StripsReason | undefined)[],
  basis: Basis = 'trials',
  speed?: number,
  trainings: readonly Partial<PreviewedTraining>[] = [],
  trainingSeconds?: number,
): string {
  const trials = strips.map((reason, i) => ({
    id: `id-${i}`,
    label: `trial ${i}`,
    state: 'waiting',
    open: true,
    forecast: { seconds: 60, basis },
    memory: 1e9,
    ...(reason && { strips: reason }),
  }));
  const { trials: planned } = planTrials({ name: 'study', pairs, losses: ['content', 'gram'] });
  const preview = {
    name: 'study',
    folder: 'runs/study',
    trials,
    trainings,
    invalidated: [],
    counts: { total: trials.length, done: 0, failed: 0, open: trials.length },
    seconds: 60 * trials.length,
    basis,
    ...(speed !== undefined && { speed }),
    ...(trainingSeconds !== undefined && { trainingSeconds }),
    memory: 1e9,
  };
  return previewLines(
    preview as unknown as Preview,
    { trials: trials.map(() => planned[0]) } as unknown as Plan,
    palette(false),
  ).join('\n');
}

test('a preview says what its time rests on', (t) => {
  t.regex(lines([undefined]), /about 1 min 00 s one after the other \(from finished trials of this kind\)/);
  t.regex(
    lines([undefined], 'similar'),
    /\(from finished trials with this encoder, by the operations of each\)/,
  );
  t.regex(
    lines([undefined], 'speed', 507.6e9),
    /\(from the operation count and this processor's speed, 508 GFLOP\/s\)/,
  );
  t.regex(lines([undefined], 'operations'), /\(a rough guess from the operation count\)/);
});

test('a preview says which trials are computed strip by strip, and why', (t) => {
  t.notRegex(lines([undefined, undefined]), /strip/);
  const large = lines([undefined, { why: 'memory', bytes: 18e9 }, { why: 'memory', bytes: 38e9 }]);
  t.regex(large, /trial 0\n/);
  t.regex(large, /trial 1 \(in strips\)\n/);
  t.regex(
    large,
    /^2 trials are computed strip by strip, as one graph would take up to 38\.0 GB of memory \(tiling=off/m,
  );
  t.regex(lines([{ why: 'asked' }]), /^1 trial is computed strip by strip, as tiling says$/m);
});

test('a preview says how many trainings there are, for how many trials, and how long they take', (t) => {
  t.notRegex(lines([undefined]), /training/);
  const training = (id: string, open: boolean, neededBy: string[]) => ({
    id,
    label: `training of ${id}`,
    state: open ? ('waiting' as const) : ('complete' as const),
    attempt: open ? 0 : 1,
    open,
    neededBy,
  });
  const trainings = [training('a', false, ['id-0']), training('b', true, ['id-0', 'id-1'])];
  const unknown = lines([undefined, undefined], 'trials', undefined, trainings);
  t.regex(unknown, /^a {2}done .*training of a \(for 1 trial\)$/m);
  t.regex(unknown, /^b {2}new .*training of b \(for 2 trials\)$/m);
  t.regex(unknown, /^2 trainings, 1 done, 1 to run for 2 trials: how long that takes is not known before/m);
  t.regex(
    lines([undefined], 'trials', undefined, trainings, 90),
    /1 to run for 2 trials: about 1 min 30 s one after the other \(from finished trainings of this kind\)/,
  );
});
