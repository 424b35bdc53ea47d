/** `neckar bench --losses`: what an evaluation of each loss costs, relative to the Gram loss. */
import { type EncoderSpec, encoderDefaults, resolveEncoder } from '../encoders/registry.ts';
import { gram } from '../losses/gram.ts';
import { losses, resolveLoss } from '../losses/registry.ts';
import { median } from '../median.ts';
import { type BenchOptions, type BenchReport, inOwnProcess } from './bench.ts';
import type { ComparisonMeasurement } from './case.ts';
import { type BenchRow, row } from './rows.ts';

const size = 256;

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
    return losses.all().flatMap(({ type, benchmarks = [{ title: type }] }) =>
      benchmarks.map(({ id = type, options, ...measured }) => ({
        ...measured,
        id,
        loss: { type, ...options },
        name,
        encoder,
      })),
    );
  });
  const rows: BenchRow[] = [];
  const measurements: Record<string, ComparisonMeasurement> = {};
  for (const [index, { id, title, loss, atMost, name, encoder }] of subjects.entries()) {
    const label = `${name === 'wavelet' ? 'wavelet' : 'VGG-19'}: ${title}`;
    options.onProgress?.(label, index, subjects.length);
    const resolved = (input: object) => [resolveLoss(input, encoderDefaults(encoder))];
    const measurement = (await inOwnProcess(
      label,
      {
        kind: 'comparison',
        engine: options.engine,
        encoder,
        losses: resolved(loss),
        reference: resolved(gram()),
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
