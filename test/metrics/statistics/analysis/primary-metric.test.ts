import test from 'ava';
import { ssimDownsampled, ssimNative } from '../../../../metrics/ssim.ts';
import { analyze } from '../../../../metrics/statistics/analysis/analyze.ts';
import { comparedOf } from '../../../../reports/words/sentences.ts';
import { metric, trialsOf } from './_trials.ts';

const judged = 'held-out-gram;encoder=vgg16-random-0@ffffffffffff;layers=relu1_2';
const moments = 'moments-relative;encoder=wavelet@0123456789ab;layers=held1';

const level = ({ content, variant }: { content: string; variant: string }) =>
  Number(content.slice(1)) + (variant === 'a' ? 1 : 2);

function primaryOf(
  scores: (value: number) => Readonly<Record<string, number | string>>,
  wanted: string,
): { id: string | undefined; notes: string } {
  const trials = trialsOf({ pairs: 6, score: (at) => scores(level(at)) });
  const { comparisons, notes } = analyze(trials, { primary: { metric: wanted } });
  const found = comparisons[0]!.findings.find(({ role }) => role === 'primary');
  return { id: found?.id, notes: notes.join(' ') };
}

test('what is measured on held-back layers is never primary where a held-out encoder judged', (t) => {
  const both = primaryOf((value) => ({ [metric]: value, [judged]: value }), 'gram-relative');
  t.is(both.id, judged);
  t.regex(both.notes, /held-back layers of the very encoder .* primary is held-out-gram/);
  const other = primaryOf((value) => ({ [moments]: value, [judged]: value }), 'moments-relative');
  t.is(other.id, undefined, 'another distance is no answer to the question');
  t.regex(other.notes, /cannot be primary .* Name held-out-gram instead/);
  const alone = primaryOf((value) => ({ [metric]: value }), 'gram-relative');
  t.is(alone.id, metric);
  const silent = primaryOf((value) => ({ [metric]: value, [judged]: 'No weights.' }), 'gram-relative');
  t.is(silent.id, metric, 'a judge that refused all pictures judged none');
  const named = primaryOf((value) => ({ [metric]: value, [judged]: value }), 'held-out-gram');
  t.is(named.id, judged);
  t.notRegex(named.notes, /held-back/);
});

test('SSIM that is one number in all trials is one quantity, under either name', (t) => {
  const same = (value: number) => ({ [ssimNative.id]: value / 10, [ssimDownsampled.id]: value / 10 });
  t.is(primaryOf(same, 'ssim').id, ssimNative.id);
  t.is(primaryOf(same, 'ssim;scale=mean-to-256').id, ssimNative.id);
  const ids = (scores: Parameters<typeof primaryOf>[0]) =>
    analyze(trialsOf({ pairs: 6, score: (at) => scores(level(at)) })).comparisons[0]!.findings.map(
      ({ id }) => id,
    );
  t.false(ids(same).includes(ssimDownsampled.id));
  // One large picture among small ones: both are shown, and none has a gap.
  const mixed = (value: number) => ({ ...same(value), ...(value === 3 && { [ssimDownsampled.id]: 0.31 }) });
  t.true(ids(mixed).includes(ssimDownsampled.id));
  t.is(primaryOf(mixed, 'ssim;scale=mean-to-256').id, ssimDownsampled.id);
});

test('what has no time of an evaluation refuses to be compared in it, instead of being the fastest', (t) => {
  const trials = trialsOf({
    pairs: 6,
    score: () => 1,
    change: (trial) => ({
      ...trial,
      result: { ...trial.result!, timing: { ...trial.result!.timing, perEvaluation: 0 } },
    }),
  });
  const { outcome } = analyze(trials).comparisons[0]!.findings.find(
    ({ id }) => id === 'cost;per-evaluation',
  )!;
  t.regex('refused' in outcome ? outcome.refused : '', /^All its evaluations were the first of a size/);
});

test('intervals of scores and costs keep within what each can be, from two pairs on', (t) => {
  for (const pairs of [2, 3, 5, 7]) {
    const ssim = [0.99, 0.2, 0.98, 0.97, 0.99, 0.5, 0.96];
    const trials = trialsOf({
      pairs,
      variants: ['a', 'b', 'c'],
      score: ({ content, variant }) => {
        const i = Number(content.slice(1));
        return {
          [metric]: 0.01 + (i === 1 ? 9 : 0) + (variant === 'b' ? 0.1 : 0),
          [ssimNative.id]: ssim[i]! - (variant === 'c' ? 0.01 : 0),
          'edge-f;sigma=1.4': i === 0 ? 1 : 0.1,
        };
      },
      change: (trial, { content }) => ({
        ...trial,
        result: {
          ...trial.result!,
          timing: { ...trial.result!.timing, peakMemory: content === 'c0' ? 9e8 : 1e7 },
        },
      }),
    });
    const { comparisons, correlations } = analyze(trials);
    const ranges: Record<string, readonly [number, number]> = {
      [metric]: [0, Number.POSITIVE_INFINITY],
      [ssimNative.id]: [-1, 1],
      'edge-f;sigma=1.4': [0, 1],
      'cost;memory': [0, Number.POSITIVE_INFINITY],
    };
    for (const [id, [least, most]] of Object.entries(ranges)) {
      const compared = comparedOf(comparisons[0]!.findings.find((one) => one.id === id)!)!;
      for (const { low, estimate, high } of compared.treatments) {
        t.true(least <= low && low <= estimate && estimate <= high && high <= most, `${id}: ${low}, ${high}`);
        t.true(low < high);
      }
      for (const { low, high } of compared.differences) {
        t.true(low >= least - most && high <= most - least, `${id}: differences ${low}, ${high}`);
      }
    }
    if ('refused' in correlations) throw new Error(correlations.refused);
    for (const { rho } of correlations.correlations) t.true(rho.low >= -1 && rho.high <= 1);
  }
});
