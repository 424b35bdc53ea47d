import test from 'ava';
import type { IdentifiedTrial } from '../../src/runs/identity.ts';
import type { LaunchEvent, Launcher, RunEvent } from '../../src/runs/launcher.ts';
import { Ledger } from '../../src/runs/ledger.ts';
import type { TrialStatus } from '../../src/runs/status.ts';
import type { TrialProgress } from '../../src/runs/trial-io.ts';

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
