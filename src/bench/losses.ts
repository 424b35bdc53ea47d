/** `neckar bench --losses`: what an evaluation of each loss costs, relative to the Gram loss. */
import { type EncoderSpec, encoderDefaults, resolveEncoder } from '../encoders/registry.ts';
import { type LossInput, resolveLoss } from '../losses/registry.ts';
import { median } from '../median.ts';
import { type BenchOptions, type BenchReport, inOwnProcess } from './bench.ts';
import type { ComparisonMeasurement } from './case.ts';
import { type BenchRow, row } from './rows.ts';

/** A loss as it is measured, and what its cost over Gram's is to be at most, on VGG-19. */
interface MeasuredLoss {
  readonly id: string;
  readonly title: string;
  readonly loss: LossInput;
  readonly atMost?: number;
}

const size = 256;

/** Whatever is not said here has its default: the encoder's own layers, matches held for some evaluations. */
function measuredLosses(patchLayers: string[]): MeasuredLoss[] {
  const patches = { type: 'mrf', layers: patchLayers, patch: 3, stride: 1, styleStride: 1 } as const;
  return [
    { id: 'gram', title: 'Gram, against itself', loss: { type: 'gram' } },
    { id: 'correlations', title: 'correlations', loss: { type: 'correlations' }, atMost: 1.3 },
    {
      id: 'moments',
      title: 'moments (means and covariances)',
      loss: { type: 'moments', covariance: 'layers' },
      atMost: 1.3,
    },
    {
      id: 'moments-bn',
      title: 'moments (batch-norm statistics)',
      loss: { type: 'moments', convention: 'bn' },
      atMost: 1.3,
    },
    { id: 'mmd-linear', title: 'MMD, linear kernel', loss: { type: 'mmd', kernel: 'linear' } },
    { id: 'mmd-polynomial', title: 'MMD, polynomial kernel', loss: { type: 'mmd', kernel: 'polynomial' } },
    { id: 'mmd-gaussian', title: 'MMD, Gaussian kernel', loss: { type: 'mmd', kernel: 'gaussian' } },
    { id: 'bures', title: 'Gaussian Wasserstein (Bures)', loss: { type: 'bures' } },
    {
      id: 'sliced-wasserstein',
      title: 'sliced Wasserstein',
      loss: { type: 'sliced-wasserstein' },
      atMost: 1.3,
    },
    {
      id: 'sliced-wasserstein-1',
      title: '… sorted at every evaluation',
      loss: { type: 'sliced-wasserstein', refreshEvery: 1 },
    },
    { id: 'histogram', title: 'histogram', loss: { type: 'histogram' }, atMost: 1.5 },
    {
      id: 'histogram-1',
      title: '… matched at every evaluation',
      loss: { type: 'histogram', refreshEvery: 1 },
    },
    {
      id: 'mrf-1',
      title: 'patches (MRF), 3×3, stride 1, two layers, matched at every evaluation',
      loss: { ...patches, refreshEvery: 1 },
      atMost: 3,
    },
    {
      id: 'mrf-10',
      title: '… matched at every tenth',
      loss: { ...patches, refreshEvery: 10 },
      atMost: 1.3,
    },
    { id: 'strotss', title: 'STROTSS', loss: { type: 'strotss' }, atMost: 2 },
    {
      id: 'strotss-1',
      title: '… drawn at every evaluation',
      loss: { type: 'strotss', refreshEvery: 1 },
    },
    { id: 'fused', title: 'fused', loss: { type: 'fused' } },
    { id: 'content', title: 'content', loss: { type: 'content' } },
    { id: 'laplacian', title: 'Laplacian content', loss: { type: 'laplacian' } },
    { id: 'activation', title: 'activation', loss: { type: 'activation' } },
    { id: 'variation', title: 'total variation', loss: { type: 'variation' } },
  ];
}

/**
 * Measures each loss alone and the Gram loss in turns, evaluation by evaluation, in a process of their own, so that
 * whatever else the machine does falls on both. A loss that holds matches between evaluations pays for one refresh
 * divided by the evaluations it serves. What is asked of a loss is asked on VGG-19; the wavelet encoder's lines, in
 * front of whose few operations any loss weighs more, are for information.
 *
 * @throws NeckarError when an engine cannot start or a case fails, naming the case
 */
export async function runLossBench(options: BenchOptions): Promise<BenchReport> {
  const subjects = (['vgg19', 'wavelet'] as const).flatMap((name) => {
    const encoder: EncoderSpec =
      name === 'wavelet'
        ? resolveEncoder(name)
        : resolveEncoder({ name, pooling: 'average', weights: { random: 1 } });
    const patchLayers = name === 'wavelet' ? ['scale3', 'scale4'] : ['relu3_1', 'relu4_1'];
    return measuredLosses(patchLayers).map((measured) => ({ ...measured, name, encoder }));
  });
  const rows: BenchRow[] = [];
  const measurements: Record<string, ComparisonMeasurement> = {};
  for (const [index, { id, title, loss, atMost, name, encoder }] of subjects.entries()) {
    const label = `${name === 'wavelet' ? 'wavelet' : 'VGG-19'}: ${title}`;
    options.onProgress?.(label, index, subjects.length);
    const resolved = (input: LossInput) => [resolveLoss(input, encoderDefaults(encoder))];
    const measurement = (await inOwnProcess(
      label,
      {
        kind: 'comparison',
        engine: options.engine,
        encoder,
        losses: resolved(loss),
        reference: resolved({ type: 'gram' }),
        size,
        evaluations: options.quick ? 5 : 15,
      },
      options.signal,
    )) as ComparisonMeasurement;
    measurements[label] = measurement;
    const target = name === 'vgg19' && atMost !== undefined ? { atMost } : undefined;
    rows.push(row(`${name}-${id}`, label, relativeCost(measurement), '×', target));
  }
  return { rows, measurements };
}

/** The cost of an evaluation over the reference's, the seconds of a refresh shared by the evaluations it serves. */
export function relativeCost({ seconds, reference, refresh, refreshEvery }: ComparisonMeasurement): number {
  const evaluation = median(seconds.map((own, index) => own / reference[index]!));
  if (refresh.length === 0) return evaluation;
  return evaluation + median(refresh.map((own, index) => own / reference[index]!)) / refreshEvery;
}
