/** `neckar bench`: how fast this machine runs the objectives, and whether that is as fast as it should be. */
import { execFile } from 'node:child_process';
import { encoderDefaults, resolveEncoder } from '../encoders/registry.ts';
import type { EngineSpec } from '../engines/engine.ts';
import { NeckarError } from '../errors.ts';
import { type LossInput, type LossSpec, resolveLoss } from '../losses/registry.ts';
import { median } from '../median.ts';
import { moduleBeside, nodeArguments } from '../platform/modules.ts';
import type {
  BenchCase,
  ComparisonMeasurement,
  Measurement,
  ObjectiveMeasurement,
  PeakMeasurement,
} from './case.ts';
import type { Coverage } from './coverage.ts';
import { type BenchRow, row } from './rows.ts';

export interface BenchOptions {
  /** What is measured; the reference measurements (tfjs on wasm) always run as well. */
  readonly engine: EngineSpec;
  /** Fewer evaluations and no 512² case: a minute instead of several. */
  readonly quick?: boolean;
  onProgress?(title: string, index: number, count: number): void;
  readonly signal?: AbortSignal;
}

/** Times of one thing, over and over. */
export interface TimesMeasurement {
  readonly kind: 'times';
  readonly seconds: readonly number[];
}

/** How often the intervals and tests of simulated studies hold. */
export interface CoverageMeasurement {
  readonly kind: 'coverage';
  readonly cells: readonly Coverage[];
}

export interface BenchReport {
  readonly rows: readonly BenchRow[];
  readonly measurements: Readonly<Record<string, Measurement | TimesMeasurement | CoverageMeasurement>>;
}

const vggGramLayers = ['conv1_1', 'conv2_1', 'conv3_1', 'conv4_1', 'conv5_1'];

/**
 * Measures each case in a process of its own and draws the ratios from this one run.
 *
 * Times are medians over the evaluations after the first. The peak is what one large 3×3 convolution reaches in
 * the same run, the better of two measurements, before and after the objectives.
 *
 * @throws NeckarError when an engine cannot start or a case fails, naming the case
 */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const repeat = options.quick ? 5 : 15;
  const { engine } = options;
  const vgg = (size: number, evaluations: number, on: EngineSpec = engine) => ({
    kind: 'objective' as const,
    engine: on,
    encoder: resolveEncoder({ name: 'vgg19', pooling: 'average', weights: { random: 1 } }),
    losses: lossesFor('vgg19', [
      { type: 'content', layers: ['conv4_2'] },
      { type: 'gram', layers: vggGramLayers, weight: 100 },
    ]),
    size,
    evaluations,
    countOperations: vggGramLayers,
  });
  const cases: Record<string, BenchCase> = {
    'convolution peak': { kind: 'convolution-peak', engine },
    'VGG-19 objective, 256²': vgg(256, repeat),
    ...(options.quick
      ? {}
      : {
          'VGG-19 objective, 512²': vgg(512, 3),
          'VGG-19 objective, 512², in strips': {
            ...vgg(512, 5),
            kind: 'comparison' as const,
            reference: vgg(512, 5).losses,
            tiling: 'strips' as const,
          },
          'VGG-19 objective, 2048², in strips': { ...vgg(2048, 0), tiling: 'strips' as const },
        }),
    'wavelet objective, 256²': {
      kind: 'objective',
      engine,
      encoder: resolveEncoder('wavelet'),
      losses: lossesFor('wavelet', waveletStatistics),
      size: 256,
      evaluations: repeat * 3,
      optimizer: { name: 'lbfgs', history: 10 },
    },
    'VGG-19 objective, 128²': vgg(128, repeat),
    'VGG-19 objective, 128², tfjs wasm': vgg(128, 1, { name: 'tensorflow', provider: 'wasm' }),
    'convolution peak, again': { kind: 'convolution-peak', engine },
  };
  const measurements: Record<string, Measurement> = {};
  for (const [index, [title, benchCase]] of Object.entries(cases).entries()) {
    options.onProgress?.(title, index, Object.keys(cases).length);
    measurements[title] = await inOwnProcess(title, benchCase, options.signal);
  }
  return { rows: rowsOf(measurements), measurements };
}

/** Everything the wavelet encoder's statistics comprise: second and cross moments, means, pixel covariances. */
const waveletStatistics: LossInput[] = [
  { type: 'content' },
  {
    type: 'gram',
    weight: 30,
    layers: ['scale1', 'scale2', 'scale3', 'scale4', 'scale5'],
    cross: [
      ['scale1', 'scale2'],
      ['scale2', 'scale3'],
      ['scale3', 'scale4'],
      ['scale4', 'scale5'],
    ],
  },
  {
    type: 'moments',
    weight: 30,
    convention: 'relative',
    layers: ['scale1', 'scale2', 'scale3', 'scale4', 'scale5'],
    covariance: ['low1', 'low2', 'low3', 'low4', 'low5'],
  },
];

function lossesFor(encoder: 'vgg19' | 'wavelet', inputs: readonly LossInput[]): LossSpec[] {
  const spec =
    encoder === 'wavelet'
      ? resolveEncoder('wavelet')
      : resolveEncoder({ name: encoder, weights: { random: 1 } });
  return inputs.map((input) => resolveLoss(input, encoderDefaults(spec)));
}

function rowsOf(measurements: Readonly<Record<string, Measurement>>): BenchRow[] {
  const objective = (title: string) => measurements[title] as ObjectiveMeasurement | undefined;
  const peaks = Object.values(measurements).filter(
    (measurement): measurement is PeakMeasurement => measurement.kind === 'convolution-peak',
  );
  const peak = Math.max(...peaks.map(({ gflops }) => gflops));
  const vgg256 = objective('VGG-19 objective, 256²')!;
  const vgg512 = objective('VGG-19 objective, 512²');
  const vgg128 = objective('VGG-19 objective, 128²')!;
  const wasm128 = objective('VGG-19 objective, 128², tfjs wasm')!;
  const wavelet = objective('wavelet objective, 256²')!;
  const seconds = (measurement: ObjectiveMeasurement) => median(measurement.seconds);
  const rate = vgg256.operations! / seconds(vgg256) / 1e9;
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const rows: BenchRow[] = [
    row('peak', 'convolution peak', peak, 'GFLOP/s'),
    row('vgg19-256', 'VGG-19 objective, 256², value and gradient', seconds(vgg256) * 1e3, 'ms'),
    row('vgg19-256-rate', '… its arithmetic rate', rate, 'GFLOP/s'),
    row('vgg19-256-peak', '… as a share of the peak', rate / peak, '', { atLeast: 0.75 }),
    row('vgg19-256-memory', '… peak memory', vgg256.peakMemory / 1e9, 'GB', { atMost: 1.6 }),
    row('vgg19-256-compile', '… tracing and session start', vgg256.compileSeconds, 's', { atMost: 3 }),
    row('vgg19-128', 'VGG-19 objective, 128²', seconds(vgg128) * 1e3, 'ms'),
    row('wasm-128', '… in tfjs on wasm', seconds(wasm128) * 1e3, 'ms'),
    row('wasm-ratio', '… times faster than tfjs on wasm', seconds(wasm128) / seconds(vgg128), '×', {
      atLeast: 25,
    }),
    row('wavelet-256', 'wavelet objective, 256², all statistics', seconds(wavelet) * 1e3, 'ms'),
    row('wavelet-ratio', '… relative to VGG-19', seconds(wavelet) / seconds(vgg256), '×', { atMost: 0.4 }),
    row('wavelet-compile', '… tracing and session start', wavelet.compileSeconds, 's', { atMost: 3 }),
    row(
      'optimizer-share',
      '… share of L-BFGS (history 10) in the time',
      wavelet.optimizerSeconds / (wavelet.optimizerSeconds + total(wavelet.seconds)),
      '',
      { atMost: 0.05 },
    ),
  ];
  if (vgg512 !== undefined) {
    const strips = measurements['VGG-19 objective, 512², in strips'] as ComparisonMeasurement;
    const large = objective('VGG-19 objective, 2048², in strips')!;
    rows.splice(
      6,
      0,
      row('vgg19-512', 'VGG-19 objective, 512²', seconds(vgg512) * 1e3, 'ms'),
      row('vgg19-512-memory', '… peak memory', vgg512.peakMemory / 1e9, 'GB', { atMost: 2.5 }),
      row(
        'tiling',
        '… in strips, relative to one graph',
        median(strips.seconds) / median(strips.reference),
        '×',
        {
          atMost: 1.25,
        },
      ),
      row(
        'tiling-2048-memory',
        'VGG-19 objective, 2048², in strips: peak memory',
        large.peakMemory / 1e9,
        'GB',
        {
          atMost: 6,
        },
      ),
    );
  }
  return rows;
}

/**
 * What a case measured in a process of its own.
 *
 * @throws NeckarError when it fails, naming the case
 */
export function inOwnProcess(
  title: string,
  benchCase: BenchCase,
  signal?: AbortSignal,
): Promise<Measurement> {
  const args = [...nodeArguments(moduleBeside(import.meta.url, './case')), JSON.stringify(benchCase)];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { encoding: 'utf8', maxBuffer: 2 ** 26, signal },
      (error, stdout, stderr) => {
        if (error === null) return resolve(JSON.parse(stdout) as Measurement);
        const reason = stderr
          .split('\n')
          .map((line) => line.trim())
          .find((line) => /error/i.test(line));
        reject(
          new NeckarError(`The measurement "${title}" failed: ${reason ?? error.message}`, {
            cause: error,
            exitCode: 1,
          }),
        );
      },
    );
  });
}
