/** Fetching published files one after the other, as `weights pull` and `networks pull` do. */
import { messageOf } from '../errors.ts';
import type { DownloadProgress } from '../weights/download.ts';
import { downloadReporter } from './download-progress.ts';
import { Interrupted } from './errors.ts';
import { watchInterrupts } from './interrupt.ts';

/** What is said of whatever is fetched. */
export interface Published {
  readonly name: string;
  readonly licence: string;
  readonly citation: string;
}

/** Where it was put, and whether it had to be fetched. */
interface Outcome {
  readonly path: string;
  readonly fetched: boolean;
}

/** What `pull` is given for one entry. */
export interface PullHooks {
  readonly force?: true;
  readonly signal: AbortSignal;
  readonly progress: (progress: DownloadProgress) => void;
  /** Told before each of several files, by its name. */
  readonly begins: (file: string) => void;
}

/**
 * Fetches entries in order, with progress on standard error; what is asked for twice is fetched once.
 *
 * @param checks - what its checksums say, in words
 * @throws Interrupted after Ctrl-C, whatever `pull` throws otherwise
 */
export async function pullEach<Entry extends Published>(
  asked: readonly Entry[],
  pull: (entry: Entry, hooks: PullHooks) => Promise<Outcome>,
  checks: (entry: Entry) => string,
  { force, json }: { readonly force?: boolean; readonly json?: boolean },
): Promise<({ readonly name: string } & Outcome)[]> {
  const outcomes: ({ readonly name: string } & Outcome)[] = [];
  for (const entry of new Set(asked)) {
    let reporter = downloadReporter(entry.name, process.stderr);
    const interrupts = watchInterrupts(() => reporter.close());
    try {
      const outcome = await pull(entry, {
        ...(force && { force }),
        signal: interrupts.stop,
        progress: (progress) => reporter.report(progress),
        begins: (file) => {
          reporter.close();
          reporter = downloadReporter(file, process.stderr);
        },
      });
      reporter.close();
      outcomes.push({ name: entry.name, ...outcome });
      if (json) continue;
      const state = outcome.fetched ? `checked (${checks(entry)}) and kept as` : 'is here already:';
      process.stderr.write(
        `${entry.name} ${state} ${outcome.path}\n  licence: ${entry.licence}\n  cite: ${entry.citation}\n`,
      );
    } catch (error) {
      reporter.close();
      if (!interrupts.stop.aborted) throw error;
      throw new Interrupted(messageOf(error));
    } finally {
      interrupts.release();
    }
  }
  return outcomes;
}
