import test from 'ava';
import { type Analysis, analyze, type Finding } from '../../../../metrics/statistics/analysis/analyze.ts';
import { designOf, withSettings } from '../../../../metrics/statistics/analysis/design.ts';
import { resolveMetric } from '../../../../metrics/statistics/analysis/question.ts';
import { createRandom } from '../../../../src/random.ts';
import { type At, metric, type Plan, trialsOf } from './_trials.ts';

const primary = { metric: 'gram-relative', factor: 'variant' };

function findingOf(analysis: Analysis, id = metric, comparison = 0): Finding {
  return analysis.comparisons[comparison]!.findings.find((one) => one.id === id)!;
}

function numbers(finding: Finding) {
  if ('refused' in finding.outcome) throw new Error(finding.outcome.refused);
  return finding.outcome;
}

/** Pairs differ a lot, variants by what is given, optimisers by ½, seeds by noise. */
function world(effect: Readonly<Record<string, number>>, noise = 0.1): Plan['score'] {
  const random = createRandom(1);
  const levels = new Map<string, number>();
  return ({ content, variant, optimizer }: At) => {
    if (!levels.has(content)) levels.set(content, 50 + 5 * random.normal());
    return (
      levels.get(content)! + effect[variant]! + (optimizer === 'adam' ? 0.5 : 0) + noise * random.normal()
    );
  };
}

test('a simulated study: known differences are found, blocked by pair and optimiser', (t) => {
  const effect = { a: 0, b: -1, c: -1, d: 0.4 };
  const trials = trialsOf({
    pairs: 10,
    variants: ['a', 'b', 'c', 'd'],
    optimizers: ['lbfgs', 'adam'],
    seeds: 3,
    score: world(effect),
  });
  const analysis = analyze(trials, { question: 'Which?', primary });
  const [variants, optimizers] = analysis.comparisons;
  t.deepEqual([variants!.factor, variants!.role], ['variant', 'primary']);
  t.deepEqual([optimizers!.factor, optimizers!.role], ['optimizer', 'exploratory']);
  t.deepEqual(variants!.contexts, ['lbfgs', 'adam']);
  const finding = findingOf(analysis);
  t.is(finding.role, 'primary');
  t.is(variants!.findings[0], finding, 'the primary one comes first');
  const { differences, overall, treatments, seeds } = numbers(finding);
  const names = ['a', 'b', 'c', 'd'] as const;
  for (const { a, b, estimate, low, high, favours, adjusted } of differences) {
    const truth = effect[names[a]!] - effect[names[b]!];
    t.true(Math.abs(estimate - truth) < 0.1, `${a}−${b}: ${estimate}`);
    t.true(low < estimate && estimate < high);
    if (truth === 0) t.is(favours, undefined);
    else {
      t.is(favours, truth < 0 ? 'a' : 'b', 'lower is better');
      t.true(adjusted <= 0.05);
    }
  }
  t.is(treatments.length, 4);
  t.true(overall!.p < 1e-4);
  t.is(
    overall!.groups!.some((group) => group.includes(1) && group.includes(2)),
    true,
  );
  t.true(Math.abs(seeds!.deviation - 0.1) < 0.02);
  const byOptimizer = numbers(findingOf(analysis, metric, 1)).differences[0]!;
  t.true(Math.abs(byOptimizer.estimate - 0.5) < 0.05);
  t.is(byOptimizer.role, 'exploratory');
  t.deepEqual(optimizers!.contexts, ['a', 'b', 'c', 'd']);
});

test('without a declared metric nothing is primary', (t) => {
  const analysis = analyze(trialsOf({ pairs: 6, score: world({ a: 0, b: 1 }) }), { question: 'What now?' });
  t.true(
    analysis.comparisons.every(
      ({ role, findings }) => role === 'exploratory' && findings.every((one) => one.role === 'exploratory'),
    ),
  );
  t.regex(analysis.notes.join(' '), /No primary metric is declared/);
  t.is(findingOf(analysis).role, 'exploratory');
  const misspelt = analyze(trialsOf({ pairs: 6, score: world({ a: 0, b: 1 }) }), {
    primary: { metric: 'gram-relativ' },
  });
  t.regex(misspelt.notes.join(' '), /"gram-relativ" was not measured\. Did you mean "gram-relative"\?/);
});

test('one pair is refused, few pairs are warned of', (t) => {
  const one = analyze(trialsOf({ pairs: 1, score: world({ a: 0, b: 1 }) }), { primary });
  t.regex(one.comparisons[0]!.refused!, /one content\/style pair \(c0 × s0\).*6 at least/);
  t.deepEqual(one.comparisons[0]!.findings, []);
  const two = analyze(trialsOf({ pairs: 2, variants: ['a', 'b', 'c'], score: world({ a: 0, b: 1, c: 9 }) }), {
    primary,
  });
  t.regex(two.notes.join(' '), /With 2 pairs no test .* over 3 comparisons.*at least 7 pairs/);
  t.regex(two.notes.join(' '), /Student’s/);
  t.true(
    numbers(findingOf(two)).differences.every(
      ({ favours, method }) => favours === undefined && method === 't',
    ),
  );
});

test('gaps are refused by name, or left out when that is asked for', (t) => {
  const trials = trialsOf({
    pairs: 7,
    optimizers: ['lbfgs', 'adam'],
    score: world({ a: 0, b: 1 }),
    change: (trial, { content, variant, optimizer }) =>
      content === 'c3' && variant === 'b' && optimizer === 'adam' ? { ...trial, state: 'diverged' } : trial,
  });
  const refused = analyze(trials, { primary }).comparisons[0]!;
  t.regex(refused.refused!, /has a gap.*c3 × s3, adam: b \(diverged\)/);
  t.deepEqual(refused.findings, []);
  const common = analyze(trials, { primary, gaps: 'common' });
  t.deepEqual(common.comparisons[0]!.leftOut, ['c3 × s3']);
  t.is(common.comparisons[0]!.pairs.length, 6);
  t.is(numbers(findingOf(common)).treatments[0]!.values.length, 6);
});

test('one of several seeds may be missing', (t) => {
  const trials = trialsOf({
    pairs: 6,
    seeds: 3,
    score: world({ a: 0, b: 1 }),
    change: (trial, { content, variant, seed }) => {
      if (content !== 'c0' || variant !== 'a' || seed !== 1) return trial;
      const { result: _, ...rest } = trial;
      return { ...rest, state: 'failed' };
    },
  });
  const { seeds } = numbers(findingOf(analyze(trials, { primary })));
  t.deepEqual([seeds!.least, seeds!.most], [2, 3]);
});

test('a variant that refused a metric, or optimised it, is excluded from its ranking and named', (t) => {
  const trials = trialsOf({
    pairs: 6,
    variants: ['a', 'b', 'c', 'd'],
    score: (at) => ({
      [metric]:
        at.variant === 'c' ? 'It was optimised on held1.' : (world({ a: 0, b: 1, d: 2 })(at) as number),
      'ssim;scale=native': 0.5,
    }),
    change: (trial, { variant }) =>
      variant !== 'd'
        ? trial
        : {
            ...trial,
            config: { ...trial.config, losses: [{ type: 'gram', layers: { held1: 1 } }] as never },
            result: { ...trial.result!, inputs: { encoder: '0123456789ab'.padEnd(64, '0') } },
          },
  });
  const finding = findingOf(analyze(trials, { primary }));
  t.deepEqual(
    finding.excluded.map(({ treatment }) => treatment),
    ['c', 'd'],
  );
  t.is(finding.excluded[0]!.because, 'It was optimised on held1.');
  t.regex(finding.excluded[1]!.because, /"d" was optimised on held1 .* circular/);
  t.deepEqual(
    numbers(finding).treatments.map(({ name }) => name),
    ['a', 'b'],
  );
  const all = findingOf(analyze(trials, { primary }), 'ssim;scale=native');
  t.is(all.excluded.length, 0);
});

test('a refusal on one pair names the pair', (t) => {
  const trials = trialsOf({
    pairs: 6,
    variants: ['a', 'b', 'c'],
    score: ({ content, variant }) => ({
      [metric]: content === 'c2' && variant === 'b' ? 'The shape differs.' : 1,
    }),
  });
  const { excluded } = findingOf(analyze(trials, { primary }));
  t.deepEqual(excluded, [{ treatment: 'b', because: 'c2 × s2: b: The shape differs.' }]);
});

test('seconds are compared on one machine and undisturbed only', (t) => {
  const timed = (change: Plan['change']) =>
    findingOf(analyze(trialsOf({ pairs: 6, score: () => 1, change }), { primary }), 'cost;per-evaluation')
      .outcome;
  const alone = timed(undefined);
  t.true('treatments' in alone);
  const shared = timed((trial, { content }) =>
    content === 'c0'
      ? { ...trial, result: { ...trial.result!, timing: { ...trial.result!.timing, shared: true } } }
      : trial,
  );
  t.regex('refused' in shared ? shared.refused : '', /^2 of 12 trials were timed while other trials ran/);
  const mixed = timed((trial, { variant }) =>
    variant === 'b'
      ? {
          ...trial,
          result: { ...trial.result!, identity: { ...trial.result!.identity, provider: 'webgpu' } },
        }
      : trial,
  );
  t.regex('refused' in mixed ? mixed.refused : '', /ran on 2 machines or engines \(onnx \(cpu\) .*webgpu/);
});

test('a value swept within one variant makes treatments, one swept across makes contexts', (t) => {
  const trials = trialsOf({
    pairs: 6,
    variants: ['gram', 'mrf'],
    optimizers: ['lbfgs', 'adam'],
    swept: (variant): Record<string, readonly unknown[]> => ({
      size: [128, 256],
      ...(variant === 'gram' ? { 'losses.gram.weight': [10, 30] } : {}),
    }),
    score: () => 1,
  });
  const whole = designOf(trials, 'variant')!;
  t.deepEqual(whole.treatments, ['gram', 'mrf']);
  t.deepEqual(whole.averaged, ['losses.gram.weight']);
  const design = designOf(trials, withSettings('variant'))!;
  t.deepEqual(design.treatments, ['gram gram.weight=10', 'gram gram.weight=30', 'mrf']);
  t.deepEqual(design.averaged, []);
  t.deepEqual(design.contexts, ['lbfgs size=128', 'lbfgs size=256', 'adam size=128', 'adam size=256']);
  t.deepEqual(design.nested, ['losses.gram.weight']);
  const weights = designOf(trials, 'losses.gram.weight')!;
  t.deepEqual(
    weights.treatments,
    ['gram.weight=10', 'gram.weight=30'].map((text) => text.split('=')[1]!),
  );
  t.is(weights.placed.length, 6 * 2 * 2 * 2);
  const { comparisons } = analyze(trials, { primary });
  t.deepEqual(
    comparisons.map(({ factor }) => factor),
    ['variant', 'variant with settings', 'optimizer', 'size'],
  );
});

test('a variant with a swept weight is averaged over it, seed by seed', (t) => {
  const plan: Plan = {
    pairs: 6,
    variants: ['gram', 'mrf'],
    seeds: 2,
    swept: (variant): Record<string, readonly unknown[]> =>
      variant === 'gram' ? { 'losses.gram.weight': [10, 30, 100] } : {},
    score: ({ content, variant, seed, swept }) =>
      Number(content.slice(1)) + seed + (variant === 'gram' ? Number(swept['losses.gram.weight']) : 7),
  };
  const analysis = analyze(trialsOf(plan), { primary: { ...primary, reference: 'mrf' } });
  const { treatments, differences, seeds } = numbers(findingOf(analysis));
  // Pairs 0…5 and seeds 0, 1 have the means 2.5 and 0.5; the weights (10 + 30 + 100)/3.
  t.deepEqual(
    treatments.map(({ name, estimate }) => [name, Number(estimate.toFixed(6))]),
    [
      ['gram', Number((2.5 + 0.5 + 140 / 3).toFixed(6))],
      ['mrf', 2.5 + 0.5 + 7],
    ],
  );
  t.is(differences.length, 1);
  // Weights are no seeds: within a cell the seeds 0 and 1 differ by 1, whatever the weights.
  t.true(Math.abs(seeds!.deviation - Math.SQRT1_2) < 1e-9);
  const apart = analysis.comparisons[1]!;
  t.is(apart.factor, 'variant with settings');
  t.is(apart.role, 'exploratory');
  t.is(apart.treatments.length, 4);
});

test('a reference with its settings is compared with every other setting apart', (t) => {
  const trials = trialsOf({
    pairs: 6,
    variants: ['gram', 'mrf'],
    swept: (variant): Record<string, readonly unknown[]> =>
      variant === 'gram' ? { 'losses.gram.weight': [10, 30] } : {},
    score: ({ variant }) => (variant === 'gram' ? 1 : 2),
  });
  const analysis = analyze(trials, { primary: { ...primary, reference: 'gram gram.weight=10' } });
  t.is(analysis.comparisons[0]!.factor, 'variant with settings');
  t.is(analysis.comparisons[0]!.role, 'primary');
  t.is(analysis.comparisons[0]!.refused, undefined);
});

test('a setting that failed leaves a gap in the average', (t) => {
  const trials = trialsOf({
    pairs: 6,
    variants: ['gram', 'mrf'],
    swept: (variant): Record<string, readonly unknown[]> =>
      variant === 'gram' ? { 'losses.gram.weight': [10, 30] } : {},
    score: () => 1,
    change: (trial, { content, swept }) =>
      content === 'c3' && swept['losses.gram.weight'] === 30 ? { ...trial, state: 'diverged' } : trial,
  });
  t.regex(analyze(trials, { primary }).comparisons[0]!.refused ?? '', /a gap.*c3 × s3: gram \(diverged\)/);
  const common = analyze(trials, { primary, gaps: 'common' }).comparisons[0]!;
  t.is(common.refused, undefined);
  t.deepEqual(common.leftOut, ['c3 × s3']);
});

test('settings that always move together are one factor', (t) => {
  const trials = trialsOf({
    pairs: 6,
    variants: ['a'],
    swept: () => ({ case: ['small', 'large'] }),
    score: () => 1,
  }).map((trial) => {
    const { swept } = trial.config;
    const size = swept.case === 'small' ? 128 : 512;
    return { ...trial, config: { ...trial.config, swept: { ...swept, size } } };
  });
  const { comparisons } = analyze(trials);
  t.deepEqual(
    comparisons.map(({ factor, treatments }) => [factor, treatments]),
    [['case', ['small', 'large']]],
  );
});

test('the question names its metric by as much as is needed', (t) => {
  const ids = ['ssim;color=luma;scale=native', 'ssim;color=luma;scale=mean', 'psnr;color=rgb'];
  t.deepEqual(resolveMetric('psnr', ids), { id: ids[2]! });
  t.deepEqual(resolveMetric('ssim;scale=native', ids), { id: ids[0]! });
  t.deepEqual(resolveMetric(ids[1]!, ids), { id: ids[1]! });
  const ambiguous = resolveMetric('ssim', ids);
  t.regex('problem' in ambiguous ? ambiguous.problem : '', /ssim;scale=native or ssim;scale=mean/);
});

test('a reference that is not there is said to be missing', (t) => {
  const trials = trialsOf({ pairs: 6, score: world({ a: 0, b: 1 }) });
  const [comparison] = analyze(trials, { primary: { ...primary, reference: 'gatys' } }).comparisons;
  t.regex(comparison!.refused!, /"gatys" as the reference, but "variant" has only a, b/);
});

test('metrics agree within pairs, whatever their directions and whatever the pairs', (t) => {
  const random = createRandom(4);
  // Both follow one quality within a pair, but pairs shift them against each other.
  const trials = trialsOf({
    pairs: 6,
    variants: ['a', 'b', 'c', 'd'],
    score: ({ content, variant }) => {
      const quality = 'abcd'.indexOf(variant);
      const pair = Number(content.slice(1));
      return {
        [metric]: 1000 - 100 * pair - quality,
        'ssim;scale=native': 0.1 * pair + 0.01 * quality,
        'psnr;x=1': random.uniform(),
      };
    },
  });
  const { correlations } = analyze(trials, { primary });
  if ('refused' in correlations) throw new Error(correlations.refused);
  const index = (id: string) => correlations.metrics.findIndex((one) => one.id === id);
  const of = (a: string, b: string) =>
    correlations.correlations.find(
      (one) => [index(a), index(b)].includes(one.a) && [index(a), index(b)].includes(one.b),
    )!;
  t.is(of(metric, 'ssim;scale=native').rho.estimate, 1);
  t.is(of(metric, 'ssim;scale=native').pairs, 6);
  t.true(Math.abs(of(metric, 'psnr;x=1').rho.estimate) < 0.7);
  const few = analyze(trialsOf({ pairs: 6, score: () => 1 }), { primary }).correlations;
  t.regex('refused' in few ? few.refused : '', /three finished pictures/);
});

test('an experiment in which nothing differs, or nothing finished, says so', (t) => {
  const same = analyze(trialsOf({ pairs: 3, variants: ['a'], score: () => 1 }));
  t.regex(same.comparisons[0]!.refused!, /no two trials differ in "variant"/);
  const none = analyze(
    trialsOf({ pairs: 3, score: () => 1 }).map(({ result: _, ...trial }) => ({ ...trial, state: 'failed' })),
  );
  t.regex(none.comparisons[0]!.refused!, /6 gaps/);
  t.is(none.trials.failed, 6);
  t.notThrows(() => analyze([]));
});
