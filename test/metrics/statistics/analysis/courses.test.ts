import test from 'ava';
import { analyze } from '../../../../metrics/statistics/analysis/analyze.ts';
import {
  type Course,
  lossCourse,
  lossLevelQuantities,
  qualityCurves,
  reached,
  scoreLevelQuantities,
} from '../../../../metrics/statistics/analysis/courses.ts';
import { designOf } from '../../../../metrics/statistics/analysis/design.ts';
import type { TraceRecord } from '../../../../src/experiment/trial.ts';
import { metric, trialsOf } from './_trials.ts';

function courseOf(values: readonly number[], secondsEach: number, every = 10): Course {
  return values.map((value, i) => ({
    evaluation: every * (i + 1),
    seconds: every * (i + 1) * secondsEach,
    value,
  }));
}

test('at equal evaluations and at equal seconds, the picture one would have had by then counts', (t) => {
  const trials = trialsOf({ pairs: 3, variants: ['fast', 'slow'], score: () => 1 });
  // Per evaluation the slow one is better; per second, of which it takes four times as many, it is not.
  const courses = new Map(
    trials.map(({ id, config }, i) => [
      id,
      config.variant === 'fast'
        ? courseOf(
            [8, 4, 2, 1].map((v) => v + i),
            1,
          )
        : courseOf(
            [4, 2, 1, 0.5].map((v) => v + i),
            4,
          ),
    ]),
  );
  const design = designOf(trials, 'variant')!;
  const shift = (pair: number, variant: number) => 2 * pair + variant;
  const meanShift = (variant: number) => (shift(0, variant) + shift(1, variant) + shift(2, variant)) / 3;
  const byEvaluations = qualityCurves(design, courses, 'evaluations');
  if ('refused' in byEvaluations) throw new Error(byEvaluations.refused);
  t.deepEqual(
    byEvaluations.map(({ points }) => points.map(({ x }) => x)),
    [
      [10, 20, 30, 40],
      [10, 20, 30, 40],
    ],
  );
  t.deepEqual(
    byEvaluations[0]!.points.map(({ estimate }) => estimate - meanShift(0)),
    [8, 4, 2, 1],
  );
  t.deepEqual(
    byEvaluations[1]!.points.map(({ estimate }) => estimate - meanShift(1)),
    [4, 2, 1, 0.5],
  );

  const bySeconds = qualityCurves(design, courses, 'seconds');
  if ('refused' in bySeconds) throw new Error(bySeconds.refused);
  const [fast, slow] = bySeconds;
  t.is(fast!.points[0]!.x, 40, 'the slow one has its first picture then');
  t.true(Math.abs(fast!.points.at(-1)!.x - 160) < 1e-9);
  t.true(
    fast!.points.every(({ estimate }) => estimate - meanShift(0) === 1),
    'it ended at 40 s and keeps what it has',
  );
  for (const { x, estimate } of slow!.points) {
    const expected = x < 80 - 1e-6 ? 4 : x < 120 - 1e-6 ? 2 : x < 160 - 1e-6 ? 1 : 0.5;
    t.is(estimate - meanShift(1), expected, `${x} s`);
  }
});

test('curves are refused without pictures on the way, and over seconds that are not comparable', (t) => {
  const trials = trialsOf({ pairs: 3, score: () => 1 });
  const design = designOf(trials, 'variant')!;
  const none = qualityCurves(design, new Map(), 'evaluations');
  t.regex('refused' in none ? none.refused : '', /declare snapshots/);
  const shared = trials.map((trial) => ({
    ...trial,
    result: { ...trial.result!, timing: { ...trial.result!.timing, shared: true } },
  }));
  const courses = new Map(trials.map(({ id }) => [id, courseOf([2, 1], 1)]));
  const refused = qualityCurves(designOf(shared, 'variant')!, courses, 'seconds');
  t.regex('refused' in refused ? refused.refused : '', /timed while other trials ran/);
  t.false('refused' in qualityCurves(designOf(shared, 'variant')!, courses, 'evaluations'));
});

test('the first step that is good enough', (t) => {
  const course = courseOf([9, 5, 7, 3], 1);
  t.is(reached(course, 7, 'lower')!.evaluation, 20);
  t.is(reached(course, 6, 'lower')!.evaluation, 20);
  t.is(reached(course, 2, 'lower'), undefined);
  t.is(reached(course, 7, 'higher')!.evaluation, 10);
});

function traceOf(totals: readonly number[], level = 0, first = 1): TraceRecord[] {
  return totals.map((total, i) => ({
    evaluation: first + i,
    step: i,
    level,
    seconds: (first + i) / 10,
    total,
    terms: {},
  }));
}

test('the course of a loss is its lowest value on the last level', (t) => {
  const trace = [...traceOf([1, 0.1]), ...traceOf([8, 9, 4, 6, 2], 1, 3)];
  t.deepEqual(
    lossCourse(trace).map(({ evaluation, value }) => [evaluation, value]),
    [
      [3, 8],
      [4, 8],
      [5, 4],
      [6, 4],
      [7, 2],
    ],
  );
});

test('optimisers are compared by what it took them to a loss that both reached', (t) => {
  const trials = trialsOf({
    pairs: 6,
    variants: ['gram', 'mrf'],
    optimizers: ['lbfgs', 'adam'],
    score: () => 1,
  }).map((trial) => ({
    ...trial,
    config: { ...trial.config, losses: [{ type: trial.config.variant, weight: 1 }] as never },
  }));
  // lbfgs halves the loss at each evaluation, adam at every second one; adam ends at 2⁻⁵.
  const traces = new Map(
    trials.map(({ id, config }) => {
      const pace = config.optimizer.name === 'lbfgs' ? 1 : 0.5;
      return [id, traceOf(Array.from({ length: 11 }, (_, i) => 100 * 2 ** (-pace * i)))];
    }),
  );
  const further = lossLevelQuantities(trials, traces);
  const { comparisons } = analyze(trials, {
    primary: { metric: 'gram-relative', factor: 'optimizer' },
    further,
  });
  const [optimizers, variants] = comparisons;
  t.is(optimizers!.factor, 'optimizer');
  const outcome = optimizers!.findings.find(
    ({ id }) => id === 'cost;evaluations-to;of=total;part=1',
  )!.outcome;
  if ('refused' in outcome) throw new Error(outcome.refused);
  t.deepEqual(
    outcome.treatments.map(({ name, estimate }) => [name, estimate]),
    [
      ['lbfgs', 6],
      ['adam', 11],
    ],
  );
  const most = optimizers!.findings.find(({ id }) => id === 'cost;evaluations-to;of=total;part=0.9')!.outcome;
  if ('refused' in most) throw new Error(most.refused);
  // 90 % of the way from 100 to 3.125: 12.81, between 2⁻² and 2⁻³ of 100.
  t.deepEqual(
    most.treatments.map(({ estimate }) => estimate),
    [4, 7],
  );
  const unlike = variants!.findings.find(({ id }) => id.startsWith('cost;evaluations-to'))!.outcome;
  t.regex('refused' in unlike ? unlike.refused : '', /no common scale/);
});

test('the cost of a quality: evaluations to the worst end of the pair', (t) => {
  const trials = trialsOf({ pairs: 6, score: () => 1 });
  const courses = new Map(
    trials.map(({ id, config }) => [
      id,
      courseOf(config.variant === 'a' ? [0.3, 0.6, 0.9] : [0.2, 0.3, 0.6], 0.5),
    ]),
  );
  const further = scoreLevelQuantities(trials, courses, { id: metric, label: 'SSIM', better: 'higher' });
  const { findings } = analyze(trials, { further }).comparisons[0]!;
  const of = (over: string) => {
    const { outcome } = findings.find(({ id }) => id.startsWith(`cost;${over}-to`))!;
    if ('refused' in outcome) throw new Error(outcome.refused);
    return outcome.treatments.map(({ estimate }) => estimate);
  };
  t.deepEqual(of('evaluations'), [20, 30]);
  t.deepEqual(of('seconds'), [10, 15]);
});

test('the course of a loss begins where its weights changed last', (t) => {
  const weights = [1, 1, 3, 3, 3];
  const trace = traceOf([0.5, 0.2, 6, 3, 1]).map((record, i) => ({
    ...record,
    // The style's value may vanish; the content's, 0 throughout, tells nothing.
    terms: {
      style: { value: i === 3 ? 0 : 0.1 * (i + 1), weighted: i === 3 ? 0 : weights[i]! * 0.1 * (i + 1) },
      content: { value: 0, weighted: 0 },
    },
  }));
  t.deepEqual(
    lossCourse(trace).map(({ evaluation, value }) => [evaluation, value]),
    [
      [3, 6],
      [4, 3],
      [5, 1],
    ],
  );
  t.deepEqual(lossCourse([]), []);
});
