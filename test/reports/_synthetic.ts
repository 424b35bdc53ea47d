/** A made-up experiment: procedural pictures and traces, deterministic, with everything a report must cope with. */
import sharp from 'sharp';
import type { Score } from '../../metrics/score.ts';
import type { ReportedTrial, ReportInput } from '../../reports/input.ts';
import type { TrialResult } from '../../src/experiment/result.ts';
import type { TraceRecord, TrialConfig } from '../../src/experiment/trial.ts';
import type { LossSpec } from '../../src/losses/registry.ts';
import { storeVersion } from '../../src/runs/store-version.ts';

export interface SyntheticOptions {
  readonly variants?: readonly string[];
  readonly optimizers?: readonly ('lbfgs' | 'adam' | 'gradient-descent')[];
  readonly contents?: readonly string[];
  readonly styles?: readonly string[];
  readonly seeds?: readonly number[];
  readonly size?: number;
  readonly evaluations?: number;
  /** Leave out the trials that fail, diverge or wait. */
  readonly allFine?: boolean;
}

type Shade = (x: number, y: number) => [number, number, number];

/** A picture of `size`² whose pixels are `shade`'s, in [0,1]. */
async function paint(size: number, shade: Shade): Promise<Uint8Array> {
  const data = Buffer.alloc(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const color = shade(x / size, y / size);
      for (let c = 0; c < 3; c++)
        data[3 * (y * size + x) + c] = Math.round(255 * Math.min(1, Math.max(0, color[c]!)));
    }
  }
  return sharp(data, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}

/** A hillside under a sky with a sun, varied by `k`. */
const contentShade =
  (k: number): Shade =>
  (x, y) => {
    const horizon = 0.55 + 0.1 * Math.sin(5 * x + k) + 0.03 * Math.sin(17 * x + 2 * k);
    const sun = Math.hypot(x - 0.3 - 0.2 * k, y - 0.25) < 0.09;
    if (sun) return [0.98, 0.93, 0.75];
    if (y < horizon) return [0.45 + 0.4 * y, 0.6 + 0.3 * y, 0.85];
    const near = (y - horizon) / (1 - horizon);
    const house = Math.abs(((x * 7 + k) % 1) - 0.5) < 0.2 && near > 0.1 && near < 0.35;
    return house ? [0.75, 0.4 + 0.1 * k, 0.3] : [0.25 + 0.2 * near, 0.4 - 0.1 * near, 0.2];
  };

const styleShade =
  (k: number): Shade =>
  (x, y) => {
    const turn =
      k === 0 ? Math.hypot(x - 0.5, y - 0.5) * 40 + 3 * Math.atan2(y - 0.5, x - 0.5) : (x + y) * 60;
    const wave = 0.5 + 0.5 * Math.sin(turn + 2 * Math.sin(9 * x) * Math.cos(8 * y));
    return k === 0
      ? [0.1 + 0.75 * wave, 0.25 + 0.55 * wave, 0.55 - 0.2 * wave]
      : [0.15 + 0.75 * wave, 0.14 + 0.7 * wave, 0.12 + 0.6 * wave];
  };

/** Content bent and coloured by the style, by `amount` in [0,1]. */
const blend =
  (c: number, s: number, amount: number, kind: number): Shade =>
  (x, y) => {
    const bend = 0.02 * amount * Math.sin(30 * y + 6 * kind);
    const from = contentShade(c)(x + bend, y - bend);
    const stroke = styleShade(s)(x + 0.1 * kind, y + 0.3 * from[1]);
    return from.map((v, i) => v * (1 - amount) + stroke[i]! * amount) as [number, number, number];
  };

function lossesOf(variant: number): LossSpec[] {
  const content: LossSpec = {
    type: 'content',
    name: 'content',
    weight: 1,
    convention: 'relative',
    layers: { scale3: 1 },
  } as LossSpec;
  const gram: LossSpec = {
    type: 'gram',
    name: 'gram',
    weight: 60,
    convention: 'relative',
    layers: { scale1: 1, scale2: 1 },
    cross: [],
  } as LossSpec;
  const histogram: LossSpec = {
    type: 'histogram',
    name: 'histogram',
    weight: 60,
    convention: 'relative',
    layers: { scale1: 1 },
    bins: 256,
    refreshEvery: 1,
  } as LossSpec;
  const mrf: LossSpec = {
    type: 'mrf',
    name: 'mrf',
    weight: 10,
    convention: 'li-wand',
    layers: { scale3: 1 },
    patch: 3,
    stride: 1,
    styleStride: 1,
    rotations: [0],
    scales: [1],
    refreshEvery: 1,
  } as unknown as LossSpec;
  return [
    [content, gram],
    [content, mrf],
    [content, gram, mrf],
    [content, histogram],
  ][variant % 4]! as LossSpec[];
}

/** 0 to 1, the same for the same arguments. */
function noise(...seeds: number[]): number {
  const x =
    Math.sin(seeds.reduce((sum, seed, i) => sum + (seed + 1) * (12.9898 + 78.233 * i), 0)) * 43758.5453;
  return x - Math.floor(x);
}

export function synthetic(options: SyntheticOptions = {}): ReportInput {
  const {
    variants = ['gram', 'patches', 'fused', 'histogram'],
    optimizers = ['lbfgs', 'adam'],
    contents = ['hillside', 'harbour'],
    styles = ['swirls', 'hatching'],
    seeds = [0],
    size = 256,
    evaluations = 150,
    allFine = false,
  } = options;
  const trials: ReportedTrial[] = [];
  const about = new Map<string, { c: number; s: number; v: number; o: number; seed: number }>();

  for (const [c, content] of contents.entries())
    for (const [s, style] of styles.entries())
      for (const [v, variant] of variants.entries())
        for (const [o, optimizer] of optimizers.entries())
          for (const seed of seeds) {
            const id = (0x1000 + trials.length * 7919).toString(16).padStart(16, 'a');
            about.set(id, { c, s, v, o, seed });
            const config = {
              experiment: 'synthetic',
              variant,
              content: `/pictures/${content}.png`,
              style: `/pictures/${style}.png`,
              losses: lossesOf(v),
              encoder: { name: 'wavelet' },
              engine: { name: 'auto' },
              optimizer:
                optimizer === 'lbfgs'
                  ? { name: 'lbfgs', history: 10 }
                  : { name: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
              sizes: [size],
              styleScale: 1,
              initialization: { from: 'content', noise: 0 },
              clamp: 'step',
              seed,
              budget: { evaluations },
              weighting: 'fixed',
              snapshots: [5, 20, 60],
              swept: { content, style, variant, optimizer, ...(seeds.length > 1 ? { seed } : {}) },
            } as TrialConfig;
            const label = `${content}×${style} ${variant} ${optimizer}${seeds.length > 1 ? ` seed=${seed}` : ''}`;
            const base = {
              id,
              label,
              names: { content, style },
              config,
              command: `neckar run experiments/synthetic.ts --filter 'label="${label}"'`,
            };
            const fate = allFine
              ? 'fine'
              : (['fine', 'diverges', 'fails', 'waits'] as const)[[5, 10, 13].indexOf(trials.length) + 1]!;
            if (fate === 'fails')
              trials.push({
                ...base,
                state: 'failed',
                reason: 'The worker was killed by signal SIGKILL after 41 evaluations (out of memory?).',
              });
            else if (fate === 'waits') trials.push({ ...base, state: 'waiting', reason: '' });
            else
              trials.push({
                ...base,
                ...finished(id, config, { c, s, v, o, seed }, fate === 'diverges', size, evaluations),
              });
          }

  const paintings = new Map<string, Promise<Uint8Array>>();
  const once = (key: string, make: () => Promise<Uint8Array>) => {
    if (!paintings.has(key)) paintings.set(key, make());
    return paintings.get(key)!;
  };
  return {
    name: 'synthetic',
    title: 'Four losses, two optimisers',
    question: 'Does the fused loss keep the content better than the patch loss at equal style distance?',
    command: 'neckar run experiments/synthetic.ts',
    madeAt: '2025-07-12T18:00:00.000Z',
    trials,
    trace: async (id) => traceOf(about.get(id)!, evaluations),
    picture: (id, path) => {
      const { c, s, v, o, seed } = about.get(id)!;
      const amount = path.includes('final') ? 1 : Number(/\d+/.exec(path)![0]) / 100;
      const strength = (0.25 + 0.13 * v + 0.04 * o) * amount;
      return once(`${id} ${path}`, () => paint(size, blend(c, s, strength, v + 0.2 * o + 0.05 * seed)));
    },
    source: (id, which) => {
      const { c, s } = about.get(id)!;
      return which === 'content'
        ? once(`content ${c}`, () => paint(2 * size, contentShade(c)))
        : once(`style ${s}`, () => paint(size, styleShade(s)));
    },
  };
}

function finished(
  id: string,
  config: TrialConfig,
  at: { c: number; s: number; v: number; o: number; seed: number },
  diverged: boolean,
  size: number,
  evaluations: number,
): { state: 'complete' | 'diverged'; reason: string; result: TrialResult } {
  const { c, s, v, o, seed } = at;
  const n = noise(c, s, v, o, seed);
  const score = (value: number, better: 'higher' | 'lower', label: string): Score => ({
    value,
    better,
    label,
  });
  const state = diverged ? 'diverged' : 'complete';
  const reason = diverged ? 'the term "gram" is not a number at evaluation 88' : 'budget';
  const perEvaluation = 0.08 + 0.05 * v + 0.004 * o + 0.004 * n;
  const trace = traceOf(at, evaluations).at(-1)!;
  const result: TrialResult = {
    storeVersion,
    id,
    attempt: 1,
    state,
    reason,
    config,
    identity: {
      engine: 'onnx',
      provider: 'cpu',
      device: 'AMD EPYC, 2 threads',
      versions: { 'onnxruntime-node': '1.30.0', '@tensorflow/tfjs-core': '4.22.0' },
      threads: 2,
      node: 'v20.20.2',
      neckar: '0.1.0',
      host: 'tuebingen',
    },
    inputs: { content: `c${c}`.repeat(32), style: `5${s}`.repeat(32), encoder: 'ab'.repeat(32) },
    artefacts: {},
    images: {
      final: 'images/final.png',
      snapshots: [5, 20, 60].map((evaluation) => ({ evaluation, path: `images/at-${evaluation}.png` })),
      width: size,
      height: size,
    },
    timing: {
      total: perEvaluation * evaluations + 3.2,
      prepare: 0.8,
      compile: 1.4,
      warmup: 0.4,
      evaluate: perEvaluation * evaluations,
      parts: partsOf(config),
      perEvaluation,
      optimizer: 0.5,
      refresh: 0,
      output: 0.2,
      shared: (c + s + v + o) % 5 === 4,
      peakMemory: 6.2e8,
    },
    cost: { evaluations: diverged ? 88 : evaluations, steps: evaluations - 10 },
    final: { total: trace.total, terms: trace.terms },
    scores: {
      'ssim;color=luma-float': score(0.75 - 0.1 * v - 0.05 * n - 0.02 * o, 'higher', 'SSIM to the content'),
      'gram-relative;encoder=squeezenet1_1': score(
        0.02 + 0.08 / (1 + v) + 0.02 * n,
        'lower',
        'Style distance (Gram, held-back layers)',
      ),
      'lab-wasserstein;color=lab-d65': score(4 + 9 / (1 + v) + 3 * n, 'lower', 'Colours unlike the style’s'),
      'lpips;net=vgg': {
        refused: 'LPIPS needs its weights: run `neckar weights pull lpips`.',
        label: 'LPIPS to the content',
      },
    },
    startedAt: '2025-07-12T17:00:00.000Z',
    finishedAt: '2025-07-12T17:01:00.000Z',
  };
  return { state, reason, result };
}

/** Losses share a quarter of an evaluation, the second twice as much as the first. */
function partsOf({ losses }: TrialConfig): TrialResult['timing']['parts'] {
  const weights = losses.map((_, i) => i + 1);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    encoder: 0.7,
    losses: Object.fromEntries(losses.map(({ name }, i) => [name, (0.25 * weights[i]!) / all])),
    rest: 0.05,
    evaluations: 2,
    how: 'a made-up watch',
  };
}

function traceOf(
  { c, s, v, o, seed }: { c: number; s: number; v: number; o: number; seed: number },
  evaluations: number,
): TraceRecord[] {
  const fall = (0.35 + 0.1 * o) * (1 + 0.2 * noise(c, s, v, seed));
  return Array.from({ length: evaluations }, (_, i) => {
    const evaluation = i + 1;
    const style = 4 * (1 + 0.3 * c) * (evaluation ** -(1.6 * fall) + 0.02 * v);
    const content = evaluation === 1 ? 0 : 0.3 * (1 - evaluation ** -fall) * (1 + 0.1 * v);
    const names = [['gram'], ['mrf'], ['gram', 'mrf'], ['histogram']][v % 4]!;
    const terms = Object.fromEntries([
      ['content', { value: content, weighted: content }],
      ...names.map((name, k) => [name, { value: style / (1 + k), weighted: (60 * style) / (1 + k) }]),
    ]);
    return {
      evaluation,
      step: Math.floor(0.9 * i),
      level: 0,
      seconds: evaluation * (0.08 + 0.05 * v + 0.004 * o),
      total: content + 60 * style * names.length,
      terms,
    };
  });
}
