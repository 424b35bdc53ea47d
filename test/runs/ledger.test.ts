import test from 'ava';
import type { IdentifiedTraining, IdentifiedTrial } from '../../src/runs/identity.ts';
import type { LaunchEvent, Launcher, RunEvent } from '../../src/runs/launcher.ts';
import { Ledger } from '../../src/runs/ledger.ts';
import type { TrainingStatus, TrialStatus } from '../../src/runs/status.ts';
import type { TrialProgress } from '../../src/runs/trial-io.ts';
import type { Work } from '../../src/runs/work.ts';

/** A trial that is expected to take `seconds`, of 100 evaluations. */
function trialOf(id: string, seconds: number): IdentifiedTrial {
  return {
    id,
    label: id,
    config: { seed: seconds, budget: { evaluations: 100 } },
  } as unknown as IdentifiedTrial;
}

function setup(trials: readonly IdentifiedTrial[], width = 1) {
  const asked = trials.map((trial) => ({ id: trial.id, trial, state: 'waiting' }) as unknown as TrialStatus);
  let time = 0;
  const events: RunEvent[] = [];
  const ledger = new Ledger({ trials: asked, trainings: [] }, trials, { name: 'fake', width } as Launcher, {
    onEvent: (event) => events.push(event),
    forecast: ({ config }) => config.seed,
    now: () => time,
  });
  return {
    wait(seconds: number) {
      time += seconds * 1000;
    },
    hear(event: LaunchEvent) {
      ledger.hear(event);
      const last = <Type extends RunEvent['type']>(type: Type) =>
        events.findLast((one) => one.type === type) as Extract<RunEvent, { type: Type }>;
      return { eta: last('overall').etaSeconds, progress: last('progress')?.progress };
    },
  };
}

const started = (trial: IdentifiedTrial, resumedFrom?: number): LaunchEvent => ({
  type: 'started',
  work: trial,
  attempt: 1,
  folder: 'f',
  resumedFrom,
});
const progressed = (trial: IdentifiedTrial, progress: Partial<TrialProgress>): LaunchEvent => ({
  type: 'progress',
  work: trial,
  progress: { phase: 'compile', evaluation: 0, evaluations: 100, ...progress },
});
const finished = (trial: IdentifiedTrial, seconds: number): LaunchEvent => ({
  type: 'finished',
  work: trial,
  state: 'complete',
  attempt: 1,
  reason: 'budget',
  seconds,
});

test('before its first evaluation a trial is predicted by its forecast, then by itself', (t) => {
  const trial = trialOf('a', 600);
  const { hear, wait } = setup([trial, trialOf('b', 100)]);
  t.is(hear(started(trial)).eta, 700);
  wait(40);
  const compiling = hear(progressed(trial, {}));
  t.is(compiling.progress.etaSeconds, 560);
  t.is(compiling.eta, 660);
  const evaluated = hear(progressed(trial, { phase: 'evaluate', evaluation: 1, etaSeconds: 900 }));
  t.is(evaluated.progress.etaSeconds, 900);
  t.is(evaluated.eta, 1000);
  wait(2000);
  t.is(hear(progressed(trial, { phase: 'measure' })).progress.etaSeconds, undefined);
});

test('a forecast that has run out predicts no less than nothing', (t) => {
  const trial = trialOf('a', 10);
  const { hear, wait } = setup([trial]);
  hear(started(trial));
  wait(30);
  t.is(hear(progressed(trial, {})).progress.etaSeconds, 0);
});

test('of a trial that goes on, what is left counts', (t) => {
  const trial = trialOf('a', 600);
  t.is(setup([trial]).hear(started(trial, 75)).eta, 150);
});

test('trials to come are expected to be as much off their forecasts as those before', (t) => {
  const [a, b, c] = [trialOf('a', 100), trialOf('b', 100), trialOf('c', 1000)];
  const { hear } = setup([a, b, c]);
  hear(started(a));
  t.is(hear(finished(a, 50)).eta, 550);
  hear(started(b));
  t.is(hear(finished(b, 150)).eta, 1000);
  hear(started(c));
  t.is(hear(finished(c, 900)).eta, 0);
});

test('trials side by side share the work, and none ends before itself', (t) => {
  const trials = [trialOf('a', 100), trialOf('b', 100), trialOf('c', 1000)];
  const { hear } = setup(trials, 3);
  t.is(hear(started(trials[0]!)).eta, 400);
  hear(started(trials[1]!));
  t.is(hear(started(trials[2]!)).eta, 1000);
});

test('trials that another process runs are still to come', (t) => {
  const [a, b] = [trialOf('a', 100), trialOf('b', 100)];
  const { hear } = setup([a, b]);
  t.is(hear({ type: 'elsewhere', work: a, by: 'process 1' }).eta, 200);
  hear(started(b));
  t.is(hear(finished(b, 100)).eta, 100);
  t.is(hear({ ...finished(a, 0), seconds: undefined } as LaunchEvent).eta, 0);
});

/** A training of so many steps of one pixel. */
function trainingOf(id: string, steps: number): IdentifiedTraining {
  const config = { size: 1, batch: 1, budget: { steps } };
  return { kind: 'training', id, label: id, config, inputs: {} } as unknown as IdentifiedTraining;
}

test('how long a training takes that nothing tells of is learnt from those that run', (t) => {
  const [first, second] = [trainingOf('x', 100), trainingOf('y', 300)];
  const trial = { ...trialOf('a', 10), needs: ['y'] };
  let time = 0;
  const overall: (RunEvent & { type: 'overall' })[] = [];
  const ledger = new Ledger(
    {
      trials: [{ id: 'a', trial, state: 'waiting' } as unknown as TrialStatus],
      trainings: [first, second].map((training) => ({
        kind: 'training',
        id: training.id,
        training,
        state: 'waiting',
        neededBy: [],
      })) as unknown as TrainingStatus[],
    },
    [first, second, trial],
    { name: 'fake', width: 2 } as Launcher,
    {
      onEvent: (event) => {
        if (event.type === 'overall') overall.push(event);
      },
      forecast: (work) => (work.kind === 'training' ? undefined : work.config.seed),
      now: () => time,
    },
  );
  const eta = () => overall.at(-1)!.etaSeconds;
  const hear = (event: LaunchEvent) => ledger.hear(event);
  const work = { work: first as Work };
  t.deepEqual(ledger.planned().trainings, { total: 2, done: 0, open: 2 });
  hear({ type: 'started', ...work, attempt: 1, folder: 'f', resumedFrom: undefined });
  t.is(eta(), undefined, 'nothing is known');
  const progress = { phase: 'evaluate', evaluation: 50, evaluations: 100, etaSeconds: 25 } as const;
  time = 25_000;
  hear({ type: 'progress', ...work, progress });
  // Half a second a step: 25 s are left of the first, 150 s of the second, and the trial comes after that.
  t.is(eta(), 160);
  hear({ type: 'finished', ...work, state: 'complete', attempt: 1, reason: 'budget', seconds: 100 });
  t.is(eta(), 310, 'a second a step after all');
  t.like(overall.at(-1), { done: 0, total: 1, trainings: { done: 1, failed: 0, total: 2 } });
  t.like(ledger.summary({ name: 'n', folder: 'f', seconds: 1, interrupted: false }), {
    open: 1,
    trainings: { total: 2, finished: 1, open: 1, failures: [] },
    sentence: '0 of 1 trial is finished, 1 are still open, 1 of 2 trainings done (f).',
  });
});
