/**
 * The one place where onnxruntime is loaded, so that none of its telemetry ever starts.
 *
 * The official builds, from 1.29 on, keep a device identifier and a database of events (sizes, times and hashes of
 * models) in the user's cache and a log in the temporary folder, and send the events to their maker. On Linux and macOS
 * `ORT_DISABLE_TELEMETRY=1` prevents all of it when it is in the environment before the first session is opened
 * (docs/Privacy.md of onnxruntime). On Windows the library writes nothing and sends nothing itself: its events go to the
 * system's event tracing, whose settings decide.
 */
import { isMainThread } from 'node:worker_threads';
import type * as Onnxruntime from 'onnxruntime-node';
import { messageOf, NeckarError } from '../../errors.ts';

export type Runtime = typeof Onnxruntime;

/** What the environment of every process has that may load onnxruntime, be it Neckar's or a program it starts. */
export const withoutTelemetry = { ORT_DISABLE_TELEMETRY: '1' } as const;

/**
 * Loads onnxruntime's native library, its telemetry off.
 *
 * @throws NeckarError when it does not load here, or when its telemetry cannot be turned off
 */
export async function loadRuntime(): Promise<Runtime> {
  // In the main thread this reaches the environment that native code sees.
  Object.assign(process.env, withoutTelemetry);
  if (!isMainThread && !nativeEnvironmentHas(withoutTelemetry)) {
    throw new NeckarError(
      "onnx cannot start in this worker thread: a thread's environment is a copy, so onnxruntime's telemetry cannot be " +
        'turned off from within it. Set ORT_DISABLE_TELEMETRY=1 in the main thread before the thread is started, or ' +
        'start it with the option env: SHARE_ENV.',
    );
  }
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new NeckarError(
      `onnx cannot run here: onnxruntime-node does not load (${messageOf(cause)}). Run "npm ci" again, on Linux, ` +
        'macOS or Windows with an x64 or arm64 processor.',
      { cause },
    );
  }
}

/** Whether the process's own environment has these values, whatever this thread's copy says. */
function nativeEnvironmentHas(wanted: Readonly<Record<string, string>>): boolean {
  // Node's diagnostic report is the only view of it from a thread.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const { excludeNetwork } = report;
  // Else it looks up the names of the machines this one is connected with.
  report.excludeNetwork = true;
  const { environmentVariables } = report.getReport() as {
    environmentVariables?: Readonly<Record<string, string>>;
  };
  if (excludeNetwork !== undefined) report.excludeNetwork = excludeNetwork;
  return Object.entries(wanted).every(([name, value]) => environmentVariables?.[name] === value);
}
