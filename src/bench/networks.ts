/** `neckar bench --networks`: a step of a network's training, and its pass. */
import { loadEncoder } from '../encoders/registry.ts';
import { median } from '../median.ts';
import { johnsonLayers } from '../networks/johnson-layers.ts';
import { type NetworkSpec, resolveNetwork } from '../networks/registry.ts';
import { type BenchOptions, type BenchReport, inOwnProcess } from './bench.ts';
import type { BenchCase, Measurement, PeakMeasurement } from './case.ts';
import { type NetworkMeasurement, stepEncoder, stepLayers } from './network-case.ts';
import { layerOperations, vggForwardOperations, vggObjectiveOperations } from './operations.ts';
import { type BenchRow, row } from './rows.ts';

const batch = 4;

/**
 * Measures the network of Johnson et al. (instance norm): one step of its training at 256², four pictures at once, by
 * content and Gram losses on VGG-16, and one pass at several sizes, each in a process of its own.
 *
 * Operations are those of convolutions and Gram matrices; a step's are three times the network's pass (itself, and the
 * gradients by maps and by filters, but for the first map's), the losses' value and gradient, and the contents' encoding.
 *
 * @throws NeckarError when an engine cannot start or a case fails, naming the case
 */
export async function runNetworkBench(options: BenchOptions): Promise<BenchReport> {
  const { engine, quick } = options;
  const network = resolveNetwork('johnson');
  const size = quick ? 128 : 256;
  const step = `training step of johnson, ${size}², batch ${batch}`;
  const sizes = quick ? [256, 512] : [512, 1024, 2048];
  const title = (side: number) => `pass of johnson, ${side}²`;
  const cases: Record<string, BenchCase> = {
    'convolution peak': { kind: 'convolution-peak', engine },
    [step]: { kind: 'training-step', engine, network, size, batch, runs: quick ? 3 : 7 },
    ...Object.fromEntries(
      sizes.map((side) => [
        title(side),
        { kind: 'network-pass', engine, network, size: side, runs: side > 1024 ? 2 : quick ? 3 : 7 },
      ]),
    ),
    'convolution peak, again': { kind: 'convolution-peak', engine },
  };
  const measurements: Record<string, Measurement> = {};
  for (const [index, [name, benchCase]] of Object.entries(cases).entries()) {
    options.onProgress?.(name, index, Object.keys(cases).length);
    measurements[name] = await inOwnProcess(name, benchCase, options.signal);
  }
  const peak = Math.max(
    ...Object.values(measurements)
      .filter((one): one is PeakMeasurement => one.kind === 'convolution-peak')
      .map(({ gflops }) => gflops),
  );
  const about = (name: string, id: string, operations: number, memory?: number): BenchRow[] => {
    const { seconds, peakMemory, compileSeconds } = measurements[name] as NetworkMeasurement;
    const usual = median(seconds);
    return [
      row(id, name, usual * 1e3, 'ms'),
      row(`${id}-peak`, '… as a share of the convolution peak', operations / usual / 1e9 / peak, ''),
      row(
        `${id}-memory`,
        '… peak memory',
        peakMemory / 1e9,
        'GB',
        memory === undefined ? undefined : { atMost: memory },
      ),
      row(`${id}-compile`, '… tracing and session start', compileSeconds, 's'),
    ];
  };
  const stepSeconds = median((measurements[step] as NetworkMeasurement).seconds);
  const rows: BenchRow[] = [
    row('peak', 'convolution peak', peak, 'GFLOP/s'),
    ...about(step, 'step', await stepOperations(network, size)),
    row('step-pictures', '… pictures', batch / stepSeconds, '/s'),
    ...sizes.flatMap((side) =>
      about(
        title(side),
        `pass-${side}`,
        layerOperations(johnsonLayers(settingsOf(network)), side).all,
        side === 2048 ? 4 : undefined,
      ),
    ),
  ];
  return { rows, measurements };
}

/** Operations of a step, see `runNetworkBench`. */
async function stepOperations(network: NetworkSpec, size: number): Promise<number> {
  const encoder = await loadEncoder(stepEncoder);
  const { all, first } = layerOperations(johnsonLayers(settingsOf(network)), size);
  const seen =
    vggObjectiveOperations(encoder, stepLayers.style, size, size) +
    vggForwardOperations(encoder, [stepLayers.content], size, size);
  return batch * (3 * all - first + seen);
}

function settingsOf({ name: _, ...settings }: NetworkSpec) {
  return settings as unknown as Parameters<typeof johnsonLayers>[0];
}
