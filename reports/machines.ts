/** What the trials ran on: timings compare only within one machine, engine and picture size. */
import type { TrialResult } from '../src/runs/result.ts';

/** Host, engine and provider in words, such as `onnx (cpu) on einstein, AMD EPYC, 2 threads`. */
export function machineOf({ identity }: TrialResult): string {
  const { engine, provider, host, device, threads } = identity;
  const withThreads = /thread/.test(device) ? device : `${device}, ${threads} threads`;
  return `${engine} (${provider}) on ${host}, ${withThreads}`;
}

/** What must agree for two trials' seconds to be comparable: the machine and the picture's size. */
export function timingGroup(result: TrialResult): string {
  const { width, height } = result.images;
  return `${machineOf(result)}, ${width}×${height}`;
}
