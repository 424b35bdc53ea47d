/** Finding out what can run on this machine, safely: a crash of a native library must not take the caller along. */
import { spawn } from 'node:child_process';
import { moduleBeside, nodeArguments } from '../platform/modules.ts';
import type { EngineIdentity, EngineName } from './engine.ts';
import { onnxProviders } from './onnx/start.ts';
import { tensorflowProviders } from './tensorflow.ts';

/** Whether one engine can run on one provider here. */
export type Probe =
  | {
      readonly engine: EngineName;
      readonly provider: string;
      readonly starts: true;
      readonly identity: EngineIdentity;
    }
  | {
      readonly engine: EngineName;
      readonly provider: string;
      readonly starts: false;
      /** A sentence that says why not, and the fix where there is one. */
      readonly reason: string;
    };

/** Seconds a provider is given to start and to compute something small. */
const timeout = 60;

/**
 * Starts every engine on every provider, each in a process of its own, and lets it compute something small.
 * @returns one probe per provider, onnx first; never throws for a provider that cannot run
 */
export async function probeEngines(): Promise<Probe[]> {
  const candidates: [EngineName, string][] = [
    ...onnxProviders.map((provider): [EngineName, string] => ['onnx', provider]),
    ...tensorflowProviders.map((provider): [EngineName, string] => ['tensorflow', provider]),
  ];
  const probes: Probe[] = [];
  // One after the other: each loads libraries of tens of megabytes.
  for (const [engine, provider] of candidates) probes.push(await probeEngine(engine, provider));
  return probes;
}

/** Starts one engine on one provider in a process of its own and lets it compute something small. */
export function probeEngine(engine: EngineName, provider: string): Promise<Probe> {
  return new Promise((resolve) => {
    const program = nodeArguments(moduleBeside(import.meta.url, './probe-child'));
    const child = spawn(process.execPath, [...program, engine, provider], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeout * 1000,
      killSignal: 'SIGKILL',
    });
    let answer = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const fail = (reason: string) => resolve({ engine, provider, starts: false, reason });
    child.on('error', (error) => fail(`${engine} cannot be tried on ${provider}: ${error.message}.`));
    child.on('close', (code, signal) => {
      const line = answer.split('\n').findLast((candidate) => candidate.startsWith('{'));
      if (line !== undefined) {
        resolve({ engine, provider, ...(JSON.parse(line) as { starts: true; identity: EngineIdentity }) });
      } else if (signal === 'SIGKILL') {
        fail(
          `${engine} did not answer on ${provider} within ${timeout} s. Update its driver, or use another provider.`,
        );
      } else {
        const last = complaints.trim().split('\n').at(-1) ?? '';
        const how = signal === null ? `exit code ${code}` : signal;
        fail(
          `${engine} crashed on ${provider} (${how}${last && `: ${last}`}). Update its driver, or use another provider.`,
        );
      }
    });
  });
}
