import test from 'ava';
import { modelOf } from '../../../reports/model.ts';
import { classOf, secondsOf, type TradeOff, tradeOffOf } from '../../../reports/trade-off/numbers.ts';
import type { TrialResult } from '../../../src/experiment/result.ts';
import { heldOut, made, tradeOffInput } from '../_trade-off.ts';

const numbers = (...options: Parameters<typeof tradeOffInput>): TradeOff => {
  const input = tradeOffInput(...options);
  return tradeOffOf(input, modelOf(input))!;
};
const wayOf = ({ ways }: TradeOff, name: string) => ways.find((way) => way.name === name)!;
const outcome = ({ ways, payOffs }: TradeOff, fast: string, slow: string) =>
  payOffs.find((one) => ways[one.fast]!.name === fast && ways[one.slow]!.name === slow)?.outcome;

test('each way has the class of what made its pictures, and its costs', (t) => {
  const found = numbers();
  t.deepEqual(
    found.ways.map((way) => [way.name, way.class, way.pairs, way.styles]),
    [
      ['gram', 'optimisation', 8, 'any'],
      ['johnson', 'per-style', 8, 1],
      ['dumoulin', 'many-styles', 8, 2],
      ['microast', 'any-style', 8, 'any'],
      ['adain', 'any-style', 8, 'any'],
      ['theirs', 'program', 8, undefined],
    ],
  );
  for (const [name, { seconds, network }] of Object.entries(made)) {
    const way = wayOf(found, name);
    t.true(Math.abs(way.seconds!.estimate - seconds) < 1e-12, name);
    t.deepEqual(way.network?.parameters, network && [network.parameters, network.parameters]);
  }
  t.is(wayOf(found, 'gram').memory, 6e8);
  t.is(wayOf(found, 'theirs').memory, undefined);
});

test('a training counts once however many trials it serves; two styles are two of it', (t) => {
  const found = numbers();
  const training = (name: string) => wayOf(found, name).network?.training;
  t.like(training('johnson'), { kind: 'here', networks: 2, seconds: 200, steps: 300 });
  t.like(training('dumoulin'), { kind: 'here', networks: 1, seconds: 300 });
  t.deepEqual(training('adain'), { kind: 'elsewhere' });
  const unequal = numbers({
    change: (result) =>
      result.network?.training?.id !== 'johnson-swirls'
        ? result
        : {
            ...result,
            network: { ...result.network, training: { ...result.network.training, seconds: 300 } },
          },
  });
  t.like(wayOf(unequal, 'johnson').network!.training, { networks: 2, seconds: 250 });
});

test('pay-offs are T ÷ (t_slow − t_fast), and differences of trainings between networks', (t) => {
  const found = numbers();
  const pictures = (fast: string, slow: string) => {
    const one = outcome(found, fast, slow)!;
    return 'kind' in one && one.kind === 'after' ? one.pictures : one;
  };
  const close = (value: unknown, expected: number) =>
    t.true(typeof value === 'number' && Math.abs(value / expected - 1) < 1e-9, `${value}, not ${expected}`);
  close(pictures('johnson', 'gram'), 200 / 19.9);
  close(pictures('dumoulin', 'theirs'), 300 / 2.88);
  close(pictures('microast', 'johnson'), 200 / 0.05);
  // What was trained elsewhere costs its user no training.
  close(pictures('johnson', 'adain'), 200 / 0.3);
  t.deepEqual(outcome(found, 'johnson', 'dumoulin'), { kind: 'at-once' });
  t.deepEqual(outcome(found, 'dumoulin', 'johnson'), { kind: 'never' });
  // Only what was trained here has anything to pay off.
  t.is(outcome(found, 'adain', 'gram'), undefined);
  t.is(outcome(found, 'gram', 'johnson'), undefined);
});

test('the interval of a pay-off is that of the seconds gained over pairs', (t) => {
  const lengths = [1, 1.2, 0.9, 1.1, 1, 1.05, 0.95, 1.3];
  const found = numbers({ lengths });
  const one = outcome(found, 'johnson', 'gram')!;
  if (!('kind' in one) || one.kind !== 'after') return t.fail();
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  t.true(Math.abs(one.pictures - 200 / (19.9 * mean)) < 1e-9);
  t.true(one.low < one.pictures && one.pictures < one.high && one.high < 2 * one.pictures);
  // A scale of seconds that is twice as long halves it, both ends alike.
  const twice = outcome(numbers({ lengths: lengths.map((length) => 2 * length) }), 'johnson', 'gram')!;
  if (!('kind' in twice) || twice.kind !== 'after') return t.fail();
  t.true(Math.abs(twice.low - one.low / 2) < 1e-9 && Math.abs(twice.high - one.high / 2) < 1e-9);
  return undefined;
});

const elsewhere = (result: TrialResult): TrialResult => ({
  ...result,
  identity: { ...result.identity, host: 'reutlingen' },
});

test('seconds of work beside other work, or of other machines, do not compare', (t) => {
  const refused = (found: TradeOff, fast: string, slow: string) => {
    const one = outcome(found, fast, slow)!;
    return 'refused' in one ? one.refused : '';
  };
  const beside = numbers({
    change: (result, variant) =>
      variant === 'gram' ? { ...result, timing: { ...result.timing, shared: true } } : result,
  });
  t.is(wayOf(beside, 'gram').shared, 8);
  t.regex(refused(beside, 'johnson', 'gram'), /timed while other work ran beside/);
  t.is(refused(beside, 'johnson', 'theirs'), '');

  const other = numbers({ change: (result, variant) => (variant === 'gram' ? elsewhere(result) : result) });
  t.regex(refused(other, 'johnson', 'gram'), /different machines/);

  const trained = numbers({
    change: (result) =>
      result.network?.training === undefined
        ? result
        : {
            ...result,
            network: { ...result.network, training: { ...result.network.training, host: 'cluster' } },
          },
  });
  t.regex(refused(trained, 'johnson', 'gram'), /johnson was trained on another machine/);

  const hurried = numbers({
    change: (result, variant) =>
      variant !== 'dumoulin'
        ? result
        : {
            ...result,
            network: { ...result.network!, training: { ...result.network!.training!, shared: true } },
          },
  });
  t.regex(refused(hurried, 'dumoulin', 'gram'), /dumoulin was trained while/);
  // Nor may another network be weighed against it.
  t.regex(refused(hurried, 'microast', 'dumoulin'), /dumoulin was trained while/);
  t.is(refused(hurried, 'microast', 'gram'), '');
});

test('quality is on the held-out encoder and of the content, over the pairs that all have', (t) => {
  const whole = tradeOffInput();
  const input = {
    ...whole,
    trials: whole.trials.filter(
      ({ config, names }) => !(config.variant === 'theirs' && names.content === 'mill'),
    ),
  };
  const found = tradeOffOf(input, modelOf(input))!;
  t.is(found.leftOut, 2);
  t.true(found.ways.every(({ pairs }) => pairs === 6));
  t.deepEqual(
    found.metrics.map(({ id }) => id),
    [heldOut, 'ssim;color=luma-float'],
  );
  const values = input.trials.flatMap(({ config, names, result }) => {
    const score = result!.scores[heldOut]!;
    return config.variant === 'gram' && names.content !== 'mill' && 'value' in score ? [score.value] : [];
  });
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  t.is(values.length, 6);
  t.true(Math.abs(wayOf(found, 'gram').quality.get(heldOut)!.estimate - mean) < 1e-12);
});

test('there is nothing to weigh up within one class of which none is a network', (t) => {
  const of = (variants: readonly string[]) => {
    const input = tradeOffInput({ variants });
    return tradeOffOf(input, modelOf(input));
  };
  t.is(of(['gram']), undefined);
  t.is(of(['johnson']), undefined);
  t.not(of(['gram', 'theirs']), undefined);
  t.not(of(['microast', 'adain']), undefined);
  const twice = tradeOffInput({ variants: ['gram'] });
  const both = {
    ...twice,
    trials: twice.trials.flatMap((trial) => [
      trial,
      { ...trial, id: `${trial.id}-b`, config: { ...trial.config, variant: 'again' } },
    ]),
  };
  t.is(tradeOffOf(both, modelOf(both)), undefined);
});

test('what is swept within a variant makes ways of its own; seeds are repetitions', (t) => {
  const one = tradeOffInput({ variants: ['gram', 'johnson'] });
  const swept = (key: string, values: readonly number[]) => ({
    ...one,
    trials: one.trials.flatMap((trial) =>
      trial.config.variant !== 'johnson'
        ? [trial]
        : values.map((value) => ({
            ...trial,
            id: `${trial.id}-${value}`,
            config: { ...trial.config, swept: { ...trial.config.swept, [key]: value } },
          })),
    ),
  });
  const names = (input: typeof one) => tradeOffOf(input, modelOf(input))!.ways.map(({ name }) => name);
  t.deepEqual(names(swept('training.steps', [100, 200])), [
    'gram',
    'johnson · steps 100',
    'johnson · steps 200',
  ]);
  t.deepEqual(names(swept('seed', [1, 2])), ['gram', 'johnson']);
});

test('a picture made elsewhere has no seconds; an optimised one counts no measuring', (t) => {
  const { trials } = tradeOffInput({ variants: ['gram'] });
  const trial = trials[0]!;
  const result = trial.result!;
  const timing = {
    ...result.timing,
    total: 100,
    prepare: 1,
    compile: 2,
    warmup: 4,
    evaluate: 8,
    optimizer: 16,
    refresh: 32,
    output: 7,
  };
  t.is(secondsOf({ ...result, timing }), 63);
  t.is(secondsOf({ ...result, timing: { ...timing, known: 'total' } }), 100);
  t.is(secondsOf({ ...result, timing: { ...timing, known: 'nothing' } }), undefined);
  const method = { kind: 'images', pattern: '{content}.png', file: '/a.png' } as const;
  t.is(classOf({ ...trial, config: { ...trial.config, method } }), 'pictures');
});
