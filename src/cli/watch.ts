/** `neckar watch`: a local page that follows a sweep. */
import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { Command } from 'commander';
import { isLoopback, serveLive } from '../../reports/live/server.ts';
import { shownPath } from '../experiment/load.ts';
import { experimentFolder } from '../runs/run.ts';
import { watchInterrupts } from './interrupt.ts';
import { portNumber } from './options.ts';

interface WatchFlags {
  readonly runs: string;
  readonly address: string;
  readonly port: number;
  readonly json?: boolean;
}

/** Gives `neckar watch` its arguments, options and action. */
export function defineWatch(command: Command): void {
  command
    .description(
      'Serves a page that follows an experiment while anything, here or on a cluster, writes to its runs: progress, pictures, losses, failures, speed and memory. Reads only; start and stop it at any time, also before the experiment is there.',
    )
    .argument('<experiment>', 'the name of an experiment, its file, or the folder of its runs')
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('--address <address>', 'to listen on; 0.0.0.0 is every address of this machine', '127.0.0.1')
    .option('--port <port>', 'to listen on; 0 takes any that is free', portNumber, 8090)
    .option('--json', 'the address, as a JSON line on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar watch loss-variants\n  neckar watch loss-variants --runs /shared/runs --port 9000',
    )
    .action(watch);
}

async function watch(experiment: string, { runs, address, port, json }: WatchFlags): Promise<void> {
  const folder = liveFolder(experiment, runs);
  const server = await serveLive({ folder, address, port });
  process.stdout.write(
    json
      ? `${JSON.stringify({ folder, url: server.url })}\n`
      : `${basename(folder)} at ${server.url} (Ctrl-C ends the page, not the runs)\n`,
  );
  if (!existsSync(join(folder, 'experiment.json'))) {
    process.stderr.write(
      `There is nothing in ${shownPath(folder)} yet; the page begins when something is run there.\n`,
    );
  }
  if (!isLoopback(address)) {
    process.stderr.write('neckar: anyone who reaches this address can look at the pictures and logs\n');
  }
  await new Promise<void>((resolve) => {
    const interrupts = watchInterrupts(() => resolve());
    interrupts.kill.addEventListener('abort', () => process.exit(130));
  });
  await server.close();
}

/** Where the runs of an experiment are, or will be. */
export function liveFolder(experiment: string, runs: string): string {
  if (existsSync(join(experiment, 'experiment.json'))) return experiment;
  const whole = experimentFolder(experiment, runs);
  if (existsSync(join(whole, 'experiment.json'))) return whole;
  return experimentFolder(basename(experiment, extname(experiment)), runs);
}
