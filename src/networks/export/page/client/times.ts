/** How long pictures took here, as numbers that can be taken along. */
import type { PageData } from '../data.ts';
import type { Backend } from './messages.ts';
import type { Source } from './pictures.ts';

export interface Pass {
  readonly at: string;
  readonly backend: Backend;
  readonly width: number;
  readonly height: number;
  readonly milliseconds: number;
  /** The first of its size since the network was opened, which prepares what later ones reuse. */
  readonly first: boolean;
  readonly of: Source['kind'];
}

/** The last passes of one size on one backend, the first left out where there are others. */
export function summaryOf(
  passes: readonly Pass[],
): { readonly median: number; readonly count: number; readonly first: boolean } | undefined {
  const last = passes.at(-1);
  if (last === undefined) return undefined;
  const alike = passes.filter(
    ({ backend, width, height }) =>
      backend === last.backend && width === last.width && height === last.height,
  );
  const later = alike.filter(({ first }) => !first);
  const counted = later.length > 0 ? later : alike;
  return {
    median: median(counted.map((pass) => pass.milliseconds)),
    count: counted.length,
    first: later.length === 0,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What a browser says of its device, as far as it does. */
export async function deviceFacts(): Promise<Record<string, unknown>> {
  const { userAgent, hardwareConcurrency } = navigator;
  const said = navigator as Navigator & {
    readonly deviceMemory?: number;
    readonly userAgentData?: { getHighEntropyValues(names: string[]): Promise<Record<string, unknown>> };
  };
  const device = await said.userAgentData
    ?.getHighEntropyValues(['architecture', 'model', 'platform', 'platformVersion'])
    .catch(() => undefined);
  const { brands: _brands, mobile: _mobile, ...hardware } = device ?? {};
  return {
    userAgent,
    ...(device !== undefined && { device: hardware }),
    processors: hardwareConcurrency,
    ...(said.deviceMemory !== undefined && { memoryGigabytes: said.deviceMemory }),
    screen: { width: screen.width, height: screen.height, pixelRatio: devicePixelRatio },
  };
}

/** The times as JSON: the network, the device, every pass, and a line for each backend and size. */
export function timesText(
  { neckar, runtime, network, settings, model, training, trial, weights }: PageData,
  device: Readonly<Record<string, unknown>>,
  graphics: Readonly<Record<string, string>> | undefined,
  passes: readonly Pass[],
): string {
  const groups = new Map<string, Pass[]>();
  for (const pass of passes) {
    const key = `${pass.backend} ${pass.width}×${pass.height}`;
    groups.set(key, [...(groups.get(key) ?? []), pass]);
  }
  const summary = [...groups.values()].map((group) => {
    const { backend, width, height } = group[0]!;
    const later = group.filter(({ first }) => !first).map(({ milliseconds }) => milliseconds);
    return {
      backend,
      width,
      height,
      first: group.find(({ first }) => first)?.milliseconds,
      ...(later.length > 0 && { median: median(later), least: Math.min(...later), passes: later.length }),
    };
  });
  const times = {
    what: 'milliseconds from the network’s input in memory to its output in memory, one picture at a time',
    neckar,
    runtime,
    network: { name: network, settings, sha256: model.sha256, bytes: model.bytes, training, trial, weights },
    ...device,
    graphics,
    threads: 1,
    summary,
    passes,
  };
  return `${JSON.stringify(times, undefined, 2)}\n`;
}
