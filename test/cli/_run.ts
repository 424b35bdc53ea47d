/** Running the command line, as people do in a process of its own, or, much faster, within the test's. */
import { execFile } from 'node:child_process';
import { reportError } from '../../src/cli/errors.ts';
import { createProgram, knownHelp } from '../../src/cli/main.ts';
import { bin } from '../_bin.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `neckar` with these arguments says, and its exit code. */
export function neckar(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const { NECKAR_DEBUG: _, FORCE_COLOR: __, ...inherited } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [bin, ...args],
      { cwd: options.cwd, env: { ...inherited, ...options.env }, encoding: 'utf8' },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

/** The exit code and the words a command that fails ends with, without a process for it. */
export async function refused(args: readonly string[]): Promise<Omit<Outcome, 'stdout'>> {
  let stderr = '';
  let code = 0;
  try {
    const program = await createProgram(args);
    await program.parseAsync(knownHelp(program, args), { from: 'user' });
  } catch (error) {
    code = reportError(error, (text) => {
      stderr += text;
    });
  }
  return { code, stderr };
}
