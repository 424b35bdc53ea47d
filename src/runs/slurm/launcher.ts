/** The launcher for a Slurm cluster: trials and trainings become tasks of job arrays, which go on when this process has gone. */
import { basename, resolve } from 'node:path';
import { moduleBeside } from '../../platform/modules.ts';
import type { Launcher } from '../launcher.ts';
import { type CommandOptions, slurmCommands } from './commands.ts';
import { Follower } from './follow.ts';
import { placeWork } from './placement.ts';
import { resourceFlags, type SlurmResources } from './resources.ts';

export interface SlurmOptions extends SlurmResources, Pick<CommandOptions, 'environment' | 'timeout'> {
  /** Submit and return, instead of following the work to its end. */
  readonly detach?: boolean;
  /** Seconds of silence after which a process loses the work it does; default 60. */
  readonly leaseSeconds?: number;
  /** URL of the module whose `performTrial` computes a trial, and whose `performTraining` trains a network. */
  readonly performModule?: string;
  /** The folder that announces running work; default: each machine's own. */
  readonly neighbors?: string;
  /** Seconds between two looks at the queue; default 15. */
  readonly pollSeconds?: number;
  /** Seconds between two looks at the files; default 2. */
  readonly lookSeconds?: number;
  /** Seconds that files may take to be seen here once a task has ended there; default 60. */
  readonly graceSeconds?: number;
}

/** @throws NeckarError for resources that make no sense */
export function slurmLauncher(options: SlurmOptions = {}): Launcher {
  const { detach = false, leaseSeconds = 60, pollSeconds = 15, lookSeconds = 2, graceSeconds = 60 } = options;
  // Refused before anything is written.
  resourceFlags(options);
  let follower: Follower | undefined;
  return {
    name: 'slurm',
    outlives: true,
    get width() {
      return Math.max(1, follower?.running ?? 0);
    },
    launch: async (request) => {
      const { files, experimentFolder, stop, kill, emit } = request;
      const commands = slurmCommands({ ...options, signal: kill });
      const context = {
        files,
        commands,
        experimentFolder: resolve(experimentFolder),
        resources: options,
        stop,
        settings: {
          fresh: request.fresh,
          leaseSeconds,
          performModule: options.performModule ?? moduleBeside(import.meta.url, '../perform').href,
          neighbors: options.neighbors,
        },
        note: (sentence: string) => emit({ type: 'note', sentence }),
      };
      const following = new Follower(request, {
        commands,
        leaseSeconds,
        pollSeconds,
        lookSeconds,
        graceSeconds,
        place: (work) => placeWork(context, work, following.placeable),
      });
      follower = following;
      try {
        await following.begin();
        if (!detach) return await following.follow();
        const name = basename(experimentFolder);
        context.note(
          `The trials go on by themselves: the same command comes back to them, "neckar status ${name}" shows them, and "neckar cancel ${name}" ends them.`,
        );
      } catch (error) {
        // Told to leave at once: whatever was being asked of Slurm was given up.
        if (!kill.aborted) throw error;
      }
    },
  };
}
