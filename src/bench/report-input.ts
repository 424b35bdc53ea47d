/** A made-up experiment of any number of trials, whose report costs what a real one's does. */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { Score } from '../../metrics/score.ts';
import type { ReportedTrial, ReportInput } from '../../reports/input.ts';
import type { TrialResult } from '../experiment/result.ts';
import type { TraceRecord, TrialConfig } from '../experiment/trial.ts';
import { createRandom } from '../random.ts';
import { storeVersion } from '../runs/store-version.ts';

const contents = ['town', 'portrait', 'still life', 'harbour', 'hillside'];
const variants = ['gram', 'histogram', 'mrf', 'fused'];
const optimizers = ['lbfgs', 'adam'] as const;
const evaluations = 150;
const snapshots = [20, 60, 100];
const size = 256;
/** Different pictures that are painted; all trials' files differ, as their last bytes do. */
const paintings = 24;

/**
 * `count` trials at 256², each with three pictures kept on the way: 5 pairs × 4 variants × 2 optimisers × as many
 * seeds as are needed.
 */
export async function madeUpReport(count: number): Promise<ReportInput> {
  const pictures = await Promise.all(Array.from({ length: paintings }, (_, seed) => paint(seed)));
  const trials = Array.from({ length: count }, (_, i) => madeUpTrial(i));
  const numberOf = new Map(trials.map(({ id }, i) => [id, i]));
  const bytesOf = (salt: number, name: string) =>
    Buffer.concat([pictures[salt % paintings]!, Buffer.from(name)]);
  return {
    name: 'made-up',
    question: 'Which loss takes on most of the style?',
    primary: { factor: 'variant', metric: 'gram-relative' },
    command: 'neckar run made-up',
    madeAt: '2025-01-01T00:00:00.000Z',
    trials,
    trace: async (id) => traceOf(numberOf.get(id)!),
    picture: async (id, path) => bytesOf(numberOf.get(id)! * 5 + path.length, `${id} ${path}`),
    source: async (id, which) =>
      bytesOf((numberOf.get(id)! % contents.length) + (which === 'style' ? 7 : 0), which),
  };
}

function madeUpTrial(i: number): ReportedTrial {
  const content = contents[i % contents.length]!;
  const v = Math.floor(i / contents.length) % variants.length;
  const variant = variants[v]!;
  const optimizer = optimizers[Math.floor(i / (contents.length * variants.length)) % optimizers.length]!;
  const seed = Math.floor(i / (contents.length * variants.length * optimizers.length));
  const id = `${i.toString(16).padStart(8, '0')}${'ab'.repeat(4)}`;
  const label = `${content}×swirl ${variant} ${optimizer} seed=${seed}`;
  const style = v < 2 ? [variant] : variant === 'mrf' ? ['mrf'] : ['gram', 'mrf'];
  const config = {
    experiment: 'made-up',
    variant,
    content: `/pictures/${content}.png`,
    style: '/pictures/swirl.png',
    losses: ['content', ...style].map((type) => ({
      type,
      name: type,
      weight: 1,
      convention: 'relative',
      layers: { scale2: 1, scale3: 1 },
    })),
    encoder: { name: 'wavelet' },
    engine: { name: 'auto' },
    optimizer: optimizer === 'lbfgs' ? { name: 'lbfgs', history: 10 } : { name: 'adam', learningRate: 0.02 },
    sizes: [size],
    styleScale: 1,
    initialization: { from: 'content', noise: 0.1 },
    clamp: 'step',
    seed,
    budget: { evaluations },
    weighting: 'fixed',
    snapshots,
    swept: { content, style: 'swirl', variant, optimizer, seed },
  } as unknown as TrialConfig;
  return {
    id,
    label,
    names: { content, style: 'swirl' },
    config,
    state: 'complete',
    reason: 'budget',
    command: `neckar run made-up --only ${id}`,
    result: madeUpResult(i, id, config, v),
  };
}

function madeUpResult(i: number, id: string, config: TrialConfig, v: number): TrialResult {
  const random = createRandom(i + 1);
  const last = traceOf(i).at(-1)!;
  const score = (value: number, better: 'higher' | 'lower', label: string): Score => ({
    value: value * (0.9 + 0.2 * random.uniform()),
    better,
    label,
  });
  const perEvaluation = 0.08 + 0.03 * v + 0.01 * random.uniform();
  return {
    storeVersion,
    id,
    attempt: 1,
    state: 'complete',
    reason: 'budget',
    config,
    identity: {
      engine: 'onnx',
      provider: 'cpu',
      device: 'made up, 2 threads',
      versions: {},
      threads: 2,
      node: process.version,
      neckar: '0',
      host: 'nowhere',
    },
    inputs: { content: 'c0', style: 'd0', encoder: 'e0' },
    artefacts: Object.fromEntries(
      ['images/final.png', ...snapshots.map(snapshotFile)].map((path) => [path, sha256(`${id} ${path}`)]),
    ),
    images: {
      final: 'images/final.png',
      snapshots: snapshots.map((evaluation) => ({ evaluation, path: snapshotFile(evaluation) })),
      width: size,
      height: size,
    },
    timing: {
      total: perEvaluation * evaluations + 3,
      prepare: 1,
      compile: 1.4,
      warmup: 0.4,
      evaluate: perEvaluation * evaluations,
      perEvaluation,
      optimizer: 0.5,
      refresh: 0,
      output: 0.2,
      shared: false,
      peakMemory: 6e8,
    },
    cost: { evaluations, steps: evaluations - 10 },
    final: { total: last.total, terms: last.terms },
    scores: {
      'ssim;made-up': score(0.7 - 0.05 * v, 'higher', 'SSIM to the content'),
      'gmsd;made-up': score(0.1 + 0.01 * v, 'lower', 'GMSD to the content'),
      'edge-f;made-up': score(0.6 - 0.04 * v, 'higher', 'Edges kept'),
      'gram-relative;made-up': score(0.2 / (1 + v), 'lower', 'Style distance (Gram, held-back layers)'),
      'sliced-wasserstein;made-up': score(0.3 / (1 + v), 'lower', 'Sliced Wasserstein'),
      'coverage;made-up': score(0.3 + 0.1 * v, 'higher', 'Style patches used'),
      'lab-wasserstein;made-up': score(9 / (1 + v), 'lower', 'Colours unlike the style’s'),
    },
    startedAt: '2025-01-01T00:00:00.000Z',
    finishedAt: '2025-01-01T00:01:00.000Z',
  };
}

function snapshotFile(evaluation: number): string {
  return `images/evaluation-${evaluation}.png`;
}

function traceOf(i: number): TraceRecord[] {
  const v = Math.floor(i / contents.length) % variants.length;
  const rate = 0.5 + 0.3 * createRandom(i + 1).uniform();
  const names = v < 2 ? [variants[v]!] : v === 2 ? ['mrf'] : ['gram', 'mrf'];
  return Array.from({ length: evaluations }, (_, k) => {
    const style = 0.05 + (k + 1) ** -rate;
    const content = 0.3 * (1 - (k + 1) ** -rate) + 0.01;
    const terms = Object.fromEntries([
      ['content', { value: content, weighted: content }],
      ...names.map((name) => [name, { value: style, weighted: 30 * style }]),
    ]);
    return {
      evaluation: k + 1,
      step: k,
      level: 0,
      seconds: 0.1 * (k + 1),
      total: content + 30 * style * names.length,
      terms,
    };
  });
}

/** Strokes over soft colours: about as hard to compress as a stylised picture. */
async function paint(seed: number): Promise<Buffer> {
  const random = createRandom(1000 + seed);
  const waves = Array.from({ length: 12 }, () => ({
    x: (random.uniform() - 0.5) * (random.uniform() < 0.5 ? 0.04 : 0.8),
    y: (random.uniform() - 0.5) * (random.uniform() < 0.5 ? 0.04 : 0.8),
    phase: random.uniform() * 7,
    color: [random.uniform(), random.uniform(), random.uniform()] as const,
  }));
  const data = Buffer.alloc(size * size * 3);
  for (let at = 0; at < size * size; at++) {
    const color = [128, 120, 110];
    for (const { x, y, phase, color: tint } of waves) {
      const wave = Math.sin(x * (at % size) + y * Math.floor(at / size) + phase);
      for (let c = 0; c < 3; c++) color[c]! += 26 * wave * tint[c]!;
    }
    for (let c = 0; c < 3; c++) data[3 * at + c] = Math.max(0, Math.min(255, color[c]!));
  }
  return sharp(data, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
