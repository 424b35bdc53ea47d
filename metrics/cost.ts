/** What finished trials cost, and on which machine: what may be compared of it. */

/** Where a trial ran, as its result says. */
interface Machine {
  readonly engine: string;
  readonly provider: string;
  readonly host: string;
  readonly device: string;
  readonly threads: number;
}

/** What a result says of its cost; times in seconds, memory in bytes. */
interface MeasuredCost {
  readonly timing: {
    readonly known?: 'total' | 'nothing';
    readonly total: number;
    readonly perEvaluation: number;
    readonly peakMemory: number;
  };
  readonly cost: { readonly evaluations: number; readonly steps: number };
}

/** What a trial ran on, in words, such as `onnx (cpu) on einstein, AMD EPYC, 2 threads`. */
export function machineOf({ identity }: { readonly identity: Machine }): string {
  const { engine, provider, host, device, threads } = identity;
  const withThreads = /thread/.test(device) ? device : `${device}, ${threads} threads`;
  return `${engine} (${provider}) on ${host}, ${withThreads}`;
}

/** What is known of a trial's cost; what is not is absent. */
export interface KnownCost {
  readonly evaluations?: number;
  readonly steps?: number;
  /** Wall time. */
  readonly seconds?: number;
  /** Unknown, too, of a trial whose evaluations were all the first of a level. */
  readonly perEvaluation?: number;
  readonly peakMemory?: number;
}

/**
 * A trial's cost without what nobody measured: of somebody else's program only its time is known, of a picture made
 * elsewhere nothing.
 */
export function knownCost({ timing, cost }: MeasuredCost): KnownCost {
  if (timing.known === 'nothing') return {};
  const { total: seconds, perEvaluation, peakMemory } = timing;
  if (timing.known === 'total') return { seconds, ...(peakMemory > 0 && { peakMemory }) };
  return { ...cost, seconds, ...(perEvaluation > 0 && { perEvaluation }), peakMemory };
}
